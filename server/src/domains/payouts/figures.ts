// A payout as it is shown: a made one from the record, that of a running month worked out now.
import { monthOf } from '../../base/clock.ts'
import type { Sql } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import { payoutMonthOf, releaseAtOf } from './months.ts'
import type { PayoutLine, PayoutMonth, PayoutRow, PayoutStatus } from './store.ts'
import * as store from './store.ts'

export interface Payout extends PayoutMonth {
  /** The first moment of the next month. */
  periodEnd: Date
  status: PayoutStatus
  grossMicros: bigint
  platformMicros: bigint
  /** Part of what is earned, and not to be paid while disputes are open. */
  heldMicros: bigint
  openDisputes: number
  releaseAt: Date
  isCarried: boolean
  paidAt: Date | null
  bankReference: string | null
  lines: PayoutLine[]
}

export interface Sums {
  grossMicros: bigint
  platformMicros: bigint
}

export function sumsOf(lines: readonly PayoutLine[]): Sums {
  return {
    grossMicros: lines.reduce((sum, line) => sum + line.grossMicros, 0n),
    platformMicros: lines.reduce((sum, line) => sum + line.platformMicros, 0n),
  }
}

export function netOf({ grossMicros, platformMicros }: Sums): bigint {
  return grossMicros - platformMicros
}

/** What has left or come back is beyond holding. */
export function statusOf({ status, isHeld, openDisputes }: PayoutRow): PayoutStatus {
  if (status === 'paid' || status === 'reversed') return status
  return isHeld || openDisputes > 0 ? 'held' : status
}

function shownOf(row: PayoutRow, lines: PayoutLine[]): Payout {
  return { ...row, status: statusOf(row), lines }
}

export async function withLines(sql: Sql, row: PayoutRow): Promise<Payout> {
  return shownOf(row, await store.listLines(sql, [row.tenantId], [row.id]))
}

export async function withAllLines(sql: Sql, rows: readonly PayoutRow[]): Promise<Payout[]> {
  const lines = await store.listLines(
    sql,
    [...new Set(rows.map((row) => row.tenantId))],
    rows.map((row) => row.id),
  )
  return rows.map((row) =>
    shownOf(
      row,
      lines.filter((line) => line.payoutId === row.id),
    ),
  )
}

/** The provider's months with earnings whose payouts are not made, newest first. */
export async function listUnmade(sql: Sql, tenantId: Id<'tnt'>): Promise<PayoutMonth[]> {
  // Months are made in order: what lies before the end of the last one is made for everybody.
  const made = await store.listMadeMonths(sql)
  const last = made.reduce<Date | null>((late, one) => (late && late > one ? late : one), null)
  const months = await store.listEarningMonths(sql, tenantId, last && monthOf(last).to)
  return months.map((month) => payoutMonthOf(tenantId, month))
}

export async function unmadeOf(sql: Sql, month: PayoutMonth): Promise<Payout> {
  const { from, to } = monthOf(month.periodStart)
  const lines = await store.listEarnings(sql, month.tenantId, { from, to })
  const contested = await store.sumOpen(sql, month.tenantId, from)
  return {
    ...month,
    ...sumsOf(lines),
    ...contested,
    periodEnd: to,
    status: contested.openDisputes > 0 ? 'held' : 'pending',
    releaseAt: releaseAtOf(from),
    isCarried: false,
    paidAt: null,
    bankReference: null,
    lines,
  }
}
