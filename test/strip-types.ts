// Takes the types out of a TypeScript snippet, so that it can be run as it stands in a document.
import ts from 'typescript'

export function stripTypeScriptTypes(code: string): string {
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }
  return ts.transpileModule(code, { compilerOptions: { target, module } }).outputText
}
