import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Reach } from '../access/access.ts'
import type { StoredOffer } from '../catalog/catalog.ts'

export type Locator =
  | { kind: 'page'; page: number; start: number; end: number }
  | { kind: 'section'; path: string[]; start: number; end: number }
  | {
      kind: 'box'
      page: number
      x: number
      y: number
      width: number
      height: number
      start: number
      end: number
    }
  | { kind: 'time'; startSeconds: number; endSeconds: number }
  | { kind: 'record'; row: number; columns: string[] }

export interface ChunkRow {
  chunkNo: bigint
  objectId: Id<'obj'>
  objectNo: number
  datasetId: Id<'dset'>
  datasetNo: number
  ord: number
  language: string
  title: string
  text: string
  locator: Locator
  passageSha256: string
  modality: string
  mime: string
  keywords: [string, string][]
  objectCreatedAt: Date
}

export interface LiveChunk extends ChunkRow {
  filename: string
  objectSha256: string
  indexedAt: Date
  providerTenantId: Id<'tnt'>
}

export interface NewChunk {
  ord: number
  text: string
  locator: Locator
  passageSha256: string
}

export interface ChunkedObject {
  objectId: Id<'obj'>
  objectNo: number
  datasetId: Id<'dset'>
  datasetNo: number
  tenantId: Id<'tnt'>
  language: string
  title: string
  modality: string
  mime: string
  keywords: [string, string][]
  createdAt: Date
  /** `next` is not searched yet. */
  state: 'next' | 'current'
}

export async function deleteChunks(tx: Tx, tenantId: Id<'tnt'>, objectId: Id<'obj'>) {
  await tx.run`delete from chunks where object_id = ${objectId} and tenant_id = ${tenantId}`
}

export async function deletePrepared(tx: Tx, tenantId: Id<'tnt'>, objectId: Id<'obj'>) {
  await tx.run`
    delete from chunks
    where object_id = ${objectId} and tenant_id = ${tenantId} and state = 'next'`
}

export interface SwitchedChunks {
  count: number
  language: string
}

/** Undefined where nothing is prepared. */
export async function countPrepared(
  tx: Tx,
  tenantId: Id<'tnt'>,
  objectId: Id<'obj'>,
): Promise<SwitchedChunks | undefined> {
  return tx.first<SwitchedChunks>`
    select count(*)::int as count, min(language) as language
    from chunks
    where object_id = ${objectId} and tenant_id = ${tenantId} and state = 'next'
    having count(*) > 0`
}

/** Chunks of now that nothing prepared is equal to. */
export async function retireChunks(tx: Tx, tenantId: Id<'tnt'>, objectId: Id<'obj'>) {
  await tx.run`
    update chunks c set state = 'former'
    where c.object_id = ${objectId} and c.tenant_id = ${tenantId} and c.state = 'current'
      and not exists (
        select 1 from chunks n
        where n.object_id = c.object_id and n.state = 'next' and n.ord = c.ord
          and n.text = c.text and n.locator = c.locator)`
}

/** After `retireChunks`: each chunk of now takes over its prepared twin, which goes. */
export async function mergeChunks(tx: Tx, tenantId: Id<'tnt'>, objectId: Id<'obj'>) {
  await tx.run`
    update chunks c
    set language = n.language, title = n.title, modality = n.modality, mime = n.mime,
      keywords = n.keywords
    from chunks n
    where c.object_id = ${objectId} and c.tenant_id = ${tenantId} and c.state = 'current'
      and n.object_id = c.object_id and n.state = 'next' and n.ord = c.ord`
  await tx.run`
    delete from chunks n
    using chunks c
    where n.object_id = ${objectId} and n.tenant_id = ${tenantId} and n.state = 'next'
      and c.object_id = n.object_id and c.state = 'current' and c.ord = n.ord`
}

export async function promoteChunks(tx: Tx, tenantId: Id<'tnt'>, objectId: Id<'obj'>) {
  await tx.run`
    update chunks set state = 'current'
    where object_id = ${objectId} and tenant_id = ${tenantId} and state = 'next'`
}

/** What was sold stays on record as amounts and ids; its text goes with the object. */
export async function deleteSnippets(tx: Tx, objectId: Id<'obj'>): Promise<void> {
  await tx.run`
    update retrieval_events set snippet = null, highlights = '[]'
    where object_id = ${objectId} and snippet is not null`
}

