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
}

export async function findPriceBook(db: Db, now: Date): Promise<StoredPriceBook | undefined> {
  return db.first<StoredPriceBook>`
    select version, starts_at, prices from price_books
    where starts_at <= ${now}
    order by version desc
    limit 1`
}
