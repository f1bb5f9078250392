// Examples of what a buyer used, owes and contests.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, ids, times } from './story.ts'

const budget: WireBody<'budgets.list'> = {
  budget_id: ids.budget,
  scope: 'tenant',
  api_key_id: null,
  resource_id: null,
  amount: 50,
  currency,
  period_start: times.monthStart,
  spent: 1.3,
  remaining: 48.7,
}

const usageEvent: WireBody<'usage_events.list'> = {
  usage_event_id: ids.usage,
  event_type: 'retrieval',
  occurred_at: times.made,
  dataset_id: ids.dataset,
  dataset_name: 'AP Invoices 2025',
  object_id: ids.object,
  api_key_id: ids.key,
  resource_id: null,
  search_activity_id: ids.search,
  quantity: 1,
  unit_price: 0.1,
  amount: 0.1,
  currency,
  price_book_version: 1,
  billable: true,
  platform_amount: 0.04,
  price_inputs: {
    model: 'fixed',
    base: 0.1,
    factor_ppm: 1_000_000,
    price_book_version: 1,
    price_point_id: null,
    d7: null,
    d28: null,
    age_days: null,
    half_life_days: null,
    value: null,
    events_total: null,
    bps_before: null,
    bps_after: null,
    share_platform_bps: 4_000,
  },
}

export const invoice: WireBody<'invoices.get'> = {
  invoice_id: ids.invoice,
  number: '2026-000001',
  status: 'open',
  period_start: times.monthStart,
  period_end: times.monthEnd,
  lines: [
    {
      line_id: ids.feeLine,
      kind: 'plan_fee',
      dataset_id: null,
      dataset_name: null,
      event_type: null,
      quantity: 1,
      amount: 49,
    },
    {
      line_id: ids.usageLine,
      kind: 'usage',
      dataset_id: ids.dataset,
      dataset_name: 'AP Invoices 2025',
      event_type: 'retrieval',
      quantity: 13,
      amount: 1.3,
    },
  ],
  total: 50.3,
  currency,
  due_at: times.due,
  opened_at: times.closed,
  paid_at: null,
  credits_invoice_id: null,
}

export const dispute: WireBody<'disputes.get'> = {
  dispute_id: ids.dispute,
  status: 'open',
  usage_event_ids: [ids.usage],
  amount: 0.1,
  currency,
  reason: 'The passage is about another supplier.',
  resolution_note: null,
  created_at: times.decided,
  resolved_at: null,
}

export const buyerExamples = {
  'buyer.dashboard': { input: {}, output: { api_key_count: 5, active_api_key_count: 4 } },
  'activity.searches': {
    input: { limit: 20 },
    output: {
      search_activity_id: ids.search,
      query_text: 'VAT dispute',
      dataset_ids: [ids.dataset],
      result_count: 1,
      charged_amount: 0.1,
      currency,
      occurred_at: times.made,
    },
  },
  'activity.accesses': {
    input: { limit: 20 },
    output: {
      dataset_id: ids.dataset,
      dataset_name: 'AP Invoices 2025',
      access_count: 13,
      last_accessed_at: times.later,
    },
  },
  'spend.get': {
    input: {},
    output: {
      total_spend: 50.3,
      currency,
      period_start: times.monthStart,
      period_end: times.monthEnd,
      search_spend: 1.3,
      retrieval_spend: 0,
      plan_fee: 49,
    },
  },
  'spend.timeseries': {
    input: { from: times.monthStart, interval: 'month', group_by: 'dataset' },
    output: {
      series: [
        {
          period_start: times.monthStart,
          period_end: times.monthEnd,
          group: ids.dataset,
          amount: 1.3,
          events: 13,
        },
      ],
      currency,
      total: 1.3,
    },
  },
  'usage_events.list': {
    input: { limit: 20, event_type: 'retrieval', from: times.monthStart },
    output: usageEvent,
  },
  'budgets.list': { input: { limit: 20 }, output: budget },
  'budgets.set': { input: { amount: 50, currency, resource_id: null }, output: budget },
  'invoices.list': { input: { limit: 20 }, output: invoice },
  'invoices.get': { input: { invoice_id: ids.invoice }, output: invoice },
  'invoices.pdf': { input: { invoice_id: ids.invoice }, output: null },
  'disputes.create': {
    input: { usage_event_ids: [ids.usage], reason: 'The passage is about another supplier.' },
    output: dispute,
  },
  'disputes.list': { input: { limit: 20 }, output: dispute },
  'disputes.get': { input: { dispute_id: ids.dispute }, output: dispute },
} satisfies Partial<Examples>
