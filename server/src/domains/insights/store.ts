// Reads along the arrows to metering, search, billing, ledger, catalog and objects. What is written is only
// what a check of the books found.
import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
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

export type Interval = 'hour' | 'day' | 'month'
export type SpendGroup = 'dataset' | 'api_key' | 'resource' | 'event_type'

export interface SpentInInterval {
  periodStart: Date
  /** Null without groups, and for what belongs to no key or resource. */
  group: string | null
  amountMicros: bigint
  events: number
}

export async function listSpend(
  db: Db,
  tenantId: Id<'tnt'>,
  asked: {
    from: Date
    to: Date
    interval: Interval
    groupBy: SpendGroup | null
    onlyIds: readonly Id<'dset'>[] | null
    limit: number
  },
): Promise<SpentInInterval[]> {
  return db.rows<SpentInInterval>`
    select date_trunc(${asked.interval}::text, occurred_at, 'UTC') as period_start,
      case ${asked.groupBy}::text
        when 'dataset' then dataset_id
        when 'api_key' then api_key_id
        when 'resource' then resource_id
        when 'event_type' then event_type
      end as "group",
      sum(amount_micros)::bigint as amount_micros,
      count(*)::int as events
    from usage_events
    where tenant_id = ${tenantId} and billable
      and occurred_at >= ${asked.from} and occurred_at < ${asked.to}
      and (${asked.onlyIds}::text[] is null or dataset_id = any(${asked.onlyIds}))
    group by 1, 2
    order by 1, 2 nulls first
    limit ${asked.limit}`
}

export interface ChargeRow {
  id: string
  tenantId: Id<'tnt'>
  amountMicros: bigint
}

// The books are checked as a whole, so many rows at a time that memory stays flat.
export async function listCharges(
  db: Db,
  page: { after: string; limit: number },
): Promise<ChargeRow[]> {
  return db.rows<ChargeRow>`
    select id, tenant_id, amount_micros from charges
    where id > ${page.after}
    order by id
    limit ${page.limit}`
}

export interface SoldInCharge {
  chargeId: string
  tenantId: Id<'tnt'>
  providerTenantId: Id<'tnt'>
  amountMicros: bigint
  platformMicros: bigint
}

/** What each charge holds of each provider. */
export async function listSoldInCharges(
  db: Db,
  chargeIds: readonly string[],
): Promise<SoldInCharge[]> {
  return db.rows<SoldInCharge>`
    select charge_id, tenant_id, provider_tenant_id, sum(amount_micros)::bigint as amount_micros,
      sum(platform_micros)::bigint as platform_micros
    from usage_events
    where charge_id = any(${chargeIds})
    group by charge_id, tenant_id, provider_tenant_id
    order by charge_id, provider_tenant_id`
}

/** The last of the next so many transfers in the name of a charge; undefined at the end. */
export async function findTransferAfter(
  db: Db,
  page: { after: string; limit: number },
): Promise<string | undefined> {
  const row = await db.first<{ last: string | null }>`
    select max(id) as last
    from (
      select id from ledger_transfers
      where id > ${page.after}
      order by id
      limit ${page.limit}) as batch`
  return row?.last ?? undefined
}

/** Transfers in the name of a charge that no usage event asks for. */
export async function listUnasked(
  db: Db,
  between: { after: string; last: string },
): Promise<string[]> {
  const rows = await db.rows<{ id: string }>`
    select t.id from ledger_transfers t
    where t.id > ${between.after} and t.id <= ${between.last}
      and t.id like 'chg\\_%'
      and not exists (
        select 1
        from usage_events e
        join charges c on c.id = e.charge_id and c.tenant_id = e.tenant_id
        where e.charge_id = split_part(t.id, ':', 1)
          and e.provider_tenant_id = split_part(t.id, ':', 2)
          and case split_part(t.id, ':', 3)
            when 'platform' then e.platform_micros > 0
            when 'provider' then e.amount_micros > e.platform_micros
            else false end)
    order by t.id`
  return rows.map((row) => row.id)
}

/** The last of the next so many usage events; undefined at the end. */
export async function findUsageAfter(
  db: Db,
  page: { after: string; limit: number },
): Promise<string | undefined> {
  const row = await db.first<{ last: string | null }>`
    select max(id) as last
    from (
      select id from usage_events
      where id > ${page.after}
      order by id
      limit ${page.limit}) as batch`
  return row?.last ?? undefined
}

/** Usage events that no charge of their tenant holds. */
export async function listUncharged(
  db: Db,
  between: { after: string; last: string },
): Promise<string[]> {
  const rows = await db.rows<{ id: string }>`
    select e.id from usage_events e
    left join charges c on c.id = e.charge_id and c.tenant_id = e.tenant_id
    where e.id > ${between.after} and e.id <= ${between.last} and c.id is null
    order by e.id`
  return rows.map((row) => row.id)
}

