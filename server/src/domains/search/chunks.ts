// Chunks and the outbox to the engine: written together with the change that they follow from.
import { createHash } from 'node:crypto'
import type { Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Locator } from './store.ts'
import * as store from './store.ts'

export interface ChunkInput {
  ord: number
  text: string
  locator: Locator
}

export interface ObjectToIndex {
  objectId: Id<'obj'>
  objectNo: number
  datasetId: Id<'dset'>
  datasetNo: number
  tenantId: Id<'tnt'>
  title: string
  /** ISO 639-1, or '' where it is not known. */
  language: string
  modality: string
  mime: string
  metadata: Record<string, string | number | boolean>
  createdAt: Date
}

// Rows of one insert: a long document must not become one statement of many megabytes.
const insertBatch = 200

/** Replaces the chunks of an object and tells the engine. The last statements of their transaction. */
export async function replaceChunks(
  tx: Tx,
  { object, chunks }: { object: ObjectToIndex; chunks: readonly ChunkInput[] },
): Promise<void> {
  const { metadata: _, ...rest } = object
  await store.deleteChunks(tx, object.tenantId, object.objectId)
  const row: store.ChunkedObject = { ...rest, keywords: keywordsOf(object) }
  for (let from = 0; from < chunks.length; from += insertBatch) {
    const batch = chunks.slice(from, from + insertBatch)
    await store.insertChunks(
      tx,
      row,
      batch.map((chunk) => ({ ...chunk, passageSha256: sha256(chunk.text) })),
    )
  }
  await store.insertOutbox(tx, {
    kind: 'put',
    objectId: object.objectId,
    objectNo: object.objectNo,
    datasetNo: object.datasetNo,
  })
}

/** Takes an object out of search for good; its sold passages keep amounts and ids, never text. */
export async function dropObject(
  tx: Tx,
  object: { objectId: Id<'obj'>; objectNo: number; datasetNo: number; tenantId: Id<'tnt'> },
): Promise<void> {
  await store.deleteChunks(tx, object.tenantId, object.objectId)
  await store.deleteSnippets(tx, object.objectId)
  await store.insertOutbox(tx, {
    kind: 'drop_object',
    objectId: object.objectId,
    objectNo: object.objectNo,
    datasetNo: object.datasetNo,
  })
}

function keywordsOf({ objectId, metadata }: ObjectToIndex): [string, string][] {
  return [
    ['object', objectId],
    ...Object.entries(metadata).map(([key, value]): [string, string] => [
      `meta.${key}`,
      String(value),
    ]),
  ]
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
