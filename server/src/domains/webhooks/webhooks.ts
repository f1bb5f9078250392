// Where a tenant is told of what happens: endpoints and their secrets. What was sent there stands in
// deliveries.ts, how it is sent in deliver.ts.
import type { Actor, Call } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import type { Outbound } from './outbound.ts'
import { requireAllDatasets, requireEndpoint } from './permit.ts'
import { newSecret, type SecretBox } from './secrets.ts'
import type { Endpoint, EndpointStatus } from './store.ts'
import * as store from './store.ts'

export { deliver } from './deliver.ts'
export { listDeliveries, redeliver, testEndpoint } from './deliveries.ts'
export { openSecretBox } from './secrets.ts'

interface EndpointDeps {
  db: Db
  outbound: Pick<Outbound, 'refusalOf'>
  secretBox: SecretBox
}

const endpointsMax = 20
const oldSecretLifeMs = msPerDay

/** The secret is there where it is new: it is shown at no other time. */
export interface ShownEndpoint<S extends string | null = string | null> {
  endpoint: Endpoint
  secret: S
}

/** Throws `invalid_request` for an address that may not be reached, `conflict` for one too many. */
export async function createEndpoint(
  { db, outbound, secretBox }: EndpointDeps,
  call: Call,
  input: { url: string; events: string[] },
): Promise<ShownEndpoint<string>> {
  const { actor, chargeKey, now } = call
  requireAllDatasets(actor)
  requireReachable(outbound, input.url)
  const { tenantId } = actor
  const id = idFor('whk', chargeKey)
  const secret = newSecret()
  const endpoint: Endpoint = {
    id,
    tenantId,
    ...input,
    status: 'enabled',
    sealedSecret: secretBox.seal(id, secret),
    oldSealedSecret: null,
    oldSecretEndsAt: null,
    rotatedBy: null,
    silentUntil: null,
    createdAt: now,
  }
  return db.tx(async (tx) => {
    await store.lockEndpointsOf(tx, tenantId)
    // An earlier try of this very call made it: its secret is still unknown to the caller.
    const made = await store.findEndpoint(tx, tenantId, id)
    if (made) return { endpoint: made, secret: secretBox.unseal(id, made.sealedSecret) }
    if ((await store.countEndpoints(tx, tenantId)) >= endpointsMax) {
      throw new Failure('conflict', `A tenant has at most ${endpointsMax} webhook endpoints.`)
    }
    await store.insertEndpoint(tx, endpoint)
    const changes = recorded(endpoint)
    await audit.record(tx, call, { action: 'webhook.create', targetId: id, changes })
    return { endpoint, secret }
  })
}

function requireReachable(outbound: Pick<Outbound, 'refusalOf'>, url: string): void {
  const reason = outbound.refusalOf(url)
  if (reason === null) return
  throw new Failure('invalid_request', `The field 'url' ${reason}.`, {
    fields: [{ path: 'url', reason, nature: 'value' }],
  })
}

// Path and query of an address often hold a secret of the receiver; the chain keeps none.
function recorded({ url, events, status }: Pick<Endpoint, 'url' | 'events' | 'status'>) {
  return { origin: new URL(url).origin, events, status }
}

export async function listEndpoints(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Endpoint>> {
  requireAllDatasets(actor)
  const rows = await store.listEndpoints(db, actor.tenantId, { afterId: afterId(after), limit })
  return pageOf(rows, limit, (endpoint) => [endpoint.id])
}

export async function getEndpoint(
  { db }: { db: Db },
  { actor }: Call,
  id: string,
): Promise<Endpoint> {
  return requireEndpoint(db, actor, id)
}

/** What is undefined stays as it is. */
export interface EndpointChange {
  id: string
  url: string | undefined
  events: string[] | undefined
  status: EndpointStatus | undefined
  isRotation: boolean
}

/** A new secret signs at once; the one before it signs as well for 24 hours, and none before that. */
export async function changeEndpoint(
  { db, outbound, secretBox }: EndpointDeps,
  call: Call,
  wish: EndpointChange,
): Promise<ShownEndpoint> {
  requireAllDatasets(call.actor)
  if (wish.url !== undefined) requireReachable(outbound, wish.url)
  return db.tx(async (tx) => {
    const before = await lockEndpoint(tx, call.actor, wish.id)
    if (wish.isRotation && before.rotatedBy === call.chargeKey) {
      return { endpoint: before, secret: secretBox.unseal(before.id, before.sealedSecret) }
    }
    const secret = wish.isRotation ? newSecret() : null
    const after: Endpoint = {
      ...before,
      url: wish.url ?? before.url,
      events: wish.events ?? before.events,
      status: wish.status ?? before.status,
      ...(secret !== null && rotated(before, call, secretBox.seal(before.id, secret))),
    }
    const changes = changesOf(before, after)
    if (Object.keys(changes).length === 0) return { endpoint: before, secret }
    await store.updateEndpoint(tx, after)
    await audit.record(tx, call, { action: 'webhook.update', targetId: before.id, changes })
    return { endpoint: after, secret }
  })
}

async function lockEndpoint(tx: Tx, { tenantId }: Actor, id: string): Promise<Endpoint> {
  const endpoint = await store.lockEndpoint(tx, tenantId, id)
  if (!endpoint) throw notFound()
  return endpoint
}

function rotated(before: Endpoint, { now, chargeKey }: Call, sealedSecret: Uint8Array) {
  return {
    sealedSecret,
    oldSealedSecret: before.sealedSecret,
    oldSecretEndsAt: addMs(now, oldSecretLifeMs),
    rotatedBy: chargeKey,
  }
}

// A new path within one origin is a change as well, of which the chain tells no more.
function changesOf(before: Endpoint, after: Endpoint): Record<string, unknown> {
  return {
    ...audit.changesOf(recorded(before), recorded(after)),
    ...(before.url !== after.url && { url: 'changed' }),
    ...(before.rotatedBy !== after.rotatedBy && { secret: 'rotated' }),
  }
}

/** For good, with the log of its deliveries. What is on its way still arrives. */
export async function removeEndpoint({ db }: { db: Db }, call: Call, id: string): Promise<void> {
  requireAllDatasets(call.actor)
  await db.tx(async (tx) => {
    const endpoint = await lockEndpoint(tx, call.actor, id)
    await store.deleteEndpoint(tx, endpoint.tenantId, endpoint.id)
    const changes = recorded(endpoint)
    await audit.record(tx, call, { action: 'webhook.delete', targetId: endpoint.id, changes })
  })
}
