import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Delivery, Endpoint } from './store.ts'
import type { EndpointChange, ShownEndpoint } from './webhooks.ts'

export function readNewEndpoint(input: ParsedInput<'webhooks.create'>) {
  return { url: input.url, events: input.events }
}

export function readEndpointsPage(input: ParsedInput<'webhooks.list'>) {
  return { limit: input.limit }
}

export function readWebhookId(input: { webhook_id: string }): string {
  return input.webhook_id
}

export function readChange(input: ParsedInput<'webhooks.update'>): EndpointChange {
  return {
    id: input.webhook_id,
    url: input.url,
    events: input.events,
    status: input.status,
    isRotation: input.rotate_secret ?? false,
  }
}

export function readDeliveriesPage(input: ParsedInput<'webhook_deliveries.list'>) {
  return { endpointId: input.webhook_id, status: input.status ?? null, limit: input.limit }
}

export function readDeliveryId(input: ParsedInput<'webhook_deliveries.retry'>) {
  return { endpointId: input.webhook_id, deliveryId: input.delivery_id }
}

export function presentEndpoint(endpoint: Endpoint, wire: Wire) {
  return {
    webhook_id: endpoint.id,
    url: endpoint.url,
    events: endpoint.events,
    status: endpoint.status,
    created_at: wire.time(endpoint.createdAt),
  }
}

export function presentShown<S extends string | null>(
  { endpoint, secret }: ShownEndpoint<S>,
  wire: Wire,
) {
  return { ...presentEndpoint(endpoint, wire), secret }
}

export function presentDelivery(delivery: Delivery, wire: Wire) {
  return {
    delivery_id: delivery.id,
    webhook_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts,
    response_status: delivery.responseStatus,
    response_body: delivery.responseBody,
    error: delivery.problem,
    created_at: wire.time(delivery.createdAt),
    last_attempt_at: wire.timeOrNull(delivery.lastAttemptAt),
    next_attempt_at: wire.timeOrNull(delivery.nextAttemptAt),
  }
}

export function presentNothing(): void {}
