// Examples of uploads in both documented flows, of objects and their downloads.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, hashes, ids, times } from './story.ts'

export const object: WireBody<'objects.get'> = {
  object_id: ids.object,
  dataset_id: ids.dataset,
  filename: 'inv-7.pdf',
  title: 'Invoice 7',
  content_type: 'application/pdf',
  mime_type: 'application/pdf',
  size_bytes: 84_213,
  checksum_sha256: hashes.object,
  status: 'active',
  upload_state: 'uploaded',
  review_state: 'approved',
  review_expires_at: '2026-04-08T10:15:00Z',
  index_state: 'indexed',
  failure: null,
  metadata: { year: '2025', internal_id: 'abc123' },
  language: 'en',
  page_count: 3,
  duration_seconds: null,
  chunk_count: 9,
  created_at: times.made,
  uploaded_at: times.later,
  decided_at: times.decided,
  indexed_at: '2026-04-05T11:30:05Z',
}

/** As it is once its bytes have come: it waits for review. */
export const staged: WireBody<'objects.confirm'> = {
  ...object,
  title: 'inv-7',
  status: 'in_review',
  review_state: 'staged',
  index_state: 'none',
  language: null,
  page_count: null,
  chunk_count: 0,
  decided_at: null,
  indexed_at: null,
}

const address = 'https://ipto.example/storage/f114823da72ef59017c21923d83906d4'
const signed = 'expires=1775384100000&signature=5lqL5LVpd4xfbP-U1udn_uxrcS6ZBhZ58uk8sxhK2SI'

const upload = {
  object_id: ids.object,
  upload_id: ids.upload,
  upload_url: `${address}?${signed}`,
  expires_at: times.later,
  method: 'PUT' as const,
  headers: { 'content-type': 'application/pdf', 'content-length': '84213' },
  part_size_bytes: null,
  parts: null,
}

export const objectExamples = {
  'objects.upload': {
    input: {
      dataset_id: ids.dataset,
      filename: 'inv-7.pdf',
      content_type: 'application/pdf',
      size_bytes: 84_213,
      metadata: { year: '2025', internal_id: 'abc123' },
    },
    output: upload,
  },
  'objects.confirm': { input: { object_id: ids.object }, output: staged },
  'objects.cancel_upload': {
    input: { object_id: ids.object },
    output: { object_id: ids.object, cancelled: true },
  },
  'uploads.create': {
    input: {
      dataset_id: ids.dataset,
      filename: 'inv-7.pdf',
      mime_type: 'application/pdf',
      size_bytes: 84_213,
      checksum_sha256: hashes.object,
    },
    output: { ...upload, strategy: 'single' },
  },
  'uploads.complete': { input: { upload_id: ids.upload }, output: staged },
  'objects.list': {
    input: { dataset_id: ids.dataset, limit: 20, index_state: 'indexed' },
    output: object,
  },
  'objects.get': { input: { object_id: ids.object }, output: object },
  'objects.download': {
    input: { object_id: ids.object },
    output: {
      download_url: `${address}?filename=inv-7.pdf&${signed}`,
      expires_at: times.later,
      charged_amount: 2,
      currency,
      download_event_id: ids.download,
    },
  },
  'objects.retry': {
    input: { object_id: ids.object },
    output: { object_id: ids.object, job_id: ids.job },
  },
  'objects.delete': {
    input: { object_id: ids.object },
    output: { object_id: ids.object, status: 'pending_deletion', job_id: ids.job },
  },
} satisfies Partial<Examples>
