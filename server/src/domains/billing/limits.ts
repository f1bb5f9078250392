// What tenants see of their budgets and set by hand: their own and those of their resources. The budget of
// a key is set on the key.
import type { Call } from '../../base/call.ts'
import { monthOf } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import * as resources from '../resources/resources.ts'
import { budgetId, leftOf, monthIsClosed, noteThreshold } from './budgets.ts'
import type { BudgetScope, BudgetState } from './store.ts'
import * as store from './store.ts'

export interface Budget extends BudgetState {
  id: Id<'bud'>
  periodStart: Date
  /** Null where there is no limit; never negative. */
  remainingMicros: bigint | null
}

/** Of the running month: the tenant's, then keys', then resources'. */
export async function listBudgets(
  { db }: { db: Db },
  { actor, now, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Budget>> {
  const periodStart = monthOf(now).from
  const [scope, ownerId] = after ?? []
  const position = after ? { scope: String(scope), ownerId: String(ownerId) } : null
  const rows = await store.listBudgets(db, actor.tenantId, periodStart, {
    after: position,
    limit,
    now,
  })
  const page = pageOf(rows, limit, (row) => [row.scope, row.ownerId])
  return { ...page, items: page.items.map((row) => budgetOf(row, periodStart)) }
}

function budgetOf(row: BudgetState, periodStart: Date): Budget {
  const { scope, ownerId, limitMicros, spentMicros } = row
  return {
    id: budgetId(scope, ownerId, periodStart),
    scope,
    ownerId,
    periodStart,
    limitMicros,
    spentMicros,
    remainingMicros: leftOf(row),
  }
}

export interface BudgetWish {
  /** Null: the tenant's own. */
  resourceId: string | null
  /** Null clears. */
  limitMicros: bigint | null
}

/** Holds at once, for the running month and for every one after it. */
export async function setBudget(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  { resourceId, limitMicros }: BudgetWish,
): Promise<Budget> {
  const { tenantId } = actor
  const periodStart = monthOf(now).from
  const scope: BudgetScope = resourceId === null ? 'tenant' : 'resource'
  const owner = { scope, ownerId: resourceId ?? tenantId }
  return db.tx(async (tx) => {
    if (resourceId !== null) await requireLimitable(tx, tenantId, resourceId)
    // The month's row first: it is the lock for which charges and other changes of this limit wait.
    const id = budgetId(scope, owner.ownerId, periodStart)
    const month = { ...owner, id, periodStart, limitMicros }
    const [row] = await store.setMonthLimit(tx, tenantId, month)
    assert(row, 'the month has its row')
    // This clock is behind: in the month that runs by now, the limit would not hold.
    if (await store.isMonthClosed(tx, tenantId, periodStart)) throw monthIsClosed()
    const before = { limitMicros: await store.findLimit(tx, tenantId, owner) }
    if (limitMicros === null) await store.deleteLimit(tx, tenantId, owner)
    else await store.upsertLimit(tx, tenantId, { ...owner, limitMicros })

    const changes = audit.changesOf(before, { limitMicros })
    if (Object.keys(changes).length > 0) {
      const entry = { action: 'budget.update', targetId: owner.ownerId, changes }
      await audit.record(tx, { actor, requestId, now }, entry)
    }
    await noteThreshold(tx, row)
    return budgetOf(row, periodStart)
  })
}

// A deleted resource goes on to be limited, so whoever limited it must be able to change that.
async function requireLimitable(tx: Tx, tenantId: Id<'tnt'>, resourceId: string): Promise<void> {
  const limitMicros = await store.findLimit(tx, tenantId, {
    scope: 'resource',
    ownerId: resourceId,
  })
  if (limitMicros === null) await resources.requireResource(tx, tenantId, resourceId)
}
