// Examples of what a provider sold, and what it earns by that.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, ids, times } from './story.ts'

export const payout: WireBody<'payouts.get'> = {
  payout_id: ids.payout,
  period_start: times.monthStart,
  period_end: times.monthEnd,
  status: 'pending',
  gross: 1.3,
  platform_fee: 0.52,
  held: 0,
  net: 0.78,
  currency,
  release_at: times.due,
  carried_forward: false,
  paid_at: null,
  bank_reference: null,
  lines: [
    {
      dataset_id: ids.dataset,
      dataset_name: 'AP Invoices 2025',
      event_type: 'retrieval',
      quantity: 13,
      gross: 1.3,
      net: 0.78,
    },
  ],
}

const used = { retrievals: 13, citations: 0, downloads: 0 }

export const providerExamples = {
  'provider.dashboard': {
    input: {},
    output: {
      total_datasets: 1,
      total_objects: 12,
      total_storage_bytes: 1_048_576,
      objects_pending_review: 1,
      objects_approved: 11,
      objects_rejected: 0,
    },
  },
  'provider.dataset_analytics': {
    input: { dataset_id: ids.dataset },
    output: {
      dataset_id: ids.dataset,
      dataset_name: 'AP Invoices 2025',
      object_count: 12,
      active_object_count: 11,
      storage_bytes: 1_048_576,
      ...used,
      revenue: 0.78,
      currency,
      unique_buyers: 3,
      top_queries: [{ query: 'VAT dispute', count: 4 }],
    },
  },
  'provider.analytics': {
    input: { dataset_id: ids.dataset, from: times.monthStart, to: times.closed },
    output: {
      top_keywords: [{ keyword: 'vat', count: 9, buyer_count: 3 }],
      usage_summary: { ...used, outcomes: 0, unique_buyers: 3 },
      revenue_summary: { gross: 1.3, platform_fee: 0.52, net: 0.78, held: 0, currency },
      series: [{ date: '2026-04-05', ...used, outcomes: 0, net: 0.78 }],
    },
  },
  'payouts.list': { input: { limit: 20 }, output: payout },
  'payouts.get': { input: { payout_id: ids.payout }, output: payout },
  'payouts.statement': { input: { payout_id: ids.payout }, output: null },
} satisfies Partial<Examples>
