import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as metering from '../metering/metering.ts'
import {
  ageDaysOf,
  boundsOf,
  decayFactorPpm,
  demandFactorPpm,
  isWithinBounds,
  type PriceTerms,
  platformBpsOf,
  pointFactsOf,
  pricedEvents,
  unitPriceOf,
} from './pricing.ts'

const base = { retrieval: 30_000n, citation: 20_000n, download: 500_000n, outcomeBps: null }
const terms: PriceTerms = {
  model: 'demand_curve',
  base,
  priceBookVersion: 1,
  own: null,
  halfLifeDays: null,
  point: null,
  platformBps: 4_000n,
}
const now = new Date('2026-04-05T10:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const microsOf = (some: PriceTerms, eventType: 'retrieval' | 'download' = 'retrieval', age = 0) =>
  metering.rate(unitPriceOf({ terms: some }, { eventType, indexedAt: daysAgo(age), now }), 1n)

const million = 1_000_000n
const count = fc.integer({ min: 0, max: 2_000_000 })

describe('demand_curve', () => {
  test('the factor is the root of the clamped ratio, rounded to a millionth, by integers alone', () => {
    fc.assert(
      fc.property(count, count, (d7, d28) => {
        const factor = BigInt(demandFactorPpm({ d7, d28 }))
        // ratio = 4 (1 + d7) / (4 + d28), clamped to [1/2, 2], as one fraction.
        let over = 4n * BigInt(1 + d7)
        let under = BigInt(4 + d28)
        if (2n * over < under) [over, under] = [1n, 2n]
        if (over > 2n * under) [over, under] = [2n, 1n]
        // |factor − 10⁶ √ratio| ≤ ½, squared and without a fraction.
        const target = 4n * million * million * over
        expect((2n * factor - 1n) ** 2n * under <= target).toBe(true)
        expect((2n * factor + 1n) ** 2n * under >= target).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('stays between 0.707107 and 1.414214, grows with the week, falls with the month', () => {
    expect(demandFactorPpm({ d7: 0, d28: 0 })).toBe(1_000_000)
    expect(demandFactorPpm({ d7: 0, d28: 4 })).toBe(707_107)
    expect(demandFactorPpm({ d7: 1, d28: 0 })).toBe(1_414_214)
    expect(demandFactorPpm({ d7: 8, d28: 32 })).toBe(1_000_000)
    fc.assert(
      fc.property(count, count, fc.integer({ min: 0, max: 1_000 }), (d7, d28, more) => {
        const factor = demandFactorPpm({ d7, d28 })
        expect(factor).toBeGreaterThanOrEqual(707_107)
        expect(factor).toBeLessThanOrEqual(1_414_214)
        expect(demandFactorPpm({ d7: d7 + more, d28 })).toBeGreaterThanOrEqual(factor)
        expect(demandFactorPpm({ d7, d28: d28 + more })).toBeLessThanOrEqual(factor)
      }),
    )
  })

  test('a sale names its price point and what it came from', () => {
    const point = { id: 'pp_1', d7: 1, d28: 2, factorPpm: demandFactorPpm({ d7: 1, d28: 2 }) }
    const price = unitPriceOf(
      { terms: { ...terms, point } },
      { eventType: 'retrieval', indexedAt: daysAgo(400), now },
    )
    expect(price).toEqual({
      baseMicros: 30_000n,
      factorPpm: 1_154_701,
      model: 'demand_curve',
      priceBookVersion: 1,
      pricePointId: 'pp_1',
      d7: 1,
      d28: 2,
      ageDays: null,
      halfLifeDays: null,
      platformBps: 4_000n,
    })
    expect(metering.rate(price, 1n)).toBe(34_641n)
  })
})

describe('time_decay', () => {
  test('the factor is 2^(−age/half-life), not under a quarter, rounded, by integers alone', () => {
    const age = fc.integer({ min: 0, max: 4_000 })
    const half = fc.integer({ min: 1, max: 400 })
    fc.assert(
      fc.property(age, half, (ageDays, halfLifeDays) => {
        const factor = BigInt(decayFactorPpm(ageDays, halfLifeDays))
        if (ageDays >= 2 * halfLifeDays) {
          expect(factor).toBe(250_000n)
          return
        }
        // |factor − 10⁶ · 2^(−a/h)| ≤ ½, to the power of h.
        const h = BigInt(halfLifeDays)
        const target = (2n * million) ** h
        const scale = 2n ** BigInt(ageDays)
        expect((2n * factor - 1n) ** h * scale <= target).toBe(true)
        expect((2n * factor + 1n) ** h * scale >= target).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('halves with every half-life down to a quarter; 180 days where none is set', () => {
    const decay = { ...terms, model: 'time_decay' } as const
    expect([0, 179, 180, 360, 3_000].map((age) => microsOf(decay, 'retrieval', age))).toEqual([
      30_000n,
      15_058n,
      15_000n,
      7_500n,
      7_500n,
    ])
    expect(microsOf({ ...decay, halfLifeDays: 30 }, 'download', 30)).toBe(250_000n)
  })

  test('age counts whole days, and an object of the future is new', () => {
    const almost = new Date(daysAgo(1).getTime() + 1)
    expect(ageDaysOf(almost, now)).toBe(0)
    expect(ageDaysOf(daysAgo(1), now)).toBe(1)
    expect(ageDaysOf(daysAgo(-3), now)).toBe(0)
    const decay = { ...terms, model: 'time_decay' } as const
    const price = unitPriceOf(
      { terms: decay },
      { eventType: 'retrieval', indexedAt: daysAgo(90), now },
    )
    expect(price).toMatchObject({ ageDays: 90, halfLifeDays: 180, pricePointId: null, d7: null })
  })
})

describe('fixed', () => {
  test('bounds are a fifth and five times the base, exactly, whatever the base', () => {
    const micros = fc.bigInt({ min: 0n, max: 10n ** 15n })
    fc.assert(
      fc.property(micros, micros, (own, some) => {
        expect(isWithinBounds(own, some)).toBe(5n * own >= some && own <= 5n * some)
      }),
    )
    expect(boundsOf(30_000n)).toEqual({ minMicros: 6_000n, maxMicros: 150_000n })
    expect(boundsOf(3n)).toEqual({ minMicros: 1n, maxMicros: 15n })
  })

  test('own prices count where they are set and within bounds, else the base price', () => {
    const own = { retrieval: 100_000n, citation: null, download: 99_999n }
    const fixed = { ...terms, model: 'fixed', own } as const
    const priceOf = (eventType: (typeof pricedEvents)[number]) =>
      unitPriceOf({ terms: fixed }, { eventType, indexedAt: daysAgo(900), now })
    expect(pricedEvents.map((event) => priceOf(event).baseMicros)).toEqual([
      100_000n,
      20_000n,
      500_000n,
    ])
    expect(priceOf('retrieval').factorPpm).toBe(1_000_000)
    // A later price book that moves the base takes an own price out of bounds.
    const dearer = { ...fixed, base: { ...base, retrieval: 500_001n } }
    expect(microsOf(dearer)).toBe(500_001n)
    expect(microsOf({ ...fixed, base: { ...base, retrieval: 500_000n } })).toBe(100_000n)
  })
})

test('a price point holds the price of a new object; demand counts in a demand curve only', () => {
  const demand = { d7: 1, d28: 0 }
  const facts = { priceBookVersion: 1, d7: 0, d28: 0, factorPpm: 1_000_000 }
  expect(pointFactsOf(terms, { demand, now })).toEqual({
    priceBookVersion: 1,
    ...demand,
    factorPpm: 1_414_214,
    retrievalMicros: 42_426n,
  })
  const decay = { ...terms, model: 'time_decay', halfLifeDays: 1 } as const
  expect(pointFactsOf(decay, { demand, now })).toEqual({ ...facts, retrievalMicros: 30_000n })
  const own = { retrieval: 6_000n, citation: null, download: null }
  const fixed = { ...terms, model: 'fixed', own } as const
  expect(pointFactsOf(fixed, { demand, now })).toEqual({ ...facts, retrievalMicros: 6_000n })
})

test('the platform keeps 40 %, and 30 % of curated datasets', () => {
  expect([false, true].map(platformBpsOf)).toEqual([4_000n, 3_000n])
})
