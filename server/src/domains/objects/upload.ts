// The path of an upload, for both documented flows: a row first, then a signed address; later the bytes
// are taken out of reach of the address, verified, and only then become a fact. A death on any line
// leaves a pending row, from which sweep.ts knows what to remove.
import type { Actor, Call } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as access from '../access/access.ts'
import * as audit from '../audit/audit.ts'
import * as catalog from '../catalog/catalog.ts'
import type { Blobs, SignedAddress, StoredBlob } from './blobs.ts'
import { events } from './events.ts'
import { arrivalKeyOf, keptKeyOf } from './keys.ts'
import { tombstone } from './remove.ts'
import type { ObjectSettings } from './settings.ts'
import type { StoredObject } from './store.ts'
import * as store from './store.ts'

export interface UploadDeps {
  db: Db
  blobs: Blobs
  settings: ObjectSettings
}

export interface NewUpload {
  datasetId: string
  filename: string
  contentType: string
  sizeBytes: number
  /** Lower-case hex, or null where the uploader does not say. */
  sha256: string | null
  metadata: Record<string, string | number | boolean>
}

export interface StartedUpload {
  object: StoredObject
  address: SignedAddress
}

/**
 * Opens an upload into an own dataset. Repeated under the same charge key it opens the same one.
 * Throws `not_found`, `conflict` where the dataset is being deleted, `invalid_request`.
 */
export async function startUpload(
  { db, blobs, settings }: UploadDeps,
  call: Call,
  input: NewUpload,
): Promise<StartedUpload> {
  const datasetId = asId('dset', input.datasetId)
  await requireOpenDataset(db, call.actor, datasetId)
  requireSize(input.sizeBytes, settings.uploadBytesMax)
  requireMediaType(input.contentType)
  const object = await db.tx((tx) => insertUpload(tx, call, { ...input, datasetId, settings }))
  if (object.removedAt) throw notFound()
  const address = await blobs.presignPut({
    key: arrivalKeyOf(object.id),
    contentType: object.contentType,
    sizeBytes: object.sizeBytes,
    sha256: object.expectedSha256,
    expiresAt: object.uploadExpiresAt,
  })
  return { object, address }
}

async function insertUpload(
  tx: Tx,
  call: Call,
  { settings, sha256, ...input }: NewUpload & { datasetId: Id<'dset'>; settings: ObjectSettings },
): Promise<StoredObject> {
  const { actor, chargeKey, now } = call
  const { tenantId } = actor
  const id = idFor('obj', chargeKey)
  const uploadId = idFor('upl', chargeKey)
  refuseGone(await store.shareDatasetStatus(tx, tenantId, input.datasetId))
  const isNew = await store.insertPending(tx, {
    ...input,
    id,
    uploadId,
    tenantId,
    expectedSha256: sha256,
    uploadExpiresAt: addMs(now, settings.uploadLifeMs),
    by: actor.id,
    now,
  })
  if (isNew) {
    const { datasetId, filename, sizeBytes } = input
    const changes = { datasetId, filename, sizeBytes }
    await audit.record(tx, call, { action: 'object.start_upload', targetId: id, changes })
  }
  const object = await store.findObject(tx, tenantId, id)
  assert(object, 'the row was made just before')
  return object
}

// One's own dataset that is being deleted may be known, so it gets a reason; everything else is unknown.
async function requireOpenDataset(db: Db, actor: Actor, datasetId: Id<'dset'>): Promise<void> {
  const status = await store.findDatasetStatus(db, actor.tenantId, datasetId)
  if (actor.datasetIds === null || actor.datasetIds.includes(datasetId)) refuseGone(status)
  await access.requireManage(db, actor, datasetId)
}

function refuseGone(datasetStatus: string | undefined): void {
  if (datasetStatus === 'pending_deletion' || datasetStatus === 'deleted') {
    throw new Failure('conflict', 'The dataset is being deleted and takes no uploads.')
  }
}

function requireSize(sizeBytes: number, uploadBytesMax: number): void {
  if (sizeBytes <= uploadBytesMax) return
  const reason = `must be at most ${uploadBytesMax}`
  throw new Failure('invalid_request', 'The file is larger than this server takes.', {
    fields: [{ path: 'size_bytes', reason, nature: 'value' }],
  })
}