export async function insertChunks(
  tx: Tx,
  object: ChunkedObject,
  chunks: readonly NewChunk[],
): Promise<void> {
  await tx.run`
    insert into chunks (object_id, object_no, dataset_id, dataset_no, tenant_id, ord, language,
      title, text, locator, passage_sha256, modality, mime, keywords, object_created_at, state)
    select ${object.objectId}, ${object.objectNo}::integer, ${object.datasetId},
      ${object.datasetNo}::integer, ${object.tenantId}, rows.ord, ${object.language},
      ${object.title}, rows.text, rows.locator, rows."passageSha256", ${object.modality},
      ${object.mime}, ${json(object.keywords)}::jsonb, ${object.createdAt}::timestamptz,
      ${object.state}
    from jsonb_to_recordset(${json(
      chunks.map(({ ord, text, locator, passageSha256 }) => ({
        ord,
        text,
        locator,
        passageSha256,
      })),
    )}) as rows (ord integer, text text, locator jsonb, "passageSha256" text)
    order by rows.ord`
}

export interface OutboxRow {
  seq: bigint
  kind: 'put' | 'drop_object' | 'drop_dataset'
  objectId: Id<'obj'> | null
  objectNo: number | null
  datasetNo: number | null
  /** Times that the engine refused it. */
  attempts: number
}

// The number is taken as the last statement of a transaction, so that numbers are in commit order and
// the feeder never passes over one that commits later (retrieval 8).
export async function insertOutbox(
  tx: Tx,
  row: Omit<OutboxRow, 'seq' | 'attempts'>,
): Promise<void> {
  await tx.run`
    with counter as (update outbox_counter set seq = seq + 1 returning seq)
    insert into outbox (seq, kind, object_id, object_no, dataset_no)
    select seq, ${row.kind}, ${row.objectId}, ${row.objectNo}::integer, ${row.datasetNo}::integer
    from counter`
}

export async function listOutbox(db: Db, limit: number): Promise<OutboxRow[]> {
  return db.rows<OutboxRow>`
    select seq, kind, object_id, object_no, dataset_no, attempts
    from outbox where fed_at is null order by seq limit ${limit}`
}

