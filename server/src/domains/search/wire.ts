import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import { assert } from '../../base/errors.ts'
import { asId } from '../../base/ids.ts'
import type { Wire } from '../../base/route.ts'
import type {
  Citation,
  Locator,
  Outcome,
  SearchFilters,
  SearchInput,
  SearchQuote,
  SoldHit,
  SoldPage,
} from './search.ts'
import type { SoldRecord } from './sold.ts'

export function readSearch(
  input: ParsedInput<'search.query'> | ParsedInput<'search.quote'>,
): SearchInput {
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
    resourceId: input.resource_id ?? null,
    quoteId: input.quote_id ?? null,
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
  wire.budgetRemaining(page.remainingMicros)
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

export function presentSoldHit(sold: SoldRecord, wire: Wire) {
  const { hit, queryText, price, isExpired, receipt } = sold
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
    receipt,
  }
}

export function presentQuote(quote: SearchQuote, wire: Wire) {
  return {
    quote_id: quote.id,
    max_amount: toMajor(quote.maxMicros),
    currency,
    expected_results: quote.expected.map(({ datasetId, count, unitMicros }) => ({
      dataset_id: datasetId,
      count,
      unit_price: toMajor(unitMicros),
    })),
    expires_at: wire.time(quote.expiresAt),
  }
}

export function readCitation(input: ParsedInput<'citations.create'>) {
  return { retrievalEventId: input.retrieval_event_id, outputText: input.output_text ?? null }
}

export function presentCitation(citation: Citation, wire: Wire) {
  wire.budgetRemaining(citation.remainingMicros)
  return {
    citation_id: citation.id,
    retrieval_event_id: citation.retrievalEventId,
    verified: citation.verified,
    spans: citation.spans.map(({ start, end, passageStart, passageEnd }) => ({
      start,
      end,
      passage_start: passageStart,
      passage_end: passageEnd,
    })),
    charged_amount: toMajor(citation.amountMicros),
    currency,
    created_at: wire.time(citation.citedAt),
  }
}

export function readOutcome(input: ParsedInput<'outcomes.create'>) {
  const valueMicros = fromMajor(input.value_amount)
  assert(valueMicros !== undefined, 'the contract lets only whole micro-units pass')
  return { retrievalEventIds: input.retrieval_event_ids, valueMicros, note: input.note ?? null }
}

export function presentOutcome(outcome: Outcome, wire: Wire) {
  wire.budgetRemaining(outcome.remainingMicros)
  return {
    outcome_id: outcome.id,
    lines: outcome.lines.map(({ datasetId, events, amountMicros }) => ({
      dataset_id: datasetId,
      events,
      charged_amount: toMajor(BigInt(amountMicros)),
    })),
    charged_amount: toMajor(outcome.amountMicros),
    currency,
    created_at: wire.time(outcome.reportedAt),
  }
}

export function readPageLimit(input: { limit: number }) {
  return { limit: input.limit }
}
