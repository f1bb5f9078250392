// Spend over time. What was free, such as use of one's own datasets, is no spend and has no interval.
import type { Call } from '../../base/call.ts'
import { addMs, monthOf, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Interval, SpendGroup, SpentInInterval } from './store.ts'
import * as store from './store.ts'

export interface SpendQuery {
  from: Date | null
  to: Date | null
  interval: Interval
  groupBy: SpendGroup | null
}

export interface IntervalSpend extends SpentInInterval {
  /** The first moment of the next interval. */
  periodEnd: Date
}

export interface SpendSeries {
  series: IntervalSpend[]
  totalMicros: bigint
}

const defaultDays = 30
const rowsMax = 10_000

/**
 * Intervals with spend, oldest first. A key's list of datasets narrows them. Throws `invalid_request` for a
 * period that ends before it begins, and where there would be too much to show.
 */
export async function spendSeries(
  { db }: { db: Db },
  { actor, now }: Call,
  { interval, groupBy, ...asked }: SpendQuery,
): Promise<SpendSeries> {
  // Without an end the moment of the call belongs to it.
  const to = asked.to ?? addMs(now, 1)
  const from = asked.from ?? addMs(to, -defaultDays * msPerDay)
  if (from > to) throw wrongPeriod('must not be after `to`')
  const rows = await store.listSpend(db, actor.tenantId, {
    from,
    to,
    interval,
    groupBy,
    onlyIds: actor.datasetIds,
    limit: rowsMax + 1,
  })
  if (rows.length > rowsMax) {
    throw wrongPeriod(
      `has more than ${rowsMax} intervals with spend: ask for a shorter period, longer intervals or no groups`,
    )
  }
  return {
    series: rows.map((row) => ({ ...row, periodEnd: endOf(row.periodStart, interval) })),
    totalMicros: rows.reduce((sum, row) => sum + row.amountMicros, 0n),
  }
}

function wrongPeriod(reason: string): Failure {
  return new Failure('invalid_request', 'The period cannot be like that.', {
    fields: [{ path: 'from', reason, nature: 'value' }],
  })
}

function endOf(periodStart: Date, interval: Interval): Date {
  if (interval === 'month') return monthOf(periodStart).to
  return addMs(periodStart, interval === 'day' ? msPerDay : 3_600_000)
}
