import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import { asId } from '../../base/ids.ts'
import type { Wire } from '../../base/route.ts'
import type { Locator, SearchFilters, SearchInput, SoldHit, SoldPage } from './search.ts'
import type { SoldRecord } from './sold.ts'

export function readSearch(input: ParsedInput<'search.query'>): SearchInput {
  return {
    text: input.query,
    datasetIds: (input.dataset_ids ?? []).map((id) => asId('dset', id)),
    mode: input.retrieval_mode,
    fusion: input.fusion ?? null,
    limit: input.top_k,
    filters: readFilters(input.filters ?? {}),
    includeText: input.include_text,
    maxMicros: typeof input.max_amount === 'number' ? (fromMajor(input.max_amount) ?? null) : null,
    allowPartial: input.allow_partial,
    use: input.use ?? null,
    explain: input.explain,
  }
}

type WireFilters = NonNullable<ParsedInput<'search.query'>['filters']>

// An empty list is no filter, as for `dataset_ids`.
const listed = (list: string[] | undefined) => (list && list.length > 0 ? list : null)

function readFilters(filters: WireFilters): SearchFilters {
  return {
    modalities: listed(filters.modality),
    mimes: listed(filters.mime_type),
    languages: listed(filters.language),
    objectIds: listed(filters.object_ids),
    createdFrom: filters.created_from ? dateOf(filters.created_from) : null,
    createdTo: filters.created_to ? dateOf(filters.created_to) : null,
    metadata: Object.entries(filters.metadata ?? {}).map(([key, value]) => [key, String(value)]),
  }
}

function presentLocator(locator: Locator) {
  if (locator.kind !== 'time') return locator
  const { startSeconds, endSeconds } = locator
  return { kind: locator.kind, start_seconds: startSeconds, end_seconds: endSeconds }
}

function presentHit(hit: SoldHit) {
  return {
    rank: hit.rank,
    score: hit.score,
    retrieval_event_id: hit.id,
    dataset_id: hit.datasetId,
    dataset_name: hit.datasetName,
    object_id: hit.objectId,
    filename: hit.filename,
    title: hit.title,
    mime_type: hit.mimeType,
    snippet: hit.snippet,
    highlights: hit.highlights,
    text: hit.text,
    citation: {
      locator: presentLocator(hit.locator),
      object_sha256: hit.objectSha256,
      passage_sha256: hit.passageSha256,
    },
  }
}

function presentPrice(hit: SoldHit) {
  return {
    amount: toMajor(hit.amountMicros),
    currency,
    billable: hit.billable,
    reason: hit.reason,
  }
}

export function presentSearch(page: SoldPage, wire: Wire) {
  return {
    search_activity_id: page.activityId,
    query: page.text,
    retrieval_mode: page.mode,
    requested_mode: page.requestedMode,
    fusion: page.fusion,
    result_count: page.hits.length,
    results: page.hits.map((hit) => ({ ...presentHit(hit), price: presentPrice(hit) })),
    charged_amount: toMajor(page.chargedMicros),
    currency,
    datasets_searched: page.datasetIds,
    truncated: page.truncated,
    took_ms: page.tookMs,
    next_cursor: page.next && wire.cursor(page.next),
    has_more: page.next !== null,
    explain: page.explain,
  }
}

export function readRetrievalId(input: ParsedInput<'retrievals.get'>): string {
  return input.retrieval_event_id
}

export function presentSoldHit({ hit, queryText, price, isExpired }: SoldRecord, wire: Wire) {
  return {
    ...presentHit(hit),
    query: queryText,
    occurred_at: wire.time(hit.retrievedAt),
    expired: isExpired,
    price: {
      ...presentPrice(hit),
      inputs: {
        base: toMajor(price.baseMicros),
        model: price.model,
        price_book_version: price.priceBookVersion,
        price_point_id: price.pricePointId,
        factor_ppm: price.factorPpm,
        d7: price.d7,
        d28: price.d28,
        age_days: price.ageDays,
        half_life_days: price.halfLifeDays,
        share_platform_bps: Number(price.platformBps),
      },
    },
    receipt: null,
  }
}
