// Closes months that are over: tenant by tenant, a transaction each, so that it may die anywhere and go
// on. What is closed stays closed, whatever the clock says later.
import { monthOf } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as billing from '../billing/billing.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import { writePendingCredits } from './credits.ts'
import { events } from './events.ts'
import { invoiceIdOf, issue, planLines, totalOf } from './issue.ts'
import type { Month } from './store.ts'
import * as store from './store.ts'

const tenantsAtOnce = 100

// A tenant may appear in a month that is closed already: its sign-up was under way, or the clock jumped
// back. So many closed months are looked at again.
const recheckedMonths = 12

/**
 * Closes every month that is over, oldest first. A month waits for the one before it, and for each of
 * its tenants: where one fails, the others are closed and the error is told at the end.
 */
export async function closeMonths({ db }: { db: Db }, run: TaskRun): Promise<void> {
  const firstAt = await store.findFirstTenantTime(db)
  if (!firstAt) return
  const closed = new Set((await store.listClosedMonths(db)).map((from) => from.getTime()))
  const months = monthsOver(firstAt, run.now)
  for (const [index, month] of months.entries()) {
    const isClosed = closed.has(month.from.getTime())
    if (isClosed && index < months.length - recheckedMonths) continue
    await closeTenants(db, month, run)
    if (run.signal.aborted) return
    if (!isClosed) await store.insertClosedMonth(db, month.from, run.now)
  }
}

/** The months from the one that holds `first` up to the last one that is over. */
function monthsOver(first: Date, now: Date): Month[] {
  const months: Month[] = []
  for (let month = monthOf(first); month.to <= now; month = monthOf(month.to)) months.push(month)
  return months
}

async function closeTenants(db: Db, month: Month, { now, signal }: TaskRun): Promise<void> {
  const errors: unknown[] = []
  let afterId: string | null = null
  while (!signal.aborted) {
    const page = { afterId, limit: tenantsAtOnce }
    const tenantIds: Id<'tnt'>[] = await store.listUnclosedTenants(db, month, page)
    for (const tenantId of tenantIds) {
      if (signal.aborted) return
      await db
        .tx((tx) => closeTenant(tx, tenantId, month, now))
        .catch((error: unknown) => {
          errors.push(error)
        })
    }
    if (tenantIds.length < tenantsAtOnce) break
    afterId = tenantIds.at(-1) ?? null
  }
  if (errors.length > 0) {
    const name = month.from.toISOString().slice(0, 7)
    throw new AggregateError(errors, `${errors.length} tenants are not closed for ${name}`, {
      cause: errors[0],
    })
  }
}

/** Once, however often it is called. Waits for charges that are under way. */
async function closeTenant(tx: Tx, tenantId: Id<'tnt'>, month: Month, now: Date): Promise<void> {
  await billing.closeUse(tx, tenantId, { periodStart: month.from, now })
  const row = await store.lockMonth(tx, tenantId, month.from)
  if (row.closedAt) return
  const tenant = await identity.findTenant(tx, tenantId)
  assert(tenant, 'a tenant is never deleted')
  const id = invoiceIdOf(tenantId, month.from)
  const fees = planLines(tenant, id)
  const lines = [...fees, ...(await store.listUsageLines(tx, tenantId, id, month))]
  await store.insertLines(tx, tenantId, id, lines)
  const totalMicros = totalOf(lines)
  const invoiceId = totalMicros > 0n ? id : null
  const number =
    invoiceId && (await issue(tx, { id, tenant, month, totalMicros, now, credits: null }))
  await store.markMonthClosed(tx, { ...row, invoiceId }, now)
  const changes = {
    periodStart: month.from.toISOString(),
    invoiceId,
    number,
    totalMicros: totalMicros.toString(),
  }
  const by = { actor: { kind: 'system', id: 'invoices.close', tenantId } as const, now }
  await audit.record(tx, by, { action: 'month.close', targetId: id, changes })
  if (!invoiceId) return
  await writePendingCredits(tx, tenantId, month, now)
  await emit(tx, events.opened, { tenantId, invoiceId })
  // Use was posted with each charge; the fee is posted here, and last: accounts are locked last.
  await ledger.post(
    tx,
    fees.map(({ amountMicros }) => ({
      id: `${id}:plan`,
      debit: { purpose: 'receivable', tenantId },
      credit: { purpose: 'revenue', tenantId },
      amountMicros,
      reason: 'plan fee',
    })),
    now,
  )
}

/** Months that are closed for every tenant, oldest first. */
export const listClosedMonths = store.listClosedMonths

/** True where the month is closed for every tenant. */
export const isMonthClosed = store.findClosedMonth
