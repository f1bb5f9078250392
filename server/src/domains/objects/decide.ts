// The states of review. `review` and operators decide; this file holds which way leads where.
import type { Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import { events } from './events.ts'
import type { StoredObject } from './store.ts'
import * as store from './store.ts'

export interface Decision {
  tenantId: Id<'tnt'>
  objectId: Id<'obj'>
  decision: 'approved' | 'rejected' | 'expired'
  reason: string | null
  isAutomatic: boolean
}

/**
 * Ends the review, once. Throws `not_found` for an unknown or removed object, `conflict` where it was
 * decided before or its time is over (or, for `expired`, is not over yet).
 */
export async function decide(tx: Tx, by: audit.By, input: Decision): Promise<StoredObject> {
  const { decision, reason, isAutomatic } = input
  const object = await lockInReview(tx, input)
  const isOver = object.reviewExpiresAt !== null && by.now >= object.reviewExpiresAt
  if (isOver !== (decision === 'expired')) {
    throw new Failure(
      'conflict',
      isOver ? 'The time to decide is over.' : 'There is still time to decide.',
    )
  }
  const decided = { id: object.id, tenantId: object.tenantId, reviewState: decision, reason }
  await store.markDecided(tx, { ...decided, isAutomatic, by: by.actor.id, now: by.now })
  await catalog.noteObjects(tx, {
    datasetId: object.datasetId,
    tenantId: object.tenantId,
    now: by.now,
    pendingReview: -1,
    // The bytes of what was refused go at once, and so does their share of the storage.
    storageBytes: decision === 'approved' ? 0 : -object.sizeBytes,
  })
  await audit.record(tx, by, {
    tenantId: object.tenantId,
    action: `object.${decision}`,
    targetId: object.id,
    changes: { reviewState: { before: object.reviewState, after: decision }, reason, isAutomatic },
  })
  await emit(tx, events[decision], { objectId: object.id, tenantId: object.tenantId })
  return requireObject(tx, object)
}

/**
 * Rejects after the fact what was approved by rule: its bytes go, and the caller takes it out of search in
 * the same transaction. Throws `not_found` for an unknown or removed object, `conflict` for any other state.
 */
export async function withdrawApproval(
  tx: Tx,
  by: audit.By,
  { tenantId, objectId, reason }: Omit<Decision, 'decision' | 'isAutomatic'>,
): Promise<void> {
  const object = await store.lockObject(tx, tenantId, objectId)
  if (!object || object.removedAt) throw notFound()
  if (object.reviewState !== 'approved') {
    throw new Failure('conflict', `It was decided before: ${object.reviewState}.`)
  }
  const { datasetId, ingestJobId, chunkCount, sizeBytes } = object
  await store.markWithdrawn(tx, { id: objectId, tenantId, reason, by: by.actor.id, now: by.now })
  if (ingestJobId) {
    const error = { code: 'conflict', message: 'The object was rejected meanwhile.' }
    await jobs.fail(tx, { tenantId, id: ingestJobId, error, now: by.now })
  }
  await catalog.noteObjects(tx, {
    datasetId,
    tenantId,
    now: by.now,
    active: object.indexState === 'indexed' ? -1 : 0,
    chunks: -chunkCount,
    storageBytes: -sizeBytes,
  })
  const changes = { reviewState: { before: 'approved', after: 'rejected' }, reason }
  await audit.record(tx, by, { tenantId, action: 'object.rejected', targetId: objectId, changes })
  await emit(tx, events.rejected, { objectId, tenantId })
}

async function lockInReview(tx: Tx, { tenantId, objectId }: Decision): Promise<StoredObject> {
  const object = await store.lockObject(tx, tenantId, objectId)
  if (!object || object.removedAt || object.reviewState === null) throw notFound()
  if (object.reviewState !== 'staged' && object.reviewState !== 'under_review') {
    throw new Failure('conflict', `It was decided before: ${object.reviewState}.`)
  }
  return object
}

/** staged → under_review; any other state stays. Throws `not_found` for an unknown or removed object. */
export async function openReview(
  tx: Tx,
  by: audit.By,
  { tenantId, objectId }: { tenantId: Id<'tnt'>; objectId: Id<'obj'> },
): Promise<StoredObject> {
  const object = await store.lockObject(tx, tenantId, objectId)
  if (!object || object.removedAt || object.reviewState === null) throw notFound()
  if (object.reviewState !== 'staged') return object
  await store.markUnderReview(tx, tenantId, objectId)
  await audit.record(tx, by, {
    tenantId,
    action: 'object.open_review',
    targetId: objectId,
    changes: { reviewState: { before: 'staged', after: 'under_review' } },
  })
  return requireObject(tx, object)
}

async function requireObject(tx: Tx, { tenantId, id }: StoredObject): Promise<StoredObject> {
  const object = await store.findObject(tx, tenantId, id)
  if (!object) throw notFound()
  return object
}
