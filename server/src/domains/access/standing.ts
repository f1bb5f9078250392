// The questions about named datasets, asked of the database. `not_found` for one that may not be
// discovered, before anything is said of the others; `forbidden` only for what may be known.
import type { Actor } from '../../base/call.ts'
import type { Sql } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { mayDiscover, mayUse, type Standing } from './rules.ts'
import * as store from './store.ts'

/** How the caller stands towards each of these datasets, all of which it may use, open or not. */
export async function requireNamed(
  db: Sql,
  actor: Actor,
  { datasetIds, now }: { datasetIds: readonly Id<'dset'>[]; now: Date },
): Promise<Standing[]> {
  const named = [...new Set(datasetIds)]
  const standings = await store.listStandings(db, actor.tenantId, { datasetIds: named, now })
  const discovered = standings.filter(mayDiscover)
  if (discovered.length < named.length) throw notFound()
  for (const standing of discovered) requireUsable(actor, standing)
  return discovered
}

function requireUsable(actor: Actor, standing: Standing): void {
  if (!isInList(actor, standing.datasetId)) {
    throw new Failure(
      'forbidden',
      `This key is limited to datasets other than ${standing.datasetId}.`,
    )
  }
  if (!mayUse(standing)) {
    throw new Failure(
      'forbidden',
      `The dataset ${standing.datasetId} cannot be used without a grant.`,
    )
  }
}

function isInList(actor: Actor, datasetId: Id<'dset'>): boolean {
  return actor.datasetIds === null || actor.datasetIds.includes(datasetId)
}

/** The caller's own dataset, inside the key's list, and not being deleted; else `not_found`. */
export async function requireManage(db: Sql, actor: Actor, datasetId: Id<'dset'>): Promise<void> {
  const policy = await store.findPolicy(db, actor.tenantId, datasetId)
  if (!policy?.discoverable || !isInList(actor, datasetId)) throw notFound()
}

/**
 * For the list of a key: every dataset may be used by the caller, open or not. Throws `not_found` and
 * `forbidden` as `reachFor`.
 */
export async function requireNameable(
  db: Sql,
  actor: Actor,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<void> {
  await requireNamed(db, actor, { datasetIds, now })
}
