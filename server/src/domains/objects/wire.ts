import { windowLimitMax } from '@ipto/contract/integration.ts'
import { currency, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Downloaded } from './download.ts'
import type { LabelChange, ListInput } from './integration.ts'
import { type StoredObject, statusOf, titleOf } from './objects.ts'
import type { Removal } from './remove.ts'
import { lifeStateOf, type StateChange } from './states.ts'
import type { NewUpload, StartedUpload } from './upload.ts'

export function readUploadA(input: ParsedInput<'objects.upload'>): NewUpload {
  return {
    datasetId: input.dataset_id,
    filename: input.filename,
    contentType: input.content_type,
    sizeBytes: input.size_bytes,
    sha256: input.checksum_sha256?.toLowerCase() ?? null,
    metadata: input.metadata ?? {},
  }
}

export function readUploadB(input: ParsedInput<'uploads.create'>): NewUpload {
  return {
    datasetId: input.dataset_id,
    filename: input.filename,
    contentType: input.mime_type,
    sizeBytes: input.size_bytes,
    sha256: input.checksum_sha256.toLowerCase(),
    metadata: input.metadata ?? {},
  }
}

export function presentUploadA({ object, address }: StartedUpload, wire: Wire) {
  return {
    object_id: object.id,
    upload_id: object.uploadId,
    upload_url: address.url,
    expires_at: wire.time(address.expiresAt),
    method: 'PUT' as const,
    headers: address.headers,
    part_size_bytes: null,
    parts: null,
  }
}

export function presentUploadB({ object, address }: StartedUpload, wire: Wire) {
  return {
    upload_id: object.uploadId,
    object_id: object.id,
    strategy: 'single' as const,
    upload_url: address.url,
    method: 'PUT' as const,
    headers: address.headers,
    part_size_bytes: null,
    parts: null,
    expires_at: wire.time(address.expiresAt),
  }
}

export function readObjectId(input: { object_id: string }): string {
  return input.object_id
}

export function readUploadId(input: ParsedInput<'uploads.complete'>): string {
  return input.upload_id
}

export function presentCancelled(object: StoredObject) {
  return { object_id: object.id, cancelled: true as const }
}

export function readObjectFilter(input: ParsedInput<'objects.list'>) {
  return {
    datasetId: input.dataset_id,
    reviewState: input.review_state ?? null,
    indexState: input.index_state ?? null,
    filename: input.filename ?? null,
    limit: input.limit,
  }
}

export function presentObject(object: StoredObject, wire: Wire) {
  return {
    object_id: object.id,
    dataset_id: object.datasetId,
    filename: object.filename,
    title: titleOf(object),
    content_type: object.contentType,
    mime_type: object.contentType,
    size_bytes: object.sizeBytes,
    checksum_sha256: object.sha256 ?? object.expectedSha256,
    status: statusOf(object),
    upload_state: object.uploadState,
    review_state: object.reviewState,
    review_expires_at: wire.timeOrNull(object.reviewExpiresAt),
    index_state: object.indexState,
    failure: object.failure && {
      stage: object.failure.stage,
      code: object.failure.code,
      message: object.failure.message,
      attempts: object.failure.attempts,
    },
    metadata: object.metadata,
    language: object.language,
    page_count: object.pageCount,
    duration_seconds: object.durationSeconds,
    chunk_count: object.chunkCount,
    created_at: wire.time(object.createdAt),
    uploaded_at: wire.timeOrNull(object.uploadedAt),
    decided_at: wire.timeOrNull(object.decidedAt),
    indexed_at: wire.timeOrNull(object.indexedAt),
  }
}

export function presentDownload(downloaded: Downloaded, wire: Wire) {
  const { id, chargedMicros, remainingMicros, address } = downloaded
  wire.budgetRemaining(remainingMicros)
  return {
    download_url: address.url,
    expires_at: wire.time(address.expiresAt),
    charged_amount: toMajor(chargedMicros),
    currency,
    download_event_id: id,
  }
}

export function presentRetry({ objectId, jobId }: { objectId: string; jobId: string }) {
  return { object_id: objectId, job_id: jobId }
}

export function presentRemoval({ object, jobId }: Removal) {
  return { object_id: object.id, status: statusOf(object), job_id: jobId }
}

const sorts = {
  createdAt: 'createdAt',
  '+createdAt': 'createdAt',
  '-createdAt': '-createdAt',
  updatedAt: 'updatedAt',
  '+updatedAt': 'updatedAt',
  '-updatedAt': '-updatedAt',
} as const

export function readView(input: ParsedInput<'documents.list'>): ListInput {
  return {
    datasetIds: input.projectId ?? null,
    states: input.state ?? null,
    sha256: input.fileId ?? null,
    sort: sorts[input.sort],
    limit: Math.min(input.limit, windowLimitMax),
    offset: input.offset,
  }
}

export const readViewed = (input: ParsedInput<'documents.get'>): string => input.id

export function presentView(object: StoredObject, wire: Wire) {
  return {
    id: object.id,
    title: object.givenTitle ?? object.filename,
    state: lifeStateOf(object),
    createdAt: wire.time(object.createdAt),
    createdBy: object.createdBy,
    updatedAt: wire.time(object.updatedAt),
    updatedBy: object.updatedBy,
    completedAt: wire.timeOrNull(object.indexedAt),
    fileId: object.sha256,
    projectId: object.datasetId,
    externalId: object.externalId,
    externalData: object.externalData,
  }
}

export function presentWholeView(object: StoredObject, wire: Wire) {
  return {
    ...presentView(object, wire),
    entities: {
      title: object.title,
      language: object.language,
      pageCount: object.pageCount,
      durationSeconds: object.durationSeconds,
      chunkCount: object.chunkCount,
    },
  }
}

export function presentStates(changes: StateChange[], wire: Wire) {
  return changes.map(({ state, at }) => ({ state, updatedAt: wire.time(at) }))
}

export function readExternalData(input: ParsedInput<'documents.external_data'>): LabelChange {
  return { objectId: input.id, externalData: input.externalData }
}

export function readExternalId(input: ParsedInput<'documents.external_id'>): LabelChange {
  return { objectId: input.id, externalId: input.externalId }
}

export function readTitle(input: ParsedInput<'documents.title'>): LabelChange {
  return { objectId: input.id, givenTitle: input.title }
}

export const presentNothing = () => undefined
