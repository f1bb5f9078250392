// One call and who makes it. The profile of its route is not visible here.
import type { Plan, Role, Scope } from '@ipto/contract/scopes.ts'
import type { Id } from './ids.ts'
import type { Position } from './page.ts'

/** Who makes a call, within one tenant. Everything that narrows the caller travels with it. */
export interface Actor {
  kind: 'user' | 'api_key' | 'access_token' | 'system'
  /** The user, the key or the task that acts (wire: principal). */
  id: string
  tenantId: Id<'tnt'>
  userId: Id<'usr'> | null
  keyId: Id<'key'> | null
  sessionId: Id<'sess'> | null
  scopes: readonly Scope[]
  roles: readonly Role[]
  isPlatformAdmin: boolean
  plan: Plan
  /** A key's list of datasets; null where it may use all that the tenant may use. */
  datasetIds: readonly Id<'dset'>[] | null
  /** A key's monthly budget; null where it has none. */
  keyBudgetMicros: bigint | null
  resourceId: Id<'res'> | null
}

/** A call before anyone is known: sign-up and login. */
export interface OpenCall {
  requestId: Id<'req'>
  /** Identity of the work: the same on a retry under an idempotency key. */
  chargeKey: string
  /** An earlier call had this charge key: what it made may be there already. */
  isRepeat: boolean
  /** Source address of the connection. */
  address: string
  now: Date
  signal: AbortSignal
  /** Where a list goes on; decoded from a signed cursor. */
  after: Position | null
}

export interface Call extends OpenCall {
  actor: Actor
}

/** The actor of tasks and of the clock. */
export function systemActor(tenantId: Id<'tnt'>, task: string): Actor {
  return {
    kind: 'system',
    id: task,
    tenantId,
    userId: null,
    keyId: null,
    sessionId: null,
    scopes: [],
    roles: [],
    isPlatformAdmin: false,
    plan: 'starter',
    datasetIds: null,
    keyBudgetMicros: null,
    resourceId: null,
  }
}
