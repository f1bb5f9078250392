// What each event tells, in `data` of the message that goes to webhooks.
import type { z } from 'zod'
import { type webhookEventTypes, webhookMessage } from '../webhooks.ts'
import { ids } from './story.ts'

type EventType = (typeof webhookEventTypes)[number]

const ofObject = { object_id: ids.object, dataset_id: ids.dataset }
const ofRequest = { access_request_id: ids.accessRequest, dataset_id: ids.dataset }

const data: Record<EventType, Record<string, unknown>> = {
  'object.staged': ofObject,
  'object.approved': ofObject,
  'object.rejected': ofObject,
  'object.expired': ofObject,
  'object.indexed': ofObject,
  'object.failed': ofObject,
  'dataset.deleted': { dataset_id: ids.dataset },
  'access_request.created': { ...ofRequest, status: 'pending' },
  'access_request.decided': { ...ofRequest, status: 'approved' },
  'invoice.opened': { invoice_id: ids.invoice },
  'payout.updated': { payout_id: ids.payout },
  'dispute.updated': { dispute_id: ids.dispute, status: 'open' },
  'budget.threshold': { budget_id: ids.budget, percent: 80 },
  'job.completed': { job_id: ids.job, status: 'completed' },
  'resource.updated': { id: ids.resource, object: 'resource', status: 'paused' },
}

/** A whole message; throws where it is none. */
export function messageExample(type: EventType): z.output<ReturnType<typeof webhookMessage>> {
  return webhookMessage(type).parse({
    id: ids.event,
    type,
    createdAt: '2026-04-05T10:00:00.000Z',
    data: data[type],
  })
}
