// What a provider earned, by month. Adds up what was charged and never rates again.
import type { Call } from '../../base/call.ts'
import { addMs, dateOf, monthOf, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { type Page, pageOf } from '../../base/page.ts'
import * as store from './store.ts'

export interface EarningsLine {
  datasetId: Id<'dset'>
  datasetName: string
  eventType: string
  quantity: bigint
  grossMicros: bigint
  netMicros: bigint
}

export interface Earnings {
  id: Id<'pay'>
  periodStart: Date
  /** The first moment of the next month. */
  periodEnd: Date
  grossMicros: bigint
  platformMicros: bigint
  netMicros: bigint
  releaseAt: Date
  lines: EarningsLine[]
}

// The hold window after the end of a period (decisions 6).
const holdDays = 14

/** Months with earnings, newest first. */
export async function earnings(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Earnings>> {
  const before = after ? dateOf(String(after[0])) : null
  const months = await store.listEarningMonths(db, actor.tenantId, { before, limit })
  const total = await store.countEarningMonths(db, actor.tenantId)
  const page = pageOf(months, limit, (month) => [month.toISOString()], total)
  const items: Earnings[] = []
  for (const month of page.items) items.push(await earningsOf(db, actor.tenantId, month))
  return { ...page, items }
}

async function earningsOf(db: Db, providerId: Id<'tnt'>, month: Date): Promise<Earnings> {
  const { from, to } = monthOf(month)
  const rows = await store.listEarnings(db, providerId, { from, to })
  const lines = rows.map((row) => ({
    datasetId: row.datasetId,
    datasetName: row.datasetName,
    eventType: row.eventType,
    quantity: row.quantity,
    grossMicros: row.grossMicros,
    netMicros: row.grossMicros - row.platformMicros,
  }))
  const grossMicros = lines.reduce((sum, line) => sum + line.grossMicros, 0n)
  const netMicros = lines.reduce((sum, line) => sum + line.netMicros, 0n)
  return {
    id: idFor('pay', `${providerId} ${from.toISOString()}`),
    periodStart: from,
    periodEnd: to,
    grossMicros,
    platformMicros: grossMicros - netMicros,
    netMicros,
    releaseAt: addMs(to, holdDays * msPerDay),
    lines,
  }
}
