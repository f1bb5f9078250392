// What disputes do to payouts. An event is contested once; a payout is held while one of its events is,
// and what is refunded leaves it.
import { monthOf } from '../../base/clock.ts'
import type { Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type * as metering from '../metering/metering.ts'
import { sumsOf } from './figures.ts'
import { payoutMonthOf } from './months.ts'
import { systemBy, tell } from './move.ts'
import type { ContestedEvent, PayoutMonth } from './store.ts'
import * as store from './store.ts'

export interface Contest {
  disputeId: string
  /** The buyer. */
  tenantId: Id<'tnt'>
  now: Date
}

/**
 * Contests usage events of one buyer, which have an amount. Locks the months of their payouts: a payment
 * is before or after it, never at once. Throws `conflict` where a payout is paid or an event was
 * contested before. To be called before transfers are posted: accounts are locked last.
 */
export async function contest(
  tx: Tx,
  dispute: Contest,
  usage: readonly metering.UsageEvent[],
): Promise<void> {
  const events = usage.map((event) => ({
    usageEventId: event.id,
    providerTenantId: event.providerTenantId,
    periodStart: monthOf(event.occurredAt).from,
    amountMicros: event.amountMicros,
    platformMicros: event.platformMicros,
  }))
  const months = monthsOf(events)
  await store.lockMonths(tx, months)
  for (const { id, tenantId } of months) {
    const row = await store.findPayout(tx, tenantId, id)
    if (row?.status === 'paid') throw new Failure('conflict', 'This use is paid out.')
  }
  const count = await store.insertContested(tx, dispute, events)
  if (count < events.length) {
    throw new Failure('conflict', 'One of these usage events was disputed before.')
  }
  for (const month of months) await tellMonth(tx, dispute, { month, events, action: 'contest' })
}

/** Once. A refund takes the events out of their payouts; a rejection lets the payouts go on. */
export async function settleContest(
  tx: Tx,
  dispute: Contest,
  outcome: 'refunded' | 'rejected',
): Promise<void> {
  const events = await store.listContested(tx, dispute.tenantId, dispute.disputeId)
  const months = monthsOf(events)
  await store.lockMonths(tx, months)
  await store.markContested(tx, dispute, outcome)
  const action = outcome === 'refunded' ? 'refund' : 'uncontest'
  for (const month of months) {
    if (outcome === 'refunded') await addUpAgain(tx, month)
    await tellMonth(tx, dispute, { month, events, action })
  }
}

function monthsOf(events: readonly ContestedEvent[]): PayoutMonth[] {
  const months = new Map<string, PayoutMonth>()
  for (const { providerTenantId, periodStart } of events) {
    const month = payoutMonthOf(providerTenantId, periodStart)
    months.set(month.id, month)
  }
  return [...months.values()]
}

async function addUpAgain(tx: Tx, month: PayoutMonth): Promise<void> {
  if (!(await store.findPayout(tx, month.tenantId, month.id))) return
  const lines = await store.listEarnings(tx, month.tenantId, monthOf(month.periodStart))
  await store.deleteLines(tx, month)
  await store.insertLines(tx, month, lines)
  await store.updateSums(tx, month, sumsOf(lines))
}

async function tellMonth(
  tx: Tx,
  { disputeId, now }: Contest,
  done: { month: PayoutMonth; events: readonly ContestedEvent[]; action: string },
): Promise<void> {
  const { month, events, action } = done
  const shareMicros = events
    .filter((one) => payoutMonthOf(one.providerTenantId, one.periodStart).id === month.id)
    .reduce((sum, one) => sum + one.amountMicros - one.platformMicros, 0n)
  await tell(tx, systemBy('payouts.contest', month.tenantId, now), month, {
    action: `payout.${action}`,
    changes: { disputeId, shareMicros: shareMicros.toString() },
  })
}
