import { type Db, type Json, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Window } from '../../base/page.ts'
import type { AccessPolicy, Visibility } from '../access/access.ts'
import type { Model, MonetizationMode } from '../metering/metering.ts'
import type { PointFacts, PricePoint, UnitPrices } from './pricing.ts'

export type DatasetStatus =
  | 'draft'
  | 'ingesting'
  | 'active'
  | 'paused'
  | 'suspended'
  | 'pending_deletion'
  | 'deleted'
export type SourceModality = 'document' | 'image' | 'audio' | 'video' | 'records' | 'mixed'

/** What a provider sets. */
export interface DatasetTerms {
  name: string
  description: string | null
  sourceModality: SourceModality
  monetizationMode: MonetizationMode
  pricingModel: Model
  unitPrices: UnitPrices | null
  halfLifeDays: number | null
  visibility: Visibility
  accessPolicy: AccessPolicy
  language: string | null
  embeddingModel: string | null
  licenseTerms: string | null
  allowedUses: string[]
  maxQuoteChars: number | null
  tags: string[]
}

export interface Dataset extends DatasetTerms {
  id: Id<'dset'>
  tenantId: Id<'tnt'>
  status: DatasetStatus
  /** Marked by an operator: a larger share for the provider. */
  curated: boolean
  objectCount: number
  activeObjectCount: number
  pendingReviewCount: number
  chunkCount: number
  storageBytes: bigint
  freshestObjectAt: Date | null
  removalJobId: Id<'job'> | null
  removedAt: Date | null
  removalFinishedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

type StoredPrices = Record<keyof UnitPrices, string | null>
type DatasetRow = Omit<Dataset, 'unitPrices'> & { unitPrices: StoredPrices | null }

function datasetOf(row: DatasetRow): Dataset {
  return { ...row, unitPrices: row.unitPrices && unitPricesOf(row.unitPrices) }
}

function unitPricesOf({ retrieval, citation, download }: StoredPrices): UnitPrices {
  return {
    retrieval: microsOf(retrieval),
    citation: microsOf(citation),
    download: microsOf(download),
  }
}

function microsOf(text: string | null): bigint | null {
  return text === null ? null : BigInt(text)
}

function pricesOf({ unitPrices }: DatasetTerms): Json | null {
  return unitPrices && json(unitPrices)
}

/** Answers false where an earlier try of the same call made the row. */
export async function insertDataset(
  tx: Tx,
  dataset: DatasetTerms & { id: Id<'dset'>; tenantId: Id<'tnt'>; now: Date },
): Promise<boolean> {
  const inserted = await tx.run`
    insert into datasets (id, tenant_id, name, description, status, source_modality,
      monetization_mode, pricing_model, unit_prices, half_life_days, language, embedding_model,
      license_terms, allowed_uses, max_quote_chars, tags, created_at, updated_at)
    values (${dataset.id}, ${dataset.tenantId}, ${dataset.name}, ${dataset.description}, 'draft',
      ${dataset.sourceModality}, ${dataset.monetizationMode}, ${dataset.pricingModel},
      ${pricesOf(dataset)}, ${dataset.halfLifeDays}, ${dataset.language},
      ${dataset.embeddingModel}, ${dataset.licenseTerms}, ${dataset.allowedUses},
      ${dataset.maxQuoteChars}, ${dataset.tags}, ${dataset.now}, ${dataset.now})
    on conflict (id) do nothing`
  return inserted > 0
}

export async function findDataset(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'dset'>,
): Promise<Dataset | undefined> {
  const row = await sql.first<DatasetRow>`
    select d.*, p.visibility, p.access_policy
    from datasets d join dataset_policies p on p.dataset_id = d.id
    where d.id = ${id} and d.tenant_id = ${tenantId}`
  return row && datasetOf(row)
}

// Alone, and read afterwards: a join that waited for the lock would show the policy of before it.
export async function lockDataset(tx: Tx, tenantId: Id<'tnt'>, id: Id<'dset'>): Promise<void> {
  await tx.run`
    select tenant_id from datasets where id = ${id} and tenant_id = ${tenantId} for update`
}

/** Own datasets, newest first. Those that are being deleted only where the filter names them. */
export async function listDatasets(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    status: DatasetStatus | null
    visibility: Visibility | null
    words: readonly string[]
    onlyIds: readonly Id<'dset'>[] | null
    afterId: string | null
    limit: number
  },
): Promise<Dataset[]> {
  const rows = await db.rows<DatasetRow>`
    select d.*, p.visibility, p.access_policy
    from datasets d join dataset_policies p on p.dataset_id = d.id
    where d.tenant_id = ${tenantId}
      and case when ${filter.status}::text is null
        then d.status not in ('pending_deletion', 'deleted')
        else d.status = ${filter.status} end
      and (${filter.visibility}::text is null or p.visibility = ${filter.visibility})
      and (${filter.onlyIds}::text[] is null or d.id = any(${filter.onlyIds}))
      and not exists (
        select 1 from unnest(${filter.words}::text[]) as word
        where strpos(lower(concat_ws(' ', d.name, d.description, array_to_string(d.tags, ' '))),
          lower(word)) = 0)
      and (${filter.afterId}::text is null or d.id < ${filter.afterId})
    order by d.id desc
    limit ${filter.limit + 1}`
  return rows.map(datasetOf)
}

