// Asking for leave to use a dataset. A request waits 14 days; then it is expired, from that moment on and
// not only when the schedule comes by. One may wait for a dataset and a tenant.
import type { Actor, Call } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import { events } from './events.ts'
import { openGrant, requireLater } from './grants.ts'
import { mayDiscover, mayUse, type Standing } from './rules.ts'
import { isLapsed, namesOf, settle } from './settle.ts'
import { requireManage } from './standing.ts'
import type { AccessRequest, RequestStatus } from './store.ts'
import * as store from './store.ts'

const requestLifeMs = 14 * msPerDay

export interface NewRequest {
  datasetId: Id<'dset'>
  datasetName: string
  purpose: string
  message: string | null
}

/**
 * Asks the owner of a dataset that may be discovered. Throws `not_found` for any other, `conflict` where
 * the tenant may use it already or has a request waiting.
 */
export async function requestAccess(
  { db }: { db: Db },
  call: Call,
  input: NewRequest,
): Promise<AccessRequest> {
  const { actor, chargeKey, now } = call
  const { tenantId } = actor
  const id = idFor('arq', chargeKey)
  return db.tx(async (tx) => {
    await store.lockPolicy(tx, input.datasetId)
    const standing = await requireDiscovered(tx, actor, { datasetId: input.datasetId, now })
    const repeated = await store.findRequest(tx, tenantId, id)
    if (repeated) return shownAt(repeated, now)
    refuseUsable(standing)
    await endLapsed(tx, call, standing.datasetId)
    const ownerTenantId = standing.tenantId
    const lapsesAt = addMs(now, requestLifeMs)
    await store.insertRequest(tx, {
      ...input,
      id,
      tenantId,
      ownerTenantId,
      lapsesAt,
      createdAt: now,
    })
    const made = await store.findRequest(tx, tenantId, id)
    assert(made, 'the request was made just before')
    const { datasetId, purpose } = made
    const changes = { datasetId, purpose }
    await audit.record(tx, call, { action: 'access_request.create', targetId: id, changes })
    await emit(tx, events.requested, namesOf(made))
    return made
  })
}

async function requireDiscovered(
  sql: Sql,
  actor: Actor,
  { datasetId, now }: { datasetId: Id<'dset'>; now: Date },
): Promise<Standing> {
  const named = { datasetIds: [datasetId], now }
  const [standing] = await store.listStandings(sql, actor.tenantId, named)
  if (!standing || !mayDiscover(standing)) throw notFound()
  return standing
}

function refuseUsable(standing: Standing): void {
  if (standing.isOwned) throw new Failure('conflict', 'The dataset is your own.')
  if (mayUse(standing)) throw new Failure('conflict', 'You may use the dataset already.')
}

async function endLapsed(tx: Tx, call: Call, datasetId: Id<'dset'>): Promise<void> {
  const request = await store.lockPendingRequest(tx, call.actor.tenantId, datasetId)
  if (!request) return
  if (!isLapsed(request, call.now)) {
    throw new Failure('conflict', 'A request for this dataset is waiting for its decision.')
  }
  await settle(tx, call, { request, ending: { status: 'expired' } })
}

/** Requests that came in, or that the tenant made, newest first. A key sees those of its datasets. */
export async function listRequests(
  { db }: { db: Db },
  { actor, after, now }: Call,
  filter: { isIncoming: boolean; status: RequestStatus | null; limit: number },
): Promise<Page<AccessRequest>> {
  const page = { ...filter, onlyIds: actor.datasetIds, now, afterId: afterId(after) }
  const rows = await store.listRequests(db, actor.tenantId, page)
  return pageOf(
    rows.map((request) => shownAt(request, now)),
    filter.limit,
    (request) => [request.id],
  )
}

/** The schedule only writes down what is true already, so nobody may see whether it has run. */
function shownAt(request: AccessRequest, now: Date): AccessRequest {
  return isLapsed(request, now) ? { ...request, status: 'expired' } : request
}

export type Decision =
  | { requestId: string; decision: 'approved'; expiresAt: Date | null }
  | { requestId: string; decision: 'denied'; reason: string }

/**
 * The owner's answer; an approval makes the grant. Throws `not_found`, and `conflict` where the request
 * waits no longer or the dataset is private now; `invalid_request` for an end that has passed.
 */
export async function decideRequest(
  { db }: { db: Db },
  call: Call,
  input: Decision,
): Promise<AccessRequest> {
  const { actor, chargeKey } = call
  const id = asId('arq', input.requestId)
  const found = await requireIncoming(db, actor, id)
  if (input.decision === 'approved') requireLater(call, input.expiresAt)
  return db.tx(async (tx) => {
    await store.lockPolicy(tx, found.datasetId)
    await requireManage(tx, actor, found.datasetId)
    const request = await store.lockRequest(tx, actor.tenantId, id)
    assert(request, 'a request is never deleted')
    // The first try of this very call got through.
    if (request.grantId === idFor('grt', chargeKey)) return request
    requirePending(request, call.now)
    if (input.decision === 'denied') {
      return settle(tx, call, { request, ending: { status: 'denied', reason: input.reason } })
    }
    const { datasetId, tenantId: buyerId } = request
    const { expiresAt } = input
    const grant = await openGrant(tx, call, { datasetId, buyerId, expiresAt })
    return settle(tx, call, { request, ending: { status: 'approved', grant } })
  })
}

async function requireIncoming(sql: Sql, actor: Actor, id: Id<'arq'>): Promise<AccessRequest> {
  const request = await store.findRequest(sql, actor.tenantId, id)
  if (!request || request.ownerTenantId !== actor.tenantId) throw notFound()
  await requireManage(sql, actor, request.datasetId)
  return request
}

function requirePending(request: AccessRequest, now: Date): void {
  const { status } = shownAt(request, now)
  if (status !== 'pending') throw new Failure('conflict', `The request waits no longer: ${status}.`)
}

/** The buyer's own step back. Throws `not_found`, and `conflict` where the request waits no longer. */
export async function withdrawRequest(
  { db }: { db: Db },
  call: Call,
  requestId: string,
): Promise<AccessRequest> {
  const { actor, now } = call
  return db.tx(async (tx) => {
    const request = await store.lockRequest(tx, actor.tenantId, asId('arq', requestId))
    if (!request || request.tenantId !== actor.tenantId) throw notFound()
    if (actor.datasetIds && !actor.datasetIds.includes(request.datasetId)) throw notFound()
    requirePending(request, now)
    return settle(tx, call, { request, ending: { status: 'withdrawn' } })
  })
}

// What one transaction takes on; the rest waits for the next run.
const expiryBatch = 200

/** Writes down which requests have expired, and tells it. */
export async function expireRequests({ db }: { db: Db }, { now }: TaskRun): Promise<void> {
  await db.tx(async (tx) => {
    for (const request of await store.lockLapsedRequests(tx, now, expiryBatch)) {
      const actor = { kind: 'system', id: 'access.expire', tenantId: request.tenantId } as const
      await settle(tx, { actor, now }, { request, ending: { status: 'expired' } })
    }
  })
}
