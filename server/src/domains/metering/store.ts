import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type EventType = 'retrieval' | 'citation' | 'download' | 'outcome'

export interface StoredUnitInputs {
  baseMicros: string
  factorPpm: number
  model: 'fixed' | 'time_decay' | 'demand_curve'
  priceBookVersion: number
  pricePointId: string | null
  d7: number | null
  d28: number | null
  ageDays: number | null
  halfLifeDays: number | null
  platformBps: string
}

export interface StoredOutcomeInputs {
  model: 'outcome'
  valueMicros: string
  eventsTotal: string
  bpsBefore: string
  bpsAfter: string
  priceBookVersion: number
  platformBps: string
}

export type StoredInputs = StoredUnitInputs | StoredOutcomeInputs

export interface UsageEvent {
  id: Id<'ue'>
  chargeId: string
  tenantId: Id<'tnt'>
  providerTenantId: Id<'tnt'>
  eventType: EventType
  datasetId: Id<'dset'>
  datasetName: string
  /** Null for an outcome, which many objects bring about. */
  objectId: Id<'obj'> | null
  chunkNo: bigint | null
  searchActivityId: string | null
  principalId: string
  apiKeyId: string | null
  resourceId: string | null
  quantity: bigint
  unitPriceMicros: bigint
  amountMicros: bigint
  platformMicros: bigint
  currency: string
  billable: boolean
  priceBookVersion: number
  priceInputs: StoredInputs
  occurredAt: Date
  /** SHA-256 over all the other fields, hex; null on events from before it was kept. */
  digest: string | null
}

/** In the order given: the unique index on (search, chunk) is then met in one order by all writers. */
export async function insertUsageEvents(tx: Tx, rows: readonly UsageEvent[]): Promise<void> {
  if (rows.length === 0) return
  await tx.run`
    insert into usage_events (id, charge_id, tenant_id, provider_tenant_id, event_type, dataset_id,
      dataset_name, object_id, chunk_no, search_activity_id, principal_id, api_key_id, resource_id,
      quantity, unit_price_micros, amount_micros, platform_micros, currency, billable,
      price_book_version, price_inputs, occurred_at, digest)
    select "id", "chargeId", "tenantId", "providerTenantId", "eventType", "datasetId",
      "datasetName", "objectId", "chunkNo", "searchActivityId", "principalId", "apiKeyId",
      "resourceId", "quantity", "unitPriceMicros", "amountMicros", "platformMicros", "currency",
      "billable", "priceBookVersion", "priceInputs", "occurredAt", "digest"
    from jsonb_to_recordset(${json(rows)}) as rows (
      "id" text, "chargeId" text, "tenantId" text, "providerTenantId" text, "eventType" text,
      "datasetId" text, "datasetName" text, "objectId" text, "chunkNo" bigint,
      "searchActivityId" text, "principalId" text, "apiKeyId" text, "resourceId" text,
      "quantity" bigint, "unitPriceMicros" bigint, "amountMicros" bigint, "platformMicros" bigint,
      "currency" text, "billable" boolean, "priceBookVersion" integer, "priceInputs" jsonb,
      "occurredAt" timestamptz, "digest" text)`
}

export async function listByCharge(
  sql: Sql,
  tenantId: Id<'tnt'>,
  chargeId: string,
): Promise<UsageEvent[]> {
  return sql.rows<UsageEvent>`
    select * from usage_events
    where charge_id = ${chargeId} and tenant_id = ${tenantId}
    order by id`
}