/** A window on own datasets that are not being deleted, and the number of all that match. */
export async function listWindow(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: Window & {
    words: readonly string[]
    onlyIds: readonly Id<'dset'>[] | null
    isOldestFirst: boolean
  },
): Promise<{ datasets: Dataset[]; total: number }> {
  const rows = await db.rows<(DatasetRow | { id: null }) & { total: bigint }>`
    with matching as not materialized (
      select d.*, p.visibility, p.access_policy
      from datasets d join dataset_policies p on p.dataset_id = d.id
      where d.tenant_id = ${tenantId} and d.status not in ('pending_deletion', 'deleted')
        and (${filter.onlyIds}::text[] is null or d.id = any(${filter.onlyIds}))
        and not exists (
          select 1 from unnest(${filter.words}::text[]) as word
          where strpos(lower(concat_ws(' ', d.name, d.description, array_to_string(d.tags, ' '))),
            lower(word)) = 0)
    ), page as (
      select *, row_number() over (
        order by case when ${filter.isOldestFirst}::boolean then created_at end,
          case when ${filter.isOldestFirst}::boolean then id end, created_at desc, id desc) as place
      from matching
      order by place
      limit ${filter.limit} offset ${filter.offset}
    )
    select counted.total, page.*
    from (select count(*) as total from matching) counted left join page on true
    order by page.place`
  return {
    datasets: rows.flatMap((row) => (row.id === null ? [] : [datasetOf(row)])),
    total: Number(rows[0]?.total ?? 0n),
  }
}

export async function updateTerms(
  tx: Tx,
  dataset: DatasetTerms & Pick<Dataset, 'id' | 'tenantId' | 'status' | 'updatedAt'>,
): Promise<void> {
  await tx.run`
    update datasets
    set name = ${dataset.name}, description = ${dataset.description},
      status = ${dataset.status}, source_modality = ${dataset.sourceModality},
      monetization_mode = ${dataset.monetizationMode}, pricing_model = ${dataset.pricingModel},
      unit_prices = ${pricesOf(dataset)}, half_life_days = ${dataset.halfLifeDays},
      language = ${dataset.language}, embedding_model = ${dataset.embeddingModel},
      license_terms = ${dataset.licenseTerms}, allowed_uses = ${dataset.allowedUses},
      max_quote_chars = ${dataset.maxQuoteChars}, tags = ${dataset.tags},
      updated_at = ${dataset.updatedAt}
    where id = ${dataset.id} and tenant_id = ${dataset.tenantId}`
}

