import { type Db, json, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { StoredObject } from '../objects/objects.ts'

export type Risk = 'low' | 'medium' | 'high'

export interface Finding {
  kind: string
  severity: Risk
  count: number
  /** One occurrence, masked; null where there is nothing to show. */
  sample: string | null
}

export interface PreviewPage {
  page: number
  /** Whether its image is kept; absent where none was drawn yet. */
  isDrawn?: boolean
}

/** An object with what was found in it. Without an inspection yet: the highest risk, nothing found. */
export type ReviewItem = StoredObject & {
  tenantName: string
  datasetName: string
  risk: Risk
  findings: Finding[]
  inspectedAt: Date | null
}

type ReviewRow = Omit<ReviewItem, 'sizeBytes'> & { sizeBytes: bigint }

function itemOf(row: ReviewRow): ReviewItem {
  return { ...row, sizeBytes: Number(row.sizeBytes) }
}

export interface QueueFilter {
  datasetId: Id<'dset'> | null
  tenantId: Id<'tnt'> | null
  risk: Risk | null
}

// Reads along the arrows to objects, catalog and identity; operators see every tenant_id.
export async function listQueue(
  db: Db,
  filter: QueueFilter & { after: { uploadedAt: Date; id: string } | null; limit: number },
): Promise<ReviewItem[]> {
  const { after } = filter
  const rows = await db.rows<ReviewRow>`
    select o.*, t.name as tenant_name, d.name as dataset_name,
      coalesce(i.risk, 'high') as risk, coalesce(i.findings, '[]') as findings, i.inspected_at
    from (
      select id from objects
      where review_state in ('staged', 'under_review') and removed_at is null
      union all
      select object_id as id from inspections where sample = 'waiting') waiting
    join objects o on o.id = waiting.id
    join tenants t on t.id = o.tenant_id
    join datasets d on d.id = o.dataset_id
    left join inspections i on i.object_id = o.id
    where o.removed_at is null
      and (${filter.datasetId}::text is null or o.dataset_id = ${filter.datasetId})
      and (${filter.tenantId}::text is null or o.tenant_id = ${filter.tenantId})
      and (${filter.risk}::text is null or coalesce(i.risk, 'high') = ${filter.risk})
      and (${after?.id ?? null}::text is null
        or (o.uploaded_at, o.id) > (${after?.uploadedAt ?? null}::timestamptz, ${after?.id ?? null}))
    order by o.uploaded_at, o.id
    limit ${filter.limit + 1}`
  return rows.map(itemOf)
}

export async function countQueue(db: Db, filter: QueueFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count
    from (
      select id from objects
      where review_state in ('staged', 'under_review') and removed_at is null
      union all
      select object_id as id from inspections where sample = 'waiting') waiting
    join objects o on o.id = waiting.id
    left join inspections i on i.object_id = o.id
    where o.removed_at is null
      and (${filter.datasetId}::text is null or o.dataset_id = ${filter.datasetId})
      and (${filter.tenantId}::text is null or o.tenant_id = ${filter.tenantId})
      and (${filter.risk}::text is null or coalesce(i.risk, 'high') = ${filter.risk})`
  return row?.count ?? 0
}

export async function findItem(
  db: Db,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<ReviewItem | undefined> {
  const row = await db.first<ReviewRow>`
    select o.*, t.name as tenant_name, d.name as dataset_name,
      coalesce(i.risk, 'high') as risk, coalesce(i.findings, '[]') as findings, i.inspected_at
    from objects o
    join tenants t on t.id = o.tenant_id
    join datasets d on d.id = o.dataset_id
    left join inspections i on i.object_id = o.id
    where o.id = ${objectId} and o.tenant_id = ${tenantId}`
  return row && itemOf(row)
}

export interface Inspection {
  objectId: Id<'obj'>
  tenantId: Id<'tnt'>
  risk: Risk
  findings: Finding[]
  previewText: string
  previewPages: PreviewPage[]
  inspectedAt: Date
  /** Of an object that was approved by rule; null where it is not in the sample. */
  sample: 'waiting' | 'confirmed' | 'rejected' | null
}

export async function insertInspection(
  tx: Tx,
  inspection: Omit<Inspection, 'sample'>,
): Promise<void> {
  await tx.run`
    insert into inspections
      (object_id, tenant_id, risk, findings, preview_text, preview_pages, inspected_at)
    values (${inspection.objectId}, ${inspection.tenantId}, ${inspection.risk},
      ${json(inspection.findings)}, ${inspection.previewText}, ${json(inspection.previewPages)},
      ${inspection.inspectedAt})
    on conflict (object_id) do nothing`
}

export async function findInspection(
  db: Db,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<Inspection | undefined> {
  return db.first<Inspection>`
    select * from inspections where object_id = ${objectId} and tenant_id = ${tenantId}`
}

/** Of an object that a person has to decide on. Reads along the arrow to objects. */
export async function findAwaited(
  db: Db,
  { objectId, tenantId }: ObjectName,
): Promise<Inspection | undefined> {
  return db.first<Inspection>`
    select i.*
    from inspections i
    join objects o on o.id = i.object_id and o.tenant_id = i.tenant_id
    where i.object_id = ${objectId} and i.tenant_id = ${tenantId} and o.removed_at is null
      and (o.review_state in ('staged', 'under_review') or i.sample = 'waiting')`
}

// Reads along the arrow to objects. `is_cleared` as well: where the statement had to wait for the row, that
// is the one fact of the two which it sees anew.
/** Answers false, and changes nothing, once the bytes were purged. */
export async function markDrawn(
  tx: Tx,
  { objectId, tenantId, previewPages }: Pick<Inspection, keyof ObjectName | 'previewPages'>,
): Promise<boolean> {
  const marked = await tx.run`
    update inspections set preview_pages = ${json(previewPages)}
    where object_id = ${objectId} and tenant_id = ${tenantId} and not is_cleared
      and exists (
        select 1 from objects
        where id = ${objectId} and tenant_id = ${tenantId} and purged_at is null)`
  return marked > 0
}

export async function lockInspection(
  tx: Tx,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<Inspection | undefined> {
  return tx.first<Inspection>`
    select * from inspections
    where object_id = ${objectId} and tenant_id = ${tenantId}
    for update`
}

export async function markSample(
  tx: Tx,
  { objectId, tenantId }: ObjectName,
  sample: Inspection['sample'],
): Promise<void> {
  await tx.run`
    update inspections set sample = ${sample}
    where object_id = ${objectId} and tenant_id = ${tenantId}`
}

/** Text of the file goes; what kinds of things were found, and how many, stays. */
export async function clearInspection(
  tx: Tx,
  { objectId, tenantId, findings }: Pick<Inspection, 'objectId' | 'tenantId' | 'findings'>,
): Promise<void> {
  await tx.run`
    update inspections
    set is_cleared = true, preview_text = '', preview_pages = '[]',
      findings = ${json(findings)}
    where object_id = ${objectId} and tenant_id = ${tenantId}`
}

// As many as `personal.ts` looks at.
const scanUnitsMax = 500_000

// Reads along the arrow to ingest, which keeps the pages that it read for the preview.
export async function listPageTexts(
  db: Db,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<string[]> {
  const rows = await db.rows<{ text: string }>`
    select text
    from (
      select ord, text, sum(length(text)) over (order by ord) as units
      from extracted_pages
      where object_id = ${objectId} and tenant_id = ${tenantId}
    ) pages
    where units - length(text) < ${scanUnitsMax}
    order by ord`
  return rows.map((row) => row.text)
}

/** Others of the same tenant only: nobody learns what another tenant has. */
export async function countSameBytes(
  db: Db,
  tenantId: Id<'tnt'>,
  object: { id: Id<'obj'>; sha256: string },
): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from objects
    where tenant_id = ${tenantId} and sha256 = ${object.sha256} and id <> ${object.id}
      and removed_at is null`
  return row?.count ?? 0
}

export interface ObjectName {
  objectId: Id<'obj'>
  tenantId: Id<'tnt'>
}

export async function listOverdue(db: Db, now: Date, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select id as object_id, tenant_id from objects
    where review_state in ('staged', 'under_review') and removed_at is null
      and review_expires_at <= ${now}
    order by review_expires_at
    limit ${limit}`
}

export async function listUninspected(db: Db, before: Date, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select o.id as object_id, o.tenant_id
    from objects o
    left join inspections i on i.object_id = o.id
    where o.review_state in ('staged', 'under_review') and o.removed_at is null
      and o.uploaded_at < ${before} and i.object_id is null
    order by o.uploaded_at
    limit ${limit}`
}

/** Inspections that still show text of objects whose bytes went after `since`. */
export async function listUnforgotten(db: Db, since: Date, limit: number): Promise<ObjectName[]> {
  return db.rows<ObjectName>`
    select i.object_id, i.tenant_id
    from inspections i
    join objects o on o.id = i.object_id and o.tenant_id = i.tenant_id
    where o.purged_at > ${since} and not i.is_cleared
    limit ${limit}`
}
