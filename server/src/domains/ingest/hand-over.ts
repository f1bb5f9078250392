// The second stage: pages become chunks, and search takes them over. Chunks, outbox row and state are one
// transaction. The third stage is search's own: its feeder writes `indexed` once the engine has them.
import type { Db } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import * as catalog from '../catalog/catalog.ts'
import * as objects from '../objects/objects.ts'
import * as search from '../search/search.ts'
import { type ChunkDraft, chunkPages } from './chunk.ts'
import type { ExtractedPage } from './extractor.ts'
import { fail, type Hold, type Lease, stillHolds } from './lease.ts'
import type { IngestRun } from './store.ts'
import * as store from './store.ts'

export async function handOver({ db }: { db: Db }, lease: Lease, hold: Hold): Promise<void> {
  const { objectId, tenantId, attempts } = lease
  const run = await store.findRun(db, lease)
  const object = await objects.findObject(db, objectId)
  assert(run && object, 'whoever holds a lease has an object and a run')
  const pages = await store.listPages(db, lease)
  const cut = cutPages(pages)
  const index = await indexOf(db, object, run, pages)

  await db.tx(async (tx) => {
    if (!(await stillHolds(tx, lease))) return
    const now = hold.now()
    if ('code' in cut) {
      await fail(tx, lease, { ...cut, now })
      return
    }
    await objects.recordStage(tx, {
      tenantId,
      objectId,
      now,
      stage: 'embedding',
      title: run.title,
      language: index.language || null,
      pageCount: run.pageCount,
      chunkCount: cut.chunks.length,
    })
    // The count goes on: should the engine never get these, this stage is what is done again.
    await store.markReleased(tx, {
      objectId,
      tenantId,
      stage: 'index',
      attempts,
      leasedUntil: null,
    })
    // Last: it takes the number that orders the outbox.
    await search.replaceChunks(tx, { object: index, chunks: cut.chunks })
  })
}

export type Cut =
  | { chunks: ChunkDraft[] }
  | { code: string; message: string; stage: Lease['stage'] }

export function cutPages(pages: readonly ExtractedPage[]): Cut {
  try {
    const chunks = chunkPages(pages)
    if (chunks.length > 0) return { chunks }
    // A retry reads the file again: another extractor may find text where this one found none.
    const message = 'There is no text in the file that could be searched.'
    return { code: 'no_text', message, stage: 'extract' }
  } catch (error) {
    // Over a limit: no other attempt would change it.
    if (!(error instanceof Failure)) throw error
    return { code: error.code, message: error.message, stage: 'chunk' }
  }
}

/** What every chunk carries of its object. The dataset's language decides; where unset, the text's own. */
export async function indexOf(
  db: Db,
  object: objects.StoredObject,
  run: IngestRun,
  pages: readonly ExtractedPage[],
) {
  const { datasetId, tenantId, objectNo, filename, metadata, createdAt } = object
  const facts = await catalog.datasetFacts(db, datasetId)
  assert(facts, 'an object has a dataset')
  return {
    objectId: object.id,
    objectNo,
    datasetId,
    datasetNo: facts.datasetNo,
    tenantId,
    filename,
    title: objects.titleOf({ title: run.title, filename }),
    language: facts.language ?? run.language ?? '',
    modality: modalityOf(pages),
    // By content: what a buyer filters by is what the bytes are.
    mime: run.contentType ?? object.contentType,
    metadata,
    createdAt,
  }
}

function modalityOf([first]: readonly ExtractedPage[]): 'document' | 'image' | 'records' {
  if (first?.kind === 'record') return 'records'
  return first?.kind === 'box' ? 'image' : 'document'
}
