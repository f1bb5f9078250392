// Examples of datasets, the catalog, and leave to use a dataset.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, ids, times } from './story.ts'

const license = {
  terms: 'For internal research. No republication of whole documents.',
  allowed_uses: ['rag'],
  max_quote_chars: 300,
}

const dataset: WireBody<'datasets.get'> = {
  dataset_id: ids.dataset,
  name: 'AP Invoices 2025',
  description: 'Scanned supplier invoices with their correspondence.',
  status: 'active',
  source_modality: 'document',
  monetization_mode: 'premium',
  pricing_model: 'fixed',
  unit_prices: { retrieval: 0.1, citation: 0.05, download: 2 },
  half_life_days: null,
  visibility: 'listed',
  access_policy: 'approval',
  language: 'en',
  embedding_model: null,
  license,
  tags: ['invoices'],
  curated: false,
  object_count: 12,
  active_object_count: 11,
  pending_review_count: 1,
  chunk_count: 220,
  storage_bytes: 1_048_576,
  created_at: times.made,
  updated_at: times.made,
}

/** As it is when it was just made: a draft, private, without an object. */
const fresh: WireBody<'datasets.create'> = {
  ...dataset,
  name: 'Q4 Invoices',
  description: 'Scanned invoice PDFs from Q4 2025',
  status: 'draft',
  monetization_mode: 'open',
  pricing_model: 'demand_curve',
  unit_prices: null,
  visibility: 'private',
  access_policy: 'automatic',
  language: null,
  license: { terms: null, allowed_uses: [], max_quote_chars: null },
  tags: [],
  object_count: 0,
  active_object_count: 0,
  pending_review_count: 0,
  chunk_count: 0,
  storage_bytes: 0,
}

const inCatalog: WireBody<'catalog.get'> = {
  dataset_id: ids.dataset,
  name: 'AP Invoices 2025',
  description: 'Scanned supplier invoices with their correspondence.',
  provider: { tenant_id: ids.provider, name: 'Harbour Archive' },
  source_modality: 'document',
  language: 'en',
  tags: ['invoices'],
  object_count: 12,
  chunk_count: 220,
  monetization_mode: 'premium',
  pricing_model: 'fixed',
  current_prices: { retrieval: 0.1, citation: 0.05, download: 2, outcome_percent: 0, currency },
  price_history: [
    { date: '2026-04-04', retrieval: 0.08 },
    { date: '2026-04-05', retrieval: 0.1 },
  ],
  license,
  freshest_object_at: times.decided,
  access: 'request_required',
}

const asked: WireBody<'access_requests.create'> = {
  access_request_id: ids.accessRequest,
  dataset_id: ids.dataset,
  dataset_name: 'AP Invoices 2025',
  buyer: { tenant_id: ids.buyer, name: 'Lumen Research' },
  purpose: 'A study of how VAT disputes end.',
  message: 'We cite every passage that we use.',
  status: 'pending',
  reason: null,
  expires_at: '2026-04-19T10:00:00Z',
  created_at: times.made,
  decided_at: null,
}

const grant: WireBody<'grants.create'> = {
  grant_id: ids.grant,
  dataset_id: ids.dataset,
  tenant_id: ids.buyer,
  tenant_name: 'Lumen Research',
  expires_at: times.yearEnd,
  revoked_at: null,
  created_at: times.made,
}

export const datasetExamples = {
  'datasets.create': {
    input: {
      name: 'Q4 Invoices',
      description: 'Scanned invoice PDFs from Q4 2025',
      source_modality: 'document',
    },
    output: fresh,
  },
  'datasets.list': { input: { limit: 20, status: 'active' }, output: dataset },
  'datasets.get': { input: { dataset_id: ids.dataset }, output: dataset },
  'datasets.update': {
    input: {
      dataset_id: ids.dataset,
      visibility: 'listed',
      access_policy: 'approval',
      pricing_model: 'fixed',
      unit_prices: { retrieval: 0.1 },
    },
    output: { ...dataset, updated_at: times.later, job_id: null },
  },
  'datasets.delete': {
    input: { dataset_id: ids.dataset },
    output: { ...dataset, status: 'pending_deletion', updated_at: times.later, job_id: ids.job },
  },
  'datasets.reindex': {
    input: { dataset_id: ids.dataset },
    output: { dataset_id: ids.dataset, job_id: ids.job },
  },
  'catalog.list': {
    input: { limit: 20, q: 'invoices', modality: 'document', max_price: 0.25 },
    output: inCatalog,
  },
  'catalog.get': { input: { dataset_id: ids.dataset }, output: inCatalog },
  'access_requests.create': {
    input: {
      dataset_id: ids.dataset,
      purpose: 'A study of how VAT disputes end.',
      message: 'We cite every passage that we use.',
    },
    output: asked,
  },
  'access_requests.list': {
    input: { limit: 20, direction: 'incoming', status: 'pending' },
    output: asked,
  },
  'access_requests.approve': {
    input: { access_request_id: ids.accessRequest, expires_at: times.yearEnd },
    output: {
      ...asked,
      status: 'approved',
      expires_at: times.yearEnd,
      decided_at: times.decided,
    },
  },
  'access_requests.deny': {
    input: { access_request_id: ids.accessRequest, reason: 'The purpose is too wide.' },
    output: {
      ...asked,
      status: 'denied',
      reason: 'The purpose is too wide.',
      decided_at: times.decided,
    },
  },
  'access_requests.withdraw': {
    input: { access_request_id: ids.accessRequest },
    output: { ...asked, status: 'withdrawn', decided_at: times.decided },
  },
  'grants.create': {
    input: { dataset_id: ids.dataset, tenant_id: ids.buyer, expires_at: times.yearEnd },
    output: grant,
  },
  'grants.list': { input: { dataset_id: ids.dataset, limit: 20 }, output: grant },
  'grants.revoke': {
    input: { dataset_id: ids.dataset, grant_id: ids.grant },
    output: { ...grant, revoked_at: times.decided },
  },
} satisfies Partial<Examples>
