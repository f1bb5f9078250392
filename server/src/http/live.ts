// A credential that ends or loses a permission while its request runs. Nothing is written for it from then
// on: every transaction of the request asks first, under the lock of the credential. And nothing is shown:
// it is asked once more before the answer.
import type { Operation } from '@ipto/contract/operation.ts'
import type { Actor } from '../base/call.ts'
import type { Clock } from '../base/clock.ts'
import type { Db, Sql } from '../base/db.ts'
import { actorNow, lockedActorNow, ownedActorNow } from '../domains/identity/identity.ts'
import { requirePermission } from './permission.ts'

interface Asked {
  op: Operation
  actor: Actor
  now: Date
}

/** Throws `unauthorized` where the credential ended, `forbidden` where it no longer holds enough. */
export async function requireStillAllowed(sql: Sql, { op, actor, now }: Asked): Promise<void> {
  requirePermission(op, await actorNow(sql, actor, now))
}

/** The services of one request. A charge asks by itself, at its place in the order of locks. */
export function guarded<D extends { db: Db }>(
  services: D,
  { op, actor, clock }: Omit<Asked, 'now'> & { clock: Clock },
): D {
  if (op.charges) return services
  const { db } = services
  const lock = mayEndItself.has(op.id) ? ownedActorNow : lockedActorNow
  const tx: Db['tx'] = (work) =>
    db.tx(async (inside) => {
      requirePermission(op, await lock(inside, actor, clock.now()))
      return work(inside)
    })
  return { ...services, db: { ...db, tx } }
}

/** What it did in its own transaction stands, and is shown: it charged, or it is what ended the credential. */
export function decidesItself({ charges, id }: Operation): boolean {
  return charges || mayEndItself.has(id)
}

// The operations that may end or narrow the very credential that calls them.
const mayEndItself = new Set([
  'admin_tenants.update',
  'auth.logout',
  'members.update',
  'members.remove',
  'api_keys.update',
  'api_keys.revoke',
])
