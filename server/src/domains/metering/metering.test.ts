import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import {
  demandOf,
  digestOf,
  getUsage,
  listCharged,
  listPriceBooks,
  type NewUsage,
  type OutcomePrice,
  priceBookAt,
  priceOf,
  publishPriceBook,
  rate,
  rateAll,
  record,
  splitShare,
  type UnitPrice,
  type UsageEvent,
  verifyUsage,
} from './metering.ts'

let db: Db
const now = new Date('2026-04-05T10:00:00Z')

beforeAll(async () => {
  db = (await openTestDb()).db
})
afterAll(() => db.close())

const price: UnitPrice = {
  baseMicros: 30_000n,
  factorPpm: 1_123_457,
  model: 'demand_curve',
  priceBookVersion: 1,
  pricePointId: 'pp_1',
  d7: 3,
  d28: 8,
  ageDays: null,
  halfLifeDays: null,
  platformBps: 4_000n,
}

const usage = (change: Partial<NewUsage> = {}): NewUsage => ({
  id: newId('ue'),
  chargeId: 'chg_1',
  tenantId: newId('tnt'),
  providerTenantId: newId('tnt'),
  eventType: 'retrieval',
  datasetId: newId('dset'),
  datasetName: 'Contracts',
  objectId: newId('obj'),
  chunkNo: 1n,
  searchActivityId: newId('sa'),
  principalId: 'key_1',
  apiKeyId: 'key_1',
  resourceId: null,
  quantity: 1n,
  price,
  isBillable: true,
  occurredAt: now,
  ...change,
})
async function recordAll(...all: NewUsage[]): Promise<UsageEvent[]> {
  const events = rateAll(all)
  await db.tx((tx) => record(tx, events))
  return events
}

// How many events each dataset has in an outcome, and its share in basis points.
const outcomes = fc.record({
  valueMicros: fc.bigInt({ min: 1n, max: 10n ** 14n }),
  datasets: fc.array(
    fc.record({
      events: fc.bigInt({ min: 1n, max: 500n }),
      bps: fc.bigInt({ min: 0n, max: 10_000n }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
})

function outcomePrices({
  valueMicros,
  datasets,
}: {
  valueMicros: bigint
  datasets: { events: bigint; bps: bigint }[]
}): OutcomePrice[] {
  const eventsTotal = datasets.reduce((sum, { events }) => sum + events, 0n)
  let bpsAfter = 0n
  return datasets.map(({ events, bps }) => {
    const bpsBefore = bpsAfter
    bpsAfter += events * bps
    return {
      model: 'outcome',
      valueMicros,
      eventsTotal,
      bpsBefore,
      bpsAfter,
      priceBookVersion: 1,
      platformBps: 4_000n,
    }
  })
}

describe('an outcome', () => {
  test('is shared out without loss: the parts are the whole, which is rounded once', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const parts = outcomePrices(outcome).map((one) => rate(one, 1n))
        const sum = parts.reduce((all, part) => all + part, 0n)
        const events = outcome.datasets.reduce((all, one) => all + one.events, 0n)
        const weight = outcome.datasets.reduce((all, one) => all + one.events * one.bps, 0n)
        // Twice the distance to value × Σ(events × bps) / (10,000 × events): within (-1, 1] of half.
        const parts10k = 10_000n * events
        const off = 2n * (sum * parts10k - outcome.valueMicros * weight)
        expect(off > -parts10k && off <= parts10k).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('gives each dataset its exact part but for less than a micro', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const events = outcome.datasets.reduce((all, one) => all + one.events, 0n)
        outcomePrices(outcome).forEach((one, index) => {
          const { events: own, bps } = outcome.datasets[index] ?? { events: 0n, bps: 0n }
          const part = rate(one, own)
          const off = part * 10_000n * events - outcome.valueMicros * own * bps
          expect(part >= 0n && off < 10_000n * events && off > -10_000n * events).toBe(true)
        })
      }),
      { numRuns: 1_000 },
    )
  })

  test('of one dataset is five percent of the value', () => {
    const [only] = outcomePrices({
      valueMicros: 1_000_000_000n,
      datasets: [{ events: 3n, bps: 500n }],
    })
    expect(only && rate(only, 3n)).toBe(50_000_000n)
  })
})

describe('an amount', () => {
  const terms = fc.record({
    baseMicros: fc.bigInt({ min: 0n, max: 10n ** 10n }),
    factorPpm: fc.integer({ min: 1, max: 2_000_000 }),
    quantity: fc.bigInt({ min: 1n, max: 10n ** 6n }),
  })

  test('is the whole micro nearest to quantity × base × factor, and half goes up', () => {
    fc.assert(
      fc.property(terms, ({ baseMicros, factorPpm, quantity }) => {
        const micros = rate({ ...price, baseMicros, factorPpm }, quantity)
        // Twice the distance to the exact product, in millionths of a micro: within (-1, 1] of half.
        const off = 2n * (micros * 1_000_000n - quantity * baseMicros * BigInt(factorPpm))
        expect(off > -1_000_000n && off <= 1_000_000n).toBe(true)
      }),
    )
  })

  test('of many units is rounded once, not once for each', () => {
    const third = { ...price, baseMicros: 1n, factorPpm: 333_333 }
    expect(rate(third, 1n)).toBe(0n)
    expect(rate(third, 3_000n)).toBe(1_000n)
    expect(rate({ ...price, baseMicros: 1n, factorPpm: 500_000 }, 1n)).toBe(1n)
    expect(rate({ ...price, baseMicros: 1n, factorPpm: 499_999 }, 1n)).toBe(0n)
  })

  test('is split without loss: the platform never gets more than its part, nor less by a micro', () => {
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 14n })
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 0n, max: 10_000n }), (amount, bps) => {
        const { platform, provider } = splitShare(amount, bps)
        expect(platform + provider).toBe(amount)
        expect(platform >= 0n && provider >= 0n).toBe(true)
        expect(platform * 10_000n <= amount * bps).toBe(true)
        expect((platform + 1n) * 10_000n > amount * bps).toBe(true)
      }),
    )
  })

  test('needs a price that is not negative and a positive quantity', () => {
    expect(() => rate(price, 0n)).toThrow()
    expect(() => rate({ ...price, baseMicros: -1n }, 1n)).toThrow()
  })
})

