// The SDK as others get it: packed, installed into an empty project, used without TypeScript, and checked by
// their compiler.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { buildSdk, run, runNode } from './sdk-build.ts'
import { openWorld, type World } from './world.ts'

let world: World
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipto-sdk-'))
  await buildSdk(join(folder, 'built'))
  const tarball = await run('npm', ['pack', './built', '--silent'], folder)
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--offline', '--silent', `./${tarball.trim()}`], folder)
  world = await openWorld()
}, 180_000)

afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

test('an installed package has types, JavaScript and no dependency', async () => {
  const installed = await run('npm', ['ls', '--all', '--parseable'], folder)
  expect(installed.trim().split('\n')).toHaveLength(2)
  const manifest = await readFile(join(folder, 'node_modules/@ipto/sdk/package.json'), 'utf8')
  expect(JSON.parse(manifest)).not.toHaveProperty('dependencies')
})

test('it lists datasets and searches with a token that it fetches, in plain JavaScript', async () => {
  await publish(world, { terms: { name: 'Tides' }, files: [textFile('a.txt', 'The old harbour.')] })
  const { key, key_prefix } = await world.provider.client.apiKeys.create({
    name: 'package',
    scopes: ['datasets:read', 'search:query'],
  })
  const clientId = `ipto_${key_prefix}`
  const clientCredentials = { clientId, clientSecret: key.slice(clientId.length + 1) }
  await writeFile(
    join(folder, 'main.js'),
    `import { ApiError, Client } from '@ipto/sdk'
const client = new Client(${JSON.stringify({ baseUrl: world.url, clientCredentials })})
for await (const { name } of await client.datasets.list()) console.log(name)
const { results } = await client.search.query({ query: 'harbour' })
console.log(results.length)
const gone = await client.datasets.get({ dataset_id: 'dset_0' }).catch((error) => error)
console.log(gone instanceof ApiError, gone.code)
`,
  )
  const printed = await run(process.execPath, ['main.js'], folder)
  expect(printed).toBe('Tides\n1\ntrue not_found\n')
})

test('its types are whole, with the types of a browser as with those of Node', async () => {
  await writeFile(
    join(folder, 'main.ts'),
    `import { ApiError, Client, type Dataset } from '@ipto/sdk'
const client = new Client({ baseUrl: 'https://ipto.example', apiKey: 'ipto_a_b' })
export async function names(): Promise<string[]> {
  const found: Dataset[] = (await client.datasets.list({ limit: 5 })).items
  return found.map(({ name }) => name)
}
export function isBroke(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'budget_exceeded'
}
// @ts-expect-error a query is needed
client.search.query({})
`,
  )
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022']
  const node = ['--module', 'nodenext', '--lib', 'es2022', '--types', 'node']
  const browser = ['--module', 'preserve', '--lib', 'es2022,dom,dom.asynciterable']
  const typeRoots = new URL('../node_modules/@types', import.meta.url).pathname
  await runNode('typescript/bin/tsc', [...strict, ...browser, 'main.ts'], folder)
  await runNode(
    'typescript/bin/tsc',
    [...strict, ...node, '--skipLibCheck', '--typeRoots', typeRoots, 'main.ts'],
    folder,
  )
}, 60_000)