export async function countOutbox(db: Db): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from outbox where fed_at is null`
  return row?.count ?? 0
}

export async function markFed(tx: Tx, seq: bigint, now: Date): Promise<void> {
  await tx.run`update outbox set fed_at = ${now} where seq = ${seq}`
}

export async function countAttempt(db: Db, seq: bigint): Promise<void> {
  await db.run`update outbox set attempts = attempts + 1 where seq = ${seq}`
}

export async function deleteFedBefore(db: Db, before: Date): Promise<void> {
  await db.run`delete from outbox where fed_at < ${before}`
}

export async function currentSequence(db: Db): Promise<bigint> {
  const row = await db.first<{ seq: bigint }>`select seq from outbox_counter`
  return row?.seq ?? 0n
}

/** The engine's process takes the lease from whoever held it: there is one engine. */
export async function takeFeederLease(db: Db, holder: string): Promise<void> {
  await db.run`
    insert into feeder_lease (holder, held_until) values (${holder}, now())
    on conflict (id) do update set holder = excluded.holder`
}

export async function holdsFeederLease(db: Db, holder: string): Promise<boolean> {
  return (await db.first`select 1 from feeder_lease where holder = ${holder}`) !== undefined
}

// All tenants: the engine holds every chunk, and only a reach can ask it.
export async function listChunksAfter(
  db: Db,
  chunkNo: bigint,
  limit: number,
): Promise<(ChunkRow & { filename: string })[]> {
  return db.rows`
    select chunks.*, objects.filename
    from chunks join objects on objects.id = chunks.object_id
    where chunk_no > ${chunkNo} and state = 'current' and objects.removed_at is null
    order by chunk_no limit ${limit}`
}

export async function listChunksOfObject(
  db: Db,
  objectId: Id<'obj'>,
): Promise<(ChunkRow & { filename: string })[]> {
  return db.rows`
    select chunks.*, objects.filename
    from chunks join objects on objects.id = chunks.object_id
    where chunks.object_id = ${objectId} and state = 'current' and objects.removed_at is null
    order by ord`
}

export async function findObjectOwner(
  db: Db,
  objectId: Id<'obj'>,
): Promise<{ tenantId: Id<'tnt'> } | undefined> {
  return db.first`select tenant_id from objects where id = ${objectId}`
}

/** Chunks that may be sold now: within the reach, of objects that are indexed and not removed. */
export async function listLiveChunks(
  sql: Sql,
  reach: Reach,
  chunkNos: readonly bigint[],
): Promise<LiveChunk[]> {
  const datasetNos = reach.datasets.map((dataset) => dataset.no)
  return sql.rows<LiveChunk>`
    select chunks.*, objects.filename, objects.sha256 as object_sha256, objects.indexed_at,
      objects.tenant_id as provider_tenant_id
    from chunks join objects on objects.id = chunks.object_id
    where chunk_no = any(${chunkNos})
      and dataset_no = any(${datasetNos})
      and objects.removed_at is null
      and objects.index_state = 'indexed'`
}

/** Locks nothing: a removal at the same moment is earlier or later, and both are right. */
export async function countLiveChunks(
  tx: Tx,
  reach: Reach,
  chunkNos: readonly bigint[],
): Promise<number> {
  const datasetNos = reach.datasets.map((dataset) => dataset.no)
  const row = await tx.first<{ count: number }>`
    select count(*)::int as count
    from chunks join objects on objects.id = chunks.object_id
    where chunk_no = any(${chunkNos})
      and dataset_no = any(${datasetNos})
      and objects.removed_at is null
      and objects.index_state = 'indexed'`
  return row?.count ?? 0
}

export async function listObjectNos(
  db: Db,
  reach: Reach,
  objectIds: readonly string[],
): Promise<number[]> {
  const datasetIds = reach.datasets.map((dataset) => dataset.id)
  const rows = await db.rows<{ objectNo: number }>`
    select object_no from objects
    where id = any(${objectIds}) and dataset_id = any(${datasetIds})`
  return rows.map((row) => row.objectNo)
}

/** In the order of the ranks. */
export type Ranking = [chunkNo: string, score: number][]

export interface Activity {
  id: Id<'sa'>
  tenantId: Id<'tnt'>
  principalId: string
  apiKeyId: string | null
  resourceId: string | null
  queryText: string
  requestedMode: 'auto' | 'lexical' | 'dense' | 'hybrid'
  retrievalMode: 'lexical' | 'dense' | 'hybrid'
  fusion: 'rrf' | 'convex' | null
  datasetIds: Id<'dset'>[]
  request: unknown
  ranking: Ranking
  /** The terms that hold for all its pages; null on sessions from before they were kept. */
  terms: StoredOffer[] | null
  explain: Record<string, unknown> | null
  resultCount: number
  chargedMicros: bigint
  searchedAt: Date
  /** Null on sessions from before it was kept: then as searched. */
  pricedAt: Date | null
}

/** An activity as it is made: its offers become text. */
export type NewActivity = Omit<Activity, 'terms'> & { terms: unknown }

export async function insertActivity(tx: Tx, activity: NewActivity): Promise<void> {
  await tx.run`
    insert into search_activities (id, tenant_id, principal_id, api_key_id, resource_id, query_text,
      requested_mode, retrieval_mode, fusion, dataset_ids, request, ranking, terms, explain,
      result_count, charged_micros, searched_at, priced_at)
    values (${activity.id}, ${activity.tenantId}, ${activity.principalId}, ${activity.apiKeyId},
      ${activity.resourceId}, ${activity.queryText}, ${activity.requestedMode},
      ${activity.retrievalMode}, ${activity.fusion}, ${activity.datasetIds},
      ${json(activity.request)}, ${json(activity.ranking)}, ${json(activity.terms)},
      ${activity.explain && json(activity.explain)}, ${activity.resultCount},
      ${activity.chargedMicros}, ${activity.searchedAt}, ${activity.pricedAt})
    on conflict (id) do nothing`
}

export async function findActivity(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Activity | undefined> {
  return sql.first<Activity>`
    select * from search_activities where id = ${id} and tenant_id = ${tenantId}`
}

/** Two requests for one page wait here; the second finds the page of the first. */
export async function lockActivity(tx: Tx, tenantId: Id<'tnt'>, id: string): Promise<void> {
  await tx.run`
    select 1 from search_activities where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function addToActivity(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: string,
  page: { resultCount: number; chargedMicros: bigint },
): Promise<void> {
  await tx.run`
    update search_activities
    set result_count = result_count + ${page.resultCount},
      charged_micros = charged_micros + ${page.chargedMicros}
    where id = ${id} and tenant_id = ${tenantId}`
}

export interface PageRow {
  chargeKey: string
  tenantId: Id<'tnt'>
  searchActivityId: Id<'sa'>
  firstPlace: number
  nextPlace: number | null
  firstRank: number
  chargedMicros: bigint
  truncated: 'budget' | null
  tookMs: number
}

export async function insertPage(tx: Tx, page: PageRow): Promise<void> {
  await tx.run`
    insert into search_pages (charge_key, tenant_id, search_activity_id, first_place, next_place,
      first_rank, charged_micros, truncated, took_ms)
    values (${page.chargeKey}, ${page.tenantId}, ${page.searchActivityId}, ${page.firstPlace},
      ${page.nextPlace}, ${page.firstRank}, ${page.chargedMicros}, ${page.truncated},
      ${page.tookMs})`
}

