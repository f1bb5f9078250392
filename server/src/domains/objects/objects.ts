// An object is one uploaded file with its states; its bytes are a blob that may have several owners.
// A state changes under the lock of its row, with its audit entry, its event and the counters of its
// dataset in one transaction. Upload, download, decision, stages and removal have files of their own.

import type { Call } from '../../base/call.ts'
import type { Db, Sql } from '../../base/db.ts'
import { assert, notFound } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as access from '../access/access.ts'
import type { Blobs } from './blobs.ts'
import type { IndexState, ReviewState, StoredObject } from './store.ts'
import * as store from './store.ts'

export { decide, openReview } from './decide.ts'
export { events } from './events.ts'
export { finishRemoval } from './remove.ts'
export { type ObjectSettings, objectDefaults } from './settings.ts'
export { recordStage } from './stage.ts'
export type { StageFailure, StoredObject } from './store.ts'
export { completeUpload, startUpload } from './upload.ts'

/** One own object; a removed one shows that it is being deleted. */
export async function getObject(
  { db }: { db: Db },
  { actor }: Call,
  objectId: string,
): Promise<StoredObject> {
  const object = await store.findObject(db, actor.tenantId, asId('obj', objectId))
  if (!object || isCancelled(object)) throw notFound()
  await access.requireManage(db, actor, object.datasetId)
  return object
}

/** Objects of an own dataset, newest first, without removed ones. */
export async function listObjects(
  { db }: { db: Db },
  { actor, after }: Call,
  filter: {
    datasetId: string
    reviewState: ReviewState | null
    indexState: IndexState | null
    filename: string | null
    limit: number
  },
): Promise<Page<StoredObject>> {
  const datasetId = asId('dset', filter.datasetId)
  await access.requireManage(db, actor, datasetId)
  const page = { ...filter, datasetId, afterId: afterId(after) }
  const rows = await store.listObjects(db, actor.tenantId, page)
  return pageOf(rows, filter.limit, (object) => [object.id])
}

/** For tasks, which carry ids only. Undefined where the row is gone. */
export async function findObject(sql: Sql, objectId: Id<'obj'>): Promise<StoredObject | undefined> {
  return store.findObjectOfAny(sql, objectId)
}

export interface OpenedBytes {
  object: StoredObject
  /** On local disk, for a child process; never to be written. */
  path: string
  release: () => Promise<void>
}

/** The bytes of an uploaded object. Throws `not_found` where they are not there yet or were purged. */
export async function openBytes(
  { db, blobs }: { db: Db; blobs: Blobs },
  objectId: Id<'obj'>,
): Promise<OpenedBytes> {
  const { object, key } = await requireBytes(db, objectId)
  return { object, ...(await blobs.localPath(key)) }
}

/** The first bytes of an uploaded object, `bytesMax` at most. Throws as `openBytes`. */
export async function readHead(
  { db, blobs }: { db: Db; blobs: Blobs },
  objectId: Id<'obj'>,
  bytesMax: number,
): Promise<Buffer> {
  const { key } = await requireBytes(db, objectId)
  const stream = await blobs.get(key)
  const parts: Buffer[] = []
  let sizeBytes = 0
  for await (const part of stream) {
    assert(Buffer.isBuffer(part), 'a blob is read as bytes')
    parts.push(part)
    sizeBytes += part.length
    if (sizeBytes >= bytesMax) break
  }
  stream.destroy()
  return Buffer.concat(parts).subarray(0, bytesMax)
}

async function requireBytes(db: Db, objectId: Id<'obj'>) {
  const object = await store.findObjectOfAny(db, objectId)
  const key = object && (await store.findBlobKey(db, object.tenantId, object.id))
  if (!object || !key) throw notFound()
  return { object, key }
}

export type ObjectStatus =
  | 'uploading'
  | 'in_review'
  | 'processing'
  | 'active'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'pending_deletion'
  | 'deleted'

/** The one word that the states make together (decisions 9). */
export function statusOf(object: StoredObject): ObjectStatus {
  if (object.removedAt) return object.purgedAt ? 'deleted' : 'pending_deletion'
  switch (object.reviewState) {
    case null:
      return 'uploading'
    case 'staged':
    case 'under_review':
      return 'in_review'
    case 'rejected':
    case 'expired':
      return object.reviewState
    case 'approved':
      if (object.indexState === 'indexed') return 'active'
      return object.indexState === 'failed' ? 'failed' : 'processing'
  }
}

/** The document's own title, else the file name without its ending. */
export function titleOf(object: Pick<StoredObject, 'title' | 'filename'>): string {
  return object.title || object.filename.replace(/(?<=.)\.[^.]*$/, '')
}

/** An upload that was cancelled or given up: it never became an object. */
function isCancelled(object: StoredObject): boolean {
  return object.uploadState === 'pending' && object.removedAt !== null
}
