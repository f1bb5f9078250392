// What was and will be sent to an endpoint: one row for each event and endpoint, kept for 30 days.
import type { Call } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import { attemptDue } from './events.ts'
import { bodyOf, type WebhookEvent } from './payloads.ts'
import { requireEndpoint } from './permit.ts'
import type { Delivery, DeliveryStatus, Endpoint, NewDelivery } from './store.ts'
import * as store from './store.ts'

// A task that has not made its attempt by then counts as lost.
const lostAfterMs = 5 * 60_000
const keptMs = 30 * msPerDay
const dueAtOnce = 500

/** Makes a delivery with the task of its first attempt; once, however often it is called. */
export async function openDelivery(
  tx: Tx,
  delivery: NewDelivery,
  { isAsked = false }: { isAsked?: boolean } = {},
): Promise<void> {
  const queuedUntil = addMs(delivery.createdAt, lostAfterMs)
  if (!(await store.insertDelivery(tx, delivery, queuedUntil))) return
  const { tenantId, id: deliveryId } = delivery
  await emit(tx, attemptDue, { tenantId, deliveryId, attempt: 0, isAsked })
}

/** Sends an event that tells nothing. Throws `conflict` where the endpoint is disabled. */
export async function testEndpoint(
  { db }: { db: Db },
  call: Call,
  webhookId: string,
): Promise<Delivery> {
  const { actor, chargeKey, now } = call
  const id = idFor('del', chargeKey)
  return db.tx(async (tx) => {
    const endpoint = await requireEndpoint(tx, actor, webhookId)
    const made = await store.findDelivery(tx, actor.tenantId, id)
    if (made) return made
    requireEnabled(endpoint)
    const event = {
      id: idFor('evt', chargeKey),
      type: 'webhook.test',
      createdAt: now,
      data: {},
    }
    await openDelivery(tx, deliveryOf(endpoint, event, id), { isAsked: true })
    await record(tx, call, { action: 'webhook.test', targetId: endpoint.id, deliveryId: id })
    return requireDelivery(await store.findDelivery(tx, actor.tenantId, id))
  })
}

/** The body is written once, and sent and signed as it is at each attempt. */
export function deliveryOf(
  endpoint: Pick<Endpoint, 'id' | 'tenantId'>,
  event: WebhookEvent,
  id: Id<'del'> = idFor('del', event.id, endpoint.id),
): NewDelivery {
  return {
    id,
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    eventId: event.id,
    eventType: event.type,
    body: bodyOf(event),
    createdAt: event.createdAt,
  }
}

function requireEnabled({ status }: Endpoint): void {
  if (status !== 'enabled') throw new Failure('conflict', 'The webhook endpoint is disabled.')
}

function requireDelivery(delivery: Delivery | undefined): Delivery {
  assert(delivery, 'the delivery was written just before')
  return delivery
}

async function record(
  tx: Tx,
  call: Call,
  { deliveryId, ...entry }: { action: string; targetId: string; deliveryId: string },
): Promise<void> {
  await audit.record(tx, call, { ...entry, changes: { deliveryId } })
}

export async function listDeliveries(
  { db }: { db: Db },
  { actor, after }: Call,
  filter: { endpointId: string; status: DeliveryStatus | null; limit: number },
): Promise<Page<Delivery>> {
  await requireEndpoint(db, actor, filter.endpointId)
  const page = { ...filter, afterId: afterId(after) }
  const rows = await store.listDeliveries(db, actor.tenantId, page)
  return pageOf(rows, filter.limit, (delivery) => [delivery.id])
}

/**
 * Sends it once more now, whatever became of it: also one that waits for its next attempt. Throws
 * `conflict` where the endpoint is disabled.
 */
export async function redeliver(
  { db }: { db: Db },
  call: Call,
  { endpointId, deliveryId }: { endpointId: string; deliveryId: string },
): Promise<Delivery> {
  const { actor, now, chargeKey } = call
  const { tenantId } = actor
  return db.tx(async (tx) => {
    const endpoint = await requireEndpoint(tx, actor, endpointId)
    const delivery = await store.lockDelivery(tx, tenantId, { endpointId, id: deliveryId })
    if (!delivery) throw notFound()
    if (delivery.retriedBy === chargeKey) return delivery
    requireEnabled(endpoint)
    const { id, attempts: attempt } = delivery
    const queuedUntil = addMs(now, lostAfterMs)
    await store.markRetried(tx, delivery, { now, queuedUntil, retriedBy: chargeKey })
    await emit(tx, attemptDue, { tenantId, deliveryId: id, attempt, isAsked: true })
    await record(tx, call, { action: 'webhook.retry', targetId: endpoint.id, deliveryId: id })
    return requireDelivery(await store.findDelivery(tx, tenantId, id))
  })
}

/** Makes a task for each delivery whose next attempt is due, and for each whose task was lost. */
export async function queueDue({ db }: { db: Db }, { now, signal }: TaskRun): Promise<void> {
  let taken = dueAtOnce
  while (taken === dueAtOnce && !signal.aborted) {
    taken = await db.tx(async (tx) => {
      const page = { now, queuedUntil: addMs(now, lostAfterMs), limit: dueAtOnce }
      const rows = await store.takeDue(tx, page)
      for (const { tenantId, id: deliveryId, attempts: attempt } of rows) {
        await emit(tx, attemptDue, { tenantId, deliveryId, attempt, isAsked: false })
      }
      return rows.length
    })
  }
}

export async function forgetOld({ db }: { db: Db }, { now, signal }: TaskRun): Promise<void> {
  const before = addMs(now, -keptMs)
  while ((await store.deleteDeliveriesBefore(db, before)) > 0 && !signal.aborted);
}
