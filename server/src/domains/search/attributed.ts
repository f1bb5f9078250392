// Whom a search is for: a resource of the tenant, which then carries its spend and its budget.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { asId } from '../../base/ids.ts'
import * as resources from '../resources/resources.ts'

/** Throws `not_found` for an unknown or archived one. A key's own resource binds it: its budget holds. */
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
