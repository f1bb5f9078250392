// The one way to charge a buyer for use, and the budgets that a charge must fit. A charge happens once
// under its key. Prices come with the usage; nothing is rated twice.
import type { Actor } from '../../base/call.ts'
import type { Sql, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import * as metering from '../metering/metering.ts'
import { reserve } from './budgets.ts'
import { redeem } from './quotes.ts'
import * as store from './store.ts'

export { closeUse, remainingOf } from './budgets.ts'
export * as events from './events.ts'
export { type Budget, type BudgetWish, listBudgets, setBudget } from './limits.ts'
export { makeQuote, type Quote, quoteFor } from './quotes.ts'

export interface UsageDraft {
  eventType: metering.EventType
  datasetId: Id<'dset'>
  datasetName: string
  objectId: Id<'obj'> | null
  chunkNo: bigint | null
  searchActivityId: string | null
  quantity: bigint
  price: metering.Price
  providerTenantId: Id<'tnt'>
  isBillable: boolean
}

export interface ChargeRequest {
  actor: Actor
  chargeKey: string
  now: Date
  usage: readonly UsageDraft[]
  /** Refuse to charge more than this. */
  maxMicros: bigint | null
  /** A quote that this charge redeems: its promise is a limit as well. */
  quoteId?: string | null
}

export interface Charge {
  id: string
  amountMicros: bigint
  /** True where an earlier call with this key made it: nothing new was booked. */
  isRepeated: boolean
  events: metering.UsageEvent[]
  /** What is left of the tightest budget of this month; null where nothing limits or nothing was reserved. */
  remainingMicros: bigint | null
}

/**
 * Charges for use, in the caller's transaction. Throws `unauthorized` where the credential was revoked
 * meanwhile and `budget_exceeded` where a budget or `maxMicros` falls short; then nothing is booked.
 */
export async function charge(tx: Tx, request: ChargeRequest): Promise<Charge> {
  const { actor, chargeKey, now } = request
  const live = await identity.requireLive(tx, actor, now)
  const promisedMicros = request.quoteId ? await redeem(tx, request, request.quoteId) : null
  const id = idFor('chg', chargeKey)
  const events = metering.rateAll(
    request.usage.map((draft, index) => newUsage(request, draft, id, index)),
  )
  const amountMicros = sumOf(events)
  const row = { id, tenantId: actor.tenantId, chargeKey, amountMicros, now }
  if (!(await store.insertCharge(tx, row))) return findCharge(tx, actor.tenantId, chargeKey)

  requireWithin(amountMicros, request.maxMicros, 'max_amount')
  requireWithin(amountMicros, promisedMicros, 'the quote')
  const remainingMicros = await reserve(tx, live, now, amountMicros)
  await metering.record(tx, events)
  await ledger.post(tx, transfersOf(id, actor.tenantId, events), now)
  return { id, amountMicros, isRepeated: false, events, remainingMicros }
}

function requireWithin(amountMicros: bigint, limit: bigint | null, name: string): void {
  if (limit === null || amountMicros <= limit) return
  throw new Failure('budget_exceeded', `The charge would be higher than ${name} allows.`)
}

async function findCharge(tx: Tx, tenantId: Id<'tnt'>, chargeKey: string): Promise<Charge> {
  const made = await store.findCharge(tx, tenantId, chargeKey)
  assert(made, 'a charge that was made before is on record')
  const events = await metering.listCharged(tx, tenantId, made.id)
  const { id, amountMicros } = made
  return { id, amountMicros, isRepeated: true, events, remainingMicros: null }
}

function newUsage(
  { actor, chargeKey, now }: ChargeRequest,
  draft: UsageDraft,
  chargeId: string,
  index: number,
): metering.NewUsage {
  return {
    ...draft,
    id: idFor('ue', chargeKey, String(index)),
    chargeId,
    tenantId: actor.tenantId,
    principalId: actor.id,
    apiKeyId: actor.keyId,
    resourceId: actor.resourceId,
    occurredAt: now,
  }
}

/** What a provider's part of a charge follows from. */
export type Sold = Pick<metering.UsageEvent, 'providerTenantId' | 'amountMicros' | 'platformMicros'>

function sumOf(events: readonly metering.UsageEvent[]): bigint {
  return events.reduce((sum, event) => sum + event.amountMicros, 0n)
}

/** Per provider, not per hit: two rows of a provider's account for any number of hits. */
export function transfersOf(
  chargeId: string,
  buyerId: Id<'tnt'>,
  events: readonly Sold[],
): ledger.Transfer[] {
  const shares = new Map<Id<'tnt'>, metering.Shares>()
  for (const { providerTenantId, amountMicros, platformMicros } of events) {
    const sum = shares.get(providerTenantId) ?? { platform: 0n, provider: 0n }
    shares.set(providerTenantId, {
      platform: sum.platform + platformMicros,
      provider: sum.provider + amountMicros - platformMicros,
    })
  }
  const debit = { purpose: 'receivable', tenantId: buyerId } as const
  return [...shares].flatMap(([providerId, share]) => {
    const both: ledger.Transfer[] = [
      {
        id: `${chargeId}:${providerId}:platform`,
        debit,
        credit: { purpose: 'revenue', tenantId: buyerId },
        amountMicros: share.platform,
        reason: 'use, platform share',
      },
      {
        id: `${chargeId}:${providerId}:provider`,
        debit,
        credit: { purpose: 'payable', tenantId: providerId },
        amountMicros: share.provider,
        reason: 'use, provider share',
      },
    ]
    return both.filter((transfer) => transfer.amountMicros > 0n)
  })
}

/** Where nothing is charged, the credential must still live before anything is shown again. */
export async function requireLive(sql: Sql, actor: Actor, now: Date): Promise<void> {
  await identity.requireStillLive(sql, actor, now)
}
