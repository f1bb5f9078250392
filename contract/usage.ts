// What was used and what it cost, event by event, with all that an amount came from.
import { z } from 'zod'
import { amount, id, inputTime, paging, time } from './fields.ts'
import { listing, operation } from './operation.ts'

export const eventTypes = ['retrieval', 'citation', 'download', 'outcome'] as const
export const priceModels = ['fixed', 'time_decay', 'demand_curve', 'outcome'] as const

// With these anyone can work an amount out again with integers. A price by the unit: quantity × base ×
// factor_ppm / 1,000,000, rounded half up to the micro. A part of an outcome: the difference of value ×
// bps_after / (10,000 × events_total) and the same with bps_before, each rounded half up. The platform's
// part is amount × share_platform_bps / 10,000, rounded down.
const PriceInputs = z.strictObject({
  model: z.enum(priceModels),
  base: amount.nullable(),
  factor_ppm: z.int().nullable(),
  price_book_version: z.int(),
  price_point_id: id.nullable(),
  d7: z.int().nullable(),
  d28: z.int().nullable(),
  age_days: z.int().nullable(),
  half_life_days: z.int().nullable(),
  value: amount.nullable(),
  events_total: z.int().nullable(),
  bps_before: z.int().nullable(),
  bps_after: z.int().nullable(),
  share_platform_bps: z.int(),
})

const UsageEvent = z.strictObject({
  usage_event_id: id,
  event_type: z.enum(eventTypes),
  occurred_at: time,
  dataset_id: id,
  dataset_name: z.string(),
  object_id: id.nullable(),
  api_key_id: id.nullable(),
  resource_id: id.nullable(),
  search_activity_id: id.nullable(),
  quantity: z.int(),
  unit_price: amount,
  amount,
  currency: z.string(),
  price_book_version: z.int(),
  billable: z.boolean(),
  platform_amount: amount,
  price_inputs: PriceInputs,
})

export const usageEventsList = listing({
  id: 'usage_events.list',
  method: 'GET',
  path: '/v1/usage-events',
  tag: 'Buyer',
  summary: 'Usage events of the tenant, newest first; those behind an invoice, a line or a payout',
  scope: 'usage:read',
  input: z.strictObject({
    ...paging,
    event_type: z.enum(eventTypes).optional(),
    dataset_id: id.optional(),
    api_key_id: id.optional(),
    resource_id: id.optional(),
    from: inputTime.optional(),
    to: inputTime.optional(),
    invoice_id: id.optional(),
    line_id: id.optional(),
    payout_id: id.optional(),
  }),
  output: UsageEvent,
  errors: ['not_found'],
  media: 'csv',
})

export const intervals = ['hour', 'day', 'month'] as const
export const spendGroups = ['dataset', 'api_key', 'resource', 'event_type'] as const

export const spendTimeseries = operation({
  id: 'spend.timeseries',
  method: 'GET',
  path: '/v1/agent/spend/timeseries',
  profile: 'report',
  tag: 'Buyer',
  summary:
    'Spend by hour, day or month (UTC), oldest first; the last 30 days unless said otherwise',
  scope: 'billing:read',
  input: z.strictObject({
    from: inputTime.optional(),
    to: inputTime.optional(),
    interval: z.enum(intervals).default('day'),
    group_by: z.enum(spendGroups).optional(),
  }),
  output: z.strictObject({
    series: z.array(
      z.strictObject({
        period_start: time,
        period_end: time,
        group: z.string().nullable(),
        amount,
        events: z.int(),
      }),
    ),
    currency: z.string(),
    total: amount,
  }),
})
