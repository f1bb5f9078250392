// Limits on a month's spending of a tenant, a key and a resource. Hard: reserved in the transaction of
// the charge, so that callers at the same moment cannot overspend. A refund gives nothing back.
import type { Actor } from '../../base/call.ts'
import { monthOf } from '../../base/clock.ts'
import type { Sql, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import { budgetThreshold } from './events.ts'
import type { BudgetRow, BudgetScope } from './store.ts'
import * as store from './store.ts'

interface BudgetLimit {
  scope: BudgetScope
  ownerId: string
  /** Of a key, as it stands on the key; a tenant's or a resource's is on record. */
  limitMicros: bigint | null
}

function budgetsFor(actor: Actor): BudgetLimit[] {
  const limits: BudgetLimit[] = [{ scope: 'tenant', ownerId: actor.tenantId, limitMicros: null }]
  // Counted without a limit as well: one that is set within the month holds for the whole month.
  if (actor.keyId) {
    limits.push({ scope: 'key', ownerId: actor.keyId, limitMicros: actor.keyBudgetMicros })
  }
  if (actor.resourceId) {
    limits.push({ scope: 'resource', ownerId: actor.resourceId, limitMicros: null })
  }
  return limits
}

/** One budget of one month has one id. */
export function budgetId(scope: BudgetScope, ownerId: string, periodStart: Date): Id<'bud'> {
  return idFor('bud', `${scope} ${ownerId} ${periodStart.toISOString()}`)
}

/** Answers what is left of the tightest one; null where nothing limits. */
export async function reserve(
  tx: Tx,
  actor: Actor,
  now: Date,
  amountMicros: bigint,
): Promise<bigint | null> {
  if (amountMicros === 0n) return remainingOf(tx, actor, now)
  const periodStart = monthOf(now).from
  const rows = await store.reserveBudgets(
    tx,
    actor.tenantId,
    budgetsFor(actor).map((limit) => ({
      id: budgetId(limit.scope, limit.ownerId, periodStart),
      periodStart,
      amountMicros,
      ...limit,
    })),
  )
  // The month is closed and its invoice written: this clock is behind.
  if (rows.some((row) => row.closedAt !== null || row.isOver)) throw monthIsClosed()
  const tenant = rows.find((row) => row.scope === 'tenant')
  if (tenant && tenant.spentMicros > monthMicrosMax) throw monthIsFull()
  const over = rows.find((row) => leftOf(row) !== null && row.spentMicros > (row.limitMicros ?? 0n))
  if (over) throw budgetExceeded(over)
  for (const row of rows) await noteThreshold(tx, row)
  return tightest(rows.map(leftOf))
}

export function leftOf({
  limitMicros,
  spentMicros,
}: Pick<BudgetRow, 'limitMicros' | 'spentMicros'>): bigint | null {
  if (limitMicros === null) return null
  return spentMicros > limitMicros ? 0n : limitMicros - spentMicros
}

function tightest(amounts: readonly (bigint | null)[]): bigint | null {
  return amounts.reduce(
    (least, one) => (one !== null && (least === null || one < least) ? one : least),
    null,
  )
}

// A month of one tenant, in micros: 100 million USD. Every sum of it stays a number that JSON can carry.
const monthMicrosMax = 10n ** 14n

function monthIsFull(): Failure {
  return new Failure('budget_exceeded', 'No tenant can spend more than 100,000,000 USD in a month.')
}

const thresholds = [80, 100] as const

// Each once a month, however the limit is moved; who passes both at once tells both.
export async function noteThreshold(tx: Tx, row: BudgetRow): Promise<void> {
  const { limitMicros, spentMicros } = row
  if (limitMicros === null || spentMicros === 0n) return
  const passed = thresholds.filter(
    (one) => one > row.notifiedPercent && spentMicros * 100n >= limitMicros * BigInt(one),
  )
  for (const percent of passed) {
    await store.markNotified(tx, row.tenantId, row.id, percent)
    await emit(tx, budgetThreshold, { tenantId: row.tenantId, budgetId: row.id, percent })
  }
}

function budgetExceeded(row: BudgetRow): Failure {
  return new Failure('budget_exceeded', 'The budget for this month does not cover this charge.', {
    details: { budget: row.id, scope: row.scope },
  })
}

export function monthIsClosed(): Failure {
  return new Failure('service_unavailable', 'This month is closed. Try again.', {
    retryAfterMs: 1_000,
  })
}

/**
 * Closes a tenant's month: waits for charges that are under way, and refuses all that come later. From
 * here on the use of that month is final.
 */
export async function closeUse(
  tx: Tx,
  tenantId: Id<'tnt'>,
  { periodStart, now }: { periodStart: Date; now: Date },
): Promise<void> {
  const id = budgetId('tenant', tenantId, periodStart)
  await store.closeBudget(tx, { id, tenantId, periodStart, now })
}

/**
 * What is left of the tightest budget this month; null where nothing limits. A cheap read that keeps
 * callers who cannot pay off the engine; the charge itself decides.
 */
export async function remainingOf(sql: Sql, actor: Actor, now: Date): Promise<bigint | null> {
  const periodStart = monthOf(now).from
  const budgets = budgetsFor(actor)
  const ownerIds = budgets.map(({ ownerId }) => ownerId)
  const states = await store.listStates(sql, actor.tenantId, periodStart, ownerIds)
  return tightest(
    budgets.map(({ scope, ownerId, limitMicros }) => {
      const row = states.find((one) => one.scope === scope && one.ownerId === ownerId)
      const limit = scope === 'key' ? limitMicros : (row?.limitMicros ?? null)
      return leftOf({ limitMicros: limit, spentMicros: row?.spentMicros ?? 0n })
    }),
  )
}
