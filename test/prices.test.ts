// The price book as operators publish it, and the prices that follow for everybody else.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World
let fixedId: string
let resetId: string
const prices = {
  open: { retrieval: 0.06, citation: 0.02, download: 0.5 },
  premium: { retrieval: 0.08, citation: 0.05, download: 2 },
  outcome_share: { retrieval: 0.01, citation: 0.01, download: 0.25, outcome_percent: 7.25 },
}
const hourMs = 3_600_000
const inHours = (hours: number) =>
  new Date(world.clock.now().getTime() + hours * hourMs).toISOString().replace('.000Z', 'Z')

beforeAll(async () => {
  world = await openWorld()
  const files = [textFile('a.txt', 'Herring and salt in the old harbour.')]
  const made = await publish(world, { terms: { name: 'Base' }, files })
  fixedId = made.datasetId
  const low = await publish(world, {
    terms: { name: 'Low', unit_prices: { retrieval: 0.006 } },
    files,
  })
  resetId = low.datasetId
}, 60_000)
afterAll(() => world.close())

const priceBooks = () => world.operator.client.priceBooks
const publishRaw = (json: unknown) =>
  send(`${world.url}/v1/admin/price-books`, { json, token: world.operator.token })
const soldAt = async (dataset_id: string) => {
  const found = await world.buyer.client.search.query({
    query: 'herring',
    dataset_ids: [dataset_id],
  })
  const [event] = (await world.buyer.client.usageEvents.list({ limit: 1 })).items
  return [found.charged_amount, event?.price_book_version, event?.price_inputs.base]
}

test.each<[string, (good: typeof prices) => unknown, number]>([
  ['without a mode', ({ open, premium }) => ({ open, premium }), 400],
  ['with another mode', (good) => ({ ...good, free: good.open }), 400],
  ['without a price', (good) => ({ ...good, open: { retrieval: 1, citation: 1 } }), 400],
  ['with text', (good) => ({ ...good, open: { ...good.open, retrieval: '0.03' } }), 400],
  ['with null', (good) => ({ ...good, open: { ...good.open, retrieval: null } }), 400],
  ['with a negative price', (good) => ({ ...good, open: { ...good.open, download: -1 } }), 422],
  ['with seven decimals', (good) => ({ ...good, open: { ...good.open, download: 1e-7 } }), 422],
  ['beyond all bounds', (good) => ({ ...good, open: { ...good.open, download: 10_001 } }), 422],
  [
    'with a share over all',
    (good) => ({ ...good, outcome_share: { ...good.outcome_share, outcome_percent: 100.01 } }),
    422,
  ],
  [
    'with a share in too fine steps',
    (good) => ({ ...good, outcome_share: { ...good.outcome_share, outcome_percent: 0.001 } }),
    422,
  ],
  [
    'with a share where there is none',
    (good) => ({ ...good, open: { ...good.open, outcome_percent: 5 } }),
    400,
  ],
])('a price book %s is refused', async (_, change, status) => {
  const answer = await publishRaw({ starts_at: inHours(1), prices: change(prices) })
  expect(answer.status).toBe(status)
  expect((await priceBooks().list()).data.total).toBe(1)
})

test('a price book starts in the future, and after the last one', async () => {
  for (const starts_at of [inHours(0), inHours(-1)]) {
    const refused = priceBooks().create({ starts_at, prices })
    await expect(refused).rejects.toMatchObject({ status: 422, code: 'invalid_request' })
  }
  for (const starts_at of ['tomorrow', 5, null]) {
    expect([400, 422]).toContain((await publishRaw({ starts_at, prices })).status)
  }
  expect((await priceBooks().list()).data.total).toBe(1)
})

test('a new version holds from its start: for sales, for lists, and for own prices that it leaves out', async () => {
  expect(await soldAt(fixedId)).toEqual([0.03, 1, 0.03])
  expect(await soldAt(resetId)).toEqual([0.006, 1, 0.006])

  const key = { idempotencyKey: 'book-2' }
  const made = await priceBooks().create({ starts_at: inHours(1), prices }, key)
  expect(made.data).toEqual({
    version: 2,
    starts_at: inHours(1),
    prices,
    currency: 'USD',
    published_at: inHours(0),
    in_force: false,
  })
  expect((await priceBooks().create({ starts_at: inHours(1), prices }, key)).data).toEqual(
    made.data,
  )
  const early = priceBooks().create({ starts_at: inHours(0.5), prices })
  await expect(early).rejects.toMatchObject({ status: 422 })
  expect((await soldAt(fixedId)).slice(1)).toEqual([1, 0.03])

  world.clock.forward(hourMs)
  await world.restart()
  expect(await soldAt(fixedId)).toEqual([0.06, 2, 0.06])
  expect(await soldAt(resetId)).toEqual([0.06, 2, 0.06])
  const { data } = await priceBooks().list()
  expect(data.price_books.map((book) => [book.version, book.in_force])).toEqual([
    [2, true],
    [1, false],
  ])
  const told = async () => {
    const { items } = await world.provider.client.audit.list({ action: 'dataset.price_reset' })
    return items.map((entry) => entry.target_id)
  }
  await until(async () => (await told()).length > 0)
  expect(await told()).toEqual([resetId])
  const listed = await world.buyer.client.catalog.get({ dataset_id: resetId })
  expect(listed.current_prices.retrieval).toBe(0.06)
})

test('versions that are published at the same time get different numbers', async () => {
  const tries = await Promise.allSettled(
    [10, 20, 30, 40].map((hours) => priceBooks().create({ starts_at: inHours(hours), prices })),
  )
  const made = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value.data.version] : []))
  expect(made.length).toBeGreaterThan(0)
  expect(new Set(made).size).toBe(made.length)
  expect((await priceBooks().list()).data.total).toBe(2 + made.length)
  const { items } = await world.operator.client.audit.list({ action: 'price_book.publish' })
  expect(items).toHaveLength(1 + made.length)
})