describe('a usage event', () => {
  test('holds all that its amount came from: anyone can work it out again', async () => {
    const sold = usage({ quantity: 3n })
    await recordAll(sold)
    const event = await getUsage(db, sold.tenantId, sold.id)
    if (!event) throw new Error('it was recorded')
    expect(priceOf(event)).toEqual(price)
    expect(event.amountMicros).toBe(rate(priceOf(event), event.quantity))
    expect(event.unitPriceMicros).toBe(33_704n)
    expect(event.platformMicros).toBe(splitShare(event.amountMicros, 4_000n).platform)
    expect(await getUsage(db, sold.providerTenantId, sold.id)).toBeUndefined()
  })

  test('keeps a digest of all its fields that the row gives again, and a changed row does not', async () => {
    const [event] = await recordAll(usage())
    if (!event) throw new Error('it was recorded')
    const again = await getUsage(db, event.tenantId, event.id)
    if (!again) throw new Error('it is there')
    const { digest, ...fields } = again
    expect(digest).toBe(digestOf(fields))
    expect(digestOf({ ...fields, datasetName: 'Other' })).not.toBe(digest)
    expect(digestOf({ ...fields, quantity: 2n })).not.toBe(digest)
  })

  test('of an outcome is stored with its price and no object', async () => {
    const [price] = outcomePrices({
      valueMicros: 999_999n,
      datasets: [{ events: 2n, bps: 500n }],
    })
    if (!price) throw new Error('there is one dataset')
    const reported = usage({
      eventType: 'outcome',
      objectId: null,
      chunkNo: null,
      quantity: 2n,
      price,
    })
    const [event] = await recordAll(reported)
    const again = event && (await getUsage(db, event.tenantId, event.id))
    expect(again).toMatchObject({ objectId: null, amountMicros: 50_000n, unitPriceMicros: 0n })
    expect(again && priceOf(again)).toEqual(price)
  })

  test('of an own dataset costs nothing and is still there', async () => {
    const own = usage({ isBillable: false })
    const [event] = await recordAll(own)
    expect(event).toMatchObject({ amountMicros: 0n, platformMicros: 0n, billable: false })
  })

  test('of one passage in one search exists once', async () => {
    const first = usage()
    await recordAll(first)
    await expect(recordAll({ ...first, id: newId('ue') })).rejects.toThrow()
    const cited = usage({ ...first, id: newId('ue'), eventType: 'citation' })
    expect(await recordAll(cited)).toHaveLength(1)
  })

  test('keeps numbers beyond what a double holds', async () => {
    const far = usage({ chunkNo: 2n ** 62n + 1n, quantity: 10n ** 9n + 1n })
    const [event] = await recordAll(far)
    expect(event).toMatchObject({ chunkNo: far.chunkNo, quantity: far.quantity })
    expect(event?.amountMicros).toBe(rate(price, far.quantity))
  })

  test('is listed with its charge, to its buyer only', async () => {
    const chargeId = 'chg_of_two'
    const tenantId = newId('tnt')
    const events = [2n, 1n].map((chunkNo) => usage({ chargeId, tenantId, chunkNo }))
    await recordAll(...events)
    expect(await listCharged(db, tenantId, chargeId)).toHaveLength(2)
    expect(await listCharged(db, newId('tnt'), chargeId)).toEqual([])
  })
})

test('demand counts what others paid for in the last 7 and 28 days', async () => {
  const datasetId: Id<'dset'> = newId('dset')
  const daysAgo = (days: number) => new Date(+now - days * 86_400_000)
  const providerTenantId = newId('tnt')
  const sold = (days: number, change: Partial<NewUsage> = {}) =>
    usage({ datasetId, providerTenantId, occurredAt: daysAgo(days), ...change })
  await recordAll(
    sold(0),
    sold(6.9),
    sold(7),
    sold(27.9),
    sold(28),
    sold(-1),
    sold(1, { isBillable: false }),
    sold(1, { tenantId: providerTenantId }),
    sold(1, { eventType: 'download', chunkNo: null, searchActivityId: null }),
  )
  const demand = await demandOf(db, [datasetId, newId('dset')], now)
  expect(demand).toEqual(new Map([[datasetId, { d7: 2, d28: 4 }]]))
})