// What a signed address can carry in a header; the wire lets a little more through.
const mediaType =
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?: ?; ?[\w.-]{1,40}=(?:[\w!#$&^.+-]{1,80}|"[\w!#$&^.+ -]{0,80}")){0,4}$/

function requireMediaType(contentType: string): void {
  if (mediaType.test(contentType)) return
  throw new Failure('invalid_request', 'The content type is not a media type.')
}

/** Flow A: named by its object. See `finish`. */
export async function confirmUpload(
  deps: UploadDeps,
  call: Call,
  objectId: string,
): Promise<StoredObject> {
  const { tenantId } = call.actor
  return finish(deps, call, await store.findObject(deps.db, tenantId, asId('obj', objectId)))
}

/** Flow B: named by its upload. See `finish`. */
export async function completeUpload(
  deps: UploadDeps,
  call: Call,
  uploadId: string,
): Promise<StoredObject> {
  const { tenantId } = call.actor
  return finish(
    deps,
    call,
    await store.findObjectByUpload(deps.db, tenantId, asId('upl', uploadId)),
  )
}

/**
 * Verifies the stored bytes and hands the object to review; again, it answers the same object. Throws
 * `not_found`, `conflict` where nothing was uploaded, `checksum_mismatch` where size or hash differ:
 * then the bytes are gone and the address takes others until it expires.
 */
async function finish(
  { db, blobs, settings }: UploadDeps,
  call: Call,
  object: StoredObject | undefined,
): Promise<StoredObject> {
  if (!object || object.removedAt) throw notFound()
  await access.requireManage(db, call.actor, object.datasetId)
  if (object.uploadState === 'uploaded') return object
  const blob = await keepBytes(blobs, object, call.now)
  return db.tx((tx) => commitUpload(tx, call, { object, blob, reviewHours: settings.reviewHours }))
}

async function keepBytes(blobs: Blobs, object: StoredObject, now: Date): Promise<StoredBlob> {
  const arrivalKey = arrivalKeyOf(object.id)
  const keptKey = keptKeyOf(object.id)
  // Moved before they are read: the address may still write where they arrived. A repeated call finds
  // them moved.
  await blobs.promote(arrivalKey, keptKey).catch((error: unknown) => {
    throw error instanceof Failure && error.code === 'not_found' ? nothingThere(object, now) : error
  })
  const blob = await blobs.inspect(keptKey)
  if (!blob) throw nothingThere(object, now)
  const isSame = object.expectedSha256 === null || blob.sha256 === object.expectedSha256
  if (isSame && blob.sizeBytes === object.sizeBytes) return blob
  await blobs.remove(keptKey)
  await blobs.remove(arrivalKey)
  throw new Failure('checksum_mismatch', 'The stored bytes differ from what was announced.', {
    details: { expectedBytes: object.sizeBytes, storedBytes: blob.sizeBytes },
  })
}

function nothingThere(object: StoredObject, now: Date): Failure {
  return new Failure(
    'conflict',
    now < object.uploadExpiresAt
      ? 'Nothing was uploaded to the address yet.'
      : 'Nothing was uploaded, and the address has expired. Start a new upload.',
  )
}

async function commitUpload(
  tx: Tx,
  call: Call,
  { object, blob, reviewHours }: { object: StoredObject; blob: StoredBlob; reviewHours: number },
): Promise<StoredObject> {
  const { id, tenantId, datasetId, sizeBytes } = object
  const { now } = call
  const locked = await store.lockObject(tx, tenantId, id)
  if (!locked || locked.removedAt) throw notFound()
  if (locked.uploadState === 'uploaded') return locked
  refuseGone(await store.lockDatasetStatus(tx, tenantId, datasetId))

  const { sha256 } = blob
  const blobKey = keptKeyOf(id)
  const oneKey = await store.insertBlob(tx, { sha256, blobKey, sizeBytes, now })
  if (oneKey !== blobKey) await store.insertDeadBlob(tx, blobKey, now)
  const reviewExpiresAt = addMs(now, reviewHours * 3_600_000)
  const by = call.actor.id
  await store.markUploaded(tx, { id, tenantId, sha256, reviewExpiresAt, by, now })
  await catalog.noteUpload(tx, datasetId, tenantId, now)
  const added = { objects: 1, pendingReview: 1, storageBytes: sizeBytes }
  await catalog.noteObjects(tx, { datasetId, tenantId, now, ...added })
  const changes = { uploadState: { before: 'pending', after: 'uploaded' }, sha256 }
  await audit.record(tx, call, { action: 'object.upload', targetId: id, changes })
  await emit(tx, events.staged, { objectId: id, tenantId })

  const uploaded = await store.findObject(tx, tenantId, id)
  assert(uploaded, 'the row is locked')
  return uploaded
}

/** Ends an upload that was not confirmed; the sweep removes what arrived. Confirmed: `conflict`. */
export async function cancelUpload(
  { db }: { db: Db },
  call: Call,
  objectId: string,
): Promise<StoredObject> {
  const { actor } = call
  const found = await store.findObject(db, actor.tenantId, asId('obj', objectId))
  if (!found || found.removedAt) throw notFound()
  await access.requireManage(db, actor, found.datasetId)
  return db.tx(async (tx) => {
    const object = await store.lockObject(tx, actor.tenantId, found.id)
    if (!object || object.removedAt) throw notFound()
    if (object.uploadState === 'uploaded') {
      throw new Failure('conflict', 'The upload was confirmed. Delete the object instead.')
    }
    await tombstone(tx, call, object, null)
    return object
  })
}
