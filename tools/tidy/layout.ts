// Rules 6 and 7: what every domain, adapter and operation must have beside its code.
import { domainRows } from '../import-table.ts'
import type { Problem, Tree } from './source.ts'

export function checkLayout(tree: Tree): Problem[] {
  return [...checkDomains(tree), ...checkAdapters(tree), ...checkOperations(tree)]
}

function foldersIn(paths: Set<string>, parent: string): Map<string, string[]> {
  const folders = new Map<string, string[]>()
  for (const path of paths) {
    if (!path.startsWith(parent)) continue
    const [folder = '', ...rest] = path.slice(parent.length).split('/')
    if (rest.length > 0) folders.set(folder, [...(folders.get(folder) ?? []), rest.join('/')])
  }
  return folders
}

const vague = /^(index|utils?|helpers?|common|shared|types?|misc|lib)\.ts$/
const domainFile = /^([a-z0-9]+(-[a-z0-9]+)*(\.(test|fixture|suite))?\.ts|README\.md)$/

function checkDomains({ paths }: Tree): Problem[] {
  const known = new Set(domainRows.flatMap((row) => row.domains))
  return [...foldersIn(paths, 'server/src/domains/')].flatMap(([domain, files]) => {
    const at = (name: string, message: string): Problem => ({
      rule: 6,
      path: `server/src/domains/${domain}`,
      line: 1,
      name,
      message,
    })
    return [
      ...(known.has(domain) ? [] : [at(domain, 'give the domain a row in tools/import-table.ts')]),
      ...(files.includes(`${domain}.ts`) ? [] : [at(`${domain}.ts`, `add the door, ${domain}.ts`)]),
      ...(files.includes('README.md')
        ? []
        : [at('README.md', 'add README.md: nouns, invariants, what it does not decide')]),
      ...(files.some((file) => file.endsWith('.test.ts')) ? [] : [at('tests', 'add a test')]),
      ...files
        .filter((file) => !domainFile.test(file) || vague.test(file))
        .map((file) => at(file, `${file} is no file of a domain: name the subject or the verb`)),
    ]
  })
}

function checkAdapters({ paths, sources }: Tree): Problem[] {
  return [...foldersIn(paths, 'server/src/adapters/')].flatMap(([folder, files]) => {
    const path = `server/src/adapters/${folder}`
    const at = (name: string, message: string): Problem => ({
      rule: 6,
      path,
      line: 1,
      name,
      message,
    })
    const suites = files.filter((file) => file.endsWith('.suite.ts'))
    const open = sources.find((source) => source.path === `${path}/open.ts`)
    if (!open) return [at('open.ts', 'add open.ts, the only switch between its adapters')]
    if (suites.length === 0)
      return [at('suite', 'add a suite that states what each adapter must do')]
    const adapters = open.imports
      .filter((one) => one.target.startsWith(`${path}/`) && one.names.some(isOpener))
      .map((one) => one.target.slice(path.length + 1, -'.ts'.length))
    return adapters
      .filter((name) => {
        const test = sources.find((source) => source.path === `${path}/${name}.test.ts`)
        return !test?.imports.some((one) => one.target.endsWith('.suite.ts'))
      })
      .map((name) => at(`${name}.test.ts`, `run the suite in ${name}.test.ts`))
  })
}

// `openFolderBlobs` opens an adapter; what else open.ts imports is its own business.
function isOpener(name: string): boolean {
  return /^open[A-Z]/.test(name)
}

function checkOperations({ sources }: Tree): Problem[] {
  const textsOf = (pattern: RegExp) =>
    sources.filter((source) => pattern.test(source.path)).map((source) => source.text)
  const routes = textsOf(/^server\/src\/domains\/\w+\/routes\.ts$/).join('\n')
  const tests = textsOf(/^test\/.*\.ts$/)
  const allTests = tests.join('\n')
  const ids = sources
    .filter((source) => /^contract\/\w+\.ts$/.test(source.path) && !source.isTest)
    .flatMap((source) =>
      [...source.text.matchAll(/^ {2}id: '([a-z_]+\.[a-z_]+)',$/gm)].map((match) => match[1] ?? ''),
    )
  const at = (name: string, message: string): Problem => ({
    rule: 7,
    path: 'contract/operations.ts',
    line: 1,
    name,
    message,
  })
  const matrix = tests.some((text) => /\boperations\b/.test(text) && /\bstranger\b/.test(text))
  return [
    ...ids.flatMap((id) => [
      ...(routes.includes(`'${id}'`) ? [] : [at(id, `${id} has no route`)]),
      ...(isTested(id, allTests) ? [] : [at(id, `${id} has no system test: call it in test/`)]),
    ]),
    ...(ids.length === 0 || matrix
      ? []
      : [at('stranger', 'add a test in test/ that calls every one of `operations` as a stranger')]),
  ]
}

/** By its id, or by its SDK method: `api_keys.create` is `.apiKeys.create(`. */
function isTested(id: string, tests: string): boolean {
  const camel = id.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return (
    tests.includes(`'${id}'`) || new RegExp(`\\.${camel.replace('.', '\\s*\\.')}\\(`).test(tests)
  )
}