export async function findUsageEvent(
  db: Db,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<UsageEvent | undefined> {
  return db.first<UsageEvent>`
    select * from usage_events where id = ${id} and tenant_id = ${tenantId}`
}

export interface Demand {
  d7: number
  d28: number
}

// Of all buyers but the provider: only counts leave this statement, and one's own use never counts.
export async function listDemand(
  db: Db,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<(Demand & { datasetId: Id<'dset'> })[]> {
  return db.rows`
    select dataset_id,
      count(*) filter (where occurred_at > ${now}::timestamptz - interval '7 days')::int as d7,
      count(*)::int as d28
    from usage_events
    where dataset_id = any(${datasetIds})
      and event_type = 'retrieval'
      and billable
      and tenant_id <> provider_tenant_id
      and occurred_at > ${now}::timestamptz - interval '28 days'
      and occurred_at <= ${now}
    group by dataset_id`
}

/** Narrows a list of usage events; null where a field does not. Half-open in time. */
export interface UsageFilter {
  eventType: string | null
  datasetId: string | null
  /** A key's list of datasets. */
  onlyDatasetIds: readonly Id<'dset'>[] | null
  apiKeyId: string | null
  resourceId: string | null
  from: Date | null
  to: Date | null
  /** Only what was charged for. */
  isCharged: boolean
  onlyIds: readonly string[] | null
  exceptIds: readonly string[]
}

/** After the event of a time and an id, in the order from new to old. */
export interface UsagePage {
  after: { at: Date; id: string } | null
  limit: number
}

export async function listUsage(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: UsageFilter,
  { after, limit }: UsagePage,
): Promise<UsageEvent[]> {
  return db.rows<UsageEvent>`
    select * from usage_events
    where tenant_id = ${tenantId}
      and (${filter.eventType}::text is null or event_type = ${filter.eventType})
      and (${filter.datasetId}::text is null or dataset_id = ${filter.datasetId})
      and (${filter.onlyDatasetIds}::text[] is null or dataset_id = any(${filter.onlyDatasetIds}))
      and (${filter.apiKeyId}::text is null or api_key_id = ${filter.apiKeyId})
      and (${filter.resourceId}::text is null or resource_id = ${filter.resourceId})
      and (${filter.from}::timestamptz is null or occurred_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or occurred_at < ${filter.to})
      and (not ${filter.isCharged}::boolean or (billable and amount_micros > 0))
      and (${filter.onlyIds}::text[] is null or id = any(${filter.onlyIds}))
      and (${after?.at ?? null}::timestamptz is null
        or (occurred_at, id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::text))
    order by occurred_at desc, id desc
    limit ${limit + 1}`
}

// Who bought is not asked for here: a provider must not find that out by a filter.
export async function listSold(
  db: Db,
  providerTenantId: Id<'tnt'>,
  filter: UsageFilter,
  { after, limit }: UsagePage,
): Promise<UsageEvent[]> {
  return db.rows<UsageEvent>`
    select * from usage_events
    where provider_tenant_id = ${providerTenantId} and tenant_id <> provider_tenant_id and billable
      and (${filter.eventType}::text is null or event_type = ${filter.eventType})
      and (${filter.datasetId}::text is null or dataset_id = ${filter.datasetId})
      and (${filter.onlyDatasetIds}::text[] is null or dataset_id = any(${filter.onlyDatasetIds}))
      and (${filter.from}::timestamptz is null or occurred_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or occurred_at < ${filter.to})
      and (not ${filter.isCharged}::boolean or amount_micros > 0)
      and (${filter.onlyIds}::text[] is null or id = any(${filter.onlyIds}))
      and id <> all(${filter.exceptIds}::text[])
      and (${after?.at ?? null}::timestamptz is null
        or (occurred_at, id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::text))
    order by occurred_at desc, id desc
    limit ${limit + 1}`
}

/** Of all tenants, in the order of ids: the books are verified as a whole, so many at a time. */
export async function listAfter(
  db: Db,
  page: { after: string; limit: number },
): Promise<UsageEvent[]> {
  return db.rows<UsageEvent>`
    select * from usage_events
    where id > ${page.after}
    order by id
    limit ${page.limit}`
}

export interface StoredPrices {
  retrieval: string
  citation: string
  download: string
  outcomeBps: number | null
}

export interface StoredPriceBook {
  version: number
  startsAt: Date
  prices: { open: StoredPrices; premium: StoredPrices; outcome_share: StoredPrices }
  /** Null for the first version, which nobody published. */
  publishedAt: Date | null
}

/** The one that started last. */
export async function findPriceBook(db: Db, now: Date): Promise<StoredPriceBook | undefined> {
  return db.first<StoredPriceBook>`
    select version, starts_at, prices, published_at from price_books
    where starts_at <= ${now}
    order by starts_at desc, version desc
    limit 1`
}

// Version 1 is always there, so its row is the lock of whoever publishes. Sales refer to it meanwhile,
// which only a lock that leaves the key alone lets them do.
export async function lockPriceBooks(tx: Tx): Promise<void> {
  await tx.run`select 1 from price_books where version = 1 for no key update`
}

export async function findLastPriceBook(tx: Tx): Promise<StoredPriceBook | undefined> {
  return tx.first<StoredPriceBook>`
    select version, starts_at, prices, published_at from price_books
    order by version desc
    limit 1`
}

export async function findPublishedBy(
  tx: Tx,
  chargeKey: string,
): Promise<StoredPriceBook | undefined> {
  return tx.first<StoredPriceBook>`
    select version, starts_at, prices, published_at from price_books
    where published_by = ${chargeKey}`
}

export async function insertPriceBook(
  tx: Tx,
  book: StoredPriceBook,
  publishedBy: string,
): Promise<void> {
  await tx.run`
    insert into price_books (version, starts_at, prices, published_at, published_by)
    values (${book.version}, ${book.startsAt}, ${json(book.prices)}, ${book.publishedAt},
      ${publishedBy})`
}

export async function listPriceBooks(
  db: Db,
  page: { before: number | null; limit: number },
): Promise<StoredPriceBook[]> {
  return db.rows<StoredPriceBook>`
    select version, starts_at, prices, published_at from price_books
    where (${page.before}::int is null or version < ${page.before})
    order by version desc
    limit ${page.limit + 1}`
}

export async function countPriceBooks(db: Db): Promise<number> {
  const row = await db.first<{ count: number }>`select count(*)::int as count from price_books`
  return row?.count ?? 0
}
