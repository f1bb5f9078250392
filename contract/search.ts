// Search, and the record of what was sold.
import { z } from 'zod'
import { sourceModalities } from './datasets.ts'
import { questionCodes } from './errors.ts'
import {
  amount,
  currencyField,
  id,
  inputTime,
  metadataIn,
  paging,
  positiveAmount,
  text,
  time,
} from './fields.ts'
import { listing, operation } from './operation.ts'

export const retrievalModes = ['auto', 'lexical', 'dense', 'hybrid'] as const
export const fusions = ['rrf', 'convex'] as const

const Filters = z.strictObject({
  modality: z.array(z.enum(sourceModalities)).max(10).optional(),
  mime_type: z.array(text(1, 200)).max(50).optional(),
  language: z.array(text(2, 20)).max(50).optional(),
  object_ids: z.array(id).max(1_000).optional(),
  created_from: inputTime.nullable().optional(),
  created_to: inputTime.nullable().optional(),
  metadata: metadataIn.optional(),
})

const span = z.tuple([z.int(), z.int()])
const place = { start: z.int(), end: z.int() }
export const Locator = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('page'), page: z.int(), ...place }),
  z.strictObject({ kind: z.literal('section'), path: z.array(z.string()), ...place }),
  z.strictObject({
    kind: z.literal('box'),
    page: z.int(),
    x: z.number(),
    y: z.number(),
    width: z.number(),
    height: z.number(),
    ...place,
  }),
  z.strictObject({
    kind: z.literal('time'),
    start_seconds: z.number(),
    end_seconds: z.number(),
  }),
  z.strictObject({ kind: z.literal('record'), row: z.int(), columns: z.array(z.string()) }),
])

const price = {
  amount,
  currency: z.string(),
  billable: z.boolean(),
  reason: z.enum(['retrieval', 'own_dataset', 'already_charged', 'quote']),
}

const resultFields = {
  rank: z.int(),
  score: z.number(),
  retrieval_event_id: id,
  dataset_id: id,
  dataset_name: z.string(),
  object_id: id,
  filename: z.string(),
  title: z.string(),
  mime_type: z.string(),
  snippet: z.string().nullable(),
  highlights: z.array(span),
  text: z.string().nullable(),
  citation: z.strictObject({
    locator: Locator,
    object_sha256: z.string(),
    passage_sha256: z.string(),
  }),
}
const SearchResult = z.strictObject({ ...resultFields, price: z.strictObject(price) })

const question = {
  query: z.string().max(20_000),
  dataset_ids: z.array(id).max(1_000).optional(),
  retrieval_mode: z.enum(retrievalModes).default('auto'),
  fusion: z.enum(fusions).nullable().optional(),
  top_k: z.int().min(1).max(100).default(20),
  filters: Filters.nullable().optional(),
  include_text: z.boolean().default(false),
  max_amount: positiveAmount.nullable().optional(),
  allow_partial: z.boolean().default(false),
  resource_id: id.nullable().optional(),
  use: text(1, 50).nullable().optional(),
  explain: z.boolean().default(false),
}

export const searchQuery = operation({
  id: 'search.query',
  method: 'POST',
  path: '/v1/search',
  tag: 'Search',
  summary: 'Search every dataset that the caller may use',
  scope: 'search:query',
  input: z.strictObject({
    ...question,
    cursor: z.string().max(2_000).nullable().optional(),
    quote_id: id.nullable().optional(),
  }),
  output: z.strictObject({
    search_activity_id: id,
    query: z.string(),
    retrieval_mode: z.enum(['lexical', 'dense', 'hybrid']),
    requested_mode: z.enum(retrievalModes),
    fusion: z.enum(fusions).nullable(),
    result_count: z.int(),
    results: z.array(SearchResult),
    charged_amount: amount,
    currency: z.string(),
    datasets_searched: z.array(id),
    truncated: z.literal('budget').nullable(),
    took_ms: z.int(),
    next_cursor: z.string().nullable(),
    has_more: z.boolean(),
    explain: z.record(z.string(), z.unknown()).nullable(),
  }),
  errors: [
    'budget_exceeded',
    'search_timeout',
    'no_vectors',
    'not_found',
    'forbidden',
    'conflict',
    'bad_cursor',
    ...questionCodes,
  ],
  charges: true,
})

