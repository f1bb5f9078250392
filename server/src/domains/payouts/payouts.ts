// What a provider earns for a month: worked out at each look while the month runs, a payout once it is
// closed. Payouts add up what was charged and never rate again; what was refunded is in none.
import type { Call } from '../../base/call.ts'
import { dateOf, monthOf } from '../../base/clock.ts'
import type { Db, Sql } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type Page, pageOf } from '../../base/page.ts'
import { listUnmade, type Payout, statusOf, unmadeOf, withAllLines, withLines } from './figures.ts'
import { payoutMonthOf } from './months.ts'
import type { Month, PayoutMonth, PayoutStatus } from './store.ts'
import * as store from './store.ts'

export { type Contest, contest, settleContest } from './contest.ts'
export { events } from './events.ts'
export type { Payout } from './figures.ts'
export { releaseAtOf } from './months.ts'
export { verifyPayouts, type WrongPayout } from './verify.ts'

/** Months with earnings, newest first. */
export async function listPayouts(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Payout>> {
  const before = after ? dateOf(String(after[0])) : null
  // Before what is made: a payout that is made between the two reads is seen once, and not missed.
  const unmade = await listUnmade(db, actor.tenantId)
  const made = new Set<string>(await store.listPayoutIds(db, actor.tenantId))
  const waiting = unmade.filter(({ id }) => !made.has(id))
  const rows = await store.listPayouts(db, actor.tenantId, { before, limit: limit + 1 })
  const shown: PayoutMonth[] = [
    ...waiting.filter(({ periodStart }) => before === null || periodStart < before),
    ...rows,
  ].sort((one, other) => other.periodStart.getTime() - one.periodStart.getTime())
  const total = waiting.length + made.size
  const page = pageOf(shown, limit, ({ periodStart }) => [periodStart.toISOString()], total)

  const shownIds = new Set<string>(page.items.map(({ id }) => id))
  const records = await withAllLines(
    db,
    rows.filter(({ id }) => shownIds.has(id)),
  )
  const items: Payout[] = []
  for (const one of page.items) {
    items.push(records.find(({ id }) => id === one.id) ?? (await unmadeOf(db, one)))
  }
  return { ...page, items }
}

/** One month, under the same id while it runs and afterwards. */
export async function getPayout(
  { db }: { db: Db },
  { actor }: Call,
  payoutId: string,
): Promise<Payout> {
  // In this order: a payout that is made meanwhile is found.
  const unmade = await listUnmade(db, actor.tenantId)
  const row = await store.findPayout(db, actor.tenantId, payoutId)
  if (row) return withLines(db, row)
  const month = unmade.find(({ id }) => id === payoutId)
  if (!month) throw notFound()
  return unmadeOf(db, month)
}

/** Which usage events a payout adds up: charged ones of its month, half-open, but for the refunded. */
export interface PaidUsage extends Month {
  refundedIds: string[]
}

/** Undefined where the provider has no such payout. */
export async function usageOfPayout(
  db: Sql,
  providerId: Id<'tnt'>,
  payoutId: string,
): Promise<PaidUsage | undefined> {
  const unmade = await listUnmade(db, providerId)
  const row = await store.findPayout(db, providerId, payoutId)
  const month = row ?? unmade.find(({ id }) => id === payoutId)
  if (!month) return undefined
  const refundedIds = await store.listRefundedEvents(db, providerId, month.periodStart)
  return { ...monthOf(month.periodStart), refundedIds }
}

/** As shown; undefined while the month has no payout. */
export async function stateOf(
  sql: Sql,
  providerId: Id<'tnt'>,
  periodStart: Date,
): Promise<PayoutStatus | undefined> {
  const { id } = payoutMonthOf(providerId, periodStart)
  const row = await store.findPayout(sql, providerId, id)
  return row && statusOf(row)
}
