// Reads the tree once: every file that the rules look at, and of TypeScript the few facts that they ask
// for, found in one walk over the syntax.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

export interface Problem {
  rule: number
  path: string
  line: number
  /** The word, name or target that is wrong: what an exception can name. */
  name: string
  /** What to do instead. */
  message: string
}

export interface Import {
  specifier: string
  /** A file of the tree, or the name of a package. */
  target: string
  isFile: boolean
  isType: boolean
  /** Names as the other file exports them; `*` for all of them, or for a file named in a text. */
  names: string[]
  /** The local name of `* as name`. */
  namespace: string | undefined
  line: number
}

export interface Word {
  text: string
  line: number
}

export interface SqlText {
  text: string
  line: number
  /** The function that runs it. */
  owner: string
}

export interface Span {
  name: string
  line: number
  lines: number
  parameters: number
}

export interface Source {
  path: string
  text: string
  lineCount: number
  isTest: boolean
  imports: Import[]
  identifiers: Word[]
  /** `a.b` as written, and `new A()`. */
  expressions: Word[]
  casts: number[]
  sql: SqlText[]
  functions: Span[]
  /** Names in the door, types included. */
  exports: number
  /** Values that are declared here and exported. */
  exportedValues: Word[]
  /** Uses of `db` inside `db.tx(…)`. */
  dbInTx: number[]
}

export interface Tree {
  root: string
  paths: Set<string>
  sources: Source[]
  texts: Map<string, string>
}

const skipped = new Set(['node_modules', '.git', '.ipto', '.services', '.cache', 'dist', 'node24'])

/** Everything under `root` that a rule may read. */
export function readTree(root: string): Tree {
  const paths = new Set(listFiles(root, ''))
  const texts = new Map<string, string>()
  for (const path of paths) {
    if (/\.(md|sql|ts)$|(^|\/)package\.json$/.test(path))
      texts.set(path, readFileSync(join(root, path), 'utf8'))
  }
  const sources = [...texts]
    .filter(([path]) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map(([path, text]) => readSource(path, text))
  return { root, paths, sources, texts }
}

function listFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) {
      return skipped.has(entry.name) || path === 'examples/corpus' ? [] : listFiles(root, path)
    }
    return entry.isFile() ? [path] : []
  })
}

/** Tests, and what only tests import. */
export function isTestPath(path: string): boolean {
  return /\.(test|suite|fixture)\.ts$/.test(path)
}

export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  const source: Source = {
    path,
    text,
    lineCount: file.getLineStarts().length - 1,
    isTest: isTestPath(path),
    imports: [],
    identifiers: [],
    expressions: [],
    casts: [],
    sql: [],
    functions: [],
    exports: 0,
    exportedValues: [],
    dbInTx: [],
  }
  visit(source, file, file, { owner: '', isInTx: false })
  return source
}

interface Place {
  owner: string
  isInTx: boolean
}

function visit(source: Source, file: ts.SourceFile, node: ts.Node, place: Place): void {
  const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
  const inner = { ...place }
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    noteImport(source, node, line)
    if (ts.isExportDeclaration(node)) source.exports += countExported(node)
    return
  }
  if (
    ts.isIdentifier(node) ||
    (ts.isStringLiteral(node) && ts.isPropertyAssignment(node.parent) && node.parent.name === node)
  ) {
    source.identifiers.push({ text: node.text, line })
    if (node.text === 'db' && place.isInTx) source.dbInTx.push(line)
  } else if (ts.isPropertyAccessExpression(node)) {
    source.expressions.push({ text: node.getText(file), line })
  } else if (ts.isNewExpression(node)) {
    source.expressions.push({ text: `new ${node.expression.getText(file)}(`, line })
  } else if (ts.isAsExpression(node)) {
    if (node.type.getText(file) !== 'const') source.casts.push(line)
  } else if (ts.isTaggedTemplateExpression(node)) {
    noteSql(source, file, node, { line, owner: place.owner })
  } else if (ts.isCallExpression(node) && /^(\w+\.)*db\.tx$/.test(node.expression.getText(file))) {
    // The name `db` in `db.tx` itself stands outside.
    visit(source, file, node.expression, place)
    for (const part of node.arguments) visit(source, file, part, { ...inner, isInTx: true })
    return
  }
  if (ts.isFunctionLike(node) && 'body' in node && node.body)
    inner.owner = noteFunction(source, file, node, { line, place })
  if (isExported(node)) {
    source.exports++
    noteValues(source, node, line)
  }
  if (ts.isStringLiteralLike(node) && /^\.{1,2}\/.*\.ts$/.test(node.text)) {
    noteTarget(source, node.text, { isType: true, names: ['*'], namespace: undefined, line })
  }
  ts.forEachChild(node, (child) => visit(source, file, child, inner))
}

