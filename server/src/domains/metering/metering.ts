// Usage events and their rating: quantity × price, rounded once, with every input stored so that anyone
// can work the amount out again. It does not decide who pays, and knows no balances.
import { createHash } from 'node:crypto'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type { Demand, EventType, UsageEvent, UsageFilter, UsagePage } from './store.ts'
import * as store from './store.ts'

export {
  listPriceBooks,
  type ModePrices,
  type MonetizationMode,
  modePrices,
  type PriceBook,
  priceBookAt,
  publishPriceBook,
} from './price-books.ts'
export type { Demand, EventType, StoredPrices, UsageEvent, UsageFilter } from './store.ts'

export type Model = 'fixed' | 'time_decay' | 'demand_curve'

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

/**
 * The price of a dataset's part in one outcome (decisions 6). The reported value is shared out by the number
 * of retrieval events; the parts are differences of one running sum, so they always add up to the
 * whole, which is rounded once. With n events of all and shares in basis points, the sum after this
 * dataset is `value × bpsAfter / (10,000 × n)`; `bpsBefore` and `bpsAfter` are Σ events × bps.
 */
export interface OutcomePrice {
  model: 'outcome'
  valueMicros: bigint
  eventsTotal: bigint
  bpsBefore: bigint
  bpsAfter: bigint
  priceBookVersion: number
  /** The platform's share in basis points. */
  platformBps: bigint
}

export type Price = UnitPrice | OutcomePrice

const ppm = 1_000_000n
const oneInBps = 10_000n

/**
 * quantity × base × factor, or the part of an outcome's value, rounded half up to the micro: the only
 * rounding of a charge.
 */
export function rate(price: Price, quantity: bigint): bigint {
  if (price.model === 'outcome') {
    return outcomeSum(price, price.bpsAfter) - outcomeSum(price, price.bpsBefore)
  }
  assert(price.baseMicros >= 0n && quantity > 0n, 'a price is not negative, a quantity positive')
  return (quantity * price.baseMicros * BigInt(price.factorPpm) + ppm / 2n) / ppm
}

function outcomeSum({ valueMicros, eventsTotal }: OutcomePrice, bps: bigint): bigint {
  const parts = oneInBps * eventsTotal
  return (2n * valueMicros * bps + parts) / (2n * parts)
}

/** The price of one unit. An outcome has none: what it costs was worked out for all of it. */
function unitMicros(price: Price): bigint {
  return price.model === 'outcome' ? 0n : rate(price, 1n)
}

export interface Shares {
  platform: bigint
  provider: bigint
}

/** The platform's part is rounded down and the provider gets the remainder: nothing is lost. */
export function splitShare(amountMicros: bigint, platformBps: bigint): Shares {
  const platform = (amountMicros * platformBps) / oneInBps
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
  /** Null for an outcome, which many objects bring about. */
  objectId: Id<'obj'> | null
  chunkNo: bigint | null
  searchActivityId: string | null
  principalId: string
  apiKeyId: string | null
  resourceId: string | null
  quantity: bigint
  price: Price
  /** False for the use of one's own dataset: metered at zero. */
  isBillable: boolean
  occurredAt: Date
}

/** Rates without storing, in the order of the chunks so that no two writers wait in a circle. */
export function rateAll(usage: readonly NewUsage[]): UsageEvent[] {
  return [...usage].sort((a, b) => Number((a.chunkNo ?? 0n) - (b.chunkNo ?? 0n))).map(rated)
}

/** Stores what was rated. A usage event never changes. */
export async function record(tx: Tx, events: readonly UsageEvent[]): Promise<void> {
  await store.insertUsageEvents(tx, events)
}

function rated(usage: NewUsage): UsageEvent {
  const { price, isBillable, ...rest } = usage
  const amountMicros = isBillable ? rate(price, usage.quantity) : 0n
  const event = {
    ...rest,
    currency: 'USD',
    billable: isBillable,
    unitPriceMicros: unitMicros(price),
    amountMicros,
    platformMicros: splitShare(amountMicros, price.platformBps).platform,
    priceInputs: inputsOf(price),
    priceBookVersion: price.priceBookVersion,
  }
  return { ...event, digest: digestOf(event) }
}

