// Objects, their uploads in both documented flows, and downloads.
import { z } from 'zod'
import { amount, id, metadata, metadataIn, paging, sha256, text, time } from './fields.ts'
import { listing, operation } from './operation.ts'

export const objectStatuses = [
  'uploading',
  'in_review',
  'processing',
  'active',
  'failed',
  'rejected',
  'expired',
  'pending_deletion',
  'deleted',
] as const
export const uploadStates = ['pending', 'uploaded'] as const
export const reviewStates = ['staged', 'under_review', 'approved', 'rejected', 'expired'] as const
export const indexStates = [
  'none',
  'queued',
  'extracting',
  'embedding',
  'indexed',
  'failed',
] as const

const filename = text(1, 255).refine(
  (value) => !/[/\\\p{Cc}]/u.test(value) && value !== '.' && value !== '..',
  { message: 'must be a plain file name without path parts or control characters' },
)
const mimeType = text(3, 200).refine((value) => /^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/.test(value), {
  message: 'must be a media type such as application/pdf',
})
const sizeBytes = z.int().min(1).max(1_099_511_627_776)

export const objectFields = {
  object_id: id,
  dataset_id: id,
  filename: z.string(),
  title: z.string(),
  content_type: z.string(),
  mime_type: z.string(),
  size_bytes: z.int(),
  checksum_sha256: z.string().nullable(),
  status: z.enum(objectStatuses),
  upload_state: z.enum(uploadStates),
  review_state: z.enum(reviewStates).nullable(),
  review_expires_at: time.nullable(),
  index_state: z.enum(indexStates),
  failure: z
    .strictObject({
      stage: z.string(),
      code: z.string(),
      message: z.string(),
      attempts: z.int(),
    })
    .nullable(),
  metadata,
  language: z.string().nullable(),
  page_count: z.int().nullable(),
  duration_seconds: z.number().nullable(),
  chunk_count: z.int(),
  created_at: time,
  uploaded_at: time.nullable(),
  decided_at: time.nullable(),
  indexed_at: time.nullable(),
}
export const ObjectBody = z.strictObject(objectFields)

const part = z.strictObject({ part_number: z.int(), upload_url: z.string() })
const partsIn = z
  .array(z.strictObject({ part_number: z.int().min(1).max(10_000), etag: text(1, 200) }))
  .max(10_000)

export const objectsUpload = operation({
  id: 'objects.upload',
  method: 'POST',
  path: '/v1/datasets/{dataset_id}/objects/upload',
  tag: 'Objects',
  summary: 'Start an upload; the bytes go to the address in the answer',
  scope: 'objects:write',
  input: z.strictObject({
    dataset_id: id,
    filename,
    content_type: mimeType,
    size_bytes: sizeBytes,
    checksum_sha256: sha256.optional(),
    metadata: metadataIn.optional(),
  }),
  output: z.strictObject({
    object_id: id,
    upload_id: id,
    upload_url: z.string(),
    expires_at: time,
    method: z.literal('PUT'),
    headers: z.record(z.string(), z.string()),
    part_size_bytes: z.int().nullable(),
    parts: z.array(part).nullable(),
  }),
  status: 201,
  errors: ['conflict'],
})

export const objectsConfirm = operation({
  id: 'objects.confirm',
  method: 'POST',
  path: '/v1/objects/{object_id}/confirm',
  tag: 'Objects',
  summary: 'Finish an upload: size and hash are checked, and the object goes to review',
  scope: 'objects:write',
  input: z.strictObject({ object_id: id, parts: partsIn.optional() }),
  output: ObjectBody,
  errors: ['checksum_mismatch', 'conflict'],
})

export const objectsCancelUpload = operation({
  id: 'objects.cancel_upload',
  method: 'DELETE',
  path: '/v1/objects/{object_id}/upload',
  tag: 'Objects',
  summary: 'Cancel an upload that was not confirmed',
  scope: 'objects:write',
  input: z.strictObject({ object_id: id }),
  output: z.strictObject({ object_id: id, cancelled: z.literal(true) }),
  errors: ['conflict'],
})

export const uploadsCreate = operation({
  id: 'uploads.create',
  method: 'POST',
  path: '/v1/uploads',
  tag: 'Objects',
  summary: 'Start an upload with a hash; the second documented flow',
  scope: 'objects:write',
  input: z.strictObject({
    dataset_id: id,
    filename,
    mime_type: mimeType,
    size_bytes: sizeBytes,
    checksum_sha256: sha256,
    metadata: metadataIn.optional(),
  }),
  output: z.strictObject({
    upload_id: id,
    object_id: id,
    strategy: z.enum(['single', 'multipart']),
    upload_url: z.string().nullable(),
    method: z.literal('PUT'),
    headers: z.record(z.string(), z.string()),
    part_size_bytes: z.int().nullable(),
    parts: z.array(part).nullable(),
    expires_at: time,
  }),
  status: 201,
  errors: ['not_found', 'conflict'],
})

export const uploadsComplete = operation({
  id: 'uploads.complete',
  method: 'POST',
  path: '/v1/uploads/{upload_id}/complete',
  tag: 'Objects',
  summary: 'Finish an upload of the second flow; the same as confirm',
  scope: 'objects:write',
  input: z.strictObject({ upload_id: id, parts: partsIn.optional() }),
  output: ObjectBody,
  errors: ['checksum_mismatch', 'conflict'],
})

export const objectsList = listing({
  id: 'objects.list',
  method: 'GET',
  path: '/v1/datasets/{dataset_id}/objects',
  tag: 'Objects',
  summary: 'Objects of an own dataset, newest first',
  scope: 'datasets:read',
  input: z.strictObject({
    dataset_id: id,
    ...paging,
    review_state: z.enum(reviewStates).optional(),
    index_state: z.enum(indexStates).optional(),
    filename: text(1, 255).optional(),
  }),
  output: ObjectBody,
})

export const objectsGet = operation({
  id: 'objects.get',
  method: 'GET',
  path: '/v1/objects/{object_id}',
  tag: 'Objects',
  summary: 'One own object with its states',
  scope: 'datasets:read',
  input: z.strictObject({ object_id: id }),
  output: ObjectBody,
})

export const objectsDownload = operation({
  id: 'objects.download',
  method: 'GET',
  path: '/v1/objects/{object_id}/download',
  tag: 'Objects',
  summary: 'An address for the original file, valid 15 minutes; charged once in 24 hours',
  scope: 'datasets:read',
  input: z.strictObject({ object_id: id }),
  output: z.strictObject({
    download_url: z.string(),
    expires_at: time,
    charged_amount: amount,
    currency: z.string(),
    download_event_id: id,
  }),
  errors: ['budget_exceeded', 'forbidden'],
  charges: true,
})

export const objectsRetry = operation({
  id: 'objects.retry',
  method: 'POST',
  path: '/v1/objects/{object_id}/retry',
  tag: 'Objects',
  summary: 'Resume a failed ingestion from the stage that failed',
  scope: 'objects:write',
  input: z.strictObject({ object_id: id }),
  output: z.strictObject({ object_id: id, job_id: id }),
  status: 202,
  errors: ['conflict'],
})

export const objectsDelete = operation({
  id: 'objects.delete',
  method: 'DELETE',
  path: '/v1/objects/{object_id}',
  tag: 'Objects',
  summary: 'Delete an object: gone from search and lists at once, purged after the grace period',
  scope: 'objects:write',
  input: z.strictObject({ object_id: id }),
  output: z.strictObject({ object_id: id, status: z.enum(objectStatuses), job_id: id }),
  status: 202,
})
