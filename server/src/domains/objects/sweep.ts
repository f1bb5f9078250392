// What clocks and tasks remove: uploads that never ended, bytes that nobody owns any more, objects whose
// dataset goes. Rows say what is to be removed, so that a death on any line is made good by the next run.
import { systemActor } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import type { Blobs } from './blobs.ts'
import { events } from './events.ts'
import { arrivalKeyOf, keptKeyOf } from './keys.ts'
import { tombstone } from './remove.ts'
import type { ObjectSettings } from './settings.ts'
import type { ObjectName, StoredObject } from './store.ts'
import * as store from './store.ts'

export interface SweepDeps {
  db: Db
  blobs: Blobs
  settings: ObjectSettings
}

// What one run takes on; the rest waits for the next.
const sweepBatch = 200
const removalBatch = 50

/** Uploads whose address expired a grace ago: first a tombstone, then the bytes go, then the row. */
export async function sweepUploads(
  { db, blobs, settings }: SweepDeps,
  { now, signal }: TaskRun,
): Promise<void> {
  const before = addMs(now, -settings.uploadGraceMs)
  for (const name of await store.listDeadUploads(db, before, sweepBatch)) {
    if (signal.aborted) return
    // A confirmation that is under way now meets the tombstone, or is there first and keeps its bytes.
    if (!(await db.tx((tx) => giveUp(tx, name, now)))) continue
    await blobs.remove(arrivalKeyOf(name.id))
    await blobs.remove(keptKeyOf(name.id))
    await db.tx((tx) => store.deletePending(tx, name.tenantId, name.id))
  }
}

async function giveUp(tx: Tx, { id, tenantId }: ObjectName, now: Date): Promise<boolean> {
  const object = await store.lockObject(tx, tenantId, id)
  if (object?.uploadState !== 'pending') return false
  const actor = systemActor(tenantId, 'objects.sweep-uploads')
  if (!object.removedAt) await tombstone(tx, { actor, now }, object, null)
  return true
}

/** Bytes whose keys are dead: copies of known bytes, and what was purged. */
export async function sweepBytes(
  { db, blobs }: Pick<SweepDeps, 'db' | 'blobs'>,
  { signal }: TaskRun,
): Promise<void> {
  for (const key of await store.listDeadBlobs(db, sweepBatch)) {
    if (signal.aborted) return
    await blobs.remove(key)
    await store.deleteDeadBlob(db, key)
  }
}

/** Refused objects at once, removed ones after their grace period. */
export async function purgeDue(
  { db, settings }: Pick<SweepDeps, 'db' | 'settings'>,
  { now, signal }: TaskRun,
): Promise<void> {
  const before = addMs(now, -settings.removalGraceMs)
  const due = [
    ...(await store.listRefused(db, sweepBatch)),
    ...(await store.listRemoved(db, before, sweepBatch)),
  ]
  for (const name of due) {
    if (signal.aborted) return
    await db.tx((tx) => purge(tx, name, now))
  }
}

/** The task that follows a refusal. */
export async function purgeRefused(
  deps: Pick<SweepDeps, 'db' | 'blobs'>,
  { objectId, tenantId }: { objectId: Id<'obj'>; tenantId: Id<'tnt'> },
  run: TaskRun,
): Promise<void> {
  await deps.db.tx((tx) => purge(tx, { id: objectId, tenantId }, run.now))
  await sweepBytes(deps, run)
}

// The owner lets go first; the blob goes only where it was the last. A confirmation of the same bytes
// waits for the lock of the blob row, and then either adds an owner before or makes a blob of its own.
async function purge(tx: Tx, { id, tenantId }: ObjectName, now: Date): Promise<void> {
  const object = await store.lockObject(tx, tenantId, id)
  if (!object?.sha256 || object.purgedAt || !isDue(object)) return
  const blobKey = await store.lockBlob(tx, object.sha256)
  await store.markPurged(tx, { id, tenantId, now })
  if (blobKey && (await store.deleteBlobWithoutOwner(tx, object.sha256))) {
    await store.insertDeadBlob(tx, blobKey, now)
  }
  const actor = systemActor(tenantId, 'objects.purge')
  await audit.record(tx, { actor, now }, { action: 'object.purge', targetId: id })
  await emit(tx, events.purged, { objectId: id, tenantId })
}

function isDue({ removedAt, reviewState }: StoredObject): boolean {
  return removedAt !== null || reviewState === 'rejected' || reviewState === 'expired'
}

/** Tombstones what is left in a dataset that is being deleted, in batches, and then ends its job. */
export async function removeDatasetObjects(
  { db }: { db: Db },
  { datasetId, tenantId }: { datasetId: Id<'dset'>; tenantId: Id<'tnt'> },
  { now, signal }: TaskRun,
): Promise<void> {
  const actor = systemActor(tenantId, 'objects.remove-dataset')
  while (!signal.aborted) {
    const ids = await store.listInDataset(db, tenantId, datasetId, removalBatch)
    if (ids.length === 0) {
      return db.tx((tx) => catalog.finishRemoval(tx, { datasetId, tenantId, now }))
    }
    await db.tx(async (tx) => {
      // All of them are locked before the first one counts: objects come before their dataset.
      const locked: StoredObject[] = []
      for (const id of ids) {
        const object = await store.lockObject(tx, tenantId, id)
        if (object && !object.removedAt) locked.push(object)
      }
      for (const object of locked) await tombstone(tx, { actor, now }, object, null)
    })
  }
}

// How long a follower is waited for before it is told again.
const followerWaitMs = 10 * 60_000

/** Watchdog: removals that a lost task left half done, found by their rows. */
export async function resumeRemovals({ db }: { db: Db }, run: TaskRun): Promise<void> {
  for (const dataset of await store.listRemovedDatasets(db, removalBatch)) {
    await removeDatasetObjects({ db }, dataset, run)
  }
  const before = addMs(run.now, -followerWaitMs)
  for (const { id, tenantId } of await store.listUnfinishedRemovals(db, before, sweepBatch)) {
    if (run.signal.aborted) return
    await db.tx((tx) => emit(tx, events.removed, { objectId: id, tenantId }))
  }
}
