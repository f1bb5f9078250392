// Whom a search and what follows from it is for: a resource of the tenant, which then carries its spend
// and its budget.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { asId } from '../../base/ids.ts'
import * as resources from '../resources/resources.ts'
import * as store from './store.ts'

/** Throws `not_found` for one that is unknown or not active. A key's own resource binds it: its budget holds. */
export async function attributed(db: Db, call: Call, resourceId: string | null): Promise<Call> {
  const { actor } = call
  if (resourceId === null || resourceId === actor.resourceId) return call
  if (actor.resourceId !== null) {
    throw new Failure('invalid_request', 'This key belongs to another resource.', {
      fields: [
        { path: 'resource_id', reason: 'the key belongs to another resource', nature: 'value' },
      ],
    })
  }
  await resources.requireUsable(db, actor.tenantId, resourceId)
  return { ...call, actor: { ...actor, resourceId: asId('res', resourceId) } }
}

/**
 * What follows a search belongs to the resource of that search, unless the key has its own: what the
 * search may not spend its citations may not spend either. Of several searches: only where all have one.
 */
export async function attributedTo(
  db: Db,
  call: Call,
  retrievalIds: readonly string[],
): Promise<Call> {
  const { actor } = call
  if (actor.resourceId !== null) return call
  const [resourceId = null, ...others] = await store.listResourcesOf(
    db,
    actor.tenantId,
    retrievalIds,
  )
  if (resourceId === null || others.length > 0) return call
  return { ...call, actor: { ...actor, resourceId } }
}
