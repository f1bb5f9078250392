// Rule 1: imports follow tools/import-table.ts. Files of a folder know each other; everything else goes
// through doors and ports, one way, without cycles.
import {
  areaRows,
  domainRows,
  forEveryDomain,
  packagePlaces,
  ports,
  vocabulary,
} from '../import-table.ts'
import type { Import, Problem, Source, Tree } from './source.ts'

const rows = new Map(
  domainRows.flatMap(({ domains, mayImport }) => domains.map((name) => [name, mayImport] as const)),
)

export function checkImports({ sources, paths }: Tree): Problem[] {
  return [
    ...checkTable(),
    ...sources.flatMap((source) =>
      source.imports.flatMap((one) => {
        const message = one.isFile ? fileProblem(source, one, paths) : packageProblem(source, one)
        if (message === undefined) return []
        return [{ rule: 1, path: source.path, line: one.line, name: one.target, message }]
      }),
    ),
    ...findCycles(sources),
  ]
}

// A row may name only rows above it, so the table cannot hold a cycle.
export function checkTable(table = domainRows): Problem[] {
  const above = new Set<string>()
  return table.flatMap(({ domains, mayImport }) => {
    const wrong = mayImport.filter((name) => !above.has(name))
    for (const name of domains) above.add(name)
    return wrong.map((name) => ({
      rule: 1,
      path: 'tools/import-table.ts',
      line: 1,
      name,
      message: `the row of ${domains.join(', ')} names ${name}, which does not stand above it: emit an event instead`,
    }))
  })
}

export function domainOf(path: string): string | undefined {
  return /^server\/src\/domains\/([^/]+)\//.exec(path)?.[1]
}

function fileProblem(source: Source, one: Import, paths: Set<string>): string | undefined {
  const { path, isTest } = source
  if (!paths.has(one.target)) return `${one.specifier} does not exist: imports name the .ts file`
  return (
    privateProblem(path, one.target, isTest) ??
    (domainOf(path) ? domainProblem(source, one) : areaProblem(source, one))
  )
}

// store.ts and wire.ts are private; routes.ts and tasks.ts are for app.ts.
function privateProblem(path: string, target: string, isTest: boolean): string | undefined {
  const domain = domainOf(target)
  if (domain === undefined) return undefined
  const file = target.slice(target.lastIndexOf('/') + 1)
  const isOwn = domainOf(path) === domain
  if (file === 'store.ts' && !isOwn) return `store.ts of ${domain} is private: use the door`
  if (file === 'wire.ts' && !isTest && !(isOwn && path.endsWith('/routes.ts'))) {
    return `wire.ts of ${domain} is for its routes.ts alone`
  }
  if ((file === 'routes.ts' || file === 'tasks.ts') && !isTest && path !== 'server/src/app.ts') {
    return `${file} of ${domain} is for app.ts alone`
  }
  return undefined
}

function domainProblem({ path, isTest }: Source, { target }: Import): string | undefined {
  const domain = domainOf(path) ?? ''
  const other = domainOf(target)
  if (other === domain || target.startsWith('server/src/base/')) return undefined
  if (target === 'server/src/jobs/queue.ts' || vocabulary.includes(target)) return undefined
  if (isTest && !other) return undefined
  if (target.startsWith('contract/')) {
    return /\/(wire|routes)\.ts$/.test(path)
      ? undefined
      : 'wire schemas of the contract come into a domain through wire.ts and routes.ts only'
  }
  if (!other) return `a domain does not know ${target}: declare a port, or emit an event`
  // A test may prepare and look where the door lets no product code.
  if (isTest) return undefined
  const isDoor = target === `server/src/domains/${other}/${other}.ts`
  if (!isDoor && !ports.includes(target)) return `enter ${other} by its door, ${other}/${other}.ts`
  const allowed = [...(rows.get(domain) ?? []), ...forEveryDomain]
  if (allowed.includes(other)) return undefined
  return `${domain} may not import ${other}: move the operation to the upper domain, or emit an event`
}

function areaProblem({ path, isTest }: Source, { target }: Import): string | undefined {
  const row = areaRows
    .filter(({ from }) => path === from || (from.endsWith('/') && path.startsWith(from)))
    .sort((one, other) => other.from.length - one.from.length)[0]
  // Files at the root, such as vitest.config.ts, belong to no area.
  if (!row) return undefined
  const own = /^server\/src\/adapters\/[^/]+\//.exec(path)?.[0]
  if (own && target.startsWith(own)) return undefined
  if (isTest && row.from.startsWith('server/') && target.startsWith('server/')) return undefined
  const isAllowed = row.mayImport.some(
    (to) => target === to || ((to === '' || to.endsWith('/')) && target.startsWith(to)),
  )
  return isAllowed ? undefined : `${row.from} may not import ${target} (tools/import-table.ts)`
}

function packageProblem({ path, isTest }: Source, { target }: Import): string | undefined {
  if (path.startsWith('retrieval/') && !isTest && !target.startsWith('node:')) {
    return 'retrieval has no dependency at all'
  }
  const places = packagePlaces[target]
  if (!places || isTest || path.startsWith('tools/')) return undefined
  if (places.some((place) => path === place || path.startsWith(place))) return undefined
  return `${target} belongs in ${places.join(', ')} only`
}

// Types are gone at run time, so only imports of values can run in circles.
function findCycles(sources: Source[]): Problem[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter((one) => one.isFile && !one.isType).map((one) => one.target),
    ]),
  )
  const done = new Set<string>()
  const problems: Problem[] = []
  const walk = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      const circle = [...trail.slice(start), path].join(' → ')
      problems.push({ rule: 1, path, line: 1, name: circle, message: `a cycle: ${circle}` })
      return
    }
    if (done.has(path)) return
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) walk(path, [])
  return problems
}
