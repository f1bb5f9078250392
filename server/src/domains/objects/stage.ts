// The stages of ingestion, as `ingest` and the feeder report them, and their start again by command.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as access from '../access/access.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import { events } from './events.ts'
import type { IndexState, StageFailure, StoredObject } from './store.ts'
import * as store from './store.ts'

export interface StageRecord {
  tenantId: Id<'tnt'>
  objectId: Id<'obj'>
  now: Date
  stage: Exclude<IndexState, 'none'>
  /** With stage `failed` only. */
  failure?: StageFailure
  /** What is left out stays as it was. */
  title?: string | null
  language?: string | null
  pageCount?: number | null
  durationSeconds?: number | null
  chunkCount?: number
}

/** Who reports stages, in the audit and beside the object. */
const ingestActor = 'ingest'

/**
 * Writes how far an object is. Answers false, and changes nothing, where the object was removed or is
 * not approved: the caller then stops. Ends the job of the ingestion where one is open.
 */
export async function recordStage(tx: Tx, record: StageRecord): Promise<boolean> {
  const object = await store.lockObject(tx, record.tenantId, record.objectId)
  if (!object || object.removedAt || object.reviewState !== 'approved') return false
  const chunkCount = record.chunkCount ?? object.chunkCount
  await store.updateStage(tx, {
    id: object.id,
    tenantId: object.tenantId,
    indexState: record.stage,
    failure: record.failure ?? null,
    title: record.title === undefined ? object.title : record.title,
    language: record.language === undefined ? object.language : record.language,
    pageCount: record.pageCount === undefined ? object.pageCount : record.pageCount,
    durationSeconds:
      record.durationSeconds === undefined ? object.durationSeconds : record.durationSeconds,
    chunkCount,
    ingestJobId: isEnd(record.stage) ? null : object.ingestJobId,
    indexedAt: object.indexedAt ?? (record.stage === 'indexed' ? record.now : null),
    by: ingestActor,
    now: record.now,
  })
  await countStage(tx, object, { ...record, chunkCount })
  await tellStage(tx, object, record)
  return true
}

function isEnd(stage: IndexState): boolean {
  return stage === 'indexed' || stage === 'failed'
}

async function countStage(
  tx: Tx,
  object: StoredObject,
  { stage, now, chunkCount }: { stage: IndexState; now: Date; chunkCount: number },
): Promise<void> {
  const { datasetId, tenantId } = object
  const active = Number(stage === 'indexed') - Number(object.indexState === 'indexed')
  const chunks = chunkCount - object.chunkCount
  if (active !== 0 || chunks !== 0) {
    await catalog.noteObjects(tx, { datasetId, tenantId, now, active, chunks })
  }
  if (stage === 'indexed') await catalog.noteIndexed(tx, datasetId, tenantId, now)
}

async function tellStage(tx: Tx, object: StoredObject, record: StageRecord): Promise<void> {
  const { stage, failure, now } = record
  const { id, tenantId, ingestJobId } = object
  await audit.record(
    tx,
    { actor: { kind: 'system', id: ingestActor, tenantId }, now },
    {
      action: `object.${stage}`,
      targetId: id,
      changes: {
        indexState: { before: object.indexState, after: stage },
        failure: failure ?? null,
      },
    },
  )
  if (stage === 'indexed') {
    await emit(tx, events.indexed, { objectId: id, tenantId })
    if (ingestJobId) {
      await jobs.complete(tx, { tenantId, id: ingestJobId, result: { objectId: id }, now })
    }
  } else if (stage === 'failed') {
    await emit(tx, events.failed, { objectId: id, tenantId })
    if (ingestJobId) {
      const error = { code: failure?.code ?? 'failed', message: failure?.message ?? 'It failed.' }
      await jobs.fail(tx, { tenantId, id: ingestJobId, error, now })
    }
  } else if (ingestJobId) {
    await jobs.start(tx, tenantId, ingestJobId)
  }
}

/** Starts a failed ingestion again from the stage that failed. Any other state: `conflict`. */
export async function retry(
  { db }: { db: Db },
  call: Call,
  objectId: string,
): Promise<{ objectId: Id<'obj'>; jobId: Id<'job'> }> {
  const { actor, now } = call
  const found = await store.findObject(db, actor.tenantId, asId('obj', objectId))
  if (!found) throw notFound()
  await access.requireManage(db, actor, found.datasetId)
  const { id, tenantId } = found
  const jobId = idFor('job', call.chargeKey)
  await db.tx(async (tx) => {
    const object = await store.lockObject(tx, tenantId, id)
    if (!object || object.removedAt) throw notFound()
    // The first try of this very call got through.
    if (object.ingestJobId === jobId) return
    if (object.indexState !== 'failed') {
      throw new Failure('conflict', 'Only a failed ingestion can be started again.')
    }
    await jobs.open(tx, { id: jobId, tenantId, kind: 'ingest', scope: 'objects:write', now })
    await store.updateStage(tx, {
      ...object,
      indexState: 'queued',
      failure: null,
      ingestJobId: jobId,
      by: actor.id,
      now,
    })
    await audit.record(tx, call, {
      action: 'object.retry',
      targetId: id,
      changes: { indexState: { before: 'failed', after: 'queued' } },
    })
    await emit(tx, events.retried, { objectId: id, tenantId })
  })
  return { objectId: id, jobId }
}
