// The clock's work: makes payouts of closed months, provider by provider, a transaction each, so that it
// may die anywhere and go on; then approves what is released.
import { monthOf } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as invoices from '../invoices/invoices.ts'
import { netOf, sumsOf } from './figures.ts'
import { payoutMonthOf, releaseAtOf } from './months.ts'
import { move, systemBy, tell } from './move.ts'
import type { Month, PayoutRow } from './store.ts'
import * as store from './store.ts'

const providersAtOnce = 100

// A smaller payout waits for more.
const minimumMicros = 10_000_000n

/** Where there is nothing to do, three reads of small tables. */
export async function makePayouts({ db }: { db: Db }, run: TaskRun): Promise<void> {
  const made = new Set((await store.listMadeMonths(db)).map((from) => from.getTime()))
  const closed = await invoices.listClosedMonths(db)
  const waiting = closed.filter((from) => !made.has(from.getTime()))
  const errors: unknown[] = []
  // In order: a month whose payouts cannot all be made keeps the later ones back.
  for (const from of waiting) {
    errors.push(...(await makeMonth(db, monthOf(from), run)))
    if (run.signal.aborted || errors.length > 0) break
    await store.insertMadeMonth(db, from, run.now)
  }
  const releasable = await store.listReleasable(db, { now: run.now, minimumMicros })
  errors.push(...(await each(releasable, run, (id) => db.tx((tx) => approve(tx, id, run.now)))))
  if (errors.length > 0) {
    throw new AggregateError(errors, `${errors.length} providers have no payout yet`, {
      cause: errors[0],
    })
  }
}

/** Where one fails, the others go on. */
async function each(
  providerIds: readonly Id<'tnt'>[],
  { signal }: TaskRun,
  work: (providerId: Id<'tnt'>) => Promise<void>,
): Promise<unknown[]> {
  const errors: unknown[] = []
  for (const providerId of providerIds) {
    if (signal.aborted) break
    await work(providerId).catch((error: unknown) => {
      errors.push(error)
    })
  }
  return errors
}

async function makeMonth(db: Db, month: Month, run: TaskRun): Promise<unknown[]> {
  const errors: unknown[] = []
  let afterId: string | null = null
  while (!run.signal.aborted) {
    const page = { afterId, limit: providersAtOnce }
    const ids: Id<'tnt'>[] = await store.listUnpaidProviders(db, month, page)
    errors.push(...(await each(ids, run, (id) => db.tx((tx) => make(tx, id, { month, run })))))
    if (ids.length < providersAtOnce) break
    afterId = ids.at(-1) ?? null
  }
  return errors
}

/** Once, however often it is called. None where all use was refunded. */
async function make(
  tx: Tx,
  providerId: Id<'tnt'>,
  { month, run }: { month: Month; run: TaskRun },
): Promise<void> {
  const payout = payoutMonthOf(providerId, month.from)
  await store.lockMonths(tx, [payout])
  if (await store.findPayout(tx, providerId, payout.id)) return
  const lines = await store.listEarnings(tx, providerId, month)
  if (lines.length === 0) return
  const sums = sumsOf(lines)
  await store.insertLines(tx, payout, lines)
  await store.insertPayout(tx, {
    ...payout,
    ...sums,
    periodEnd: month.to,
    releaseAt: releaseAtOf(month.from),
  })
  const changes = {
    periodStart: month.from.toISOString(),
    grossMicros: sums.grossMicros.toString(),
    netMicros: netOf(sums).toString(),
  }
  const by = systemBy('payouts.make', providerId, run.now)
  await tell(tx, by, payout, { action: 'payout.make', changes })
}

/** All that are released and not held, together, or none: then they are carried forward. */
async function approve(tx: Tx, providerId: Id<'tnt'>, now: Date): Promise<void> {
  const months = await store.listPendingMonths(tx, providerId)
  await store.lockMonths(tx, months)
  const released: PayoutRow[] = []
  for (const { id } of months) {
    const row = await store.findPayout(tx, providerId, id)
    if (row && isReleased(row, now)) released.push(row)
  }
  const totalMicros = released.reduce((sum, row) => sum + netOf(row), 0n)
  const by = systemBy('payouts.make', providerId, now)
  const facts = { totalMicros: totalMicros.toString() }
  for (const row of released) {
    if (totalMicros >= minimumMicros) {
      const change = { status: 'approved', isCarried: false } as const
      await move(tx, by, row, { action: 'payout.approve', change, facts })
    } else if (!row.isCarried) {
      const change = { isCarried: true }
      await move(tx, by, row, { action: 'payout.carry', change, facts })
    }
  }
}

function isReleased(row: PayoutRow, now: Date): boolean {
  const isFree = row.status === 'pending' && !row.isHeld && row.openDisputes === 0
  return isFree && row.releaseAt <= now && netOf(row) > 0n
}
