// Usage events and their rating: quantity × price, rounded once, with every input stored so that anyone
// can work the amount out again. It does not decide who pays, and knows no balances.
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type { Demand, EventType, UsageEvent } from './store.ts'
import * as store from './store.ts'

export type { Demand, EventType, UsageEvent } from './store.ts'

export type Model = 'fixed' | 'time_decay' | 'demand_curve'
export type MonetizationMode = 'open' | 'premium' | 'outcome_share'

/** A price with all that it came from. The amount follows by integers alone (decisions 6). */
export interface UnitPrice {
  baseMicros: bigint
  /** Parts per million; `base × factor`, rounded half up, is the unit price. */
  factorPpm: number
  model: Model
  priceBookVersion: number
  pricePointId: string | null
  d7: number | null
  d28: number | null
  ageDays: number | null
  halfLifeDays: number | null
  /** The platform's share in basis points. */
  platformBps: bigint
}

const ppm = 1_000_000n

/** quantity × base × factor, rounded half up to the micro: the only rounding of a charge. */
export function rate(price: UnitPrice, quantity: bigint): bigint {
  assert(price.baseMicros >= 0n && quantity > 0n, 'a price is not negative, a quantity positive')
  return (quantity * price.baseMicros * BigInt(price.factorPpm) + ppm / 2n) / ppm
}

export interface Shares {
  platform: bigint
  provider: bigint
}

/** The platform's part is rounded down and the provider gets the remainder: nothing is lost. */
export function splitShare(amountMicros: bigint, platformBps: bigint): Shares {
  const platform = (amountMicros * platformBps) / 10_000n
  return { platform, provider: amountMicros - platform }
}

export interface NewUsage {
  id: Id<'ue'>
  chargeId: string
  tenantId: Id<'tnt'>
  providerTenantId: Id<'tnt'>
  eventType: EventType
  datasetId: Id<'dset'>
  datasetName: string
  objectId: Id<'obj'>
  chunkNo: bigint | null
  searchActivityId: string | null
  principalId: string
  apiKeyId: string | null
  resourceId: string | null
  quantity: bigint
  price: UnitPrice
  /** False for the use of one's own dataset: metered at zero. */
  isBillable: boolean
  occurredAt: Date
}

/** Rates and stores the events, in the order of their chunks so that no two writers wait in a circle. */
export async function record(tx: Tx, usage: readonly NewUsage[]): Promise<UsageEvent[]> {
  const ordered = [...usage].sort((a, b) => Number((a.chunkNo ?? 0n) - (b.chunkNo ?? 0n)))
  const events = ordered.map(rated)
  await store.insertUsageEvents(tx, events)
  return events
}

function rated(usage: NewUsage): store.NewRow {
  const { price, isBillable, ...rest } = usage
  const amountMicros = isBillable ? rate(price, usage.quantity) : 0n
  return {
    ...rest,
    currency: 'USD',
    billable: isBillable,
    unitPriceMicros: rate(price, 1n),
    amountMicros,
    platformMicros: splitShare(amountMicros, price.platformBps).platform,
    priceInputs: inputsOf(price),
    priceBookVersion: price.priceBookVersion,
  }
}

function inputsOf(price: UnitPrice) {
  return {
    ...price,
    baseMicros: price.baseMicros.toString(),
    platformBps: price.platformBps.toString(),
  }
}

/** The price of a stored event, as it was. */
export function priceOf(event: UsageEvent): UnitPrice {
  const { baseMicros, platformBps, ...rest } = event.priceInputs
  return { ...rest, baseMicros: BigInt(baseMicros), platformBps: BigInt(platformBps) }
}

/** Events of one charge, in the order of their ids. */
export async function listCharged(
  sql: Sql,
  tenantId: Id<'tnt'>,
  chargeId: string,
): Promise<UsageEvent[]> {
  return store.listByCharge(sql, tenantId, chargeId)
}

export async function getUsage(
  db: Db,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<UsageEvent | undefined> {
  return store.findUsageEvent(db, tenantId, id)
}

/** Billable retrievals of the last 7 and 28 days by other tenants; absent where there were none. */
export async function demandOf(
  db: Db,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<Map<Id<'dset'>, Demand>> {
  const rows = await store.listDemand(db, datasetIds, now)
  return new Map(rows.map((row) => [row.datasetId, { d7: row.d7, d28: row.d28 }]))
}

export interface ModePrices {
  retrieval: bigint
  citation: bigint
  download: bigint
  /** Basis points of the reported value; null where the mode has no outcome share. */
  outcomeBps: number | null
}

export interface PriceBook {
  version: number
  startsAt: Date
  prices: Record<MonetizationMode, ModePrices>
}

/** The version in force at a time. Version 1 is in force from the beginning. */
export async function priceBookAt(db: Db, now: Date): Promise<PriceBook> {
  const book = await store.findPriceBook(db, now)
  assert(book, 'version 1 of the price book is always there')
  return {
    version: book.version,
    startsAt: book.startsAt,
    prices: {
      open: modePrices(book.prices.open),
      premium: modePrices(book.prices.premium),
      outcome_share: modePrices(book.prices.outcome_share),
    },
  }
}

function modePrices(stored: store.StoredPrices): ModePrices {
  return {
    retrieval: BigInt(stored.retrieval),
    citation: BigInt(stored.citation),
    download: BigInt(stored.download),
    outcomeBps: stored.outcomeBps,
  }
}