/** What a check of the books found wrong. */
export interface Finding {
  kind:
    | 'balance'
    | 'trial_balance'
    | 'transfer_missing'
    | 'transfer_wrong'
    | 'charge'
    | 'usage_event'
    | 'invoice'
    | 'payout'
  /** An id: of an account, a transfer, a charge, a usage event, an invoice, a payout. */
  targetId: string
  text: string
}

export interface BookCheck {
  checkedAt: Date
  findings: Finding[]
}

export async function insertBookCheck(
  tx: Tx,
  check: BookCheck & { askedBy: string | null },
): Promise<void> {
  await tx.run`
    insert into book_checks (checked_at, findings, asked_by)
    values (${check.checkedAt}, ${json(check.findings)}, ${check.askedBy})
    on conflict (asked_by) do nothing`
}

export async function findLastBookCheck(sql: Sql): Promise<BookCheck | undefined> {
  return sql.first<BookCheck>`
    select checked_at, findings from book_checks
    order by serial desc
    limit 1`
}

export async function findBookCheckBy(sql: Sql, askedBy: string): Promise<BookCheck | undefined> {
  return sql.first<BookCheck>`
    select checked_at, findings from book_checks where asked_by = ${askedBy}`
}

export async function wasCheckedSince(db: Db, since: Date): Promise<boolean> {
  const row = await db.first`select 1 from book_checks where checked_at >= ${since} limit 1`
  return row !== undefined
}

/** A contested usage event, with the passage that it stands for where there was one. */
export interface Exhibit {
  id: Id<'ue'>
  eventType: string
  occurredAt: Date
  datasetId: Id<'dset'>
  datasetName: string
  objectId: string | null
  filename: string | null
  amountMicros: bigint
  queryText: string | null
  rank: number | null
  score: number | null
  snippet: string | null
  passage: string | null
  passageSha256: string | null
}

// Reads along the arrows to metering, search and objects.
export async function listExhibits(
  db: Db,
  tenantId: Id<'tnt'>,
  usageEventIds: readonly string[],
): Promise<Exhibit[]> {
  return db.rows<Exhibit>`
    select e.id, e.event_type, e.occurred_at, e.dataset_id, e.dataset_name, e.object_id,
      coalesce(r.filename, o.filename) as filename, e.amount_micros, a.query_text, r.rank, r.score,
      r.snippet, case when o.removed_at is null then c.text end as passage, r.passage_sha256
    from usage_events e
    left join search_activities a on a.id = e.search_activity_id and a.tenant_id = e.tenant_id
    left join retrieval_events r on r.usage_event_id = e.id and r.tenant_id = e.tenant_id
    left join objects o on o.id = e.object_id
    left join chunks c on c.chunk_no = r.chunk_no and c.object_id = r.object_id
    where e.id = any(${usageEventIds}) and e.tenant_id = ${tenantId}
    order by e.occurred_at, e.id`
}

/**
 * Transfers that invoices, disputes and payouts ask for by what they say of themselves, and that are not
 * there, or move another amount. Those of charges are worked out event by event, elsewhere.
 */
export async function listWrongTransfers(db: Db): Promise<{ id: string; isMissing: boolean }[]> {
  return db.rows`
    with asked as (
      select i.id || ':plan' as id, l.amount_micros as amount
      from invoices i
      join invoice_lines l on l.invoice_id = i.id and l.tenant_id = i.tenant_id
      where l.kind = 'plan_fee'
      union all
      select id || ':void', total_micros from invoices where status = 'void'
      union all
      -- What was credited while it was open was not paid; what was credited later is owed back.
      select i.id || ':payment', abs(i.total_micros) - coalesce((
          select -sum(c.total_micros) from invoices c
          where c.credits_invoice_id = i.id and c.tenant_id = i.tenant_id
            and c.status = 'paid' and c.settled_by is null), 0)
      from invoices i
      where i.status = 'paid' and i.settled_by is not null
      union all
      select c.dispute_id || ':' || c.provider_tenant_id || ':' || kind,
        sum(c.amount_micros - c.platform_micros)
      from contested_events c
      cross join lateral (values ('hold', true), ('refund', c.state = 'refunded'),
        ('reject', c.state = 'rejected')) as kinds (kind, is_asked)
      where is_asked
      group by c.dispute_id, c.provider_tenant_id, kind
      having sum(c.amount_micros - c.platform_micros) > 0
      union all
      select dispute_id || ':platform:refund', sum(platform_micros)
      from contested_events
      where state = 'refunded'
      group by dispute_id
      having sum(platform_micros) > 0
      union all
      select id || ':payment:' || payment_count, paid_micros
      from payouts where payment_count > 0
      union all
      select id || ':reversal:' || payment_count, paid_micros
      from payouts where payment_count > 0 and status <> 'paid')
    select asked.id, t.id is null as is_missing
    from asked
    left join ledger_transfers t on t.id = asked.id
    where t.id is null or t.amount_micros <> asked.amount
    order by asked.id`
}
