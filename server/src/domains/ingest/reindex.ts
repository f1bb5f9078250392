// A dataset indexed anew from the texts that are kept of its objects. First all new chunks are made beside
// those that are searched, then object after object takes the new ones, then the engine has to have them.
// Each step is one transaction that also moves the row of the reindexing on, so that a death on any line
// is taken up where it was, and of two workers at one step one writes nothing.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import * as objects from '../objects/objects.ts'
import type { Embedder } from '../search/embedder.ts'
import * as search from '../search/search.ts'
import { cutPages, indexOf } from './hand-over.ts'
import type { ObjectName, Reindex } from './store.ts'
import * as store from './store.ts'

export interface Reindexing {
  datasetId: Id<'dset'>
  jobId: Id<'job'>
}

/**
 * Starts it; asked for again while it runs, it answers the same job. Throws `not_found`, `conflict` where
 * one with another model runs or the dataset is being deleted, `invalid_request` for an unknown model.
 */
export async function reindexDataset(
  { db, embedder }: { db: Db; embedder: Embedder | null },
  call: Call,
  input: { datasetId: string; embeddingModel: string | null },
): Promise<Reindexing> {
  const { chargeKey, now } = call
  const { embeddingModel } = input
  return db.tx(async (tx) => {
    const { id: datasetId, tenantId } = await catalog.lockForReindex(tx, call, input.datasetId)
    requireKnown(embedder, embeddingModel)
    const running = await store.findReindex(tx, tenantId, datasetId)
    if (running) return sameOr(running, embeddingModel)
    const jobId = idFor('job', chargeKey)
    const scope = 'datasets:write'
    await jobs.open(tx, { id: jobId, tenantId, kind: 'dataset_reindex', scope, now })
    await store.insertReindex(tx, { datasetId, tenantId, jobId, embeddingModel, now })
    await audit.record(tx, call, {
      action: 'dataset.reindex',
      targetId: datasetId,
      changes: { embeddingModel, jobId },
    })
    return { datasetId, jobId }
  })
}

function requireKnown(embedder: Embedder | null, model: string | null): void {
  if (model === null || model === embedder?.id) return
  const reason = embedder ? `must be one of: ${embedder.id}` : 'this server has no embedding model'
  throw new Failure('invalid_request', 'The embedding model is not known.', {
    fields: [{ path: 'embedding_model', reason, nature: 'value' }],
  })
}

function sameOr({ datasetId, jobId, embeddingModel }: Reindex, asked: string | null): Reindexing {
  if (asked === null || asked === embeddingModel) return { datasetId, jobId }
  throw new Failure('conflict', 'The dataset is being reindexed with another model.')
}

/** Goes on with all that are under way, by turns, until nothing is left to do now. */
export async function advanceReindexes({ db }: { db: Db }, run: TaskRun): Promise<void> {
  const broken = new Map<string, unknown>()
  for (let isIdle = false; !isIdle; ) {
    isIdle = true
    for (const reindex of await store.listReindexes(db)) {
      if (run.signal.aborted) return
      // One dataset that cannot be helped must not keep the others from it.
      if (broken.has(reindex.datasetId)) continue
      const isMoved = await step(db, reindex, run.now).catch(async (error: unknown) => {
        broken.set(reindex.datasetId, error)
        await noteFailure(db, reindex, run.now)
        return false
      })
      if (isMoved) isIdle = false
    }
  }
  if (broken.size > 0) throw new AggregateError([...broken.values()], 'datasets were not reindexed')
}

// A step is tried again each second. What fails so often in a row will not mend itself.
const failuresMax = 30

async function noteFailure(db: Db, reindex: Reindex, now: Date): Promise<void> {
  if ((await store.countFailure(db, reindex)) < failuresMax) return
  const message =
    'The dataset could not be indexed anew; it is searched as it was. Try again later.'
  await end(db, reindex, { error: { code: 'internal_error', message }, now })
}

/** Answers whether there may be more to do at once. */
async function step(db: Db, reindex: Reindex, now: Date): Promise<boolean> {
  const facts = await catalog.datasetFacts(db, reindex.datasetId)
  if (!facts || facts.removedAt) return abandon(db, reindex, now)
  switch (reindex.phase) {
    case 'prepare':
      return prepareNext(db, reindex)
    case 'switch':
      return switchNext(db, reindex, { now, datasetNo: facts.datasetNo })
    case 'settle':
      return settle(db, reindex, now)
  }
}

