// House style as a test (docs/house-style.md, section 4). Each message says what to do instead. An
// exception is a line with a reason in tools/tidy-exceptions.txt: `rule path[:name] reason`.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkDead } from './tidy/dead.ts'
import { checkDependencies } from './tidy/dependencies.ts'
import { checkImports } from './tidy/imports.ts'
import { checkLayout } from './tidy/layout.ts'
import { checkLinks } from './tidy/links.ts'
import { largest } from './tidy/sizes.ts'
import { type Problem, readTree, type Tree } from './tidy/source.ts'
import { checkSql } from './tidy/sql.ts'
import { checkWords } from './tidy/words.ts'

export type { Problem } from './tidy/source.ts'

const exceptionsFile = 'tools/tidy-exceptions.txt'

/** All problems of the tree at `root`, without those that a line of the exceptions file allows. */
export function checkTree(root: string): Problem[] {
  return check(readTree(root))
}

function check(tree: Tree): Problem[] {
  const found = [
    ...checkImports(tree),
    ...checkWords(tree),
    ...checkDead(tree),
    ...checkLayout(tree),
    ...checkSql(tree),
    ...checkLinks(tree),
    ...checkDependencies(tree),
  ]
  return withoutExceptions(tree.root, found).sort(
    (one, other) =>
      one.rule - other.rule || one.path.localeCompare(other.path) || one.line - other.line,
  )
}

interface Exception {
  rule: number
  place: string
  line: number
}

function withoutExceptions(root: string, found: Problem[]): Problem[] {
  const path = join(root, exceptionsFile)
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  const problems: Problem[] = []
  const exceptions: Exception[] = []
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '' || text.startsWith('#')) continue
    const [, rule, place, reason] = /^(\d+)\s+(\S+)\s+(.+)$/.exec(text) ?? []
    const at = { path: exceptionsFile, line: index + 1, name: place ?? text }
    if (rule && place && reason) exceptions.push({ rule: Number(rule), place, line: index + 1 })
    else problems.push({ rule: 0, ...at, message: 'write `rule path[:name] reason`' })
  }
  const used = new Set<Exception>()
  const kept = found.filter((problem) => {
    const exception = exceptions.find((one) => allows(one, problem))
    if (exception) used.add(exception)
    return exception === undefined
  })
  const unused = exceptions
    .filter((one) => !used.has(one))
    .map(({ place, line }) => ({
      rule: 0,
      path: exceptionsFile,
      line,
      name: place,
      message: 'nothing needs this exception any more: take it out',
    }))
  return [...kept, ...problems, ...unused]
}

function allows({ rule, place }: Exception, { rule: broken, path, name }: Problem): boolean {
  return rule === broken && (place === path || place === `${path}:${name}`)
}

/** Ends with what an exception would name. */
export function lineOf({ rule, path, line, name, message }: Problem): string {
  return `${path}:${line} [rule ${rule}] ${message} (${name})`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tree = readTree(dirname(dirname(fileURLToPath(import.meta.url))))
  const sizes = largest(tree)
  if (sizes.length > 0) console.log('Look again, largest first (this fails nothing):')
  for (const { what, size, aim } of sizes) console.log(`  ${what}: ${size}, aim ${aim}`)
  const problems = check(tree)
  for (const problem of problems) console.log(lineOf(problem))
  console.log(`${tree.sources.length} source files, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}
