// From the tombstone to the purge. An object is out of search and lists at once; its bytes stay for a
// grace period. What was refused in review loses its bytes without one.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as access from '../access/access.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import { events } from './events.ts'
import type { StoredObject } from './store.ts'
import * as store from './store.ts'

export interface Removal {
  object: StoredObject
  jobId: Id<'job'>
}

/** Tombstones an own object. Again: the same job. The job ends when search has let go of it. */
export async function removeObject(
  { db }: { db: Db },
  call: Call,
  objectId: string,
): Promise<Removal> {
  const { actor, now } = call
  const found = await store.findObject(db, actor.tenantId, asId('obj', objectId))
  if (!found) throw notFound()
  await access.requireManage(db, actor, found.datasetId)
  return db.tx(async (tx) => {
    const object = await store.lockObject(tx, found.tenantId, found.id)
    if (!object) throw notFound()
    if (object.removedAt) {
      if (!object.removalJobId) throw notFound()
      return { object, jobId: object.removalJobId }
    }
    const jobId = idFor('job', call.chargeKey)
    const { tenantId } = object
    await jobs.open(tx, {
      id: jobId,
      tenantId,
      kind: 'object_removal',
      scope: 'objects:write',
      now,
    })
    await tombstone(tx, call, object, jobId)
    // An upload that was never confirmed is nowhere else: nobody has to let go of it.
    if (object.uploadState === 'pending')
      await finishRemoval(tx, { ...object, objectId: object.id, now })
    return { object: { ...object, removedAt: now, removalJobId: jobId }, jobId }
  })
}

/** For an object whose row is locked and which is not removed yet. */
export async function tombstone(
  tx: Tx,
  by: audit.By,
  object: StoredObject,
  jobId: Id<'job'> | null,
): Promise<void> {
  const { id, tenantId } = object
  const { now } = by
  await store.markRemoved(tx, { id, tenantId, removalJobId: jobId, now })
  if (object.ingestJobId) {
    const error = { code: 'conflict', message: 'The object was deleted meanwhile.' }
    await jobs.fail(tx, { tenantId, id: object.ingestJobId, error, now })
  }
  if (object.uploadState === 'uploaded') {
    await catalog.noteObjects(tx, { ...countsOf(object), now })
    await emit(tx, events.removed, { objectId: id, tenantId })
  }
  await audit.record(tx, by, {
    tenantId,
    action: object.uploadState === 'pending' ? 'object.cancel_upload' : 'object.delete',
    targetId: id,
  })
}

/** What the object adds to the counters of its dataset, with the sign turned. */
function countsOf(object: StoredObject) {
  const isInReview = object.reviewState === 'staged' || object.reviewState === 'under_review'
  const isRefused = object.reviewState === 'rejected' || object.reviewState === 'expired'
  return {
    datasetId: object.datasetId,
    tenantId: object.tenantId,
    objects: -1,
    active: object.indexState === 'indexed' ? -1 : 0,
    pendingReview: isInReview ? -1 : 0,
    chunks: -object.chunkCount,
    storageBytes: isRefused ? 0 : -object.sizeBytes,
  }
}

/** Out of search and lists: ends the job of a removal. For the follower of `events.removed`. */
export async function finishRemoval(
  tx: Tx,
  end: { tenantId: Id<'tnt'>; objectId: Id<'obj'>; now: Date },
): Promise<void> {
  const object = await store.findObject(tx, end.tenantId, end.objectId)
  if (!object?.removalJobId) return
  await jobs.complete(tx, {
    tenantId: end.tenantId,
    id: object.removalJobId,
    result: { objectId: object.id },
    now: end.now,
  })
}
