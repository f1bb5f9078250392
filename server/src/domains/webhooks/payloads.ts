// What a webhook says of each event, in the names of the API: ids and states, so that whoever listens
// learns nothing that it could not ask for. Amounts, texts and names are asked for with a credential.
import type { Sql } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type { Event } from '../../jobs/queue.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import * as disputes from '../disputes/disputes.ts'
import * as invoices from '../invoices/invoices.ts'
import * as jobs from '../jobs/jobs.ts'
import * as objects from '../objects/objects.ts'
import * as payouts from '../payouts/payouts.ts'
import * as resources from '../resources/resources.ts'
import * as store from './store.ts'

export interface WebhookEvent {
  id: Id<'evt'>
  type: string
  createdAt: Date
  data: Data
}

type Data = Record<string, unknown>

/** The envelope of the platform template. */
export function bodyOf({ id, type, createdAt, data }: WebhookEvent): string {
  return JSON.stringify({ id, type, createdAt: createdAt.toISOString(), data })
}

export interface Topic {
  /** The name of the event inside, which is its type on the wire as well. */
  name: string
  /** Who is told. */
  tenantsOf(payload: object): Id<'tnt'>[]
  /** States are read as they are now: of several bodies the newest may arrive first. */
  dataOf(sql: Sql, payload: object): Promise<Data>
}

type PayloadOf<E> = E extends Event<infer P> ? P : never

// What comes in was written by `emit` with this very event, so its type is known.
function topic<P extends { tenantId: Id<'tnt'> }>(
  event: Event<P>,
  dataOf: (sql: Sql, payload: P) => Promise<Data>,
  tenantsOf: (payload: P) => Id<'tnt'>[] = ({ tenantId }) => [tenantId],
): Topic {
  return { name: event.name, tenantsOf, dataOf }
}

type ObjectEvent = PayloadOf<typeof objects.events.staged>
type RequestEvent = PayloadOf<typeof access.events.decided>

async function objectData(sql: Sql, { tenantId, objectId }: ObjectEvent): Promise<Data> {
  const datasetId = await store.findDatasetOfObject(sql, tenantId, objectId)
  return { object_id: objectId, dataset_id: datasetId ?? null }
}

async function requestData(sql: Sql, request: RequestEvent): Promise<Data> {
  const { tenantId, requestId, datasetId } = request
  const status = await store.findRequestStatus(sql, tenantId, requestId)
  return { access_request_id: requestId, dataset_id: datasetId, status: status ?? null }
}

const bothSides = ({ tenantId, ownerTenantId }: RequestEvent) => [tenantId, ownerTenantId]

const topics: readonly Topic[] = [
  topic(objects.events.staged, objectData),
  topic(objects.events.approved, objectData),
  topic(objects.events.rejected, objectData),
  topic(objects.events.expired, objectData),
  topic(objects.events.indexed, objectData),
  topic(objects.events.failed, objectData),
  topic(catalog.events.deleted, async (_, { datasetId }) => ({ dataset_id: datasetId })),
  topic(access.events.requested, requestData, bothSides),
  topic(access.events.decided, requestData, bothSides),
  topic(invoices.events.opened, async (_, { invoiceId }) => ({ invoice_id: invoiceId })),
  topic(payouts.events.updated, async (_, { payoutId }) => ({ payout_id: payoutId })),
  topic(disputes.events.updated, async (sql, { tenantId, disputeId }) => {
    const status = await store.findDisputeStatus(sql, tenantId, disputeId)
    return { dispute_id: disputeId, status: status ?? null }
  }),
  topic(billing.events.budgetThreshold, async (_, { budgetId, percent }) => ({
    budget_id: budgetId,
    percent,
  })),
  topic(jobs.events.completed, async (sql, { tenantId, jobId }) => {
    const status = await store.findJobStatus(sql, tenantId, jobId)
    return { job_id: jobId, status: status ?? null }
  }),
  // As in the platform template; without a state where it was deleted.
  topic(resources.events.updated, async (sql, { tenantId, resourceId }) => {
    const status = await store.findResourceStatus(sql, tenantId, resourceId)
    return { id: resourceId, object: 'resource', status: status ?? null }
  }),
]

export const followedEvents: readonly string[] = topics.map(({ name }) => name)

export function topicOf(eventName: string): Topic {
  const found = topics.find(({ name }) => name === eventName)
  assert(found, 'only events that are followed have a task')
  return found
}
