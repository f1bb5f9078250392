// The platform template: its blocks, run as they stand, its tables and what it says beside them.
import { jobStatuses } from '@ipto/contract/reports.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './send.ts'
import { haveSources, type Json, rowsOf } from './sources/documents.ts'
import { runBlocks } from './sources/run-blocks.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

const suite = haveSources
  ? 'the platform template'
  : 'the platform template (skipped: ../shared/spec/seeds is not there)'

let world: World
let key: string

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld()
    const scopes = ['datasets:read' as const, 'datasets:write' as const]
    for (let at = 0; at < 105; at++) await world.buyer.client.resources.create({ name: `R${at}` })
    key = (await world.provider.client.apiKeys.create({ name: 'template', scopes })).secret
  }, 180_000)
  afterAll(() => world.close())

  const call = (path: string, request: object = {}) =>
    send(`${world.url}/v1/resources${path}`, { token: key, ...request })

  const { at } = runBlocks('platform-template', {
    url: () => world.url,
    token: () => key,
    values: {
      res_xxxxxxxxxxxx: async () => (await make()).id,
      '{id}': ({ operation }) => (operation === 'jobs.get' ? finishedJob() : newId()),
    },
    cases: {
      'a resource without a name': async () => {
        const { status, text } = await call('', { json: {} })
        expect(status).toBe(422)
        const body: Json = JSON.parse(text)
        return body
      },
    },
    prelude: () => loopPrelude(),
  })

  const example = {
    name: 'My resource',
    description: 'Created via the API.',
    metadata: { internal_id: 'abc123' },
  }
  const make = () => world.provider.client.resources.create(example)

  /** Of a resource that has another name still. */
  async function newId(): Promise<string> {
    return (await world.provider.client.resources.create({ ...example, name: 'Old' })).id
  }

  /** What runs long and answers a job: the deletion of a dataset. */
  async function finishedJob(): Promise<string> {
    const { client } = world.provider
    const { dataset_id } = await client.datasets.create({ name: 'Goes' })
    const { job_id } = await client.datasets.delete({ dataset_id })
    const id = job_id ?? ''
    await until(async () => (await client.jobs.get({ id })).status === 'completed')
    return id
  }

  // The loop's condition stands outside of the block that declares `response`, so that it is a free name
  // there: the page that the client answered last.
  function loopPrelude(): string {
    const sdk = new URL('../sdk/src/client.ts', import.meta.url).href
    const options = { baseUrl: world.url, token: world.buyer.token }
    return `import { Client } from ${JSON.stringify(sdk)}
const client = new Client(${JSON.stringify(options)})
const list = client.resources.list
let response
client.resources.list = async (input) => (response = await list(input))
const processed = []
const process = (data) => processed.push(...data)`
  }

  test('creates with an id and times of its own, and says 404 of what is not there', async () => {
    const { id, createdAt, updatedAt } = at(35).body as Record<string, string>
    expect(id).toMatch(/^res_[a-z0-9]{12,}$/)
    for (const time of [createdAt, updatedAt]) expect(time).toBe('2026-04-05T10:00:00.000Z')
    const unknown = await call('/res_xxxxxxxxxxxx')
    expect(unknown.status).toBe(404)
    expect(unknown.body.error).toEqual({ code: 'not_found', message: expect.any(String) })
  })

  test('goes through all pages by its loop', async () => {
    const all: string[] = []
    for await (const { id } of await world.buyer.client.resources.list()) all.push(id)
    expect(all.length).toBeGreaterThan(100)
    const processed = at(100).body as { id: string }[]
    expect(processed.map(({ id }) => id)).toEqual(all)
  })

  test('changes what is sent, replaces metadata whole, and deletes for good', async () => {
    const { body } = await call('', { json: example })
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

  test('answers with the statuses of its table', async () => {
    const codes = rowsOf('platform-template', 'statuses').map((row) => Number(row.slice(0, 3)))
    expect(codes).toEqual([200, 201, 204, 400, 401, 403, 404, 422, 429, 500])
    expect((await call('', { raw: '{' })).status).toBe(400)
    expect((await call('', { token: 'YOUR_API_KEY' })).status).toBe(401)
    const weak = await world.provider.client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
    expect((await call('', { token: weak.secret })).status).toBe(403)
    const offset = await call('?offset=1')
    expect(offset.status).toBe(400)
    expect(offset.body.error?.param).toBe('offset')
  })

  test('has the statuses of its table of jobs', () => {
    const statuses = rowsOf('platform-template', 'job statuses').map((row) => row.split(' ')[0])
    expect(statuses).toEqual([...jobStatuses])
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
