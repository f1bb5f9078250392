// Where a tenant is told of what happens: its endpoints, and what was sent to them.
import { z } from 'zod'
import { id, paging, time } from './fields.ts'
import { listing, nothingBody, operation } from './operation.ts'

export const webhookEventTypes = [
  'object.staged',
  'object.approved',
  'object.rejected',
  'object.expired',
  'object.indexed',
  'object.failed',
  'dataset.deleted',
  'access_request.created',
  'access_request.decided',
  'invoice.opened',
  'payout.updated',
  'dispute.updated',
  'budget.threshold',
  'job.completed',
  'resource.updated',
] as const
type EventType = (typeof webhookEventTypes)[number]

const ofObject = z.strictObject({ object_id: id, dataset_id: id.nullable() })
const ofRequest = z.strictObject({
  access_request_id: id,
  dataset_id: id,
  status: z.string().nullable(),
})

// Ids, and states as they are when the event is told: null where the thing is gone by then.
const webhookData = {
  'object.staged': ofObject,
  'object.approved': ofObject,
  'object.rejected': ofObject,
  'object.expired': ofObject,
  'object.indexed': ofObject,
  'object.failed': ofObject,
  'dataset.deleted': z.strictObject({ dataset_id: id }),
  'access_request.created': ofRequest,
  'access_request.decided': ofRequest,
  'invoice.opened': z.strictObject({ invoice_id: id }),
  'payout.updated': z.strictObject({ payout_id: id }),
  'dispute.updated': z.strictObject({ dispute_id: id, status: z.string().nullable() }),
  'budget.threshold': z.strictObject({ budget_id: id, percent: z.int() }),
  'job.completed': z.strictObject({ job_id: id, status: z.string().nullable() }),
  'resource.updated': z.strictObject({
    id,
    object: z.literal('resource'),
    status: z.string().nullable(),
  }),
} satisfies Record<EventType, z.ZodObject>

/** The whole body of a message, in the envelope of the platform template. */
export function webhookMessage(type: EventType) {
  return z.strictObject({ id, type: z.literal(type), createdAt: time, data: webhookData[type] })
}

export const webhookStatuses = ['enabled', 'disabled'] as const
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
/** Why an attempt ended without an answer; `not_answering`: not tried, so soon after one that got none. */
export const deliveryProblems = [
  'address_not_allowed',
  'unreachable',
  'timeout',
  'not_answering',
  'endpoint_disabled',
] as const

const shared = { tag: 'Webhooks', scope: 'keys:write' as const }

const webhookFields = {
  webhook_id: id,
  url: z.string(),
  events: z.array(z.string()),
  status: z.enum(webhookStatuses),
  created_at: time,
}
const Webhook = z.strictObject(webhookFields)

const Delivery = z.strictObject({
  delivery_id: id,
  webhook_id: id,
  // The `webhook-id` of the message: the same at each attempt, and for each endpoint that hears of it.
  event_id: id,
  event_type: z.string(),
  status: z.enum(deliveryStatuses),
  attempts: z.int(),
  response_status: z.int().nullable(),
  // The first kilobyte of the last answer.
  response_body: z.string().nullable(),
  error: z.enum(deliveryProblems).nullable(),
  created_at: time,
  last_attempt_at: time.nullable(),
  // Null once nothing more is tried by itself.
  next_attempt_at: time.nullable(),
})

const url = z.string().min(1).max(2_000)
const events = z
  .array(z.enum([...webhookEventTypes, '*']))
  .min(1)
  .max(webhookEventTypes.length)
  .refine((names) => new Set(names).size === names.length, {
    message: 'must not name an event twice',
  })
  .refine((names) => names.length === 1 || !names.includes('*'), {
    message: 'must be ["*"], or names of events',
  })

export const webhooksCreate = operation({
  ...shared,
  id: 'webhooks.create',
  method: 'POST',
  path: '/v1/webhooks',
  summary: 'Create a webhook endpoint; its secret is shown once',
  input: z.strictObject({ url, events }),
  output: z.strictObject({ ...webhookFields, secret: z.string() }),
  status: 201,
  errors: ['conflict'],
})

export const webhooksList = listing({
  ...shared,
  id: 'webhooks.list',
  method: 'GET',
  path: '/v1/webhooks',
  summary: 'Webhook endpoints of the tenant, newest first',
  input: z.strictObject(paging),
  output: Webhook,
})

export const webhooksGet = operation({
  ...shared,
  id: 'webhooks.get',
  method: 'GET',
  path: '/v1/webhooks/{webhook_id}',
  summary: 'One webhook endpoint, without its secret',
  input: z.strictObject({ webhook_id: id }),
  output: Webhook,
})

export const webhooksUpdate = operation({
  ...shared,
  id: 'webhooks.update',
  method: 'PATCH',
  path: '/v1/webhooks/{webhook_id}',
  summary: 'Change an endpoint, or take a new secret; the old one signs as well for 24 hours',
  input: z.strictObject({
    webhook_id: id,
    url: url.optional(),
    events: events.optional(),
    status: z.enum(webhookStatuses).optional(),
    rotate_secret: z.boolean().optional(),
  }),
  // Null where no new one was asked for.
  output: z.strictObject({ ...webhookFields, secret: z.string().nullable() }),
})

export const webhooksDelete = operation({
  ...shared,
  id: 'webhooks.delete',
  method: 'DELETE',
  path: '/v1/webhooks/{webhook_id}',
  summary: 'Delete an endpoint with the log of its deliveries; nothing more is sent to it',
  input: z.strictObject({ webhook_id: id }),
  output: nothingBody,
  status: 204,
})

export const webhooksTest = operation({
  ...shared,
  id: 'webhooks.test',
  method: 'POST',
  path: '/v1/webhooks/{webhook_id}/test',
  summary: 'Send an event of the type webhook.test; its delivery tells what became of it',
  input: z.strictObject({ webhook_id: id }),
  output: Delivery,
  status: 202,
  errors: ['conflict'],
})

export const webhookDeliveriesList = listing({
  ...shared,
  id: 'webhook_deliveries.list',
  method: 'GET',
  path: '/v1/webhooks/{webhook_id}/deliveries',
  summary: 'What was sent to an endpoint in the last 30 days, newest first',
  input: z.strictObject({ ...paging, webhook_id: id, status: z.enum(deliveryStatuses).optional() }),
  output: Delivery,
})

export const webhookDeliveriesRetry = operation({
  ...shared,
  id: 'webhook_deliveries.retry',
  method: 'POST',
  path: '/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry',
  summary: 'Send a delivery again now, whatever became of it',
  input: z.strictObject({ webhook_id: id, delivery_id: id }),
  output: Delivery,
  status: 202,
  errors: ['conflict'],
})
