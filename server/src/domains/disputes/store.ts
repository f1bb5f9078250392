import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type * as metering from '../metering/metering.ts'

export type Resolution = 'refunded' | 'rejected'
export type DisputeStatus = 'open' | Resolution

export interface DisputeRow {
  id: Id<'dsp'>
  /** The order in which they were opened. */
  serial: bigint
  /** The buyer. */
  tenantId: Id<'tnt'>
  status: DisputeStatus
  reason: string
  amountMicros: bigint
  openedAt: Date
  resolvedAt: Date | null
  resolutionNote: string | null
  /** The charge key of the call that resolved it. */
  resolvedBy: string | null
}

// Reads along the arrow to metering.
/** In id order. */
export async function listUsage(
  sql: Sql,
  tenantId: Id<'tnt'>,
  ids: readonly string[],
): Promise<metering.UsageEvent[]> {
  return sql.rows<metering.UsageEvent>`
    select * from usage_events
    where id = any(${ids}) and tenant_id = ${tenantId}
    order by id`
}

export type NewDispute = Pick<
  DisputeRow,
  'id' | 'tenantId' | 'reason' | 'amountMicros' | 'openedAt'
>

/** Answers false where the same call opened it before. */
export async function insertDispute(tx: Tx, dispute: NewDispute): Promise<boolean> {
  const count = await tx.run`
    insert into disputes (id, tenant_id, reason, amount_micros, opened_at)
    values (${dispute.id}, ${dispute.tenantId}, ${dispute.reason}, ${dispute.amountMicros},
      ${dispute.openedAt})
    on conflict (id) do nothing`
  return count === 1
}

export async function insertEvents(
  tx: Tx,
  { id, tenantId }: Pick<DisputeRow, 'id' | 'tenantId'>,
  usageEventIds: readonly string[],
): Promise<void> {
  const rows = usageEventIds.map((usageEventId, place) => ({ usageEventId, place }))
  await tx.run`
    insert into dispute_events (dispute_id, tenant_id, usage_event_id, place)
    select ${id}, ${tenantId}, "usageEventId", "place"
    from jsonb_to_recordset(${json(rows)}) as rows ("usageEventId" text, "place" integer)`
}

/** Of several disputes, as the buyers named them. */
export async function listEvents(
  sql: Sql,
  tenantIds: readonly Id<'tnt'>[],
  disputeIds: readonly string[],
): Promise<{ disputeId: Id<'dsp'>; usageEventId: Id<'ue'> }[]> {
  return sql.rows`
    select dispute_id, usage_event_id from dispute_events
    where dispute_id = any(${disputeIds}) and tenant_id = any(${tenantIds})
    order by dispute_id, place`
}

/** Both sides of the use of several disputes. */
export async function listProviders(
  sql: Sql,
  tenantIds: readonly Id<'tnt'>[],
  disputeIds: readonly string[],
): Promise<{ disputeId: Id<'dsp'>; providerId: Id<'tnt'> }[]> {
  return sql.rows`
    select distinct e.dispute_id, u.provider_tenant_id as provider_id
    from dispute_events e
    join usage_events u on u.id = e.usage_event_id and u.tenant_id = e.tenant_id
    where e.dispute_id = any(${disputeIds}) and e.tenant_id = any(${tenantIds})
    order by 1, 2`
}

export async function findDispute(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<DisputeRow | undefined> {
  return sql.first<DisputeRow>`
    select * from disputes where id = ${id} and tenant_id = ${tenantId}`
}

/** An operator names a dispute of any buyer by its id. */
export async function findOwner(sql: Sql, id: string): Promise<Id<'tnt'> | undefined> {
  const row = await sql.first<{ tenantId: Id<'tnt'> }>`
    select tenant_id from disputes where id = ${id}`
  return row?.tenantId
}

/** Read again after the lock: what was decided while it was waited for counts. */
export async function lockDispute(tx: Tx, tenantId: Id<'tnt'>, id: string): Promise<void> {
  await tx.run`select 1 from disputes where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function markResolved(
  tx: Tx,
  { id, tenantId }: Pick<DisputeRow, 'id' | 'tenantId'>,
  given: { status: Resolution; note: string; resolvedAt: Date; resolvedBy: string },
): Promise<void> {
  await tx.run`
    update disputes
    set status = ${given.status}, resolution_note = ${given.note},
      resolved_at = ${given.resolvedAt}, resolved_by = ${given.resolvedBy}
    where id = ${id} and tenant_id = ${tenantId} and status = 'open'`
}

export interface DisputeFilter {
  status: DisputeStatus | null
  tenantId: string | null
}

/** Newest first. */
export async function listDisputes(
  db: Db,
  filter: DisputeFilter,
  page: {
    before: bigint | null
    limit: number
    /** Of a key with a list: disputes about nothing else. */
    onlyDatasetIds?: readonly Id<'dset'>[] | null
  },
): Promise<DisputeRow[]> {
  return db.rows<DisputeRow>`
    select * from disputes
    where (${filter.status}::text is null or status = ${filter.status})
      and (${filter.tenantId}::text is null or tenant_id = ${filter.tenantId})
      and (${page.onlyDatasetIds ?? null}::text[] is null or not exists (
        select 1 from dispute_events e join usage_events u on u.id = e.usage_event_id
        where e.dispute_id = disputes.id and e.tenant_id = disputes.tenant_id
          and u.dataset_id <> all(${page.onlyDatasetIds ?? null}::text[])))
      and (${page.before}::bigint is null or serial < ${page.before})
    order by serial desc
    limit ${page.limit}`
}

export async function countDisputes(db: Db, filter: DisputeFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from disputes
    where (${filter.status}::text is null or status = ${filter.status})
      and (${filter.tenantId}::text is null or tenant_id = ${filter.tenantId})`
  return row?.count ?? 0
}

export async function listRefunded(db: Sql, usageEventIds: readonly string[]): Promise<string[]> {
  const rows = await db.rows<{ usageEventId: string }>`
    select e.usage_event_id
    from dispute_events e
    join disputes d on d.id = e.dispute_id and d.tenant_id = e.tenant_id
    where e.usage_event_id = any(${usageEventIds}) and d.status = 'refunded'`
  return rows.map((row) => row.usageEventId)
}
