// The one answer to "which datasets may this caller use now", worked out from the database at every
// question. A key's list of datasets only narrows what its tenant may use. What may not be discovered
// is answered like what does not exist.
import type { Actor } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type AccessKind, accessKindOf, mayUse, type Policy, type Standing } from './rules.ts'
import { requireNamed } from './standing.ts'
import * as store from './store.ts'

export { events } from './events.ts'
export { grant, listGrants, revokeGrant } from './grants.ts'
export { decideRequest, listRequests, requestAccess, withdrawRequest } from './requests.ts'
export type { AccessKind, AccessPolicy, Visibility } from './rules.ts'
export { requireManage, requireNameable } from './standing.ts'
export type { AccessRequest, Grant, RequestStatus } from './store.ts'

const madeByAccess: unique symbol = Symbol('reach')

export interface ReachDataset {
  id: Id<'dset'>
  /** The dataset's number in the search engine. */
  no: number
  ownerTenantId: Id<'tnt'>
  isOwned: boolean
}

/** The datasets that a caller may use now, in the order of their numbers. Only `access` makes one. */
export interface Reach {
  readonly datasets: readonly ReachDataset[]
  readonly [madeByAccess]: true
}

/**
 * What a search may look into. Named datasets: `not_found` where one may not be discovered, else
 * `forbidden` where one may not be used or stands outside the key's list; one that is not open for use
 * is left out. Null or none named: all that may be used and are open.
 */
export async function reachFor(
  db: Sql,
  actor: Actor,
  { datasetIds, now }: { datasetIds: readonly Id<'dset'>[] | null; now: Date },
): Promise<Reach> {
  if (datasetIds === null || datasetIds.length === 0) {
    const onlyIds = actor.datasetIds
    return reachOf(await store.listUsable(db, actor.tenantId, { onlyIds, now }))
  }
  const standings = await requireNamed(db, actor, { datasetIds, now })
  return reachOf(
    standings
      .filter((standing) => standing.openForUse)
      .sort((a, b) => a.datasetNo - b.datasetNo)
      .map(reachDatasetOf),
  )
}

/** Only ever smaller. */
export function narrowReach(reach: Reach, keep: (dataset: ReachDataset) => boolean): Reach {
  return reachOf(reach.datasets.filter(keep))
}

/** What of a reach may be used now: since it was made a grant may have ended, or a dataset closed. */
export async function reachNow(sql: Sql, actor: Actor, reach: Reach, now: Date): Promise<Reach> {
  const datasetIds = reach.datasets.map((dataset) => dataset.id)
  if (datasetIds.length === 0) return reach
  const standings = await store.listStandings(sql, actor.tenantId, { datasetIds, now })
  const open = standings.filter((standing) => standing.openForUse && mayUse(standing))
  const openIds = new Set(open.map((standing) => standing.datasetId))
  return narrowReach(reach, ({ id }) => openIds.has(id))
}

function reachOf(datasets: readonly ReachDataset[]): Reach {
  return { datasets, [madeByAccess]: true }
}

function reachDatasetOf({ datasetId, datasetNo, tenantId, isOwned }: Standing): ReachDataset {
  return { id: datasetId, no: datasetNo, ownerTenantId: tenantId, isOwned }
}

/**
 * For a download from one dataset: `not_found` and `forbidden` as `reachFor`. Another tenant's dataset
 * that is not open for use is not found; one's own stays within reach.
 */
export async function requireUse(
  sql: Sql,
  actor: Actor,
  datasetId: Id<'dset'>,
  now: Date,
): Promise<ReachDataset> {
  const [standing] = await requireNamed(sql, actor, { datasetIds: [datasetId], now })
  if (!standing || !(standing.openForUse || standing.isOwned)) throw notFound()
  return reachDatasetOf(standing)
}

/** Writes what `catalog` decided about a dataset; the first time it also gets its number. */
export async function setPolicy(tx: Tx, policy: Omit<Policy, 'datasetNo'>): Promise<void> {
  await store.upsertPolicy(tx, policy)
}

/** Closes all datasets of a tenant for use, its own included, or opens those that are open by themselves. */
export async function setOwnerSuspended(
  tx: Tx,
  tenantId: Id<'tnt'>,
  isSuspended: boolean,
): Promise<void> {
  await store.markOwnerSuspended(tx, tenantId, isSuspended)
}

/** How the caller's tenant stands towards each dataset that it may discover; others are absent. */
export async function accessOf(
  db: Sql,
  actor: Actor,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<Map<Id<'dset'>, AccessKind>> {
  const standings = await store.listStandings(db, actor.tenantId, { datasetIds, now })
  const kinds = new Map<Id<'dset'>, AccessKind>()
  for (const standing of standings) {
    const kind = accessKindOf(standing)
    if (kind) kinds.set(standing.datasetId, kind)
  }
  return kinds
}

export interface Owner {
  name: string
  /** What new datasets of the tenant are embedded with; null for the server's own choice. */
  embeddingModel: string | null
}

/** What `catalog` shows and needs of the tenants that own datasets. */
export async function ownersOf(
  db: Db,
  tenantIds: readonly Id<'tnt'>[],
): Promise<Map<Id<'tnt'>, Owner>> {
  const rows = await store.listOwners(db, [...new Set(tenantIds)])
  return new Map(rows.map(({ tenantId, ...owner }) => [tenantId, owner]))
}
