// The deletion of a dataset: closed and undiscoverable at once, its objects by the followers of
// `events.removed`, its job done when search and lists have let go, `deleted` when the grace is over.
import { type Call, systemActor } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as jobs from '../jobs/jobs.ts'
import { events } from './events.ts'
import { lockOwn, writePolicy } from './own.ts'
import type { Dataset } from './store.ts'
import * as store from './store.ts'
import { isRemoved } from './terms.ts'

/** Starts the deletion of an own dataset; again, it answers the same job. Throws `not_found`. */
export async function removeDataset(
  { db }: { db: Db },
  call: Call,
  datasetId: string,
): Promise<Dataset> {
  return db.tx(async (tx) => {
    const dataset = await lockOwn(tx, call.actor, datasetId)
    return isRemoved(dataset) ? dataset : beginRemoval(tx, call, dataset)
  })
}

/** For a dataset whose row is locked and which is not being deleted yet. */
export async function beginRemoval(tx: Tx, call: Call, before: Dataset): Promise<Dataset> {
  const { chargeKey, now } = call
  const { id, tenantId } = before
  const jobId = idFor('job', chargeKey)
  const scope = 'datasets:write'
  await jobs.open(tx, { id: jobId, tenantId, kind: 'dataset_removal', scope, now })
  await store.markRemoved(tx, { id, tenantId, jobId, now })
  const after: Dataset = {
    ...before,
    status: 'pending_deletion',
    removalJobId: jobId,
    removedAt: now,
    updatedAt: now,
  }
  await writePolicy(tx, after)
  await audit.record(tx, call, {
    action: 'dataset.delete',
    targetId: id,
    changes: { status: { before: before.status, after: after.status }, jobId },
  })
  await emit(tx, events.removed, { datasetId: id, tenantId })
  return after
}

/** Its objects are being taken out: the job runs. */
export async function startRemoval(
  tx: Tx,
  { datasetId, tenantId }: { datasetId: Id<'dset'>; tenantId: Id<'tnt'> },
): Promise<void> {
  const dataset = await store.findDataset(tx, tenantId, datasetId)
  if (dataset?.removalJobId) await jobs.start(tx, tenantId, dataset.removalJobId)
}

/** Out of search and lists: ends the job. For the follower of `events.removed`; harmless twice. */
export async function finishRemoval(
  tx: Tx,
  { datasetId, tenantId, now }: { datasetId: Id<'dset'>; tenantId: Id<'tnt'>; now: Date },
): Promise<void> {
  await store.lockDataset(tx, tenantId, datasetId)
  const dataset = await store.findDataset(tx, tenantId, datasetId)
  if (!dataset?.removalJobId || dataset.removalFinishedAt) return
  await store.markRemovalFinished(tx, { id: datasetId, tenantId, now })
  await jobs.complete(tx, { tenantId, id: dataset.removalJobId, result: { datasetId }, now })
}

// What one run takes on; the rest waits for the next.
const deletionBatch = 200

/** Datasets whose last object was tombstoned a grace period ago: their bytes are due by then. */
export async function markDeleted(
  { db, settings }: { db: Db; settings: { removalGraceMs: number } },
  { now, signal }: TaskRun,
): Promise<void> {
  const finishedBefore = addMs(now, -settings.removalGraceMs)
  for (const { id, tenantId } of await store.listRemoved(db, finishedBefore, deletionBatch)) {
    if (signal.aborted) return
    await db.tx(async (tx) => {
      const step = { id, tenantId, from: 'pending_deletion', to: 'deleted', now } as const
      if (!(await store.markStatus(tx, step))) return
      await audit.record(
        tx,
        { actor: systemActor(tenantId, 'catalog.mark-deleted'), now },
        { action: 'dataset.purge', targetId: id },
      )
      await emit(tx, events.deleted, { datasetId: id, tenantId })
    })
  }
}
