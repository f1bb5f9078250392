// Feeds the engine from the outbox, in order, one feeder at a time. An object is `indexed` only after
// the engine has its chunks, so the state means "searchable".
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { newId } from '../../base/ids.ts'
import * as objects from '../objects/objects.ts'
import type { Engine, EngineChange, EngineChunk } from './engine.ts'
import * as store from './store.ts'

interface Deps {
  db: Db
  engine: Engine
}

const loadBatch = 1_000
const feedBatch = 50
const fedKeptMs = msPerDay

// One for each engine: the lease names who feeds, and only the process that holds the engine may.
const holders = new WeakMap<Engine, string>()

/** Fills an empty engine from the database and takes over the feeding. Answers how many chunks. */
export async function fillEngine({ db, engine }: Deps): Promise<number> {
  const holder = newId('evt')
  holders.set(engine, holder)
  await store.takeFeederLease(db, holder)
  // The number is read first: what commits meanwhile is fed again, which is harmless.
  const sequence = await store.currentSequence(db)
  let count = 0
  for (let last = 0n; ; ) {
    const rows = await store.listChunksAfter(db, last, loadBatch)
    if (rows.length === 0) return count
    await engine.apply(
      rows.map((row) => ({ kind: 'put', chunk: engineChunk(row) })),
      sequence,
    )
    count += rows.length
    last = rows.at(-1)?.chunkNo ?? last
  }
}

/** Feeds what waits. Every row is applied before it is marked, so a crash feeds it once more. */
export async function feedEngine({ db, engine }: Deps, { now }: { now: Date }): Promise<number> {
  const holder = holders.get(engine)
  if (!holder) return 0
  const rows = await store.listOutbox(db, feedBatch)
  if (rows.length === 0 || !(await store.holdsFeederLease(db, holder))) return 0
  for (const row of rows) {
    const refusal = await applyRow({ db, engine }, row)
    if (refusal === 'again') return 0
    await markFed(db, row, now, refusal === 'refused')
  }
  return rows.length
}

// An object that the engine refuses must not hold up all that come after it. It is tried a few times,
// in case the engine was at fault, and then fails with a cause that its owner sees.
const attemptsMax = 5

async function applyRow(
  { db, engine }: Deps,
  row: store.OutboxRow,
): Promise<'applied' | 'again' | 'refused'> {
  const changes = await changesOf(db, row)
  try {
    await engine.apply(changes, row.seq)
    return 'applied'
  } catch (error) {
    if (row.attempts + 1 >= attemptsMax) return 'refused'
    await store.countAttempt(db, row.seq)
    if (row.attempts > 0) return 'again'
    throw error
  }
}

async function changesOf(db: Db, row: store.OutboxRow): Promise<EngineChange[]> {
  if (row.objectNo === null) return []
  // Dropped before it is put: an object that is indexed again has other chunks than before.
  const drop: EngineChange = { kind: 'drop', objectNo: row.objectNo }
  if (row.kind !== 'put' || !row.objectId) return [drop]
  const chunks = await store.listChunksOfObject(db, row.objectId)
  return [
    drop,
    ...chunks.map((chunk): EngineChange => ({ kind: 'put', chunk: engineChunk(chunk) })),
  ]
}

async function markFed(db: Db, row: store.OutboxRow, now: Date, isRefused: boolean): Promise<void> {
  const owner = row.objectId ? await store.findObjectOwner(db, row.objectId) : undefined
  await db.tx(async (tx) => {
    if (row.kind === 'put' && row.objectId && owner) {
      const object = { tenantId: owner.tenantId, objectId: row.objectId, now }
      await objects.recordStage(
        tx,
        isRefused
          ? { ...object, stage: 'failed', failure: refusedBy(row) }
          : { ...object, stage: 'indexed' },
      )
    }
    await store.markFed(tx, row.seq, now)
  })
}

function refusedBy({ attempts }: store.OutboxRow): objects.StageFailure {
  return {
    stage: 'index',
    code: 'index_refused',
    message: 'The search engine could not take this object. Retry it, or upload it again.',
    attempts: attempts + 1,
  }
}

export async function forgetFed({ db }: Pick<Deps, 'db'>, { now }: { now: Date }): Promise<void> {
  await store.deleteFedBefore(db, addMs(now, -fedKeptMs))
}

/** Rows that the engine does not have yet. */
export async function engineLag(db: Db): Promise<number> {
  return store.countOutbox(db)
}

function engineChunk(row: store.ChunkRow & { filename: string }): EngineChunk {
  return {
    chunkNo: row.chunkNo,
    datasetNo: row.datasetNo,
    objectNo: row.objectNo,
    ord: row.ord,
    language: row.language,
    title: row.title,
    text: row.text,
    filename: row.filename,
    modality: row.modality,
    mime: row.mime,
    createdAt: row.objectCreatedAt,
    keywords: row.keywords,
    passageSha256: row.passageSha256,
  }
}