/** One step forward, and only from there. Answers whether it was taken. */
export async function markStatus(
  tx: Tx,
  step: {
    id: Id<'dset'>
    tenantId: Id<'tnt'>
    from: DatasetStatus
    to: DatasetStatus
    now: Date
  },
): Promise<boolean> {
  const changed = await tx.run`
    update datasets set status = ${step.to}, updated_at = ${step.now}
    where id = ${step.id} and tenant_id = ${step.tenantId} and status = ${step.from}`
  return changed > 0
}

export async function markRemoved(
  tx: Tx,
  removal: { id: Id<'dset'>; tenantId: Id<'tnt'>; jobId: Id<'job'>; now: Date },
): Promise<void> {
  await tx.run`
    update datasets
    set status = 'pending_deletion', removal_job_id = ${removal.jobId},
      removed_at = ${removal.now}, updated_at = ${removal.now}
    where id = ${removal.id} and tenant_id = ${removal.tenantId}`
}

export async function markRemovalFinished(
  tx: Tx,
  { id, tenantId, now }: { id: Id<'dset'>; tenantId: Id<'tnt'>; now: Date },
): Promise<void> {
  await tx.run`
    update datasets set removal_finished_at = ${now}
    where id = ${id} and tenant_id = ${tenantId} and removal_finished_at is null`
}

/** Of all tenants: for the schedule. */
export async function listRemoved(
  db: Db,
  finishedBefore: Date,
  limit: number,
): Promise<{ id: Id<'dset'>; tenantId: Id<'tnt'> }[]> {
  return db.rows`
    select id, tenant_id from datasets
    where status = 'pending_deletion' and removal_finished_at <= ${finishedBefore}
    order by removal_finished_at, id
    limit ${limit}`
}

export interface ObjectCounts {
  objects: number
  active: number
  pendingReview: number
  chunks: number
  storageBytes: bigint | number
}

export async function addCounts(
  tx: Tx,
  counts: ObjectCounts & { datasetId: Id<'dset'>; tenantId: Id<'tnt'>; freshestAt: Date | null },
): Promise<void> {
  await tx.run`
    update datasets
    set object_count = object_count + ${counts.objects},
      active_object_count = active_object_count + ${counts.active},
      pending_review_count = pending_review_count + ${counts.pendingReview},
      chunk_count = chunk_count + ${counts.chunks},
      storage_bytes = storage_bytes + ${counts.storageBytes}::bigint,
      freshest_object_at = greatest(freshest_object_at, ${counts.freshestAt}::timestamptz)
    where id = ${counts.datasetId} and tenant_id = ${counts.tenantId}`
}

export interface DatasetFacts {
  tenantId: Id<'tnt'>
  name: string
  /** The dataset's number in the search engine. */
  datasetNo: number
  language: string | null
}

/** Of any tenant's dataset: what may be said with it is decided by `access`. */
export async function findFacts(sql: Sql, id: Id<'dset'>): Promise<DatasetFacts | undefined> {
  return sql.first<DatasetFacts>`
    select d.tenant_id, d.name, d.language, p.dataset_no
    from datasets d join dataset_policies p on p.dataset_id = d.id
    where d.id = ${id}`
}

export async function lockCurated(
  tx: Tx,
  tenantId: Id<'tnt'>,
): Promise<{ id: Id<'dset'>; curated: boolean }[]> {
  return tx.rows`
    select id, curated from datasets
    where tenant_id = ${tenantId} and status <> 'deleted'
    order by id
    for update`
}

export async function updateCurated(
  tx: Tx,
  tenantId: Id<'tnt'>,
  { id, curated }: { id: Id<'dset'>; curated: boolean },
): Promise<void> {
  await tx.run`
    update datasets set curated = ${curated} where id = ${id} and tenant_id = ${tenantId}`
}

export async function listCurated(
  db: Db,
  tenantIds: readonly Id<'tnt'>[],
): Promise<{ id: Id<'dset'>; tenantId: Id<'tnt'> }[]> {
  return db.rows`
    select id, tenant_id from datasets
    where tenant_id = any(${tenantIds}) and curated and status <> 'deleted'
    order by id`
}