export const searchQuote = operation({
  id: 'search.quote',
  method: 'POST',
  path: '/v1/search/quote',
  tag: 'Search',
  summary: 'A binding price for the first page of a search: five minutes, redeemed once, free',
  scope: 'search:query',
  input: z.strictObject({
    ...question,
    // A quote is for the first page, and not for another quote: the body of a search fits all the same.
    cursor: z.null().optional(),
    quote_id: z.null().optional(),
  }),
  output: z.strictObject({
    quote_id: id,
    max_amount: amount,
    currency: z.string(),
    expected_results: z.array(
      z.strictObject({ dataset_id: id, count: z.int(), unit_price: amount }),
    ),
    expires_at: time,
  }),
  errors: ['search_timeout', 'no_vectors', 'not_found', 'forbidden', ...questionCodes],
})

export const retrievalsGet = operation({
  id: 'retrievals.get',
  method: 'GET',
  path: '/v1/retrievals/{retrieval_event_id}',
  tag: 'Search',
  summary: 'What was sold: the passage, its citation, and every input of its price',
  scope: 'search:query',
  input: z.strictObject({ retrieval_event_id: id }),
  output: z.strictObject({
    ...resultFields,
    query: z.string(),
    occurred_at: time,
    expired: z.boolean(),
    price: z.strictObject({
      ...price,
      inputs: z.strictObject({
        base: amount,
        model: z.string(),
        price_book_version: z.int(),
        price_point_id: id.nullable(),
        factor_ppm: z.int(),
        d7: z.int().nullable(),
        d28: z.int().nullable(),
        age_days: z.int().nullable(),
        half_life_days: z.int().nullable(),
        share_platform_bps: z.int(),
      }),
    }),
    receipt: z.string().nullable(),
  }),
})

/** Text in which the server looks for quotes, in code points. */
export const OUTPUT_TEXT_MAX = 200_000

const Citation = z.strictObject({
  citation_id: id,
  retrieval_event_id: id,
  verified: z.boolean().nullable(),
  spans: z.array(
    z.strictObject({
      start: z.int(),
      end: z.int(),
      passage_start: z.int(),
      passage_end: z.int(),
    }),
  ),
  charged_amount: amount,
  currency: z.string(),
  created_at: time,
})

export const citationsCreate = operation({
  id: 'citations.create',
  method: 'POST',
  path: '/v1/citations',
  tag: 'Search',
  summary:
    'Report that a passage was cited; with the output text its quotes are found and verified',
  scope: 'search:query',
  input: z.strictObject({
    retrieval_event_id: id,
    // As it was sent, not in another normal form: the spans count its UTF-16 units.
    output_text: z
      .string()
      .refine(
        (value) => value.length <= 2 * OUTPUT_TEXT_MAX && [...value].length <= OUTPUT_TEXT_MAX,
        {
          message: `must have at most ${OUTPUT_TEXT_MAX} characters`,
        },
      )
      .nullable()
      .optional(),
  }),
  output: Citation,
  status: 201,
  errors: ['budget_exceeded', 'not_found', 'forbidden', 'conflict'],
  charges: true,
})

export const citationsList = listing({
  id: 'citations.list',
  method: 'GET',
  path: '/v1/citations',
  tag: 'Search',
  summary: 'Citations that were reported, newest first',
  scope: 'search:query',
  input: z.strictObject(paging),
  output: Citation,
})

const Outcome = z.strictObject({
  outcome_id: id,
  lines: z.array(z.strictObject({ dataset_id: id, events: z.int(), charged_amount: amount })),
  charged_amount: amount,
  currency: z.string(),
  created_at: time,
})

export const outcomesCreate = operation({
  id: 'outcomes.create',
  method: 'POST',
  path: '/v1/outcomes',
  tag: 'Search',
  summary:
    'Report the value that retrieved passages brought about; datasets on outcome share get theirs',
  scope: 'search:query',
  input: z.strictObject({
    retrieval_event_ids: z
      .array(id)
      .min(1)
      .max(1_000)
      .refine((ids) => new Set(ids).size === ids.length, { message: 'must not name one twice' }),
    value_amount: amount.refine((value) => value > 0, { message: 'must be more than zero' }),
    currency: currencyField,
    note: text(0, 2_000).nullable().optional(),
  }),
  output: Outcome,
  status: 201,
  errors: ['budget_exceeded', 'not_found', 'conflict'],
  charges: true,
})

export const outcomesList = listing({
  id: 'outcomes.list',
  method: 'GET',
  path: '/v1/outcomes',
  tag: 'Search',
  summary: 'Outcomes that were reported, newest first',
  scope: 'search:query',
  input: z.strictObject(paging),
  output: Outcome,
})
