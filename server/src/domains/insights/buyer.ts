// What a buyer's tenant did and spent. Searches are the tenant's whole activity; accesses are narrowed
// to a key's list of datasets.
import { plans } from '@ipto/contract/scopes.ts'
import type { Call } from '../../base/call.ts'
import { dateOf, monthOf } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as identity from '../identity/identity.ts'
import type { Access, SearchActivity } from './store.ts'
import * as store from './store.ts'

export type { Access, SearchActivity } from './store.ts'

export interface BuyerDashboard {
  keyCount: number
  /** Those that are not revoked. */
  activeKeyCount: number
}

export async function buyerDashboard({ db }: { db: Db }, { actor }: Call): Promise<BuyerDashboard> {
  const { all, active } = await identity.countKeys(db, actor.tenantId)
  return { keyCount: all, activeKeyCount: active }
}

/** Searches of the tenant, newest first; all pages of one session are one search. */
export async function listSearches(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<SearchActivity>> {
  const page = { afterId: afterId(after), limit }
  const rows = await store.listSearches(db, actor.tenantId, page)
  const total = await store.countSearches(db, actor.tenantId)
  return pageOf(rows, limit, (row) => [row.id], total)
}

/**
 * Datasets that the tenant read passages or files from, the latest first; its own as well. The name is
 * that of the last access: what a dataset was called later is not told to those who lost it.
 */
export async function listAccesses(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Access>> {
  const onlyIds = actor.datasetIds
  const [at, id] = after ?? []
  const rows = await store.listAccesses(db, actor.tenantId, {
    onlyIds,
    afterAt: at === undefined ? null : dateOf(at),
    afterId: id === undefined ? null : String(id),
    limit,
  })
  const total = await store.countAccessed(db, actor.tenantId, onlyIds)
  return pageOf(rows, limit, (row) => [row.lastAccessedAt.toISOString(), row.datasetId], total)
}

export interface Spend {
  periodStart: Date
  /** The first moment of the next month. */
  periodEnd: Date
  /** For passages found. */
  searchMicros: bigint
  /** For files, citations and outcomes. */
  retrievalMicros: bigint
  /** The sum of both, without the fee of the plan. */
  totalMicros: bigint
  planFeeMicros: bigint
}

const microsPerMajor = 1_000_000n

/** Spend of the calendar month (UTC) of the call. */
export async function spendOf({ db }: { db: Db }, { actor, now }: Call): Promise<Spend> {
  const { from, to } = monthOf(now)
  const { searchMicros, retrievalMicros } = await store.sumSpend(db, actor.tenantId, { from, to })
  return {
    periodStart: from,
    periodEnd: to,
    searchMicros,
    retrievalMicros,
    totalMicros: searchMicros + retrievalMicros,
    planFeeMicros: BigInt(plans[actor.plan].feeMajor) * microsPerMajor,
  }
}
