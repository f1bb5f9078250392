// May this actor call this operation at all? Scope, role and kind of credential; decided before any
// body is read. What the operation then touches is decided by the domains.
import type { Operation } from '@ipto/contract/operation.ts'
import type { Actor } from '../base/call.ts'
import { Failure } from '../base/errors.ts'

export function requirePermission(op: Operation, actor: Actor): void {
  const isSession = actor.kind === 'user'
  if ((op.auth === 'session' || op.auth === 'operator') && !isSession) {
    throw new Failure('forbidden', 'This operation needs a session, not a key.')
  }
  if (op.auth === 'operator' && !actor.isPlatformAdmin) {
    throw new Failure('forbidden', 'This operation is for platform administrators.')
  }
  if (op.scope && !actor.scopes.includes(op.scope) && !actor.scopes.includes('admin:*')) {
    throw new Failure('forbidden', `The credential lacks the scope ${op.scope}.`, {
      scope: op.scope,
    })
  }
  if (op.roles.length > 0 && !hasRole(op, actor)) {
    const needed = isSession ? `one of the roles owner, admin, ${op.roles.join(', ')}` : 'admin:*'
    throw new Failure('forbidden', `This operation needs ${needed}.`)
  }
}

// A session needs the role, or owner, or admin; a key needs the scope and admin:* (decisions 9).
function hasRole(op: Operation, actor: Actor): boolean {
  if (actor.kind !== 'user') return actor.scopes.includes('admin:*')
  return actor.roles.some((role) => role === 'owner' || role === 'admin' || op.roles.includes(role))
}
