// A server without an engine (ENGINE_URL=none): a further process beside the one that has it. It answers
// everything but searches, and takes nothing from the one that has the engine.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addFiles, approve, ingested, publish, textFile, uploadFile } from './publish.ts'
import { type Second, startSecond } from './second.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

const isPostgres = Boolean(process.env.TEST_DATABASE_URL)

let world: World
let datasetId: string
beforeAll(async () => {
  world = await openWorld()
  const made = await publish(world, { files: [textFile('a.txt', 'The heron stands still.')] })
  datasetId = made.datasetId
})
afterAll(() => world.close())

const search = (path: string, headers: Record<string, string> = {}, url = world.url) =>
  send(url + path, { token: world.buyer.token, json: { query: 'heron' }, headers })

describe('a server without an engine', () => {
  beforeAll(() => world.restart({ config: { ...world.config, engine: { kind: 'none' } } }))

  test('is ready, and says that it has none', async () => {
    const { status, body } = await send(`${world.url}/readyz`)
    expect(status).toBe(200)
    expect(body).toEqual({
      status: 'ready',
      checks: { database: 'ok', blobs: 'ok', engine: 'none' },
    })
  })

  test('refuses searches for now and indexes nothing; one with an engine takes up both', {
    timeout: 120_000,
  }, async () => {
    for (const path of ['/v1/search', '/v1/search/quote']) {
      const { status, body, headers } = await search(path)
      expect(status).toBe(503)
      expect(body.error?.code).toBe('service_unavailable')
      expect(body.error?.message).toContain('no search engine (ENGINE_URL=none)')
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    const keyed = { 'idempotency-key': 'for another server' }
    expect((await search('/v1/search', keyed)).status).toBe(503)
    expect((await world.buyer.client.spend.get()).data.total_spend).toBe(0)

    const file = textFile('b.txt', 'The egret walks about.')
    const objectId = await uploadFile(world.provider, datasetId, file)
    await approve(world, world.provider, objectId)
    const { client } = world.operator
    await until(async () => (await client.admin.system()).data.index_lag > 0)

    await world.restart()
    const { status, body } = await search('/v1/search', keyed)
    expect(status).toBe(200)
    expect(body).toMatchObject({ result_count: 1, charged_amount: 0.03 })
    expect((await ingested(world.provider, objectId)).index_state).toBe('indexed')
    const found = await world.buyer.client.search.query({ query: 'egret' })
    expect(found.result_count).toBe(1)
  })
})

describe.skipIf(!isPostgres)(
  'beside a server with an engine (skipped unless TEST_DATABASE_URL names a server)',
  () => {
    let second: Second
    beforeAll(async () => {
      // Its limits are on; a new minute has room.
      world.clock.forward(60_000)
      second = await startSecond(world)
    })
    afterAll(() => second?.stop())

    test('it leaves the feeding to that one, and everything else is one market', async () => {
      const { token } = world.provider
      const made = await send(`${second.url}/v1/resources`, { token, json: { name: 'Agent' } })
      expect(made.status).toBe(201)
      const read = await send(`${world.url}/v1/resources/${made.body.id}`, { token })
      expect(read.body).toEqual(made.body)

      const files = [textFile('c.txt', 'The bittern hides in the reed.')]
      await addFiles(world, world.provider, { datasetId, files })
      const found = await world.buyer.client.search.query({ query: 'bittern' })
      expect(found.result_count).toBe(1)
      expect((await search('/v1/search', {}, second.url)).status).toBe(503)
    })
  },
)
