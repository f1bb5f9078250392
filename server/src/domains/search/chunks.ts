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
  await store.deleteChunks(tx, object.tenantId, object.objectId)
  await insertChunks(tx, { object, chunks, state: 'current' })
  await tellEngine(tx, object)
}

async function insertChunks(
  tx: Tx,
  {
    object: { metadata, ...object },
    chunks,
    state,
  }: { object: ObjectToIndex; chunks: readonly ChunkInput[]; state: 'next' | 'current' },
): Promise<void> {
  const row = { ...object, keywords: keywordsOf({ ...object, metadata }), state }
  for (let from = 0; from < chunks.length; from += insertBatch) {
    const batch = chunks.slice(from, from + insertBatch)
    await store.insertChunks(
      tx,
      row,
      batch.map((chunk) => ({ ...chunk, passageSha256: sha256(chunk.text) })),
    )
  }
}

/** Makes chunks that take the place of those of now with `switchChunks`, and are not searched before. */
export async function prepareChunks(
  tx: Tx,
  made: { object: ObjectToIndex; chunks: readonly ChunkInput[] },
): Promise<void> {
  await store.deletePrepared(tx, made.object.tenantId, made.object.objectId)
  await insertChunks(tx, { ...made, state: 'next' })
}

interface ChunkedName {
  objectId: Id<'obj'>
  tenantId: Id<'tnt'>
}

export async function dropPrepared(tx: Tx, { objectId, tenantId }: ChunkedName): Promise<void> {
  await store.deletePrepared(tx, tenantId, objectId)
}

/**
 * Lets what was prepared take its place. A passage that is cut as before stays the same chunk, so that
 * sessions, quotes and sales go on with it; one that is cut otherwise stays readable, and is searched no
 * more once the engine is told: `tellEngine` ends the transaction. Undefined where nothing was prepared.
 */
export async function switchChunks(
  tx: Tx,
  { objectId, tenantId }: ChunkedName,
): Promise<store.SwitchedChunks | undefined> {
  const made = await store.countPrepared(tx, tenantId, objectId)
  if (!made) return undefined
  await store.retireChunks(tx, tenantId, objectId)
  await store.mergeChunks(tx, tenantId, objectId)
  await store.promoteChunks(tx, tenantId, objectId)
  return made
}

/** Puts the object's chunks of now into the engine. The last statement of its transaction. */
export async function tellEngine(
  tx: Tx,
  { objectId, objectNo, datasetNo }: { objectId: Id<'obj'>; objectNo: number; datasetNo: number },
): Promise<void> {
  await store.insertOutbox(tx, { kind: 'put', objectId, objectNo, datasetNo })
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
