import { type Db, json, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { StoredObject } from '../objects/objects.ts'
import type { ExtractedPage } from './extractor.ts'

export interface ObjectName {
  objectId: Id<'obj'>
  tenantId: Id<'tnt'>
}

export type RunStage = 'extract' | 'chunk' | 'index'

export interface IngestRun extends ObjectName {
  stage: RunStage
  attempts: number
  holder: string | null
  leasedUntil: Date | null
  /** By content; null before the extraction. */
  contentType: string | null
  title: string | null
  /** As detected, ISO 639-1; null where it could not be told. */
  language: string | null
  pageCount: number | null
}

type States = Pick<
  StoredObject,
  'uploadState' | 'reviewState' | 'indexState' | 'stageChangedAt' | 'removedAt' | 'purgedAt'
>

// Reads along the arrow to objects. Locked, so that a removal comes before the transaction or after it.
export async function lockStates(tx: Tx, name: ObjectName): Promise<States | undefined> {
  return tx.first<States>`
    select upload_state, review_state, index_state, stage_changed_at, removed_at, purged_at
    from objects
    where id = ${name.objectId} and tenant_id = ${name.tenantId}
    for update`
}

export async function insertRun(tx: Tx, { objectId, tenantId }: ObjectName): Promise<void> {
  await tx.run`
    insert into ingest_runs (object_id, tenant_id, stage)
    values (${objectId}, ${tenantId}, 'extract')
    on conflict (object_id) do nothing`
}

export async function lockRun(tx: Tx, name: ObjectName): Promise<IngestRun | undefined> {
  return tx.first<IngestRun>`
    select * from ingest_runs
    where object_id = ${name.objectId} and tenant_id = ${name.tenantId}
    for update`
}

export async function findRun(db: Db, name: ObjectName): Promise<IngestRun | undefined> {
  return db.first<IngestRun>`
    select * from ingest_runs
    where object_id = ${name.objectId} and tenant_id = ${name.tenantId}`
}

export async function markLeased(
  tx: Tx,
  lease: ObjectName & { holder: string; attempts: number; leasedUntil: Date },
): Promise<void> {
  await tx.run`
    update ingest_runs
    set holder = ${lease.holder}, attempts = ${lease.attempts}, leased_until = ${lease.leasedUntil}
    where object_id = ${lease.objectId} and tenant_id = ${lease.tenantId}`
}

/** Answers false where another worker holds it by now. */
export async function renewLease(
  db: Db,
  lease: ObjectName & { holder: string; leasedUntil: Date },
): Promise<boolean> {
  const renewed = await db.run`
    update ingest_runs set leased_until = ${lease.leasedUntil}
    where object_id = ${lease.objectId} and tenant_id = ${lease.tenantId}
      and holder = ${lease.holder}`
  return renewed > 0
}

/** Nobody holds the run; with `leasedUntil`, nobody may take it before that time. */
export async function markReleased(
  tx: Tx,
  run: ObjectName & { stage: RunStage; attempts: number; leasedUntil: Date | null },
): Promise<void> {
  await tx.run`
    update ingest_runs
    set stage = ${run.stage}, attempts = ${run.attempts}, holder = null,
      leased_until = ${run.leasedUntil}
    where object_id = ${run.objectId} and tenant_id = ${run.tenantId}`
}

export interface Extraction {
  contentType: string
  title: string | null
  language: string | null
  pageCount: number | null
}

/** The pages are kept: what comes next is `chunk`, with no attempts yet and nobody at it. */
export async function markExtracted(tx: Tx, run: ObjectName & Extraction): Promise<void> {
  await tx.run`
    update ingest_runs
    set stage = 'chunk', attempts = 0, holder = null, leased_until = null,
      content_type = ${run.contentType}, title = ${run.title}, language = ${run.language},
      page_count = ${run.pageCount}
    where object_id = ${run.objectId} and tenant_id = ${run.tenantId}`
}

export async function deleteRun(tx: Tx, { objectId, tenantId }: ObjectName): Promise<void> {
  await tx.run`
    delete from ingest_runs where object_id = ${objectId} and tenant_id = ${tenantId}`
}

export async function deletePages(tx: Tx, { objectId, tenantId }: ObjectName): Promise<void> {
  await tx.run`
    delete from extracted_pages where object_id = ${objectId} and tenant_id = ${tenantId}`
}

/** `firstOrd` is the place of the first of these pages in the file. */
export async function insertPages(
  tx: Tx,
  { objectId, tenantId }: ObjectName,
  { firstOrd, pages }: { firstOrd: number; pages: readonly ExtractedPage[] },
): Promise<void> {
  const rows = pages.map((page, index) => ({ ...page, ord: firstOrd + index }))
  await tx.run`
    insert into extracted_pages
      (object_id, tenant_id, ord, number, kind, text, path, columns, boxes)
    select ${objectId}, ${tenantId}, ord, number, kind, text, path, columns, boxes
    from jsonb_to_recordset(${json(rows)}) as rows (
      ord integer, number integer, kind text, text text, path jsonb, columns jsonb, boxes jsonb)`
}

export async function listPages(
  db: Db,
  { objectId, tenantId }: ObjectName,
): Promise<ExtractedPage[]> {
  return db.rows<ExtractedPage>`
    select kind, number, text, path, columns, boxes
    from extracted_pages
    where object_id = ${objectId} and tenant_id = ${tenantId}
    order by ord`
}

/** The heads of the first pages, for a preview. */
export async function listPageHeads(
  db: Db,
  { objectId, tenantId }: ObjectName,
  { pagesMax, unitsMax }: { pagesMax: number; unitsMax: number },
): Promise<Pick<ExtractedPage, 'number' | 'text'>[]> {
  return db.rows<Pick<ExtractedPage, 'number' | 'text'>>`
    select number, left(text, ${unitsMax}) as text
    from extracted_pages
    where object_id = ${objectId} and tenant_id = ${tenantId}
    order by ord
    limit ${pagesMax}`
}

export interface StuckObject extends ObjectName {
  indexState: 'queued' | 'extracting' | 'embedding'
  stageChangedAt: Date
  attempts: number
}

// Reads along the arrow to objects. Nobody works at these: no lease runs, no pause either.
export async function listUnattended(
  db: Db,
  { now, before, limit }: { now: Date; before: Date; limit: number },
): Promise<StuckObject[]> {
  return db.rows<StuckObject>`
    select o.id as object_id, o.tenant_id, o.index_state, o.stage_changed_at,
      coalesce(r.attempts, 0) as attempts
    from objects o
    left join ingest_runs r on r.object_id = o.id
    where o.index_state in ('queued', 'extracting') and o.stage_changed_at <= ${before}
      and o.review_state = 'approved' and o.removed_at is null
      and (r.leased_until is null or r.leased_until <= ${now})
    order by o.stage_changed_at, o.id
    limit ${limit}`
}

// Reads along the arrows to objects and search. An object whose row waits in the outbox is not lost: the
// feeder comes to it, however long the way.
export async function listUnfed(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<StuckObject[]> {
  return db.rows<StuckObject>`
    select o.id as object_id, o.tenant_id, o.index_state, o.stage_changed_at,
      coalesce(r.attempts, 0) as attempts
    from objects o
    left join ingest_runs r on r.object_id = o.id
    where o.index_state = 'embedding' and o.stage_changed_at <= ${before}
      and o.review_state = 'approved' and o.removed_at is null
      and not exists (
        select w.seq from outbox w where w.object_id = o.id and w.fed_at is null)
    order by o.stage_changed_at, o.id
    limit ${limit}`
}

export interface Reindex {
  datasetId: Id<'dset'>
  tenantId: Id<'tnt'>
  jobId: Id<'job'>
  /** What the dataset is embedded with afterwards; null: as before. */
  embeddingModel: string | null
  phase: 'prepare' | 'switch' | 'settle'
  /** The last object that this phase is done with; '' before the first. */
  afterObjectId: string
  /** Objects that took new chunks, and those that keep what they had. */
  objectCount: number
  skippedCount: number
  /** The outbox up to this number must be fed before the job ends. */
  lastSeq: bigint | null
}

export async function insertReindex(
  tx: Tx,
  made: Pick<Reindex, 'datasetId' | 'tenantId' | 'jobId' | 'embeddingModel'> & { now: Date },
): Promise<void> {
  await tx.run`
    insert into reindexes (dataset_id, tenant_id, job_id, embedding_model, phase, started_at)
    values (${made.datasetId}, ${made.tenantId}, ${made.jobId}, ${made.embeddingModel}, 'prepare',
      ${made.now})`
}

export async function findReindex(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<Reindex | undefined> {
  return tx.first<Reindex>`
    select * from reindexes where dataset_id = ${datasetId} and tenant_id = ${tenantId}`
}

export async function lockReindex(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<Reindex | undefined> {
  return tx.first<Reindex>`
    select * from reindexes
    where dataset_id = ${datasetId} and tenant_id = ${tenantId}
    for update`
}

/** Of all tenants: for the schedule. */
export async function listReindexes(db: Db): Promise<Reindex[]> {
  return db.rows<Reindex>`select * from reindexes order by tenant_id, dataset_id`
}

export async function updateReindex(tx: Tx, reindex: Reindex): Promise<void> {
  await tx.run`
    update reindexes
    set phase = ${reindex.phase}, after_object_id = ${reindex.afterObjectId},
      object_count = ${reindex.objectCount}, skipped_count = ${reindex.skippedCount},
      last_seq = ${reindex.lastSeq}, failed_count = 0
    where dataset_id = ${reindex.datasetId} and tenant_id = ${reindex.tenantId}`
}

/** Answers how many steps in a row have failed by now. */
export async function countFailure(db: Db, { datasetId, tenantId }: Reindex): Promise<number> {
  const row = await db.first<{ failedCount: number }>`
    update reindexes set failed_count = failed_count + 1
    where dataset_id = ${datasetId} and tenant_id = ${tenantId}
    returning failed_count`
  return row?.failedCount ?? 0
}

export async function deleteReindex(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<void> {
  await tx.run`
    delete from reindexes where dataset_id = ${datasetId} and tenant_id = ${tenantId}`
}

// Reads along the arrow to objects. One that comes into search later is cut by today's rules anyway.
export async function findNextSearched(
  db: Db,
  { datasetId, tenantId, afterObjectId }: Reindex,
): Promise<Id<'obj'> | undefined> {
  const row = await db.first<{ id: Id<'obj'> }>`
    select id from objects
    where dataset_id = ${datasetId} and tenant_id = ${tenantId} and id > ${afterObjectId}
      and index_state in ('embedding', 'indexed') and review_state = 'approved'
      and removed_at is null
    order by id
    limit 1`
  return row?.id
}

// Reads along the arrows to objects and search.
export async function findNextPrepared(
  db: Db,
  { datasetId, tenantId, afterObjectId }: Reindex,
): Promise<Id<'obj'> | undefined> {
  const row = await db.first<{ id: Id<'obj'> }>`
    select o.id from objects o
    where o.dataset_id = ${datasetId} and o.tenant_id = ${tenantId} and o.id > ${afterObjectId}
      and exists (
        select 1 from chunks c where c.object_id = o.id and c.state = 'next')
    order by o.id
    limit 1`
  return row?.id
}

// Both read along the arrow to search.
export async function currentSequence(tx: Tx): Promise<bigint> {
  const row = await tx.first<{ seq: bigint }>`select seq from outbox_counter`
  return row?.seq ?? 0n
}

export async function isFed(db: Db, upTo: bigint): Promise<boolean> {
  const row = await db.first`
    select 1 from outbox where fed_at is null and seq <= ${upTo} limit 1`
  return row === undefined
}
