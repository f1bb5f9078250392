import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Window } from '../../base/page.ts'

export type UploadState = 'pending' | 'uploaded'
export type ReviewState = 'staged' | 'under_review' | 'approved' | 'rejected' | 'expired'
export type IndexState = 'none' | 'queued' | 'extracting' | 'embedding' | 'indexed' | 'failed'

export interface StageFailure {
  stage: string
  code: string
  message: string
  attempts: number
}

export interface StoredObject {
  id: Id<'obj'>
  /** The object's number in the search engine. */
  objectNo: number
  uploadId: Id<'upl'>
  datasetId: Id<'dset'>
  tenantId: Id<'tnt'>
  filename: string
  /** As declared at the upload. */
  contentType: string
  sizeBytes: number
  /** Lower-case hex; null where the uploader did not promise one. */
  expectedSha256: string | null
  /** Lower-case hex; null before the bytes were verified. */
  sha256: string | null
  uploadExpiresAt: Date
  uploadState: UploadState
  reviewState: ReviewState | null
  reviewExpiresAt: Date | null
  reviewReason: string | null
  approvedAutomatically: boolean
  indexState: IndexState
  failure: StageFailure | null
  stageChangedAt: Date
  metadata: Record<string, string | number | boolean>
  /** What integrators set beside the object, which itself never changes. */
  externalId: string | null
  externalData: Record<string, string | number | boolean>
  givenTitle: string | null
  /** The document's own title; null where it has none, or none is known yet. */
  title: string | null
  language: string | null
  pageCount: number | null
  durationSeconds: number | null
  chunkCount: number
  ingestJobId: Id<'job'> | null
  removalJobId: Id<'job'> | null
  removedAt: Date | null
  /** When the bytes went, after a rejection or the grace period of a removal. */
  purgedAt: Date | null
  createdAt: Date
  createdBy: string
  /** Of its states and of what integrators set. */
  updatedAt: Date
  updatedBy: string
  uploadedAt: Date | null
  decidedAt: Date | null
  /** Of the first time: a new index of the same object does not make it younger. */
  indexedAt: Date | null
}

type ObjectRow = Omit<StoredObject, 'sizeBytes'> & { sizeBytes: bigint }

function objectOf(row: ObjectRow): StoredObject {
  return { ...row, sizeBytes: Number(row.sizeBytes) }
}

export interface NewObject {
  id: Id<'obj'>
  uploadId: Id<'upl'>
  datasetId: Id<'dset'>
  tenantId: Id<'tnt'>
  filename: string
  contentType: string
  sizeBytes: number
  expectedSha256: string | null
  metadata: Record<string, string | number | boolean>
  uploadExpiresAt: Date
  by: string
  now: Date
}

/** Answers false where an earlier try of the same call made the row. */
export async function insertPending(tx: Tx, object: NewObject): Promise<boolean> {
  const inserted = await tx.run`
    insert into objects
      (id, upload_id, dataset_id, tenant_id, filename, content_type, size_bytes, expected_sha256,
        metadata, upload_expires_at, upload_state, stage_changed_at, created_at, created_by,
        updated_at, updated_by)
    values (${object.id}, ${object.uploadId}, ${object.datasetId}, ${object.tenantId},
      ${object.filename}, ${object.contentType}, ${object.sizeBytes}, ${object.expectedSha256},
      ${json(object.metadata)}, ${object.uploadExpiresAt}, 'pending', ${object.now}, ${object.now},
      ${object.by}, ${object.now}, ${object.by})
    on conflict (id) do nothing`
  return inserted > 0
}

