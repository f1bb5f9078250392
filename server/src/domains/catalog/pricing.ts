// What one use costs: a pure function of base price, pricing model and observed facts (decisions 6). The
// only place that computes with floats near money; it ends in an integer factor in parts per million,
// which is stored with every sale, so that anyone can work an amount out again with integers.
import { msPerDay } from '../../base/clock.ts'
import * as metering from '../metering/metering.ts'

export type PricedEvent = 'retrieval' | 'citation' | 'download'
export const pricedEvents = ['retrieval', 'citation', 'download'] as const

/** A provider's own prices in micros; null where the base price applies. */
export type UnitPrices = Record<PricedEvent, bigint | null>

/** The demand that a price was worked out from. */
export interface PricePoint {
  id: string
  d7: number
  d28: number
  factorPpm: number
}

export interface PriceTerms {
  model: metering.Model
  base: metering.ModePrices
  priceBookVersion: number
  own: UnitPrices | null
  halfLifeDays: number | null
  point: PricePoint | null
  /** The platform's share in basis points. */
  platformBps: bigint
}

export const halfLifeDaysDefault = 180
const oneInPpm = 1_000_000
const decayFloor = 0.25
const demandMin = 0.5
const demandMax = 2
const splitBps = 4_000n
const curatedSplitBps = 3_000n

/** Own prices stand within a fifth and five times the base price, both included. */
export function boundsOf(baseMicros: bigint): { minMicros: bigint; maxMicros: bigint } {
  return { minMicros: (baseMicros + 4n) / 5n, maxMicros: baseMicros * 5n }
}

export function isWithinBounds(ownMicros: bigint, baseMicros: bigint): boolean {
  const { minMicros, maxMicros } = boundsOf(baseMicros)
  return ownMicros >= minMicros && ownMicros <= maxMicros
}

export function platformBpsOf(isCurated: boolean): bigint {
  return isCurated ? curatedSplitBps : splitBps
}

/** clamp(0.5, 2, (1 + d7) / (1 + d28 / 4)) to the power of 0.5, in parts per million. */
export function demandFactorPpm({ d7, d28 }: metering.Demand): number {
  const ratio = (1 + d7) / (1 + d28 / 4)
  return Math.round(Math.sqrt(Math.min(demandMax, Math.max(demandMin, ratio))) * oneInPpm)
}

/** max(0.25, 2^(−age / half-life)), in parts per million. */
export function decayFactorPpm(ageDays: number, halfLifeDays: number): number {
  return Math.round(Math.max(decayFloor, 2 ** (-ageDays / halfLifeDays)) * oneInPpm)
}

/** Whole days; an object that is not indexed yet is new. */
export function ageDaysOf(indexedAt: Date, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - indexedAt.getTime()) / msPerDay))
}

/** The price of one use of an object, with everything that it came from. */
export function unitPriceOf(
  { terms }: { terms: PriceTerms },
  { eventType, indexedAt, now }: { eventType: PricedEvent; indexedAt: Date; now: Date },
): metering.UnitPrice {
  const plain: metering.UnitPrice = {
    baseMicros: terms.base[eventType],
    factorPpm: oneInPpm,
    model: terms.model,
    priceBookVersion: terms.priceBookVersion,
    pricePointId: null,
    d7: null,
    d28: null,
    ageDays: null,
    halfLifeDays: null,
    platformBps: terms.platformBps,
  }
  switch (terms.model) {
    case 'fixed':
      return { ...plain, baseMicros: fixedMicros(terms, eventType) }
    case 'time_decay': {
      const halfLifeDays = terms.halfLifeDays ?? halfLifeDaysDefault
      const ageDays = ageDaysOf(indexedAt, now)
      return { ...plain, factorPpm: decayFactorPpm(ageDays, halfLifeDays), ageDays, halfLifeDays }
    }
    case 'demand_curve': {
      if (!terms.point) return plain
      const { id, d7, d28, factorPpm } = terms.point
      return { ...plain, factorPpm, pricePointId: id, d7, d28 }
    }
  }
}

// A later price book may leave an own price out of bounds: then the base price applies.
function fixedMicros({ base, own }: PriceTerms, eventType: PricedEvent): bigint {
  const ownMicros = own?.[eventType] ?? null
  if (ownMicros === null || !isWithinBounds(ownMicros, base[eventType])) return base[eventType]
  return ownMicros
}

export interface PointFacts {
  priceBookVersion: number
  d7: number
  d28: number
  factorPpm: number
  /** Of a retrieval from an object that is new. */
  retrievalMicros: bigint
}

/** What a price point would say now. Demand counts where the model follows it. */
export function pointFactsOf(
  terms: PriceTerms,
  { demand, now }: { demand: metering.Demand; now: Date },
): PointFacts {
  const { d7, d28 } = terms.model === 'demand_curve' ? demand : { d7: 0, d28: 0 }
  const factorPpm = demandFactorPpm({ d7, d28 })
  const { priceBookVersion } = terms
  const point = { id: '', d7, d28, factorPpm }
  const price = unitPriceOf(
    { terms: { ...terms, point } },
    { eventType: 'retrieval', indexedAt: now, now },
  )
  return { priceBookVersion, d7, d28, factorPpm, retrievalMicros: metering.rate(price, 1n) }
}
