import { operations } from '@ipto/contract/operations.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import type { Id } from '../../base/ids.ts'
import * as metering from '../metering/metering.ts'
import { openWorld, type World, wire } from './catalog.fixture.ts'
import { offersFor, unitPriceOf } from './catalog.ts'
import { followPriceBook, listPriceBooks, publishPriceBook } from './price-books.ts'
import { recomputePrices } from './prices.ts'
import { presentPriceBook } from './wire.ts'

let world: World
let provider: Actor
let buyer: Actor
beforeEach(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  buyer = await world.addTenant('Buyer')
})
afterEach(() => world.close())

/** Base prices of `open` times so many; in force in a day. */
async function publish(times: bigint, inMs = msPerDay) {
  const { prices } = await metering.priceBookAt(world.db, new Date(0))
  const { open } = prices
  const retrieval = open.retrieval * times
  return publishPriceBook(world.deps, world.callOf(provider), {
    startsAt: new Date(world.now().getTime() + inMs),
    prices: { ...prices, open: { ...open, retrieval } },
  })
}
const follow = () => followPriceBook(world.deps, world.run())
const own = (retrieval: bigint) => ({ pricingModel: 'fixed' as const, unitPrices: { retrieval } })
async function priceOf(datasetId: Id<'dset'>): Promise<bigint> {
  const now = world.now()
  const offer = (await offersFor(world.db, buyer, [datasetId], now)).get(datasetId)
  if (!offer) throw new Error('it is on offer')
  return metering.rate(unitPriceOf(offer, { eventType: 'retrieval', indexedAt: now, now }), 1n)
}
const toldOf = async (datasetId: Id<'dset'>) =>
  (await world.actionsOn(datasetId)).filter((action) => action === 'dataset.price_reset').length
const listedPrice = async (datasetId: Id<'dset'>) => {
  const row = await world.db.first<{ retrievalMicros: bigint; priceBookVersion: number }>`
    select retrieval_micros, price_book_version from price_points
    where dataset_id = ${datasetId} order by starts_at desc, id desc limit 1`
  return [row?.retrievalMicros, row?.priceBookVersion]
}

describe('a price book that comes into force', () => {
  test('sets the price from its start on, and not before', async () => {
    const id = await world.addDataset(provider, { pricingModel: 'fixed' })
    await publish(2n)
    expect(await priceOf(id)).toBe(30_000n)
    world.passMs(msPerDay - 1)
    expect(await priceOf(id)).toBe(30_000n)
    world.passMs(1)
    expect(await priceOf(id)).toBe(60_000n)
  })

  test('leaves own prices within its bounds, and puts the base price in place of the others', async () => {
    const kept = await world.addDataset(provider, own(150_000n))
    const low = await world.addDataset(provider, own(6_000n))
    await publish(2n)
    await follow()
    expect([await toldOf(kept), await toldOf(low)]).toEqual([0, 0])
    world.passMs(msPerDay)
    expect([await priceOf(kept), await priceOf(low)]).toEqual([150_000n, 60_000n])
  })

  test('tells providers of those others, once, and the list of prices follows at once', async () => {
    const kept = await world.addDataset(provider, own(150_000n))
    const low = await world.addDataset(provider, own(6_000n))
    const base = await world.addDataset(provider, { pricingModel: 'fixed' })
    await follow()
    await publish(2n)
    world.passMs(msPerDay)
    for (const _ of [1, 2, 3]) await follow()
    expect([await toldOf(kept), await toldOf(low), await toldOf(base)]).toEqual([0, 1, 0])
    expect(await listedPrice(low)).toEqual([60_000n, 2])
    expect(await listedPrice(base)).toEqual([60_000n, 2])
  })

  test('tells the rest where a run was cut off, and nobody twice', async () => {
    const ids: Id<'dset'>[] = []
    for (let index = 0; index < 3; index += 1) {
      ids.push(await world.addDataset(provider, own(6_000n)))
    }
    await publish(2n)
    world.passMs(msPerDay)
    await world.db.run`
      insert into price_resets (dataset_id, price_book_version, told_at)
      values (${ids[0] ?? ''}, 2, ${world.now()})`
    await Promise.all([follow(), follow()])
    expect(await Promise.all(ids.map(toldOf))).toEqual([0, 1, 1])
  })

  test('passes over one that another followed meanwhile, and over what is being deleted', async () => {
    const id = await world.addDataset(provider, own(6_000n))
    const gone = await world.addDataset(provider, own(6_000n))
    await world.db.run`
      update datasets set status = 'deleted', removed_at = now() where id = ${gone}`
    await publish(2n, 1_000)
    await publish(1n, 2_000)
    world.passMs(3_000)
    await follow()
    expect([await toldOf(id), await toldOf(gone)]).toEqual([0, 0])
    expect(await priceOf(id)).toBe(6_000n)
  })
})

describe('versions of the price book', () => {
  test('are listed newest first, page by page, and one is in force', async () => {
    await publish(2n)
    await publish(3n, 2 * msPerDay)
    world.passMs(msPerDay)
    const page = await listPriceBooks(world.deps, world.callOf(provider), { limit: 2 })
    expect(page).toMatchObject({ total: 3, next: [2] })
    const rest = { ...world.callOf(provider), after: page.next }
    const last = await listPriceBooks(world.deps, rest, { limit: 2 })
    expect(last.next).toBeNull()
    const shown = [...page.items, ...last.items].map((book) => presentPriceBook(book, wire))
    for (const book of shown) {
      expect(operations['price_books.list'].output.parse(book)).toEqual(book)
    }
    expect(shown.map((book) => [book.version, book.in_force])).toEqual([
      [3, false],
      [2, true],
      [1, false],
    ])
    expect(shown[2]).toEqual({
      version: 1,
      starts_at: '1970-01-01T00:00:00Z',
      prices: {
        open: { retrieval: 0.03, citation: 0.02, download: 0.5 },
        premium: { retrieval: 0.08, citation: 0.05, download: 2 },
        outcome_share: { retrieval: 0.01, citation: 0.01, download: 0.25, outcome_percent: 5 },
      },
      currency: 'USD',
      published_at: null,
      in_force: false,
    })
  })
})

test('a demand curve follows what others bought, and never what the provider does itself', async () => {
  const id = await world.addDataset(provider, { pricingModel: 'demand_curve' })
  await world.sell(provider, provider, { datasetId: id, times: 50 })
  world.passMs(1)
  await recomputePrices(world.deps, world.run())
  expect(await priceOf(id)).toBe(30_000n)
  await world.sell(buyer, provider, { datasetId: id, times: 5 })
  world.passMs(1)
  await recomputePrices(world.deps, world.run())
  // (1 + 5) / (1 + 5/4), clamped to 2: the root of two.
  expect(await priceOf(id)).toBe(42_426n)
})