export async function findPage(
  sql: Sql,
  tenantId: Id<'tnt'>,
  chargeKey: string,
): Promise<PageRow | undefined> {
  return sql.first<PageRow>`
    select * from search_pages where charge_key = ${chargeKey} and tenant_id = ${tenantId}`
}

export async function findPageAt(
  sql: Sql,
  tenantId: Id<'tnt'>,
  activityId: string,
  firstPlace: number,
): Promise<PageRow | undefined> {
  return sql.first<PageRow>`
    select * from search_pages
    where search_activity_id = ${activityId} and first_place = ${firstPlace}
      and tenant_id = ${tenantId}`
}

export interface RetrievalEvent {
  id: Id<'rte'>
  tenantId: Id<'tnt'>
  searchActivityId: Id<'sa'>
  chargeKey: string
  rank: number
  score: number
  chunkNo: bigint
  datasetId: Id<'dset'>
  datasetName: string
  objectId: Id<'obj'>
  filename: string
  title: string
  mimeType: string
  /** Null once the object is gone. */
  snippet: string | null
  highlights: [number, number][]
  locator: Locator
  objectSha256: string
  passageSha256: string
  usageEventId: Id<'ue'>
  amountMicros: bigint
  billable: boolean
  reason: 'retrieval' | 'own_dataset' | 'already_charged' | 'quote'
  retrievedAt: Date
}

export async function insertRetrievals(tx: Tx, events: readonly RetrievalEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx.run`
    insert into retrieval_events (id, tenant_id, search_activity_id, charge_key, rank, score,
      chunk_no, dataset_id, dataset_name, object_id, filename, title, mime_type, snippet,
      highlights, locator, object_sha256, passage_sha256, usage_event_id, amount_micros, billable,
      reason, retrieved_at)
    select "id", "tenantId", "searchActivityId", "chargeKey", "rank", "score", "chunkNo",
      "datasetId", "datasetName", "objectId", "filename", "title", "mimeType", "snippet",
      "highlights", "locator", "objectSha256", "passageSha256", "usageEventId", "amountMicros",
      "billable", "reason", "retrievedAt"
    from jsonb_to_recordset(${json(events)}) as rows (
      "id" text, "tenantId" text, "searchActivityId" text, "chargeKey" text, "rank" integer,
      "score" double precision, "chunkNo" bigint, "datasetId" text, "datasetName" text,
      "objectId" text, "filename" text, "title" text, "mimeType" text, "snippet" text,
      "highlights" jsonb, "locator" jsonb, "objectSha256" text, "passageSha256" text,
      "usageEventId" text, "amountMicros" bigint, "billable" boolean, "reason" text,
      "retrievedAt" timestamptz)`
}

export async function listRetrievalsOfPage(
  sql: Sql,
  tenantId: Id<'tnt'>,
  chargeKey: string,
): Promise<RetrievalEvent[]> {
  return sql.rows<RetrievalEvent>`
    select * from retrieval_events
    where charge_key = ${chargeKey} and tenant_id = ${tenantId}
    order by rank`
}

