// Rule 5: files that nothing imports, and exported values that nobody asks for. Types are left alone:
// they describe what a function takes, and are often written down by its callers only as literals.
import type { Problem, Source, Tree } from './source.ts'

// Programs, public doors, and folders of programs: what starts here is not imported.
const entries =
  /^(contract|test|bench|examples|tools|cli|mcp|console)\/|^server\/src\/main\.ts$|^(sdk\/src\/client|retrieval\/src\/index)\.ts$|^[^/]+\.ts$/

export function checkDead({ sources }: Tree): Problem[] {
  const uses = new Map<string, Set<string>>()
  for (const source of sources) {
    for (const one of source.imports.filter((found) => found.isFile)) {
      const names = uses.get(one.target) ?? new Set()
      uses.set(one.target, names)
      for (const name of one.names) names.add(name)
      // Of `* as ledger` every name that stands in the file may be one of its own.
      if (one.namespace) for (const { text } of source.identifiers) names.add(text)
    }
  }
  return sources
    .filter((source) => !source.isTest && !entries.test(source.path))
    .flatMap((source) => deadIn(source, uses.get(source.path)))
}

function deadIn({ path, exportedValues }: Source, used: Set<string> | undefined): Problem[] {
  if (!used) {
    return [{ rule: 5, path, line: 1, name: path, message: 'nothing imports this file: delete it' }]
  }
  if (used.has('*')) return []
  return exportedValues
    .filter(({ text }) => !used.has(text))
    .map(({ text, line }) => ({
      rule: 5,
      path,
      line,
      name: text,
      message: `nobody imports ${text}: do not export it, or delete it`,
    }))
}
