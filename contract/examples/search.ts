// Examples of search, of what it sold, and of citations and outcomes.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, hashes, ids, passage, times } from './story.ts'

const hit = {
  rank: 1,
  score: 0.71,
  retrieval_event_id: ids.retrieval,
  dataset_id: ids.dataset,
  dataset_name: 'AP Invoices 2025',
  object_id: ids.object,
  filename: 'inv-7.pdf',
  title: 'Invoice 7',
  mime_type: 'application/pdf',
  snippet: passage,
  highlights: [
    [4, 7],
    [19, 27],
  ] satisfies [number, number][],
  citation: {
    locator: { kind: 'page' as const, page: 2, start: 120, end: 195 },
    object_sha256: hashes.object,
    passage_sha256: hashes.passage,
  },
}

const price = { amount: 0.1, currency, billable: true, reason: 'retrieval' as const }

const citation: WireBody<'citations.create'> = {
  citation_id: ids.citation,
  retrieval_event_id: ids.retrieval,
  verified: true,
  spans: [{ start: 14, end: 53, passage_start: 4, passage_end: 43 }],
  charged_amount: 0.05,
  currency,
  created_at: times.later,
}

const outcome: WireBody<'outcomes.create'> = {
  outcome_id: ids.outcome,
  lines: [{ dataset_id: ids.dataset, events: 1, charged_amount: 60 }],
  charged_amount: 60,
  currency,
  created_at: times.later,
}

export const searchExamples = {
  'search.query': {
    input: {
      query: 'VAT dispute',
      retrieval_mode: 'auto',
      top_k: 20,
      filters: { modality: ['document'], metadata: { year: '2025' } },
      max_amount: 1.5,
      use: 'rag',
    },
    output: {
      search_activity_id: ids.search,
      query: 'VAT dispute',
      retrieval_mode: 'hybrid',
      requested_mode: 'auto',
      fusion: 'convex',
      result_count: 1,
      results: [{ ...hit, text: null, price }],
      charged_amount: 0.1,
      currency,
      datasets_searched: [ids.dataset],
      truncated: null,
      took_ms: 12,
      next_cursor: null,
      has_more: false,
      explain: null,
    },
  },
  'search.quote': {
    input: { query: 'VAT dispute', dataset_ids: [ids.dataset] },
    output: {
      quote_id: ids.quote,
      max_amount: 0.1,
      currency,
      expected_results: [{ dataset_id: ids.dataset, count: 1, unit_price: 0.1 }],
      expires_at: '2026-04-05T10:05:00Z',
    },
  },
  'retrievals.get': {
    input: { retrieval_event_id: ids.retrieval },
    output: {
      ...hit,
      text: passage,
      query: 'VAT dispute',
      occurred_at: times.made,
      expired: false,
      price: {
        ...price,
        inputs: {
          base: 0.1,
          model: 'fixed',
          price_book_version: 1,
          price_point_id: null,
          factor_ppm: 1_000_000,
          d7: null,
          d28: null,
          age_days: null,
          half_life_days: null,
          share_platform_bps: 4_000,
        },
      },
      // Shortened: the parts of a compact JWS, which the keys at /.well-known/jwks.json verify.
      receipt:
        'eyJhbGciOiJFZERTQSIsInR5cCI6ImlwdG8tcmVjZWlwdCtqd3QifQ.eyJpc3MiOiJpcHRvIn0.MaYlnptG',
    },
  },
  'citations.create': {
    input: {
      retrieval_event_id: ids.retrieval,
      output_text: 'We read that "VAT of 19 % is disputed by the supplier".',
    },
    output: citation,
  },
  'citations.list': { input: { limit: 20 }, output: citation },
  'outcomes.create': {
    input: {
      retrieval_event_ids: [ids.retrieval],
      value_amount: 1_200,
      currency,
      note: 'The refund that the passage led to.',
    },
    output: outcome,
  },
  'outcomes.list': { input: { limit: 20 }, output: outcome },
} satisfies Partial<Examples>
