// Reads along the arrows to metering, search, billing, ledger, catalog and objects. Nothing is written.
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Asked } from './keywords.ts'

export interface SearchActivity {
  id: Id<'sa'>
  queryText: string
  datasetIds: Id<'dset'>[]
  resultCount: number
  chargedMicros: bigint
  currency: string
  searchedAt: Date
}

export async function listSearches(
  db: Db,
  tenantId: Id<'tnt'>,
  page: { afterId: string | null; limit: number },
): Promise<SearchActivity[]> {
  return db.rows<SearchActivity>`
    select id, query_text, dataset_ids, result_count, charged_micros, currency, searched_at
    from search_activities
    where tenant_id = ${tenantId}
      and (${page.afterId}::text is null or id < ${page.afterId})
    order by id desc
    limit ${page.limit + 1}`
}

export async function countSearches(db: Db, tenantId: Id<'tnt'>): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from search_activities where tenant_id = ${tenantId}`
  return row?.count ?? 0
}

export interface Access {
  datasetId: Id<'dset'>
  datasetName: string
  accessCount: number
  lastAccessedAt: Date
}

export async function listAccesses(
  db: Db,
  tenantId: Id<'tnt'>,
  page: {
    onlyIds: readonly Id<'dset'>[] | null
    afterAt: Date | null
    afterId: string | null
    limit: number
  },
): Promise<Access[]> {
  return db.rows<Access>`
    with accessed as (
      select dataset_id, count(*)::int as access_count, max(occurred_at) as last_accessed_at
      from usage_events
      where tenant_id = ${tenantId}
        and event_type in ('retrieval', 'download')
        and (${page.onlyIds}::text[] is null or dataset_id = any(${page.onlyIds}))
      group by dataset_id
      having ${page.afterId}::text is null
        or (max(occurred_at), dataset_id) < (${page.afterAt}::timestamptz, ${page.afterId}::text)
      order by last_accessed_at desc, dataset_id desc
      limit ${page.limit + 1})
    select accessed.*, latest.dataset_name
    from accessed
    cross join lateral (
      select dataset_name from usage_events
      where tenant_id = ${tenantId}
        and dataset_id = accessed.dataset_id
        and occurred_at = accessed.last_accessed_at
        and event_type in ('retrieval', 'download')
      order by id desc
      limit 1) latest
    order by last_accessed_at desc, dataset_id desc`
}

export async function countAccessed(
  db: Db,
  tenantId: Id<'tnt'>,
  onlyIds: readonly Id<'dset'>[] | null,
): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(distinct dataset_id)::int as count
    from usage_events
    where tenant_id = ${tenantId}
      and event_type in ('retrieval', 'download')
      and (${onlyIds}::text[] is null or dataset_id = any(${onlyIds}))`
  return row?.count ?? 0
}

export async function sumSpend(
  db: Db,
  tenantId: Id<'tnt'>,
  { from, to }: { from: Date; to: Date },
): Promise<{ searchMicros: bigint; retrievalMicros: bigint }> {
  const row = await db.first<{ searchMicros: bigint; retrievalMicros: bigint }>`
    select
      coalesce(sum(amount_micros) filter (where event_type = 'retrieval'), 0)::bigint
        as search_micros,
      coalesce(sum(amount_micros) filter (where event_type <> 'retrieval'), 0)::bigint
        as retrieval_micros
    from usage_events
    where tenant_id = ${tenantId} and occurred_at >= ${from} and occurred_at < ${to}`
  return row ?? { searchMicros: 0n, retrievalMicros: 0n }
}

export interface OwnCounts {
  datasets: number
  objects: number
  storageBytes: bigint
  pendingReview: number
  approved: number
  rejected: number
}

// The bytes of what was refused are gone with the decision, so they take no storage.
export async function countOwn(
  db: Db,
  tenantId: Id<'tnt'>,
  onlyIds: readonly Id<'dset'>[] | null,
): Promise<OwnCounts> {
  const row = await db.first<OwnCounts>`
    select count(distinct datasets.id)::int as datasets,
      count(objects.id)::int as objects,
      coalesce(sum(objects.size_bytes) filter (
        where objects.review_state not in ('rejected', 'expired')), 0)::bigint as storage_bytes,
      count(objects.id) filter (
        where objects.review_state in ('staged', 'under_review'))::int as pending_review,
      count(objects.id) filter (where objects.review_state = 'approved')::int as approved,
      count(objects.id) filter (where objects.review_state = 'rejected')::int as rejected
    from datasets
    left join objects on objects.dataset_id = datasets.id
      and objects.tenant_id = datasets.tenant_id
      and objects.upload_state = 'uploaded'
      and objects.removed_at is null
    where datasets.tenant_id = ${tenantId}
      and datasets.removed_at is null
      and (${onlyIds}::text[] is null or datasets.id = any(${onlyIds}))`
  return (
    row ?? {
      datasets: 0,
      objects: 0,
      storageBytes: 0n,
      pendingReview: 0,
      approved: 0,
      rejected: 0,
    }
  )
}

