// Each rule on a small tree that breaks it, and the tree of this project, which breaks none.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { checkTable } from './tidy/imports.ts'
import { checkTree, lineOf } from './tidy.ts'

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** What the rules say about a tree of these files, as `rule path name`. */
function found(files: Record<string, string>, rules: number[]): string[] {
  const root = mkdtempSync(join(tmpdir(), 'tidy-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return checkTree(root)
    .filter(({ rule }) => rules.includes(rule))
    .map(({ rule, path, name }) => `${rule} ${path} ${name}`)
}

const domain = (path: string) => `server/src/domains/${path}`

test('the project keeps its own house style', () => {
  expect(checkTree(project).map(lineOf)).toEqual([])
})

test('a row of the import table names only rows above it', () => {
  const below = [
    { domains: ['a'], mayImport: ['b'] },
    { domains: ['b'], mayImport: [] },
  ]
  expect(checkTable(below).map(({ name }) => name)).toEqual(['b'])
  expect(checkTable()).toEqual([])
})

test('a domain may go down by a door, and not up, not to a store, not past the door', () => {
  const files = {
    [domain('access/access.ts')]: `import * as catalog from '../catalog/catalog.ts'\n`,
    [domain('catalog/catalog.ts')]: [
      `import * as access from '../access/access.ts'`,
      `import * as store from '../access/store.ts'`,
      `import { reach } from '../access/reach.ts'`,
    ].join('\n'),
    [domain('access/store.ts')]: '',
    [domain('access/reach.ts')]: '',
  }
  const [access, catalog] = [domain('access/access.ts'), domain('catalog/catalog.ts')]
  expect(found(files, [1])).toEqual([
    `1 ${access} ${catalog}`,
    // The two doors run in a circle as well.
    `1 ${access} ${access} → ${catalog} → ${access}`,
    `1 ${catalog} ${domain('access/store.ts')}`,
    `1 ${catalog} ${domain('access/reach.ts')}`,
  ])
})

test('wire.ts is for routes.ts, and routes.ts for app.ts', () => {
  const files = {
    [domain('jobs/wire.ts')]: '',
    [domain('jobs/routes.ts')]: `import './wire.ts'\n`,
    [domain('jobs/jobs.ts')]: `import { show } from './wire.ts'\nimport './routes.ts'\n`,
    'server/src/app.ts': `import './domains/jobs/routes.ts'\n`,
  }
  expect(found(files, [1])).toEqual([
    `1 ${domain('jobs/jobs.ts')} ${domain('jobs/wire.ts')}`,
    `1 ${domain('jobs/jobs.ts')} ${domain('jobs/routes.ts')}`,
  ])
})

test('retrieval has no dependency, and only its adapter, the bench and tests import it', () => {
  const files = {
    'retrieval/src/index.ts': `import 'lodash'\nimport 'node:fs'\n`,
    'server/src/adapters/engine/embedded.ts': `import { open } from '@ipto/retrieval'\n`,
    'server/src/adapters/blobs/folder.ts': `import { open } from '@ipto/retrieval'\n`,
    [domain('search/search.ts')]: `import { open } from '@ipto/retrieval'\n`,
    'bench/market.ts': `import { open } from '@ipto/retrieval'\n`,
  }
  expect(found(files, [1])).toEqual([
    '1 retrieval/src/index.ts lodash',
    '1 server/src/adapters/blobs/folder.ts retrieval/src/index.ts',
    `1 ${domain('search/search.ts')} retrieval/src/index.ts`,
  ])
})

test('an adapter knows its port and the base, and no other adapter', () => {
  const files = {
    [domain('objects/blobs.ts')]: '',
    [domain('objects/objects.ts')]: '',
    'server/src/adapters/db/open.ts': '',
    'server/src/adapters/blobs/s3.ts': [
      `import type { Blobs } from '../../domains/objects/blobs.ts'`,
      `import { get } from '../../domains/objects/objects.ts'`,
      `import { openDb } from '../db/open.ts'`,
    ].join('\n'),
  }
  expect(found(files, [1])).toEqual([
    `1 server/src/adapters/blobs/s3.ts ${domain('objects/objects.ts')}`,
    '1 server/src/adapters/blobs/s3.ts server/src/adapters/db/open.ts',
  ])
})

test('types may run in circles, values may not', () => {
  const circle = (kind: string) => ({
    'sdk/src/a.ts': `import ${kind}{ b } from './b.ts'\nexport const a = 1\n`,
    'sdk/src/b.ts': `import { a } from './a.ts'\nexport const b = 1\n`,
  })
  expect(found(circle('type '), [1])).toEqual([])
  expect(found(circle(''), [1])).toHaveLength(1)
})

test('banned words are found in code, not in comments or texts, and only where they are banned', () => {
  const text = [
    '// process.env, Date.now and console.log are named here',
    `const text = 'process.env new Date( console.log'`,
    'const a = process.env.HOME',
    'const b = Date.now() + new Date().getTime()',
    'console.log(a as string, b, text as const)',
  ].join('\n')
  expect(
    found({ 'server/src/http/server.ts': text, 'tools/x.ts': text.replace(/ as string/, '') }, [3]),
  ).toEqual([
    '3 server/src/http/server.ts process.env',
    '3 server/src/http/server.ts Date.now',
    '3 server/src/http/server.ts new Date(',
    '3 server/src/http/server.ts console.log',
    '3 server/src/http/server.ts as',
  ])
})

test('a test that runs alone, a vendor in a domain and a wish without an issue are found', () => {
  const files = {
    'test/a.test.ts': `test.${'only'}('x', () => {})\n`,
    [domain('objects/objects.ts')]:
      `import { PGlite } from '@electric-sql/pglite'\n// ${'TO'}DO later\n// ${'TO'}DO #12 later\n`,
  }
  expect(found(files, [3])).toEqual([
    `3 ${domain('objects/objects.ts')} @electric-sql/pglite`,
    `3 ${domain('objects/objects.ts')} ${'TO'}DO`,
    `3 test/a.test.ts test.${'only'}`,
  ])
})

test('the glossary decides which word a domain uses; wire.ts may say what callers say', () => {
  const files = {
    'docs/glossary.md': '| tenant | the boundary | `org`, `workspace` |\n',
    [domain('identity/identity.ts')]: 'export const orgName = 1\nexport const organism = 2\n',
    [domain('identity/wire.ts')]: 'export const workspace = 1\n',
  }
  expect(found(files, [3])).toEqual([`3 ${domain('identity/identity.ts')} orgName`])
})

test('wire casing and major units stay at the edge; values of the wire may be keys', () => {
  const text =
    'export const a = { dataset_id: 1, outcome_share: 2 }\nexport const b = toMajor(1n)\n'
  const files = {
    'contract/datasets.ts': `export const modes = ['open', 'outcome_share']\n`,
    [domain('catalog/catalog.ts')]: text,
    [domain('catalog/wire.ts')]: text,
  }
  expect(found(files, [4])).toEqual([
    `4 ${domain('catalog/catalog.ts')} dataset_id`,
    `4 ${domain('catalog/catalog.ts')} toMajor`,
  ])
})

test('what nobody imports is found: files, and names through a namespace', () => {
  const files = {
    'server/src/main.ts': `import * as app from './app.ts'\napp.start()\n`,
    'server/src/app.ts': 'export function start() {}\nexport function stop() {}\n',
    'server/src/base/alone.ts': '',
    'server/src/base/child.ts': '',
    'server/src/base/parent.ts': `export const url = new URL('./child.ts', import.meta.url)\n`,
  }
  expect(found(files, [5])).toEqual([
    '5 server/src/app.ts stop',
    '5 server/src/base/alone.ts server/src/base/alone.ts',
    '5 server/src/base/parent.ts server/src/base/parent.ts',
  ])
})

test('a domain has a door, a README and a test, and no drawer for everything', () => {
  const files = {
    [domain('jobs/jobs.ts')]: '',
    [domain('jobs/jobs.test.ts')]: '',
    [domain('jobs/README.md')]: '',
    [domain('ledger/utils.ts')]: '',
    [domain('money/money.ts')]: '',
  }
  expect(found(files, [6])).toEqual([
    `6 ${domain('ledger')} ledger.ts`,
    `6 ${domain('ledger')} README.md`,
    `6 ${domain('ledger')} tests`,
    `6 ${domain('ledger')} utils.ts`,
    `6 ${domain('money')} money`,
    `6 ${domain('money')} README.md`,
    `6 ${domain('money')} tests`,
  ])
})

test('each adapter that open.ts can choose runs the suite of its folder', () => {
  const folder = 'server/src/adapters/blobs'
  const files = {
    [`${folder}/open.ts`]: `import { openFolder } from './folder.ts'\nimport { openS3 } from './s3.ts'\nimport { sign } from './sign.ts'\n`,
    [`${folder}/blobs.suite.ts`]: '',
    [`${folder}/folder.test.ts`]: `import { testBlobs } from './blobs.suite.ts'\n`,
    'server/src/adapters/engine/embedded.ts': '',
  }
  expect(found(files, [6])).toEqual([
    `6 ${folder} s3.test.ts`,
    '6 server/src/adapters/engine open.ts',
  ])
})

test('an operation without a route, a system test or a stranger is found', () => {
  const contract = `export const a = operation({\n  id: 'api_keys.create',\n})\n`
  expect(found({ 'contract/identity.ts': contract }, [7])).toEqual([
    '7 contract/operations.ts api_keys.create',
    '7 contract/operations.ts api_keys.create',
    '7 contract/operations.ts stranger',
  ])
  const files = {
    'contract/identity.ts': contract,
    [domain('identity/routes.ts')]: `export const routes = { 'api_keys.create': 1 }\n`,
    'test/keys.test.ts': 'await world.buyer.apiKeys.create({})\n',
    'test/strangers.test.ts': 'for (const op of operations) call(stranger, op)\n',
  }
  expect(found(files, [7])).toEqual([])
})

test('SQL stands in stores, names the tenant, and each table has one writer', () => {
  const files = {
    'server/migrations/0001_jobs.sql':
      'create table jobs (\n  id text,\n  tenant_id text\n);\ncreate table plans (\n  id text\n);\n',
    [domain('jobs/store.ts')]: [
      'export const markDone = (tx) => tx.run`update jobs set done = true where id = 1`',
      'export const insertJob = (tx, tenantId) => tx.run`insert into jobs values (tenantId)`',
      'export const findPlan = (db) => db.first<Plan>`select * from plans`',
    ].join('\n'),
    [domain('jobs/jobs.ts')]: 'export const all = (db) => db.rows`select 1`\n',
    [domain('ledger/store.ts')]: [
      'export const listJobs = (db, tenantId) => db.rows`select * from jobs where tenant_id = tenantId`',
      'export const drop = (tx, tenantId) => tx.run`delete from jobs where tenant_id = tenantId`',
    ].join('\n'),
  }
  expect(found(files, [8])).toEqual([
    '8 server/migrations/0001_jobs.sql lock_timeout',
    `8 ${domain('jobs/jobs.ts')} all`,
    `8 ${domain('jobs/store.ts')} markDone`,
    `8 ${domain('ledger/store.ts')} listJobs`,
    `8 ${domain('ledger/store.ts')} drop`,
    `8 ${domain('ledger/store.ts')} drop`,
  ])
})

test('inside db.tx only tx is used', () => {
  const text =
    'export const f = (db) => db.tx(async (tx) => { await store.a(tx); await store.b(db) })\nexport const g = (db) => store.b(db)\n'
  expect(found({ [domain('jobs/jobs.ts')]: text }, [8])).toEqual([`8 ${domain('jobs/jobs.ts')} db`])
})

test('links lead to files and headings that exist; code is no link', () => {
  const files = {
    'README.md': [
      '[a](docs/a.md) [b](docs/a.md#the-first-part) [c](https://x.org) [d](docs) `[e](no.md)`',
      '```',
      '[f](no.md)',
      '```',
      '[g](docs/gone.md) [h](docs/a.md#gone) [i](#here)',
    ].join('\n'),
    'docs/a.md': '# The first part\n',
  }
  expect(found(files, [9])).toEqual([
    '9 README.md docs/gone.md',
    '9 README.md docs/a.md#gone',
    '9 README.md #here',
  ])
})

test('a dependency has an exact version and a line that says why', () => {
  const files = {
    'package.json': '{ "devDependencies": { "a": "1.2.3", "b": "^1.0.0", "c": "1.0.0" } }',
    'docs/decisions/dependencies.md': '\n| `c` | much |\n| `d` | more |\n',
  }
  expect(found(files, [9])).toEqual([
    '9 docs/decisions/dependencies.md d',
    '9 package.json a',
    '9 package.json b',
  ])
})

test('an exception needs a reason and a use', () => {
  const files = {
    'server/src/base/a.ts': 'console.log(1)\nconst b = process.env.HOME\n',
    'tools/tidy-exceptions.txt': [
      '# a comment',
      '3 server/src/base/a.ts:console.log it prints before there is a log',
      '3 server/src/base/gone.ts it was deleted',
      '3 server/src/base/a.ts:process.env',
    ].join('\n'),
  }
  expect(found(files, [0, 3])).toEqual([
    '0 tools/tidy-exceptions.txt server/src/base/gone.ts',
    '0 tools/tidy-exceptions.txt 3 server/src/base/a.ts:process.env',
    '3 server/src/base/a.ts process.env',
  ])
})