export async function findRetrieval(
  db: Db,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<RetrievalEvent | undefined> {
  return db.first<RetrievalEvent>`
    select * from retrieval_events where id = ${id} and tenant_id = ${tenantId}`
}

/** The text of a sold chunk while its object is there; whoever bought it may read it again. */
export async function findSoldText(
  db: Db,
  event: Pick<RetrievalEvent, 'chunkNo' | 'objectId'>,
): Promise<string | undefined> {
  const row = await db.first<{ text: string }>`
    select chunks.text
    from chunks join objects on objects.id = chunks.object_id
    where chunk_no = ${event.chunkNo} and chunks.object_id = ${event.objectId}
      and objects.removed_at is null`
  return row?.text
}

/** Sold passages by id, the tenant's own. */
export async function listSold(
  sql: Sql,
  tenantId: Id<'tnt'>,
  ids: readonly string[],
): Promise<RetrievalEvent[]> {
  return sql.rows<RetrievalEvent>`
    select * from retrieval_events where id = any(${ids}) and tenant_id = ${tenantId} order by id`
}

/** [start, end) of a quote in UTF-16 units, in the text that quotes and in the passage. */
export interface Span {
  start: number
  end: number
  passageStart: number
  passageEnd: number
}

export interface CitationRow {
  id: Id<'cit'>
  tenantId: Id<'tnt'>
  retrievalEventId: Id<'rte'>
  datasetId: Id<'dset'>
  /** Null where no text was given. */
  verified: boolean | null
  spans: Span[]
  amountMicros: bigint
  citedAt: Date
}

/** Answers false where the event was cited before; waits for one who cites it right now. */
export async function insertCitation(tx: Tx, row: CitationRow): Promise<boolean> {
  const count = await tx.run`
    insert into citations (id, tenant_id, retrieval_event_id, dataset_id, verified, spans,
      amount_micros, cited_at)
    values (${row.id}, ${row.tenantId}, ${row.retrievalEventId}, ${row.datasetId}, ${row.verified},
      ${json(row.spans)}, ${row.amountMicros}, ${row.citedAt})
    on conflict do nothing`
  return count === 1
}

export async function findCitation(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<CitationRow | undefined> {
  return sql.first<CitationRow>`
    select * from citations where id = ${id} and tenant_id = ${tenantId}`
}

/** Newest first. A key with a list of datasets sees those of its list. */
export async function listCitations(
  db: Db,
  tenantId: Id<'tnt'>,
  onlyIds: readonly Id<'dset'>[] | null,
  page: { beforeId: string | null; limit: number },
): Promise<CitationRow[]> {
  return db.rows<CitationRow>`
    select * from citations
    where tenant_id = ${tenantId}
      and (${onlyIds}::text[] is null or dataset_id = any(${onlyIds}))
      and (${page.beforeId}::text is null or id < ${page.beforeId})
    order by id desc
    limit ${page.limit + 1}`
}

export interface OutcomeLine {
  datasetId: Id<'dset'>
  events: number
  amountMicros: string
}

export interface OutcomeRow {
  id: Id<'out'>
  tenantId: Id<'tnt'>
  valueMicros: bigint
  note: string | null
  lines: OutcomeLine[]
  amountMicros: bigint
  reportedAt: Date
}

/** Marks the events as reported, in id order. Answers how many were not reported before. */
export async function insertOutcomeEvents(
  tx: Tx,
  { outcomeId, tenantId }: { outcomeId: Id<'out'>; tenantId: Id<'tnt'> },
  retrievalIds: readonly string[],
): Promise<number> {
  return tx.run`
    insert into outcome_events (retrieval_event_id, tenant_id, outcome_id)
    select id, ${tenantId}, ${outcomeId} from unnest(${retrievalIds}::text[]) as ids (id)
    order by id
    on conflict do nothing`
}

export async function insertOutcome(tx: Tx, row: OutcomeRow): Promise<void> {
  await tx.run`
    insert into outcomes (id, tenant_id, value_micros, note, lines, amount_micros, reported_at)
    values (${row.id}, ${row.tenantId}, ${row.valueMicros}, ${row.note}, ${json(row.lines)},
      ${row.amountMicros}, ${row.reportedAt})`
}

export async function findOutcome(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<OutcomeRow | undefined> {
  return sql.first<OutcomeRow>`
    select * from outcomes where id = ${id} and tenant_id = ${tenantId}`
}

/** Newest first. A key with a list of datasets sees outcomes of these datasets alone. */
export async function listOutcomes(
  db: Db,
  tenantId: Id<'tnt'>,
  onlyIds: readonly Id<'dset'>[] | null,
  page: { beforeId: string | null; limit: number },
): Promise<OutcomeRow[]> {
  return db.rows<OutcomeRow>`
    select * from outcomes
    where tenant_id = ${tenantId}
      and (${onlyIds}::text[] is null or not exists (
        select 1 from jsonb_array_elements(lines) as line
        where line ->> 'datasetId' <> all(${onlyIds})))
      and (${page.beforeId}::text is null or id < ${page.beforeId})
    order by id desc
    limit ${page.limit + 1}`
}

export async function isCited(
  sql: Sql,
  tenantId: Id<'tnt'>,
  retrievalId: string,
): Promise<boolean> {
  const row = await sql.first`
    select 1 from citations
    where retrieval_event_id = ${retrievalId} and tenant_id = ${tenantId}`
  return row !== undefined
}

/** What the searches that found these passages were attributed to; null among them where one was not. */
export async function listResourcesOf(
  sql: Sql,
  tenantId: Id<'tnt'>,
  retrievalIds: readonly string[],
): Promise<(Id<'res'> | null)[]> {
  const rows = await sql.rows<{ resourceId: Id<'res'> | null }>`
    select distinct a.resource_id
    from retrieval_events r
    join search_activities a on a.id = r.search_activity_id and a.tenant_id = r.tenant_id
    where r.id = any(${retrievalIds}) and r.tenant_id = ${tenantId}`
  return rows.map((row) => row.resourceId)
}
