// The one way to charge a buyer for use, and the budgets that a charge must fit. A charge happens once
// under its key. Prices come with the usage; nothing is rated twice.
import type { Actor } from '../../base/call.ts'
import { monthOf } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import * as metering from '../metering/metering.ts'
import type { BudgetRow } from './store.ts'
import * as store from './store.ts'

export type { Earnings, EarningsLine } from './earnings.ts'
export { earnings } from './earnings.ts'

export interface UsageDraft {
  eventType: metering.EventType
  datasetId: Id<'dset'>
  datasetName: string
  objectId: Id<'obj'>
  chunkNo: bigint | null
  searchActivityId: string | null
  quantity: bigint
  price: metering.UnitPrice
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
}

export interface Charge {
  id: string
  amountMicros: bigint
  /** True where an earlier call with this key made it: nothing new was booked. */
  isRepeated: boolean
  events: metering.UsageEvent[]
}

/**
 * Charges for use, in the caller's transaction. Throws `unauthorized` where the credential was revoked
 * meanwhile and `budget_exceeded` where a budget or `maxMicros` falls short; then nothing is booked.
 */
export async function charge(tx: Tx, request: ChargeRequest): Promise<Charge> {
  const { actor, chargeKey, now, usage } = request
  await identity.requireLive(tx, actor, now)
  const made = await findCharge(tx, actor.tenantId, chargeKey)
  if (made) return made

  const id = idFor('chg', chargeKey)
  const events = await metering.record(
    tx,
    usage.map((draft, index) => newUsage(request, draft, id, index)),
  )
  const amountMicros = sumOf(events)
  if (request.maxMicros !== null && amountMicros > request.maxMicros) {
    throw new Failure('budget_exceeded', 'The charge would be higher than max_amount allows.')
  }
  await reserve(tx, actor, now, amountMicros)
  await store.insertCharge(tx, { id, tenantId: actor.tenantId, chargeKey, amountMicros, now })
  await ledger.post(tx, transfersOf(id, actor.tenantId, events), now)
  return { id, amountMicros, isRepeated: false, events }
}

async function findCharge(
  tx: Tx,
  tenantId: Id<'tnt'>,
  chargeKey: string,
): Promise<Charge | undefined> {
  const made = await store.findCharge(tx, tenantId, chargeKey)
  if (!made) return undefined
  const events = await metering.listCharged(tx, tenantId, made.id)
  return { id: made.id, amountMicros: made.amountMicros, isRepeated: true, events }
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

function sumOf(events: readonly metering.UsageEvent[]): bigint {
  return events.reduce((sum, event) => sum + event.amountMicros, 0n)
}

// Per provider, not per hit: two rows of a provider's account for any number of hits.
function transfersOf(
  chargeId: string,
  buyerId: Id<'tnt'>,
  events: readonly metering.UsageEvent[],
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

interface BudgetLimit {
  scope: 'tenant' | 'key' | 'resource'
  ownerId: string
  /** Of a key, as it stands on the key; a tenant's or a resource's stands in the row. */
  limitMicros: bigint | null
}

function budgetsFor(actor: Actor): BudgetLimit[] {
  const limits: BudgetLimit[] = [{ scope: 'tenant', ownerId: actor.tenantId, limitMicros: null }]
  // Counted without a limit as well: one that is set within the month holds for the whole month.
  if (actor.keyId) {
    limits.push({ scope: 'key', ownerId: actor.keyId, limitMicros: actor.keyBudgetMicros })
  }
  return limits
}

// Reserved in the transaction of the charge, so that callers at the same moment cannot overspend.
async function reserve(tx: Tx, actor: Actor, now: Date, amountMicros: bigint): Promise<void> {
  if (amountMicros === 0n) return
  const rows = await lockBudgets(tx, actor, now)
  for (const row of rows) {
    if (row.limitMicros !== null && row.spentMicros + amountMicros > row.limitMicros) {
      throw budgetExceeded(row)
    }
  }
  await store.addSpent(
    tx,
    actor.tenantId,
    rows.map((row) => row.id),
    amountMicros,
  )
}

async function lockBudgets(tx: Tx, actor: Actor, now: Date): Promise<BudgetRow[]> {
  const periodStart = monthOf(now).from
  const budgets = budgetsFor(actor).map((limit) => ({
    id: idFor('bud', `${limit.scope} ${limit.ownerId} ${periodStart.toISOString()}`),
    tenantId: actor.tenantId,
    periodStart,
    ...limit,
  }))
  budgets.sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const budget of budgets) await store.insertBudget(tx, budget)
  const ids = budgets.map((budget) => budget.id)
  return store.lockBudgets(tx, actor.tenantId, ids)
}

function budgetExceeded(row: BudgetRow): Failure {
  return new Failure('budget_exceeded', 'The budget for this month does not cover this charge.', {
    details: { budget: row.id, scope: row.scope },
  })
}

/** Where nothing is charged, the credential must still live before anything is shown again. */
export async function requireLive(db: Db, actor: Actor, now: Date): Promise<void> {
  await identity.requireStillLive(db, actor, now)
}

/**
 * What is left of the tightest budget this month; null where nothing limits. A cheap read that keeps
 * callers who cannot pay off the engine; the charge itself decides.
 */
export async function remainingOf(db: Db, actor: Actor, now: Date): Promise<bigint | null> {
  const spent = await store.listSpent(db, actor.tenantId, monthOf(now).from)
  let least: bigint | null = null
  for (const { scope, ownerId, limitMicros } of budgetsFor(actor)) {
    const row = spent.find((one) => one.scope === scope && one.ownerId === ownerId)
    const limit = scope === 'key' ? limitMicros : (row?.limitMicros ?? null)
    if (limit === null) continue
    const left = limit - (row?.spentMicros ?? 0n)
    if (least === null || left < least) least = left < 0n ? 0n : left
  }
  return least
}
