import { describe, expect, test } from 'vitest'
import type { PriceBook } from '../metering/metering.ts'
import type { DatasetStatus } from './store.ts'
import { changedTerms, newTerms, statusAfter, type TermsInput } from './terms.ts'

const epoch = new Date(0)
const book: PriceBook = {
  version: 1,
  startsAt: epoch,
  publishedAt: null,
  prices: {
    open: { retrieval: 30_000n, citation: 20_000n, download: 500_000n, outcomeBps: null },
    premium: { retrieval: 80_000n, citation: 50_000n, download: 2_000_000n, outcomeBps: null },
    outcome_share: { retrieval: 10_000n, citation: 10_000n, download: 250_000n, outcomeBps: 500 },
  },
}
const make = (input: Omit<TermsInput, 'name'> = {}) =>
  newTerms({ name: 'Leases', ...input }, { book, embeddingModel: 'minilm-l6-int8' })
const change = (before: Omit<TermsInput, 'name'>, input: TermsInput) =>
  changedTerms(make(before), input, book)
const problemsOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a new dataset', () => {
  test('has the defaults of the decisions', () => {
    expect(make()).toEqual({
      name: 'Leases',
      description: null,
      sourceModality: 'document',
      monetizationMode: 'open',
      pricingModel: 'demand_curve',
      unitPrices: null,
      halfLifeDays: null,
      visibility: 'private',
      accessPolicy: 'automatic',
      language: null,
      embeddingModel: 'minilm-l6-int8',
      licenseTerms: null,
      allowedUses: [],
      maxQuoteChars: null,
      tags: [],
    })
  })

  test('needs approval by default where it is not open, and what is said counts', () => {
    expect(make({ monetizationMode: 'premium' }).accessPolicy).toBe('approval')
    expect(make({ monetizationMode: 'outcome_share' }).accessPolicy).toBe('approval')
    const said = { monetizationMode: 'premium', accessPolicy: 'automatic' } as const
    expect(make(said).accessPolicy).toBe('automatic')
    expect(make({ accessPolicy: 'approval' }).accessPolicy).toBe('approval')
  })

  test('has a half-life of 180 days with time_decay', () => {
    expect(make({ pricingModel: 'time_decay' }).halfLifeDays).toBe(180)
    expect(make({ pricingModel: 'time_decay', halfLifeDays: 7 }).halfLifeDays).toBe(7)
  })
})

describe('own prices', () => {
  test('go with fixed only, a half-life with time_decay only, and every mistake is named', () => {
    const unitPrices = { retrieval: 30_000n }
    for (const pricingModel of ['time_decay', 'demand_curve', undefined] as const) {
      expect(problemsOf(() => make({ pricingModel, unitPrices }))).toMatchObject({
        code: 'invalid_request',
        fields: [{ path: 'unit_prices', nature: 'value' }],
      })
    }
    for (const pricingModel of ['fixed', 'demand_curve', undefined] as const) {
      expect(problemsOf(() => make({ pricingModel, halfLifeDays: 9 }))).toMatchObject({
        code: 'invalid_request',
        fields: [{ path: 'half_life_days', nature: 'value' }],
      })
    }
    expect(problemsOf(() => make({ unitPrices, halfLifeDays: 9 }))).toMatchObject({
      fields: [{ path: 'unit_prices' }, { path: 'half_life_days' }],
    })
  })

  test('stand within a fifth and five times the base of the mode, both included', () => {
    const fixed = { monetizationMode: 'premium', pricingModel: 'fixed' } as const
    const lowest = { retrieval: 16_000n, citation: 10_000n, download: 400_000n }
    const highest = { retrieval: 400_000n, citation: 250_000n, download: 10_000_000n }
    expect(make({ ...fixed, unitPrices: lowest }).unitPrices).toEqual(lowest)
    expect(make({ ...fixed, unitPrices: highest }).unitPrices).toEqual(highest)
    const wrong = { retrieval: 15_999n, citation: 250_001n, download: 0n }
    expect(problemsOf(() => make({ ...fixed, unitPrices: wrong }))).toMatchObject({
      code: 'invalid_request',
      fields: [
        { path: 'unit_prices.retrieval', reason: 'must be between 0.016 and 0.4', nature: 'value' },
        { path: 'unit_prices.citation', reason: 'must be between 0.01 and 0.25', nature: 'value' },
        { path: 'unit_prices.download', reason: 'must be between 0.4 and 10', nature: 'value' },
      ],
    })
  })

  const fixed = { pricingModel: 'fixed', unitPrices: { retrieval: 100_000n } } as const

  test('change one by one and are taken back together', () => {
    expect(change(fixed, { unitPrices: { citation: 30_000n } }).unitPrices).toEqual({
      retrieval: 100_000n,
      citation: 30_000n,
      download: null,
    })
    expect(change(fixed, { unitPrices: null }).unitPrices).toBeNull()
    expect(make({ pricingModel: 'fixed', unitPrices: {} }).unitPrices).toBeNull()
  })

  test('go with the model they belong to, without being sent again', () => {
    expect(change(fixed, { pricingModel: 'demand_curve' }).unitPrices).toBeNull()
    const decay = { pricingModel: 'time_decay', halfLifeDays: 9 } as const
    expect(change(decay, { pricingModel: 'fixed' }).halfLifeDays).toBeNull()
    expect(change(decay, { halfLifeDays: null }).halfLifeDays).toBe(180)
  })

  test('are checked against the base of a new mode, but not by a change that leaves prices alone', () => {
    expect(problemsOf(() => change(fixed, { monetizationMode: 'outcome_share' }))).toMatchObject({
      fields: [{ path: 'unit_prices.retrieval', reason: 'must be between 0.002 and 0.05' }],
    })
    const later = structuredClone(book)
    later.prices.open.retrieval = 1_000_000n
    const before = make(fixed)
    expect(changedTerms(before, { name: 'Other' }, later).unitPrices).toEqual(before.unitPrices)
  })
})

describe('a licence', () => {
  const license = { terms: 'Quote only.', allowedUses: ['rag', 'rag'], maxQuoteChars: 300 }

  test('changes in the parts that are sent, and null takes it back', () => {
    expect(make({ license })).toMatchObject({ allowedUses: ['rag'], maxQuoteChars: 300 })
    expect(change({ license }, { license: { maxQuoteChars: null } })).toMatchObject({
      licenseTerms: 'Quote only.',
      allowedUses: ['rag'],
      maxQuoteChars: null,
    })
    expect(change({ license }, { license: null })).toMatchObject({
      licenseTerms: null,
      allowedUses: [],
      maxQuoteChars: null,
    })
    expect(change({ license }, { name: 'Other' })).toMatchObject({ licenseTerms: 'Quote only.' })
  })
})

test('a provider moves a dataset between active and paused, and nowhere else', () => {
  const all: DatasetStatus[] = [
    'draft',
    'ingesting',
    'active',
    'paused',
    'suspended',
    'pending_deletion',
    'deleted',
  ]
  for (const current of all) {
    expect(statusAfter(current, undefined)).toBe(current)
    for (const asked of all) {
      const isAllowed =
        current === asked || ['active paused', 'paused active'].includes(`${current} ${asked}`)
      const work = () => statusAfter(current, asked)
      if (isAllowed) expect(work()).toBe(asked)
      else expect(problemsOf(work)).toMatchObject({ code: 'conflict' })
    }
  }
})
