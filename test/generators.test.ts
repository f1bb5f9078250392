// What others generate from the document that we serve: types that are those of the SDK, and a client that
// works.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allOperations } from '@ipto/contract/operations.ts'
import openapiTypes, { astToString } from 'openapi-typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { runNode } from './sdk-build.ts'
import { openWorld, type World } from './world.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

let world: World
/** In the repository, so that its packages are found. */
let folder: string

beforeAll(async () => {
  world = await openWorld()
  folder = await mkdtemp(join(root, '.try-generated-'))
  const served = new URL('/openapi.json', world.url)
  // What has a default may be left out of a request; without this the generator demands it.
  const types = await openapiTypes(served, { defaultNonNullable: false })
  await writeFile(join(folder, 'api.d.ts'), astToString(types))
})

afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

async function compile(name: string): Promise<void> {
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
  ]
  const target = [
    '--target',
    'es2023',
    '--module',
    'preserve',
    '--lib',
    'es2023,dom,dom.asynciterable',
  ]
  await runNode('typescript/bin/tsc', [...options, ...target, '--types', 'node', name], folder)
}

test('the document that is served is the one that is kept', async () => {
  const served = await (await fetch(new URL('/openapi.json', world.url))).text()
  expect(served).toBe(await readFile(join(root, 'docs/openapi.json'), 'utf8'))
})

test('for every operation the generated types are those of the SDK, both ways', async () => {
  await writeFile(join(folder, 'types.ts'), comparison)
  await compile('types.ts')
  // The comparison compares: with an answer that differs it names the operation.
  const api = await readFile(join(folder, 'api.d.ts'), 'utf8')
  await writeFile(
    join(folder, 'api.d.ts'),
    api.replace('embedding_model: string | null', 'embedding_model: string'),
  )
  try {
    await expect(compile('types.ts')).rejects.toThrow('tenant.get')
  } finally {
    await writeFile(join(folder, 'api.d.ts'), api)
  }
}, 120_000)

// Where a field of the SDK's input is the whole body of the request.
const bodyFields = allOperations
  .filter(({ bodyField }) => bodyField !== null)
  .map(({ id, bodyField }) => `'${id}': '${bodyField}'`)

const comparison = `
import type { Client } from '@ipto/sdk'
import type { operations } from './api.d.ts'

type Camel<Name extends string> = Name extends \`\${infer First}_\${infer Rest}\`
  ? \`\${First}\${Capitalize<Camel<Rest>>}\`
  : Name

type Method<K> = K extends \`\${infer Noun}.\${infer Verb}\`
  ? Camel<Noun> extends keyof Client
    ? Camel<Verb> extends keyof Client[Camel<Noun>]
      ? Client[Camel<Noun>][Camel<Verb>]
      : never
    : never
  : never

type Id = Extract<keyof operations, \`\${string}.\${string}\`>
type Fn = (input: never, options?: never) => Promise<unknown>
type Answer<K> = Method<K> extends Fn ? Awaited<ReturnType<Method<K>>> : never
type Input<K> = Method<K> extends Fn ? NonNullable<Parameters<Method<K>>[0]> : never
type Missing = { [K in Id]: Method<K> extends Fn ? never : K }[Id]

// A page of the SDK is the body, and can be iterated as well. A file comes as its bytes.
type Body<A> = A extends Uint8Array
  ? 'file'
  : A extends AsyncIterable<unknown>
    ? Omit<A, typeof Symbol.asyncIterator>
    : A extends object ? A : 'nothing'

type Success<R> = R extends { 200: infer S } ? S : R extends { 201: infer S } ? S
  : R extends { 202: infer S } ? S : R extends { 204: infer S } ? S : never
type GeneratedBody<K extends Id> = Success<operations[K]['responses']> extends infer S
  ? S extends { content: { 'application/json': infer B } } ? B
  : S extends { content: { 'application/pdf': string } } ? 'file' : 'nothing'
  : never

type Part<T> = [T] extends [never] ? {} : T extends object ? T : {}
type BodyFields = { ${bodyFields.join('; ')} }
type Content<K extends Id> = operations[K]['requestBody'] extends infer R
  ? NonNullable<R> extends { content: infer C } ? C[keyof C] : {}
  : {}
type Sent<K extends Id> = K extends keyof BodyFields ? Record<BodyFields[K], Content<K>> : Content<K>
type GeneratedInput<K extends Id> =
  Part<NonNullable<operations[K]['parameters']['path']>> &
  Part<NonNullable<operations[K]['parameters']['query']>> &
  Part<Sent<K>>

type Differs<A, B> = [A] extends [B] ? ([B] extends [A] ? false : true) : true
type WrongAnswer = { [K in Id]: Differs<Body<Answer<K>>, GeneratedBody<K>> extends false ? never : K }[Id]
// The SDK takes what a generated client may send, and the other way round.
type WrongInput = {
  [K in Id]: GeneratedInput<K> extends Input<K>
    ? Input<K> extends GeneratedInput<K> ? never : Input<K> extends Record<string, never> ? never : K
    : K
}[Id]

// So that the compiler names them.
type Named<T> = [T] extends [never] ? 'none' : T extends string ? [T] : never

export const missing: Named<Missing> = 'none'
export const answers: Named<WrongAnswer> = 'none'
export const inputs: Named<WrongInput> = 'none'
`

test('a client that is generated from the served document lists datasets and searches', async () => {
  const files = [textFile('a.txt', 'The old harbour.')]
  await publish(world, { terms: { name: 'Tides' }, files })
  await writeFile(join(folder, 'client.ts'), generatedClient)
  await compile('client.ts')
  const args = [join(folder, 'client.ts'), world.url, world.provider.token]
  const printed = await runNode('tsx/dist/cli.mjs', args, folder)
  expect(JSON.parse(printed)).toEqual({
    names: ['Tides'],
    found: ['Tides'],
    charged: 0,
    refusal: 'not_found',
  })
}, 120_000)

const generatedClient = `
import createClient from 'openapi-fetch'
import type { paths } from './api.d.ts'

const [, , baseUrl = '', token = ''] = process.argv
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } })
const listed = await client.GET('/v1/datasets', { params: { query: { limit: 5 } } })
const searched = await client.POST('/v1/search', { body: { query: 'harbour' } })
const refused = await client.GET('/v1/datasets/{dataset_id}', {
  params: { path: { dataset_id: 'dset_0' } },
})
console.log(
  JSON.stringify({
    names: listed.data?.items.map(({ name }) => name),
    found: searched.data?.results.map(({ dataset_name }) => dataset_name),
    charged: searched.data?.charged_amount,
    refusal: refused.error?.error.code,
  }),
)
`