// Reads along the arrow to catalog. Shared with other uploads, exclusive with the dataset's removal: an
// upload starts before the removal, which then tombstones it, or it does not start.
export async function shareDatasetStatus(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<string | undefined> {
  const row = await tx.first<{ status: string }>`
    select status from datasets
    where id = ${datasetId} and tenant_id = ${tenantId}
    for share`
  return row?.status
}

/** As `shareDatasetStatus`, for a transaction that changes the dataset's counters afterwards. */
export async function lockDatasetStatus(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<string | undefined> {
  const row = await tx.first<{ status: string }>`
    select status from datasets
    where id = ${datasetId} and tenant_id = ${tenantId}
    for update`
  return row?.status
}

export async function findDatasetStatus(
  db: Db,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<string | undefined> {
  const row = await db.first<{ status: string }>`
    select status from datasets where id = ${datasetId} and tenant_id = ${tenantId}`
  return row?.status
}

export async function findObject(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'obj'>,
): Promise<StoredObject | undefined> {
  const row = await sql.first<ObjectRow>`
    select * from objects where id = ${id} and tenant_id = ${tenantId}`
  return row && objectOf(row)
}

/** Of any tenant, for tasks and for what `access` decides afterwards by its `tenant_id`. */
export async function findObjectOfAny(sql: Sql, id: Id<'obj'>): Promise<StoredObject | undefined> {
  const row = await sql.first<ObjectRow>`select * from objects where id = ${id}`
  return row && objectOf(row)
}

export async function findObjectByUpload(
  db: Db,
  tenantId: Id<'tnt'>,
  uploadId: Id<'upl'>,
): Promise<StoredObject | undefined> {
  const row = await db.first<ObjectRow>`
    select * from objects where upload_id = ${uploadId} and tenant_id = ${tenantId}`
  return row && objectOf(row)
}

export async function lockObject(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'obj'>,
): Promise<StoredObject | undefined> {
  const row = await tx.first<ObjectRow>`
    select * from objects where id = ${id} and tenant_id = ${tenantId} for update`
  return row && objectOf(row)
}

export async function listObjects(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    datasetId: Id<'dset'>
    reviewState: ReviewState | null
    indexState: IndexState | null
    filename: string | null
    afterId: string | null
    limit: number
  },
): Promise<StoredObject[]> {
  const rows = await db.rows<ObjectRow>`
    select * from objects
    where tenant_id = ${tenantId} and dataset_id = ${filter.datasetId} and removed_at is null
      and (${filter.reviewState}::text is null or review_state = ${filter.reviewState})
      and (${filter.indexState}::text is null or index_state = ${filter.indexState})
      and (${filter.filename}::text is null
        or position(lower(${filter.filename}) in lower(filename)) > 0)
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
  return rows.map(objectOf)
}

export interface WindowFilter {
  /** Null: of any dataset. */
  datasetIds: readonly string[] | null
  /** The list of a key. */
  onlyIds: readonly Id<'dset'>[] | null
  /** Review state, index state and `t` or `f` for approved by rule, with a space between. */
  facts: readonly string[] | null
  sha256: string | null
  sort: 'createdAt' | '-createdAt' | 'updatedAt' | '-updatedAt'
}

type WindowRow = ObjectRow & { total: bigint }

/**
 * A window on the tenant's objects in datasets that are not being deleted, and the number of all that
 * match. One branch of the union has rows; each can walk along an index.
 */
export async function listWindow(
  db: Db,
  tenantId: Id<'tnt'>,
  { sort, limit, offset, ...filter }: WindowFilter & Window,
): Promise<{ objects: StoredObject[]; total: number }> {
  const rows = await db.rows<WindowRow | { id: null; total: bigint }>`
    with matching as not materialized (
      select o.* from objects o
      where o.tenant_id = ${tenantId} and o.removed_at is null
        and (${filter.datasetIds}::text[] is null or o.dataset_id = any(${filter.datasetIds}))
        and (${filter.onlyIds}::text[] is null or o.dataset_id = any(${filter.onlyIds}))
        and (${filter.facts}::text[] is null or concat_ws(' ', o.review_state, o.index_state,
          case when o.approved_automatically then 't' else 'f' end) = any(${filter.facts}))
        and (${filter.sha256}::text is null or o.sha256 = ${filter.sha256})
        and exists (
          select 1 from dataset_policies p where p.dataset_id = o.dataset_id and p.discoverable)
    ), page as (
      (select *, row_number() over (order by created_at, id) as place
      from matching where ${sort} = 'createdAt'
      order by created_at, id limit ${limit} offset ${offset})
      union all
      (select *, row_number() over (order by created_at desc, id desc) as place
      from matching where ${sort} = '-createdAt'
      order by created_at desc, id desc limit ${limit} offset ${offset})
      union all
      (select *, row_number() over (order by updated_at, id) as place
      from matching where ${sort} = 'updatedAt'
      order by updated_at, id limit ${limit} offset ${offset})
      union all
      (select *, row_number() over (order by updated_at desc, id desc) as place
      from matching where ${sort} = '-updatedAt'
      order by updated_at desc, id desc limit ${limit} offset ${offset})
    )
    select counted.total, page.*
    from (select count(*) as total from matching) counted left join page on true
    order by page.place`
  return {
    objects: rows.flatMap((row) => (row.id === null ? [] : [objectOf(row)])),
    total: Number(rows[0]?.total ?? 0n),
  }
}

/** Answers the key of the one copy, which is `blobKey` or that of an earlier owner; locks its row. */
export async function insertBlob(
  tx: Tx,
  blob: { sha256: string; blobKey: string; sizeBytes: number; now: Date },
): Promise<string | undefined> {
  const row = await tx.first<{ blobKey: string }>`
    insert into blobs (sha256, blob_key, size_bytes, created_at)
    values (${blob.sha256}, ${blob.blobKey}, ${blob.sizeBytes}, ${blob.now})
    on conflict (sha256) do update set size_bytes = blobs.size_bytes
    returning blob_key`
  return row?.blobKey
}

export async function lockBlob(tx: Tx, sha256: string): Promise<string | undefined> {
  const row = await tx.first<{ blobKey: string }>`
    select blob_key from blobs where sha256 = ${sha256} for update`
  return row?.blobKey
}

/** Call it with the row locked: only then does the count of owners stand still. */
export async function deleteBlobWithoutOwner(tx: Tx, sha256: string): Promise<boolean> {
  const deleted = await tx.run`
    delete from blobs
    where sha256 = ${sha256}
      and not exists (select tenant_id from objects where blob_sha256 = ${sha256})`
  return deleted > 0
}

export async function findBlobKey(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'obj'>,
): Promise<string | undefined> {
  const row = await sql.first<{ blobKey: string }>`
    select b.blob_key
    from objects o join blobs b on b.sha256 = o.blob_sha256
    where o.id = ${id} and o.tenant_id = ${tenantId}`
  return row?.blobKey
}

export async function insertDeadBlob(tx: Tx, blobKey: string, now: Date): Promise<void> {
  await tx.run`
    insert into dead_blobs (blob_key, died_at) values (${blobKey}, ${now})
    on conflict (blob_key) do nothing`
}

export async function listDeadBlobs(db: Db, limit: number): Promise<string[]> {
  const rows = await db.rows<{ blobKey: string }>`
    select blob_key from dead_blobs order by died_at, blob_key limit ${limit}`
  return rows.map((row) => row.blobKey)
}

export async function deleteDeadBlob(db: Db, blobKey: string): Promise<void> {
  await db.run`delete from dead_blobs where blob_key = ${blobKey}`
}

export async function markUploaded(
  tx: Tx,
  object: {
    id: Id<'obj'>
    tenantId: Id<'tnt'>
    sha256: string
    reviewExpiresAt: Date
    by: string
    now: Date
  },
): Promise<void> {
  await tx.run`
    update objects
    set upload_state = 'uploaded', sha256 = ${object.sha256}, blob_sha256 = ${object.sha256},
      review_state = 'staged', review_expires_at = ${object.reviewExpiresAt},
      uploaded_at = ${object.now}, updated_at = ${object.now}, updated_by = ${object.by}
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

export async function markUnderReview(tx: Tx, tenantId: Id<'tnt'>, id: Id<'obj'>): Promise<void> {
  await tx.run`
    update objects set review_state = 'under_review'
    where id = ${id} and tenant_id = ${tenantId} and review_state = 'staged'`
}

export async function markDecided(
  tx: Tx,
  object: {
    id: Id<'obj'>
    tenantId: Id<'tnt'>
    reviewState: 'approved' | 'rejected' | 'expired'
    reason: string | null
    isAutomatic: boolean
    by: string
    now: Date
  },
): Promise<void> {
  await tx.run`
    update objects
    set review_state = ${object.reviewState}, review_reason = ${object.reason},
      approved_automatically = ${object.isAutomatic}, decided_at = ${object.now},
      index_state = case when ${object.reviewState} = 'approved' then 'queued' else 'none' end,
      stage_changed_at = ${object.now}, updated_at = ${object.now}, updated_by = ${object.by}
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

/** Rejected after it was approved: nothing is left of its ingestion. */
export async function markWithdrawn(
  tx: Tx,
  object: { id: Id<'obj'>; tenantId: Id<'tnt'>; reason: string | null; by: string; now: Date },
): Promise<void> {
  await tx.run`
    update objects
    set review_state = 'rejected', review_reason = ${object.reason},
      approved_automatically = false, decided_at = ${object.now}, index_state = 'none',
      stage_changed_at = ${object.now}, failure = null, chunk_count = 0, ingest_job_id = null,
      indexed_at = null, updated_at = ${object.now}, updated_by = ${object.by}
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

export async function updateStage(
  tx: Tx,
  object: {
    id: Id<'obj'>
    tenantId: Id<'tnt'>
    indexState: IndexState
    failure: StageFailure | null
    title: string | null
    language: string | null
    pageCount: number | null
    durationSeconds: number | null
    chunkCount: number
    ingestJobId: Id<'job'> | null
    indexedAt: Date | null
    by: string
    now: Date
  },
): Promise<void> {
  await tx.run`
    update objects
    set index_state = ${object.indexState}, failure = ${object.failure && json(object.failure)},
      title = ${object.title}, language = ${object.language}, page_count = ${object.pageCount},
      duration_seconds = ${object.durationSeconds}, chunk_count = ${object.chunkCount},
      ingest_job_id = ${object.ingestJobId}, indexed_at = ${object.indexedAt},
      stage_changed_at = ${object.now}, updated_at = ${object.now}, updated_by = ${object.by}
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

/** What integrators set beside the object. */
export async function updateLabels(
  tx: Tx,
  object: Pick<StoredObject, 'id' | 'tenantId' | 'externalId' | 'externalData' | 'givenTitle'> & {
    by: string
    now: Date
  },
): Promise<void> {
  await tx.run`
    update objects
    set external_id = ${object.externalId}, external_data = ${json(object.externalData)},
      given_title = ${object.givenTitle}, updated_at = ${object.now}, updated_by = ${object.by}
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

/** Nobody sees the labels of a removed object any more, and nothing brings it back. */
export async function markRemoved(
  tx: Tx,
  object: { id: Id<'obj'>; tenantId: Id<'tnt'>; removalJobId: Id<'job'> | null; now: Date },
): Promise<void> {
  await tx.run`
    update objects
    set removed_at = ${object.now}, removal_job_id = ${object.removalJobId},
      ingest_job_id = null, external_id = null, external_data = '{}', given_title = null
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

/** The owner lets go of the blob. Text of the file and of its owner goes with the bytes. */
export async function markPurged(
  tx: Tx,
  object: { id: Id<'obj'>; tenantId: Id<'tnt'>; now: Date },
): Promise<void> {
  await tx.run`
    update objects
    set purged_at = ${object.now}, blob_sha256 = null, title = null, metadata = '{}', failure = null
    where id = ${object.id} and tenant_id = ${object.tenantId}`
}

export async function deletePending(tx: Tx, tenantId: Id<'tnt'>, id: Id<'obj'>): Promise<void> {
  await tx.run`
    delete from objects
    where id = ${id} and tenant_id = ${tenantId} and upload_state = 'pending'
      and removed_at is not null`
}

export interface ObjectName {
  id: Id<'obj'>
  tenantId: Id<'tnt'>
}

/** Uploads whose address expired before `before`: abandoned and cancelled ones alike. */
export async function listDeadUploads(db: Db, before: Date, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select id, tenant_id from objects
    where upload_state = 'pending' and upload_expires_at < ${before}
    order by upload_expires_at
    limit ${limit}`
}

export async function listRefused(db: Db, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select id, tenant_id from objects
    where review_state in ('rejected', 'expired') and purged_at is null
    order by decided_at
    limit ${limit}`
}

export async function listRemoved(db: Db, before: Date, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select id, tenant_id from objects
    where removed_at < ${before} and purged_at is null and upload_state = 'uploaded'
    order by removed_at
    limit ${limit}`
}

export async function listInDataset(
  db: Db,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
  limit: number,
): Promise<Id<'obj'>[]> {
  const rows = await db.rows<{ id: Id<'obj'> }>`
    select id from objects
    where dataset_id = ${datasetId} and tenant_id = ${tenantId} and removed_at is null
    order by id
    limit ${limit}`
  return rows.map((row) => row.id)
}

// Reads along the arrow to catalog: datasets whose deletion began and whose job still waits for us.
export async function listRemovedDatasets(
  db: Db,
  limit: number,
): Promise<{ datasetId: Id<'dset'>; tenantId: Id<'tnt'> }[]> {
  return db.rows<{ datasetId: Id<'dset'>; tenantId: Id<'tnt'> }>`
    select id as dataset_id, tenant_id from datasets
    where status = 'pending_deletion' and removal_finished_at is null
    order by id
    limit ${limit}`
}

// Reads along the arrow to jobs: removals whose follower has not come, tombstoned before `before`.
export async function listUnfinishedRemovals(
  db: Db,
  before: Date,
  limit: number,
): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select o.id, o.tenant_id
    from objects o
    join jobs j on j.id = o.removal_job_id and j.tenant_id = o.tenant_id
    where o.removed_at < ${before} and o.purged_at is null and j.completed_at is null
    order by o.removed_at
    limit ${limit}`
}

/** Only for the one download: two first downloads of a tenant wait for each other. */
export async function lockDownloads(
  tx: Tx,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<void> {
  await tx.run`
    select pg_advisory_xact_lock(hashtextextended(${`download ${tenantId} ${objectId}`}, 0))`
}

export interface Download {
  id: Id<'dl'>
  tenantId: Id<'tnt'>
  objectId: Id<'obj'>
  chargeKey: string
  usageEventId: string
  amountMicros: bigint
  downloadedAt: Date
}

export async function findDownloadByChargeKey(
  tx: Tx,
  tenantId: Id<'tnt'>,
  chargeKey: string,
): Promise<Download | undefined> {
  return tx.first<Download>`
    select * from downloads where charge_key = ${chargeKey} and tenant_id = ${tenantId}`
}

export async function findDownloadSince(
  tx: Tx,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
  since: Date,
): Promise<Download | undefined> {
  return tx.first<Download>`
    select * from downloads
    where tenant_id = ${tenantId} and object_id = ${objectId} and downloaded_at > ${since}
    order by downloaded_at desc
    limit 1`
}

export async function insertDownload(tx: Tx, download: Download): Promise<void> {
  await tx.run`
    insert into downloads
      (id, tenant_id, object_id, charge_key, usage_event_id, amount_micros, downloaded_at)
    values (${download.id}, ${download.tenantId}, ${download.objectId}, ${download.chargeKey},
      ${download.usageEventId}, ${download.amountMicros}, ${download.downloadedAt})`
}