/** Tells an event that was changed afterwards from one that was not: SHA-256 over its fields by name. */
export function digestOf(event: Omit<UsageEvent, 'digest'>): string {
  return createHash('sha256').update(canonical(event)).digest('hex')
}

// The same text from a row as it is made and as it comes back: names in order, numbers as text.
function canonical(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (value === null || typeof value !== 'object') return JSON.stringify(String(value))
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, inner]) => `${name}:${canonical(inner)}`).join(',')}}`
}

function inputsOf(price: Price): store.StoredInputs {
  if (price.model === 'outcome') {
    return {
      ...price,
      valueMicros: price.valueMicros.toString(),
      eventsTotal: price.eventsTotal.toString(),
      bpsBefore: price.bpsBefore.toString(),
      bpsAfter: price.bpsAfter.toString(),
      platformBps: price.platformBps.toString(),
    }
  }
  return {
    ...price,
    baseMicros: price.baseMicros.toString(),
    platformBps: price.platformBps.toString(),
  }
}

/** The price of a stored event, as it was. */
export function priceOf({ priceInputs }: UsageEvent): Price {
  if (priceInputs.model === 'outcome') {
    return {
      ...priceInputs,
      valueMicros: BigInt(priceInputs.valueMicros),
      eventsTotal: BigInt(priceInputs.eventsTotal),
      bpsBefore: BigInt(priceInputs.bpsBefore),
      bpsAfter: BigInt(priceInputs.bpsAfter),
      platformBps: BigInt(priceInputs.platformBps),
    }
  }
  const { baseMicros, platformBps, ...rest } = priceInputs
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

/** What a tenant used, newest first: `limit` and one more. */
export async function listUsage(
  db: Db,
  buyerId: Id<'tnt'>,
  filter: UsageFilter,
  page: UsagePage,
): Promise<UsageEvent[]> {
  return store.listUsage(db, buyerId, filter, page)
}

/** What others used of a provider and were charged for, newest first: `limit` and one more. */
export async function listSold(
  db: Db,
  providerId: Id<'tnt'>,
  filter: UsageFilter,
  page: UsagePage,
): Promise<UsageEvent[]> {
  return store.listSold(db, providerId, filter, page)
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

export interface WrongUsage {
  id: string
  /** `digest`: changed after it was written. `amount`: does not follow from its price. */
  problem: 'digest' | 'amount'
}

const eventsAtOnce = 500

/**
 * Works every usage event out again: its digest from its fields, its amounts from its price. One after
 * the other, so that memory stays flat; nothing, as long as the books are right.
 */
export async function* verifyUsage(db: Db): AsyncGenerator<WrongUsage> {
  let after = ''
  for (;;) {
    const events = await store.listAfter(db, { after, limit: eventsAtOnce })
    for (const event of events) {
      if (!hasItsDigest(event)) yield { id: event.id, problem: 'digest' }
      if (!hasItsAmount(event)) yield { id: event.id, problem: 'amount' }
    }
    const last = events.at(-1)
    if (!last || events.length < eventsAtOnce) return
    after = last.id
  }
}

// Events from before digests were kept have none.
function hasItsDigest({ digest, ...event }: UsageEvent): boolean {
  return digest === null || digest === digestOf(event)
}

function hasItsAmount(event: UsageEvent): boolean {
  try {
    const price = priceOf(event)
    const amountMicros = event.billable ? rate(price, event.quantity) : 0n
    return (
      event.amountMicros === amountMicros &&
      event.unitPriceMicros === unitMicros(price) &&
      event.platformMicros === splitShare(amountMicros, price.platformBps).platform &&
      event.priceBookVersion === price.priceBookVersion
    )
  } catch {
    // Inputs that are no price at all: nothing follows from them.
    return false
  }
}
