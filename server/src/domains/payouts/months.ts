// A provider's month and the payout it becomes: the same id while the month runs and afterwards.
import { addMs, monthOf, msPerDay } from '../../base/clock.ts'
import { type Id, idFor } from '../../base/ids.ts'
import type { PayoutMonth } from './store.ts'

// The hold window after the end of a month.
const holdDays = 14

/** From then on the month's payout may be paid, and its use can no longer be contested. */
export function releaseAtOf(periodStart: Date): Date {
  return addMs(monthOf(periodStart).to, holdDays * msPerDay)
}

export function payoutMonthOf(tenantId: Id<'tnt'>, time: Date): PayoutMonth {
  const periodStart = monthOf(time).from
  return { id: idFor('pay', `${tenantId} ${periodStart.toISOString()}`), tenantId, periodStart }
}
