// Rule 8: SQL stands in stores; statements on tenants' rows name the tenant; a table is written by its
// owner and read along an arrow; nothing but `tx` inside a transaction; migrations do not wait for ever.
import { domainRows } from '../import-table.ts'
import { domainOf } from './imports.ts'
import type { Problem, Source, SqlText, Tree } from './source.ts'

const stores = /\/store\.ts$|^server\/src\/(adapters|jobs)\/|^(tools|test|bench|examples)\//

export function checkSql({ sources, texts }: Tree): Problem[] {
  const code = sources.filter((source) => !source.isTest)
  return [
    ...code.filter((source) => !stores.test(source.path)).flatMap(strayStatements),
    ...code.flatMap(mixedTransactions),
    ...checkOwners(code.filter((source) => source.path.endsWith('/store.ts'))),
    ...checkTenants(code, tenantTables(texts)),
    ...checkMigrations(texts),
  ]
}

function problem(path: string, { line, owner }: SqlText, message: string): Problem {
  return { rule: 8, path, line, name: owner, message }
}

function strayStatements({ path, sql }: Source): Problem[] {
  return sql.map((one) => problem(path, one, 'SQL stands in store.ts, one function a statement'))
}

function mixedTransactions({ path, dbInTx }: Source): Problem[] {
  return dbInTx.map((line) => ({
    rule: 8,
    path,
    line,
    name: 'db',
    message: 'inside db.tx only tx is used',
  }))
}

function tablesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '')
}

const written = /\b(?:insert\s+into|update|delete\s+from)\s+([a-z_]+)/g
const read = /\b(?:from|join)\s+([a-z_]+)/g

function checkOwners(sources: Source[]): Problem[] {
  const owners = new Map<string, string>()
  const problems: Problem[] = []
  const statements = sources.flatMap((source) => source.sql.map((one) => ({ source, one })))
  for (const { source, one } of statements) {
    const domain = domainOf(source.path) ?? source.path
    for (const table of tablesIn(withoutUpdateClauses(one.text), written)) {
      const owner = owners.get(table) ?? domain
      owners.set(table, owner)
      if (owner === domain) continue
      problems.push(problem(source.path, one, `${table} is written by ${owner}: call its door`))
    }
  }
  const rows = new Map(
    domainRows.flatMap((row) => row.domains.map((name) => [name, row.mayImport])),
  )
  for (const { source, one } of statements) {
    const domain = domainOf(source.path)
    if (!domain) continue
    for (const table of tablesIn(one.text, read)) {
      const owner = owners.get(table)
      if (!owner || owner === domain || rows.get(domain)?.includes(owner)) continue
      problems.push(
        problem(
          source.path,
          one,
          `${domain} has no arrow to ${owner}, so it may not read ${table}`,
        ),
      )
    }
  }
  return problems
}

// `for update` and `on conflict … do update set` write no other table.
function withoutUpdateClauses(text: string): string {
  return text.replace(/\bfor\s+(no\s+key\s+)?update\b|\bdo\s+update\b/g, '')
}

function tenantTables(texts: Map<string, string>): Set<string> {
  const tables = new Set<string>()
  for (const [path, text] of texts) {
    if (!path.startsWith('server/migrations/')) continue
    for (const [, table, columns] of text.matchAll(/create table (\w+) \((.*?)\n\);/gs)) {
      if (table && /\n\s+tenant_id /.test(columns ?? '')) tables.add(table)
    }
  }
  return tables
}

function checkTenants(sources: Source[], tables: Set<string>): Problem[] {
  return sources
    .filter((source) => domainOf(source.path) && source.path.endsWith('/store.ts'))
    .flatMap(({ path, sql }) =>
      sql
        .filter(({ text }) => {
          const used = [...tablesIn(text, written), ...tablesIn(text, read)]
          return (
            used.some((table) => tables.has(table)) &&
            !/tenant_?id|reach|dataset_no|dataset_id = any/i.test(text)
          )
        })
        .map((one) =>
          problem(path, one, 'a statement on rows of tenants names tenant_id, or takes a reach'),
        ),
    )
}

function checkMigrations(texts: Map<string, string>): Problem[] {
  return [...texts]
    .filter(([path]) => path.startsWith('server/migrations/'))
    .flatMap(([path, text]) => [
      ...(/set local lock_timeout/.test(text)
        ? []
        : [
            {
              rule: 8,
              path,
              line: 1,
              name: 'lock_timeout',
              message: 'begin with `set local lock_timeout`',
            },
          ]),
      ...(/\/\d{4}_[a-z_]+\.sql$/.test(path)
        ? []
        : [
            {
              rule: 8,
              path,
              line: 1,
              name: path,
              message: 'a migration is named NNNN_subject.sql',
            },
          ]),
    ])
}
