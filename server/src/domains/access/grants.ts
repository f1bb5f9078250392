// Leave to use a dataset, given to one tenant, perhaps with an end. It ends by the clock or by its
// revocation, both with the next question. One may be open for a dataset and a tenant.
import type { Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import * as identity from '../identity/identity.ts'
import { isLapsed, settle } from './settle.ts'
import { requireManage } from './standing.ts'
import type { Grant } from './store.ts'
import * as store from './store.ts'

export interface NewGrant {
  datasetId: string
  /** Who gets it: by id or by name, never both. */
  tenantId: string | null
  tenantName: string | null
  expiresAt: Date | null
}

/**
 * Grants the use of an own dataset, unasked. A request of that tenant which still waits is approved
 * with it. Throws `not_found` for dataset and tenant, `conflict` for a private dataset, for one's own
 * tenant, and where a grant is open; `invalid_request`.
 */
export async function grant({ db }: { db: Db }, call: Call, input: NewGrant): Promise<Grant> {
  const { actor } = call
  const datasetId = asId('dset', input.datasetId)
  await requireManage(db, actor, datasetId)
  requireLater(call, input.expiresAt)
  const buyerId = await findBuyer(db, input)
  if (buyerId === actor.tenantId) {
    throw new Failure('conflict', 'A tenant uses its own datasets without a grant.')
  }
  return db.tx(async (tx) => {
    await store.lockPolicy(tx, datasetId)
    await requireManage(tx, actor, datasetId)
    const made = await openGrant(tx, call, { datasetId, buyerId, expiresAt: input.expiresAt })
    const request = await store.lockPendingRequest(tx, buyerId, datasetId)
    if (request && !isLapsed(request, call.now)) {
      await settle(tx, call, { request, ending: { status: 'approved', grant: made } })
    }
    return made
  })
}

async function findBuyer(db: Db, { tenantId, tenantName }: NewGrant): Promise<Id<'tnt'>> {
  if ((tenantId === null) === (tenantName === null)) {
    const reason = 'name either tenant_id or tenant_name'
    throw new Failure('invalid_request', 'A grant goes to one tenant.', {
      fields: [{ path: 'tenant_id', reason, nature: 'value' }],
    })
  }
  const tenant =
    tenantId === null
      ? await identity.findTenantByName(db, tenantName ?? '')
      : await identity.findTenant(db, asId('tnt', tenantId))
  if (!tenant) throw notFound()
  return tenant.id
}

/** An end that has passed already would be no grant. */
export function requireLater({ now }: Call, expiresAt: Date | null): void {
  if (expiresAt === null || expiresAt > now) return
  throw new Failure('invalid_request', 'The end of a grant lies in the future.', {
    fields: [{ path: 'expires_at', reason: 'must be in the future', nature: 'value' }],
  })
}

/** Under the lock of the dataset's policy. Repeated under the same charge key: the same grant. */
export async function openGrant(
  tx: Tx,
  call: Call,
  input: { datasetId: Id<'dset'>; buyerId: Id<'tnt'>; expiresAt: Date | null },
): Promise<Grant> {
  const { actor, chargeKey, now } = call
  const { datasetId, buyerId, expiresAt } = input
  const ownerTenantId = actor.tenantId
  const id = idFor('grt', chargeKey)
  const repeated = await store.findGrant(tx, ownerTenantId, id)
  if (repeated) return repeated
  const policy = await store.findPolicy(tx, ownerTenantId, datasetId)
  if (policy?.visibility === 'private') {
    throw new Failure('conflict', 'The dataset is private. List or restrict it before granting it.')
  }
  await closeExpired(tx, { datasetId, buyerId, now })
  const made = { id, datasetId, tenantId: buyerId, ownerTenantId, expiresAt, createdAt: now }
  await store.insertGrant(tx, made)
  await audit.record(tx, call, {
    action: 'grant.create',
    targetId: id,
    changes: { datasetId, tenantId: buyerId, expiresAt },
  })
  return requireGrant(tx, ownerTenantId, id)
}

async function closeExpired(
  tx: Tx,
  { datasetId, buyerId, now }: { datasetId: Id<'dset'>; buyerId: Id<'tnt'>; now: Date },
): Promise<void> {
  const open = await store.findOpenGrant(tx, buyerId, datasetId)
  if (!open) return
  if (open.expiresAt === null || open.expiresAt > now) {
    throw new Failure('conflict', 'The tenant has a grant already. Revoke it to give another.')
  }
  await store.closeGrant(tx, open, { revokedAt: null, closedAt: now })
}

async function requireGrant(sql: Sql, ownerTenantId: Id<'tnt'>, id: Id<'grt'>): Promise<Grant> {
  const found = await store.findGrant(sql, ownerTenantId, id)
  assert(found, 'the grant was made just before')
  return found
}

/** Grants of an own dataset, newest first, with those that have ended. */
export async function listGrants(
  { db }: { db: Db },
  { actor, after }: Call,
  filter: { datasetId: string; limit: number },
): Promise<Page<Grant>> {
  const datasetId = asId('dset', filter.datasetId)
  await requireManage(db, actor, datasetId)
  const page = { datasetId, afterId: afterId(after), limit: filter.limit }
  const rows = await store.listGrants(db, actor.tenantId, page)
  return pageOf(rows, filter.limit, (one) => [one.id])
}

/** At once, and for good. Twice is the same as once. */
export async function revokeGrant(
  { db }: { db: Db },
  call: Call,
  input: { datasetId: string; grantId: string },
): Promise<Grant> {
  const { actor, now } = call
  const datasetId = asId('dset', input.datasetId)
  await requireManage(db, actor, datasetId)
  return db.tx(async (tx) => {
    const found = await store.lockGrant(tx, actor.tenantId, asId('grt', input.grantId))
    if (!found || found.datasetId !== datasetId) throw notFound()
    if (found.revokedAt) return found
    await store.closeGrant(tx, found, { revokedAt: now, closedAt: now })
    await audit.record(tx, call, {
      action: 'grant.revoke',
      targetId: found.id,
      changes: { datasetId, tenantId: found.tenantId },
    })
    return { ...found, revokedAt: now, closedAt: now }
  })
}