export interface PricedDataset extends Dataset {
  /** The price point in force; null before the first. */
  point: (PricePoint & PointFacts) | null
}

type PricedRow = DatasetRow &
  Omit<PointFacts, 'priceBookVersion'> & { pointId: string | null; priceBookVersion: number }

function pricedOf(row: PricedRow): PricedDataset {
  const { pointId: id, d7, d28, factorPpm, retrievalMicros, priceBookVersion } = row
  const facts = { d7, d28, factorPpm, retrievalMicros, priceBookVersion }
  return { ...datasetOf(row), point: id === null ? null : { id, ...facts } }
}

/** Whose datasets these are does not matter: what may be seen of them is decided by `access`. */
export async function listPriced(
  sql: Sql,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<PricedDataset[]> {
  const rows = await sql.rows<PricedRow>`
    select d.*, p.visibility, p.access_policy, pp.id as point_id, pp.d7, pp.d28, pp.factor_ppm,
      pp.retrieval_micros, pp.price_book_version
    from datasets d
    join dataset_policies p on p.dataset_id = d.id and p.tenant_id = d.tenant_id
    left join lateral (
      select * from price_points
      where dataset_id = d.id and starts_at <= ${now}
      order by starts_at desc, id desc
      limit 1) pp on true
    where d.id = any(${datasetIds})`
  return rows.map(pricedOf)
}

// Their terms then stay as they are until the transaction ends.
export async function shareTerms(tx: Tx, datasetIds: readonly Id<'dset'>[]): Promise<void> {
  await tx.run`
    select tenant_id from datasets where id = any(${datasetIds}) order by id for share`
}

/** Of all tenants, in the order of ids: for the schedule. */
export async function listPricedIds(
  db: Db,
  afterId: string | null,
  limit: number,
): Promise<{ id: Id<'dset'>; tenantId: Id<'tnt'>; pricingModel: Model }[]> {
  return db.rows`
    select id, tenant_id, pricing_model from datasets
    where status not in ('pending_deletion', 'deleted')
      and (${afterId}::text is null or id > ${afterId})
    order by id
    limit ${limit}`
}

export async function insertPoint(
  tx: Tx,
  point: PointFacts & { id: Id<'pp'>; datasetId: Id<'dset'>; now: Date },
): Promise<void> {
  await tx.run`
    insert into price_points
      (id, dataset_id, price_book_version, d7, d28, factor_ppm, retrieval_micros, starts_at)
    values (${point.id}, ${point.datasetId}, ${point.priceBookVersion}, ${point.d7}, ${point.d28},
      ${point.factorPpm}, ${point.retrievalMicros}, ${point.now})
    on conflict (id) do nothing`
}

/** The price of a retrieval at the end of each of the last days (UTC), from the first price on. */
export async function listHistory(
  db: Db,
  datasetIds: readonly Id<'dset'>[],
  { now, days }: { now: Date; days: number },
): Promise<{ datasetId: Id<'dset'>; date: string; retrievalMicros: bigint }[]> {
  return db.rows`
    select d.id as dataset_id, to_char(day, 'YYYY-MM-DD') as date, pp.retrieval_micros
    from unnest(${datasetIds}::text[]) as d (id)
    cross join generate_series(
      date_trunc('day', ${now}::timestamptz at time zone 'UTC') - make_interval(days => ${days - 1}),
      ${now}::timestamptz at time zone 'UTC',
      interval '1 day') as day
    cross join lateral (
      select retrieval_micros from price_points
      where dataset_id = d.id
        and starts_at < (day + interval '1 day') at time zone 'UTC'
        and starts_at <= ${now}
      order by starts_at desc, id desc
      limit 1) pp
    order by d.id, day`
}

export interface ListedDataset extends PricedDataset {
  /** What the list is ordered by, where it goes by name. */
  sortName: string
}

/**
 * What a tenant may discover and others may buy now: listed datasets, and restricted ones that it owns
 * or has a grant for. `onlyId` for one of them.
 */
export async function listCatalog(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    onlyId: Id<'dset'> | null
    words: readonly string[]
    modality: SourceModality | null
    monetizationMode: MonetizationMode | null
    maxMicros: bigint | null
    isByName: boolean
    afterName: string | null
    afterId: string | null
    limit: number
    now: Date
  },
): Promise<ListedDataset[]> {
  const rows = await db.rows<PricedRow & { sortName: string }>`
    select d.*, p.visibility, p.access_policy, pp.id as point_id, pp.d7, pp.d28, pp.factor_ppm,
      pp.retrieval_micros, pp.price_book_version,
      case when ${filter.isByName}::boolean then lower(d.name) else '' end as sort_name
    from datasets d
    join dataset_policies p on p.dataset_id = d.id
    left join lateral (
      select * from price_points
      where dataset_id = d.id and starts_at <= ${filter.now}
      order by starts_at desc, id desc
      limit 1) pp on true
    where p.open_for_use
      and p.discoverable
      and (p.visibility = 'listed'
        or (p.visibility = 'restricted'
          and (p.tenant_id = ${tenantId}
            or p.dataset_id in (
              select g.dataset_id from grants g
              where g.tenant_id = ${tenantId}
                and g.revoked_at is null
                and (g.expires_at is null or g.expires_at > ${filter.now})))))
      and (${filter.onlyId}::text is null or d.id = ${filter.onlyId})
      and (${filter.modality}::text is null or d.source_modality = ${filter.modality})
      and (${filter.monetizationMode}::text is null
        or d.monetization_mode = ${filter.monetizationMode})
      and (${filter.maxMicros}::bigint is null or pp.retrieval_micros <= ${filter.maxMicros})
      and not exists (
        select 1 from unnest(${filter.words}::text[]) as word
        where strpos(lower(concat_ws(' ', d.name, d.description, array_to_string(d.tags, ' '))),
          lower(word)) = 0)
      and (${filter.afterId}::text is null
        or case when ${filter.isByName}::boolean
          then lower(d.name) collate "C" > ${filter.afterName}
            or (lower(d.name) collate "C" = ${filter.afterName} and d.id < ${filter.afterId})
          else d.id < ${filter.afterId} end)
    order by case when ${filter.isByName}::boolean then lower(d.name) else '' end collate "C",
      d.id desc
    limit ${filter.limit + 1}`
  return rows.map((row) => ({ ...pricedOf(row), sortName: row.sortName }))
}

