// A search session: all pages of one cursor. Its prices are those of its first page, and what one caller
// may not see does not end it for another.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const files = (word: string, count: number) =>
  Array.from({ length: count }, (_, n) => textFile(`${word}-${n}.txt`, `The ${word} number ${n}.`))

test('the demand that a session makes does not change its own price', async () => {
  await publish(world, { files: files('heron', 6) })
  const first = await world.buyer.client.search.query({ query: 'heron', top_k: 2 })
  for (let turn = 0; turn < 4; turn++) {
    await world.stranger.client.search.query({ query: 'heron', top_k: 6 })
  }
  // Price points are made anew each hour; the schedule also runs at a start.
  world.clock.forward(30 * 60_000)
  await world.restart()
  const second = await world.buyer.client.search.query({
    query: 'heron',
    top_k: 2,
    cursor: first.next_cursor,
  })
  expect(second.results.map((hit) => hit.price.amount)).toEqual([0.03, 0.03])
  const fresh = await world.buyer.client.search.query({ query: 'heron', top_k: 1 })
  expect(fresh.results[0]?.price.amount).toBeGreaterThanOrEqual(0.03)
})

test('a cursor belongs to the key that got it', async () => {
  await publish(world, { files: files('egret', 4) })
  const make = () => world.buyer.client.apiKeys.create({ name: 'agent', scopes: ['search:query'] })
  const one = world.client({ apiKey: (await make()).secret })
  const other = world.client({ apiKey: (await make()).secret })
  const first = await one.search.query({ query: 'egret', top_k: 2 })
  const again = { query: 'egret', top_k: 2, cursor: first.next_cursor }
  await expect(other.search.query(again)).rejects.toMatchObject({ status: 400 })
  expect((await one.search.query(again)).result_count).toBe(2)
})

test('a dataset that is paused for a moment does not end the session', async () => {
  const { datasetId } = await publish(world, { files: files('plover', 4) })
  const first = await world.buyer.client.search.query({ query: 'plover', top_k: 2 })
  const again = { query: 'plover', top_k: 2, cursor: first.next_cursor }
  await world.provider.client.datasets.update({ dataset_id: datasetId, status: 'paused' })
  expect((await world.buyer.client.search.query(again)).result_count).toBe(0)
  await world.provider.client.datasets.update({ dataset_id: datasetId, status: 'active' })
  expect((await world.buyer.client.search.query(again)).result_count).toBe(2)
})

test("a key does not get another principal's answer under the same Idempotency-Key", async () => {
  const { apiKeys } = world.buyer.client
  const options = { idempotencyKey: 'a-readable-key' }
  const input = { name: 'all', scopes: ['admin:*' as const] }
  const made = await apiKeys.create(input, options)
  const narrow = await apiKeys.create({ name: 'narrow', scopes: ['keys:write'] })
  const refused = world.client({ apiKey: narrow.secret }).apiKeys.create(input, options)
  await expect(refused).rejects.toMatchObject({ status: 409, code: 'idempotency_key_reused' })
  expect((await apiKeys.create(input, options)).secret).toBe(made.secret)
})