test('the price book of decisions 6 is in force from the beginning, a later one from its start', async () => {
  const book = await priceBookAt(db, new Date('1999-01-01T00:00:00Z'))
  expect(book.version).toBe(1)
  expect(book.prices).toEqual({
    open: { retrieval: 30_000n, citation: 20_000n, download: 500_000n, outcomeBps: null },
    premium: { retrieval: 80_000n, citation: 50_000n, download: 2_000_000n, outcomeBps: null },
    outcome_share: { retrieval: 10_000n, citation: 10_000n, download: 250_000n, outcomeBps: 500 },
  })
  expect(book.publishedAt).toBeNull()
})

describe('a new version of the price book', () => {
  const actor = { kind: 'user', id: 'usr_operator', tenantId: newId('tnt') } as const
  const publish = async (startsAt: string, chargeKey: string = newId('req')) => {
    const { prices } = await priceBookAt(db, now)
    const book = { startsAt: new Date(startsAt), prices }
    return db.tx((tx) => publishPriceBook(tx, { actor, now, chargeKey }, book))
  }
  const refused = (reason: string) => ({
    code: 'invalid_request',
    fields: [{ path: 'starts_at', reason: expect.stringContaining(reason), nature: 'value' }],
  })

  test('is in force from its start, and the one before until then', async () => {
    const made = await publish('2030-01-01T00:00:00Z')
    expect(made).toMatchObject({ version: 2, publishedAt: now })
    expect((await priceBookAt(db, new Date('2029-12-31T23:59:59Z'))).version).toBe(1)
    expect(await priceBookAt(db, new Date('2030-01-01T00:00:00Z'))).toEqual(made)
    const entries = await db.rows`
      select target_id, actor_id from audit_events where action = 'price_book.publish'`
    expect(entries).toEqual([{ targetId: '2', actorId: actor.id }])
  })

  test('starts in the future, and after all that there are', async () => {
    await expect(publish('2026-04-05T10:00:00Z')).rejects.toMatchObject(refused('in the future'))
    await expect(publish('2020-01-01T00:00:00Z')).rejects.toMatchObject(refused('in the future'))
    await expect(publish('2029-01-01T00:00:00Z')).rejects.toMatchObject(refused('last version'))
    await expect(publish('2030-01-01T00:00:00Z')).rejects.toMatchObject(refused('last version'))
    expect((await listPriceBooks(db, { before: null, limit: 10 })).total).toBe(2)
  })

  test('is made once for each call, however often it comes', async () => {
    const chargeKey = newId('req')
    const first = await publish('2031-01-01T00:00:00Z', chargeKey)
    expect(await publish('2031-01-01T00:00:00Z', chargeKey)).toEqual(first)
    expect((await listPriceBooks(db, { before: null, limit: 10 })).total).toBe(3)
  })

  test('published at the same time gets a number of its own, or is told that it comes too early', async () => {
    const years = [2041, 2042, 2043, 2044, 2045, 2046]
    const tries = await Promise.allSettled(years.map((year) => publish(`${year}-01-01T00:00:00Z`)))
    const made = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(made.length).toBeGreaterThan(0)
    for (const one of tries) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject(refused('last version'))
    }
    const { books } = await listPriceBooks(db, { before: null, limit: 20 })
    expect(books.map((book) => book.version)).toEqual(
      Array.from({ length: made.length + 3 }, (_, index) => made.length + 3 - index),
    )
    const starts = books.map((book) => book.startsAt.getTime())
    expect(starts).toEqual([...starts].sort((a, b) => b - a))
  })

  test('counts by its start, whatever its number', async () => {
    await db.run`
      insert into price_books (version, starts_at, prices)
      select 1000, '1980-01-01', prices from price_books where version = 1`
    expect((await priceBookAt(db, new Date('2030-06-01T00:00:00Z'))).version).toBe(2)
    expect((await priceBookAt(db, new Date('1990-01-01T00:00:00Z'))).version).toBe(1_000)
    await db.run`delete from price_books where version = 1000`
  })
})

test('every usage event that does not follow from its fields and its price is named', async () => {
  const wrong = async () => {
    const found = []
    for await (const one of verifyUsage(db)) found.push(one)
    return found
  }
  expect(await wrong()).toEqual([])
  const [event] = await recordAll(usage())
  const id = event?.id ?? ''
  await db.run`update usage_events set amount_micros = amount_micros + 1 where id = ${id}`
  expect(await wrong()).toEqual([
    { id, problem: 'digest' },
    { id, problem: 'amount' },
  ])
  await db.run`update usage_events set digest = null where id = ${id}`
  expect(await wrong()).toEqual([{ id, problem: 'amount' }])
})
