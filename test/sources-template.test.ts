// The platform template, run as it stands: its commands, its example bodies, its tables and its loop.
// Only host and key are replaced, and the line ends put back that the text lost behind its examples.
import type { Client } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './send.ts'
import {
  type Curl,
  curlCommands,
  haveSources,
  jsonExamples,
  readSource,
  shapeProblems,
} from './source-texts.ts'
import { stripTypeScriptTypes } from './strip-types.ts'
import { openWorld, type World } from './world.ts'

const text = readSource('platform-template')
  .replace(/(['"](?=Example|GET)|\}(?=GET|PATCH|The|Job|\|))/g, '$1\n')
  .replaceAll(', ... }', ' }')
  .replaceAll('{ ... }', '{}')
const suite = haveSources
  ? 'the platform template'
  : 'the platform template (skipped: ../shared/spec/seeds is not there)'

const host = 'https://api.yourdomain.com'
const exampleId = 'res_xxxxxxxxxxxx'

let world: World
let key: string

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld()
    const scopes = ['datasets:read' as const, 'datasets:write' as const]
    key = (await world.provider.client.apiKeys.create({ name: 'template', scopes })).secret
  })
  afterAll(() => world.close())

  // What stands elsewhere is the beginning of an example only.
  const [resourceExample, listExample] = text
    .split('Example response\n')
    .slice(1)
    .flatMap((part) => jsonExamples(/^\{\n[\s\S]*?^\}$/m.exec(part)?.[0] ?? ''))
  const [createCommand, getCommand] = curlCommands(text)

  async function run(curl: Curl | undefined, change: (value: string) => string = (value) => value) {
    if (!curl) throw new Error('the document has no such command')
    const headers = Object.entries(curl.headers).map(([name, value]) => [
      name,
      value.replace('$YOUR_PRODUCT_API_KEY', key),
    ])
    return send(change(curl.url).replace(host, world.url), {
      method: curl.method,
      headers: Object.fromEntries(headers),
      ...(curl.body !== undefined && { raw: curl.body }),
    })
  }
  const call = (path: string, request: object = {}) =>
    send(`${world.url}/v1/resources${path}`, { token: key, ...request })

  test('creates a resource by its command, and answers exactly its example', async () => {
    const { status, text } = await run(createCommand)
    expect(status).toBe(201)
    const answer = JSON.parse(text)
    expect(shapeProblems(resourceExample ?? null, answer, { exact: [] })).toEqual([])
    const { id, createdAt, updatedAt, ...told } = answer
    expect(resourceExample).toMatchObject(told)
    expect(id).toMatch(/^res_[a-z0-9]{12,}$/)
    for (const time of [createdAt, updatedAt]) expect(time).toBe('2026-04-05T10:00:00.000Z')
  })

  test('reads it by its command, and says 404 of one that is not there', async () => {
    const made = await run(createCommand)
    const found = await run(getCommand, (url) => url.replace(exampleId, String(made.body.id)))
    expect(found.status).toBe(200)
    expect(found.body).toEqual(made.body)
    const unknown = await run(getCommand)
    expect(unknown.status).toBe(404)
    expect(unknown.body.error).toEqual({ code: 'not_found', message: expect.any(String) })
  })

  test('lists as in its example', async () => {
    await run(createCommand)
    const { status, text } = await call('')
    expect(status).toBe(200)
    const answer = JSON.parse(text)
    expect(Object.keys(answer)).toEqual(Object.keys(Object(listExample)))
    expect(Object.keys(answer)).toEqual(['object', 'data', 'hasMore', 'nextCursor'])
    expect(answer).toMatchObject({ object: 'list', hasMore: false, nextCursor: null })
    expect(answer.data[0]).toMatchObject({ name: 'My resource', status: 'active' })
  })

  test('goes through all pages by its loop', async () => {
    for (let at = 0; at < 3; at++) await run(createCommand)
    // A variable of a block is not seen by its condition: the one change that lets the loop run.
    const loop = /^let cursor: [\s\S]*?^\} while \(.*?\)/m.exec(text)?.[0] ?? ''
    const code = stripTypeScriptTypes(loop.replace('do {', 'let response\ndo {'))
      .replace('const response', 'response')
      .replace('limit: 100', 'limit: 2')
    expect(code).toContain('client.resources.list({ limit: 2, cursor })')
    const AsyncFunction = (async () => {}).constructor as new (
      ...texts: string[]
    ) => (client: Client, process: (data: { id: string }[]) => void) => Promise<void>
    const seen: string[] = []
    await new AsyncFunction('client', 'process', code)(world.provider.client, (data) => {
      seen.push(...data.map(({ id }) => id))
    })
    const all: string[] = []
    for await (const { id } of await world.provider.client.resources.list()) all.push(id)
    expect(seen.length).toBeGreaterThan(2)
    expect(seen).toEqual(all)
  })

  test('changes what is sent, replaces metadata whole, and deletes for good', async () => {
    const { body } = await run(createCommand)
    const path = `/${body.id}`
    const json = { status: 'paused', metadata: { internalId: 'x' } }
    const changed = await call(path, { method: 'PATCH', json })
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({ ...body, ...json })
    const removed = await call(path, { method: 'DELETE' })
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect(removed.headers.get('content-type')).toBeNull()
    expect((await call(path, { method: 'DELETE' })).status).toBe(404)
  })

  test('answers with the statuses of its table, and its error body', async () => {
    const codes = [...text.matchAll(/^(\d{3}) [A-Z].* \|/gm)].map(([, code]) => Number(code))
    expect(codes).toEqual([200, 201, 204, 400, 401, 403, 404, 422, 429, 500])
    const missing = await call('', { json: {} })
    expect(missing.status).toBe(422)
    const error = /^\{\n"error": \{[\s\S]*?\n\}\n\}/m.exec(text)?.[0] ?? ''
    expect(missing.body).toEqual(JSON.parse(error))
    expect((await call('', { raw: '{' })).status).toBe(400)
    expect((await call('', { token: 'YOUR_API_KEY' })).status).toBe(401)
    const weak = await world.provider.client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
    expect((await call('', { token: weak.secret })).status).toBe(403)
    const offset = await call('?offset=1')
    expect(offset.status).toBe(400)
    expect(offset.body.error?.param).toBe('offset')
  })

  test('makes one resource of two calls with one Idempotency-Key', async () => {
    const request = { json: { name: 'Once' }, headers: { 'idempotency-key': 'template-1' } }
    const [first, second] = [await call('', request), await call('', request)]
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    const named = (await world.provider.client.resources.list({ limit: 100 })).data
    expect(named.filter(({ name }) => name === 'Once')).toHaveLength(1)
  })
})