export interface FixedDataset {
  id: Id<'dset'>
  tenantId: Id<'tnt'>
  monetizationMode: MonetizationMode
  unitPrices: UnitPrices
}

/** Of all tenants, in the order of ids: datasets with own prices. */
export async function listFixed(
  db: Db,
  page: { afterId: string | null; limit: number },
): Promise<FixedDataset[]> {
  const rows = await db.rows<Omit<FixedDataset, 'unitPrices'> & { unitPrices: StoredPrices }>`
    select id, tenant_id, monetization_mode, unit_prices from datasets
    where unit_prices is not null
      and status not in ('pending_deletion', 'deleted')
      and (${page.afterId}::text is null or id > ${page.afterId})
    order by id
    limit ${page.limit}`
  return rows.map((row) => ({ ...row, unitPrices: unitPricesOf(row.unitPrices) }))
}

export async function findPriceBookStart(db: Db, version: number): Promise<boolean> {
  const row = await db.first`
    select 1 from price_book_starts where price_book_version = ${version}`
  return row !== undefined
}

export async function insertPriceBookStart(db: Db, version: number, now: Date): Promise<void> {
  await db.run`
    insert into price_book_starts (price_book_version, followed_at)
    values (${version}, ${now})
    on conflict do nothing`
}

/** Answers false where this was told before. */
export async function insertPriceReset(
  tx: Tx,
  datasetId: Id<'dset'>,
  { version, now }: { version: number; now: Date },
): Promise<boolean> {
  const count = await tx.run`
    insert into price_resets (dataset_id, price_book_version, told_at)
    values (${datasetId}, ${version}, ${now})
    on conflict do nothing`
  return count > 0
}
