// Examples of resources, as the platform template shows them, and of webhooks.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { ids, times } from './story.ts'

const resource: WireBody<'resources.get'> = {
  id: ids.resource,
  object: 'resource',
  name: 'My resource',
  description: 'Created via the API.',
  status: 'active',
  metadata: { internal_id: 'abc123' },
  createdAt: '2025-01-01T00:00:00.000Z',
  updatedAt: '2025-01-01T00:00:00.000Z',
}

const url = 'https://hooks.lumen.example/ipto'

const webhook: WireBody<'webhooks.get'> = {
  webhook_id: ids.webhook,
  url,
  events: ['object.indexed', 'invoice.opened'],
  status: 'enabled',
  created_at: times.made,
}

const secret = 'whsec_Rvjfz1DLfWgoPgOxMHH4NX00yZLi7WlHzA7GJprKM1Y='

const delivery: WireBody<'webhook_deliveries.list'> = {
  delivery_id: ids.delivery,
  webhook_id: ids.webhook,
  event_id: ids.event,
  event_type: 'object.indexed',
  status: 'pending',
  attempts: 1,
  response_status: 503,
  response_body: 'busy',
  error: null,
  created_at: times.made,
  last_attempt_at: times.made,
  next_attempt_at: '2026-04-05T10:00:30Z',
}

export const resourceExamples = {
  'resources.create': {
    input: {
      name: 'My resource',
      description: 'Created via the API.',
      metadata: { internal_id: 'abc123' },
    },
    output: resource,
  },
  'resources.list': { input: { limit: 100, status: 'active' }, output: resource },
  'resources.get': { input: { id: ids.resource }, output: resource },
  'resources.update': {
    input: { id: ids.resource, status: 'paused', metadata: { internal_id: 'abc124' } },
    output: {
      ...resource,
      status: 'paused',
      metadata: { internal_id: 'abc124' },
      updatedAt: '2025-01-02T00:00:00.000Z',
    },
  },
  'resources.delete': { input: { id: ids.resource }, output: null },
  'webhooks.create': {
    input: { url, events: ['object.indexed', 'invoice.opened'] },
    output: { ...webhook, secret },
  },
  'webhooks.list': { input: { limit: 20 }, output: webhook },
  'webhooks.get': { input: { webhook_id: ids.webhook }, output: webhook },
  'webhooks.update': {
    input: { webhook_id: ids.webhook, rotate_secret: true },
    output: { ...webhook, secret },
  },
  'webhooks.delete': { input: { webhook_id: ids.webhook }, output: null },
  'webhooks.test': {
    input: { webhook_id: ids.webhook },
    output: {
      ...delivery,
      event_type: 'webhook.test',
      attempts: 0,
      response_status: null,
      response_body: null,
      last_attempt_at: null,
      next_attempt_at: times.made,
    },
  },
  'webhook_deliveries.list': {
    input: { webhook_id: ids.webhook, limit: 20, status: 'pending' },
    output: delivery,
  },
  'webhook_deliveries.retry': {
    input: { webhook_id: ids.webhook, delivery_id: ids.delivery },
    output: { ...delivery, next_attempt_at: times.later },
  },
} satisfies Partial<Examples>