/** Sales of a provider: half-open in time, of these datasets or of all. */
export interface Sales {
  from: Date
  to: Date
  onlyIds: readonly Id<'dset'>[] | null
}

export interface DayUsage {
  /** YYYY-MM-DD, UTC. */
  date: string
  retrievals: number
  citations: number
  downloads: number
  outcomes: number
  grossMicros: bigint
  platformMicros: bigint
}

/** Days with use by other tenants, oldest first. */
export async function listUsageByDay(
  db: Db,
  providerId: Id<'tnt'>,
  sales: Sales,
): Promise<DayUsage[]> {
  return db.rows<DayUsage>`
    select to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD') as date,
      count(*) filter (where event_type = 'retrieval')::int as retrievals,
      count(*) filter (where event_type = 'citation')::int as citations,
      count(*) filter (where event_type = 'download')::int as downloads,
      count(*) filter (where event_type = 'outcome')::int as outcomes,
      sum(amount_micros)::bigint as gross_micros,
      sum(platform_micros)::bigint as platform_micros
    from usage_events
    where provider_tenant_id = ${providerId}
      and tenant_id <> provider_tenant_id
      and occurred_at >= ${sales.from}
      and occurred_at < ${sales.to}
      and (${sales.onlyIds}::text[] is null or dataset_id = any(${sales.onlyIds}))
    group by 1
    order by 1`
}

export async function countBuyers(db: Db, providerId: Id<'tnt'>, sales: Sales): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(distinct tenant_id)::int as count
    from usage_events
    where provider_tenant_id = ${providerId}
      and tenant_id <> provider_tenant_id
      and occurred_at >= ${sales.from}
      and occurred_at < ${sales.to}
      and (${sales.onlyIds}::text[] is null or dataset_id = any(${sales.onlyIds}))`
  return row?.count ?? 0
}

/** What buyers asked where a hit of these datasets was sold to them, the latest questions first. */
export async function listAsked(
  db: Db,
  providerId: Id<'tnt'>,
  sales: Sales & { limit: number },
): Promise<Asked[]> {
  return db.rows<Asked>`
    select activity.tenant_id, activity.query_text as text, count(*)::int as count
    from (
      select distinct tenant_id, search_activity_id
      from usage_events
      where provider_tenant_id = ${providerId}
        and tenant_id <> provider_tenant_id
        and event_type = 'retrieval'
        and occurred_at >= ${sales.from}
        and occurred_at < ${sales.to}
        and (${sales.onlyIds}::text[] is null or dataset_id = any(${sales.onlyIds}))) as sold
    join search_activities as activity on activity.id = sold.search_activity_id
      and activity.tenant_id = sold.tenant_id
    group by activity.tenant_id, activity.query_text
    order by max(activity.searched_at) desc, activity.tenant_id, activity.query_text
    limit ${sales.limit}`
}

/** Of all tenants: for operators. */
export async function countFailedObjects(db: Db): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(tenant_id)::int as count
    from objects
    where index_state = 'failed' and removed_at is null`
  return row?.count ?? 0
}

/**
 * Charges of all tenants against the usage events that they stand for, and against the transfers that
 * they were booked with. The sum of the differences without their signs.
 */
export async function sumUnexplainedCharges(db: Db): Promise<bigint> {
  const row = await db.first<{ micros: bigint }>`
    with rated as (
      select charge_id, tenant_id, sum(amount_micros) as micros
      from usage_events
      group by charge_id, tenant_id),
    booked as (
      select split_part(id, ':', 1) as charge_id, sum(amount_micros) as micros
      from ledger_transfers
      where id like 'chg\\_%'
      group by 1)
    select coalesce(sum(
      abs(coalesce(charges.amount_micros, 0) - coalesce(rated.micros, 0))
      + abs(coalesce(charges.amount_micros, 0) - coalesce(booked.micros, 0))), 0)::bigint as micros
    from charges
    full join rated on rated.charge_id = charges.id and rated.tenant_id = charges.tenant_id
    full join booked on booked.charge_id = coalesce(charges.id, rated.charge_id)`
  return row?.micros ?? 0n
}