/** Under the lock of its row, where it stands as it was read; else another worker was here. */
async function move(db: Db, reindex: Reindex, change: (tx: Tx) => Promise<void>): Promise<true> {
  await db.tx(async (tx) => {
    const locked = await store.lockReindex(tx, reindex.tenantId, reindex.datasetId)
    if (!locked || locked.jobId !== reindex.jobId) return
    if (locked.phase !== reindex.phase || locked.afterObjectId !== reindex.afterObjectId) return
    await change(tx)
  })
  return true
}

async function prepareNext(db: Db, reindex: Reindex): Promise<boolean> {
  const { tenantId } = reindex
  const objectId = await store.findNextSearched(db, reindex)
  if (!objectId) return enter(db, reindex, 'switch')
  const made = await cut(db, { objectId, tenantId })
  return move(db, reindex, async (tx) => {
    if (reindex.afterObjectId === '') await jobs.start(tx, tenantId, reindex.jobId)
    const isThere = isSearched(await store.lockStates(tx, { objectId, tenantId }))
    if (isThere && made) await search.prepareChunks(tx, made)
    const skippedCount = reindex.skippedCount + (isThere && !made ? 1 : 0)
    await store.updateReindex(tx, { ...reindex, afterObjectId: objectId, skippedCount })
  })
}

/** Undefined where there is no text to cut: the object then keeps the chunks that it has. */
async function cut(db: Db, name: ObjectName) {
  const run = await store.findRun(db, name)
  const object = await objects.findObject(db, name.objectId)
  const pages = await store.listPages(db, name)
  if (!run || !object || pages.length === 0) return undefined
  const made = cutPages(pages)
  if ('code' in made) return undefined
  return { object: await indexOf(db, object, run, pages), chunks: made.chunks }
}

function isSearched(states: Awaited<ReturnType<typeof store.lockStates>>): boolean {
  if (!states || states.removedAt || states.reviewState !== 'approved') return false
  return states.indexState === 'embedding' || states.indexState === 'indexed'
}

async function enter(db: Db, reindex: Reindex, phase: 'switch' | 'settle'): Promise<boolean> {
  return move(db, reindex, async (tx) => {
    const lastSeq = phase === 'settle' ? await store.currentSequence(tx) : null
    await store.updateReindex(tx, { ...reindex, phase, afterObjectId: '', lastSeq })
  })
}

async function switchNext(
  db: Db,
  reindex: Reindex,
  { now, datasetNo }: { now: Date; datasetNo: number },
): Promise<boolean> {
  const { tenantId } = reindex
  const objectId = await store.findNextPrepared(db, reindex)
  if (!objectId) return enter(db, reindex, 'settle')
  const name = { objectId, tenantId }
  return move(db, reindex, async (tx) => {
    const states = await store.lockStates(tx, name)
    const stage = states?.indexState
    const isThere = isSearched(states) && stage !== undefined && stage !== 'none'
    const made = isThere ? await search.switchChunks(tx, name) : undefined
    const objectCount = reindex.objectCount + (made ? 1 : 0)
    await store.updateReindex(tx, { ...reindex, afterObjectId: objectId, objectCount })
    if (!isThere || !made) {
      await search.dropPrepared(tx, name)
      return
    }
    const language = made.language || null
    await objects.recordStage(tx, { ...name, now, stage, language, chunkCount: made.count })
    const object = await objects.findObject(tx, objectId)
    assert(object, 'its row is locked')
    await search.tellEngine(tx, { objectId, objectNo: object.objectNo, datasetNo })
  })
}

/** The job is done when the engine has the last of it. */
async function settle(db: Db, reindex: Reindex, now: Date): Promise<boolean> {
  if (!(await store.isFed(db, reindex.lastSeq ?? 0n))) return false
  const { datasetId, tenantId, jobId, embeddingModel, objectCount, skippedCount } = reindex
  return move(db, reindex, async (tx) => {
    await catalog.noteReindexed(tx, { datasetId, tenantId, embeddingModel, now })
    const result = { datasetId, objectCount, skippedCount }
    await jobs.complete(tx, { tenantId, id: jobId, result, now })
    await store.deleteReindex(tx, tenantId, datasetId)
  })
}

async function abandon(db: Db, reindex: Reindex, now: Date): Promise<boolean> {
  const error = { code: 'conflict', message: 'The dataset was deleted meanwhile.' }
  return end(db, reindex, { error, now })
}

async function end(
  db: Db,
  reindex: Reindex,
  { error, now }: { error: { code: string; message: string }; now: Date },
): Promise<boolean> {
  const { datasetId, tenantId, jobId } = reindex
  return move(db, reindex, async (tx) => {
    await jobs.fail(tx, { tenantId, id: jobId, error, now })
    await store.deleteReindex(tx, tenantId, datasetId)
  })
}