function noteImport(
  source: Source,
  node: ts.ImportDeclaration | ts.ExportDeclaration,
  line: number,
): void {
  const module = node.moduleSpecifier
  if (!module || !ts.isStringLiteral(module)) return
  const clause = ts.isImportDeclaration(node) ? node.importClause : undefined
  const named = clause?.namedBindings
  const isType = ts.isExportDeclaration(node)
    ? node.isTypeOnly
    : clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
      (named !== undefined &&
        ts.isNamedImports(named) &&
        clause?.name === undefined &&
        named.elements.length > 0 &&
        named.elements.every((element) => element.isTypeOnly))
  const exported = ts.isExportDeclaration(node) ? node.exportClause : undefined
  const list = named ?? exported
  noteTarget(source, module.text, {
    isType,
    names:
      list && (ts.isNamedImports(list) || ts.isNamedExports(list))
        ? list.elements.map((element) => (element.propertyName ?? element.name).text)
        : ts.isExportDeclaration(node)
          ? ['*']
          : [],
    namespace: named && ts.isNamespaceImport(named) ? named.name.text : undefined,
    line,
  })
}

function noteTarget(
  source: Source,
  specifier: string,
  found: Pick<Import, 'isType' | 'names' | 'namespace' | 'line'>,
): void {
  const file = fileOf(source.path, specifier)
  source.imports.push({
    ...found,
    specifier,
    target: file ?? packageOf(specifier),
    isFile: file !== undefined,
  })
}

function noteValues(source: Source, node: ts.Node, line: number): void {
  const declared = ts.isVariableStatement(node)
    ? node.declarationList.declarations.map((one) => one.name)
    : ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)
      ? [node.name]
      : []
  for (const name of declared) {
    if (name && ts.isIdentifier(name)) source.exportedValues.push({ text: name.text, line })
  }
}

const doors: Record<string, string> = {
  '@ipto/retrieval': 'retrieval/src/index.ts',
  '@ipto/sdk': 'sdk/src/client.ts',
}

function fileOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  const inside = /^@ipto\/(\w+)\/(.+)$/.exec(specifier)
  return doors[specifier] ?? (inside ? `${inside[1]}/${inside[2]}` : undefined)
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}

function countExported(node: ts.ExportDeclaration): number {
  return node.exportClause && ts.isNamedExports(node.exportClause)
    ? node.exportClause.elements.length
    : 1
}

function isExported(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword) ?? false)
  )
}

function noteSql(
  source: Source,
  file: ts.SourceFile,
  node: ts.TaggedTemplateExpression,
  { line, owner }: { line: number; owner: string },
): void {
  if (!/\.(rows|first|run)$/.test(node.tag.getText(file).replace(/<.*$/s, ''))) return
  source.sql.push({ text: node.template.getText(file).slice(1, -1), line, owner })
}

function noteFunction(
  source: Source,
  file: ts.SourceFile,
  node: ts.SignatureDeclaration,
  { line, place }: { line: number; place: Place },
): string {
  const own = node.name?.getText(file)
  const held = ts.isVariableDeclaration(node.parent) ? node.parent.name.getText(file) : undefined
  const name = own ?? held ?? place.owner
  const end = file.getLineAndCharacterOfPosition(node.getEnd()).line + 1
  source.functions.push({ name, line, lines: end - line + 1, parameters: node.parameters.length })
  // Statements inside a callback belong to the named function around it.
  return place.owner || name
}
