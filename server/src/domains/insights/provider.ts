// What buyers did with a provider's datasets and what it earned by that. Use of one's own datasets is no
// sale and counts nowhere here. A key's list narrows every number but `held`, which is the tenant's.
import type { Call } from '../../base/call.ts'
import { addMs, dateOf, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as catalog from '../catalog/catalog.ts'
import * as ledger from '../ledger/ledger.ts'
import { type Asked, type Common, commonAmong, keywordsOf, plainOf } from './keywords.ts'
import type { DayUsage, OwnCounts, Sales } from './store.ts'
import * as store from './store.ts'

export type ProviderDashboard = OwnCounts

/** Own datasets and their confirmed objects, without what is removed. */
export async function providerDashboard(
  { db }: { db: Db },
  { actor }: Call,
): Promise<ProviderDashboard> {
  return store.countOwn(db, actor.tenantId, actor.datasetIds)
}

export interface DatasetAnalytics {
  dataset: catalog.Dataset
  usage: Usage
  buyerCount: number
  topQueries: Common[]
}

/** One own dataset over the last 30 days. Throws `not_found` for any other. */
export async function analyseDataset(
  { db }: { db: Db },
  call: Call,
  datasetId: string,
): Promise<DatasetAnalytics> {
  const id = asId('dset', datasetId)
  await access.requireManage(db, call.actor, id)
  const dataset = await catalog.getDataset({ db }, call, id)
  const sales = { ...periodOf(call.now, { from: null, to: null }), onlyIds: [id] }
  const { tenantId } = call.actor
  const days = await store.listUsageByDay(db, tenantId, sales)
  const asked = await askedIn(db, tenantId, sales)
  return {
    dataset,
    usage: sumOf(days),
    buyerCount: await store.countBuyers(db, tenantId, sales),
    topQueries: commonAmong(asked, (text) => [plainOf(text)], shownMax),
  }
}

export interface Usage {
  retrievals: number
  citations: number
  downloads: number
  outcomes: number
  grossMicros: bigint
  platformMicros: bigint
  netMicros: bigint
}

export interface DayOfUsage extends Usage {
  /** YYYY-MM-DD, UTC. */
  date: string
}

export interface Analytics {
  keywords: Common[]
  usage: Usage
  buyerCount: number
  heldMicros: bigint
  /** Every day of the period, oldest first; a day without use is all zeros. */
  series: DayOfUsage[]
}

/** Throws `not_found` for a dataset that is not the caller's, `invalid_request` for a wrong period. */
export async function analyse(
  { db }: { db: Db },
  { actor, now }: Call,
  input: { datasetId: string | null; from: Date | null; to: Date | null },
): Promise<Analytics> {
  const period = periodOf(now, input)
  const sales = { ...period, onlyIds: await requireOwn(db, actor, input.datasetId) }
  const { tenantId } = actor
  const days = await store.listUsageByDay(db, tenantId, sales)
  const asked = await askedIn(db, tenantId, sales)
  const held = await ledger.balanceOf(db, { purpose: 'held', tenantId })
  return {
    keywords: commonAmong(asked, keywordsOf, shownMax),
    usage: sumOf(days),
    buyerCount: await store.countBuyers(db, tenantId, sales),
    // What stands in an account of the provider is a credit, and credits count down.
    heldMicros: -held,
    series: seriesOf(period, days),
  }
}

async function requireOwn(
  db: Db,
  actor: Call['actor'],
  datasetId: string | null,
): Promise<readonly Id<'dset'>[] | null> {
  if (datasetId === null) return actor.datasetIds
  const id = asId('dset', datasetId)
  await access.requireManage(db, actor, id)
  return [id]
}

interface Period {
  from: Date
  to: Date
}

const defaultDays = 30
const daysMax = 366
// Different questions of different buyers that one report reads, the latest first.
const questionsMax = 5_000
const shownMax = 50

// Half-open inside. The moment of the call belongs to it, and nothing lies behind that.
function periodOf(now: Date, asked: { from: Date | null; to: Date | null }): Period {
  const end = addMs(now, 1)
  const to = asked.to && asked.to < end ? asked.to : end
  const from = asked.from ?? addMs(to, -defaultDays * msPerDay)
  if (from >= to) throw wrongPeriod('from', 'must be before `to`, and not in the future')
  if (to.getTime() - from.getTime() > daysMax * msPerDay) {
    throw wrongPeriod('from', `must be at most ${daysMax} days before \`to\``)
  }
  return { from, to }
}

function wrongPeriod(path: string, reason: string): Failure {
  return new Failure('invalid_request', 'The period cannot be like that.', {
    fields: [{ path, reason, nature: 'value' }],
  })
}

// Words are counted over whole days: two periods that differ by a moment would tell one search apart.
async function askedIn(db: Db, providerId: Id<'tnt'>, sales: Sales): Promise<Asked[]> {
  const lastDay = startOfDay(addMs(sales.to, -1))
  const days = { from: startOfDay(sales.from), to: addMs(lastDay, msPerDay) }
  return store.listAsked(db, providerId, { ...sales, ...days, limit: questionsMax })
}

function startOfDay(time: Date): Date {
  return dateOf(Math.floor(time.getTime() / msPerDay) * msPerDay)
}

const noUsage: Usage = {
  retrievals: 0,
  citations: 0,
  downloads: 0,
  outcomes: 0,
  grossMicros: 0n,
  platformMicros: 0n,
  netMicros: 0n,
}

function usageOf({ date: _, ...counted }: DayUsage): Usage {
  return { ...counted, netMicros: counted.grossMicros - counted.platformMicros }
}

function sumOf(days: readonly DayUsage[]): Usage {
  return days.map(usageOf).reduce(
    (sum, day) => ({
      retrievals: sum.retrievals + day.retrievals,
      citations: sum.citations + day.citations,
      downloads: sum.downloads + day.downloads,
      outcomes: sum.outcomes + day.outcomes,
      grossMicros: sum.grossMicros + day.grossMicros,
      platformMicros: sum.platformMicros + day.platformMicros,
      netMicros: sum.netMicros + day.netMicros,
    }),
    noUsage,
  )
}

function seriesOf({ from, to }: Period, days: readonly DayUsage[]): DayOfUsage[] {
  const used = new Map(days.map((day) => [day.date, usageOf(day)]))
  const series: DayOfUsage[] = []
  for (let day = startOfDay(from); day < to; day = addMs(day, msPerDay)) {
    const date = day.toISOString().slice(0, 10)
    series.push({ date, ...(used.get(date) ?? noUsage) })
  }
  return series
}
