// Who calls: users, tenants, sessions and API keys. It stores hashes of secrets only, turns a
// credential into an actor, and answers whether that credential still lives. Which datasets a key may
// reach is decided in `access`.
import { plans, type Scope, scopesOfRole } from '@ipto/contract/scopes.ts'
import type { Actor, Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'

import { hashOf, isSameHash } from './secrets.ts'
import * as store from './store.ts'

export { forgetFailures } from './failures.ts'
export { acceptInvite, forgetInvitations } from './invitations.ts'
export type { IssuedKey, KeyChange, KeyInput } from './keys.ts'
export { changeKey, countKeys, getKey, issueKey, listKeys, revokeKey } from './keys.ts'
export { changeMember, inviteMember, listMembers, removeMember } from './members.ts'
export { changePassword, ensureOperator, hasOperator, logIn, logOut, signUp } from './sessions.ts'
export type { ApiKey, Member, Tenant } from './store.ts'
export {
  adminChangeTenant,
  changeTenant,
  findTenant,
  findTenantByName,
  getTenant,
  listTenants,
  tenantNames,
} from './tenants.ts'

/** A credential as sent, told apart by its prefix. */
export type Credential = { kind: 'session'; token: string } | { kind: 'key'; token: string }

export function unauthorized(): Failure {
  return new Failure('unauthorized', 'The credential is missing, unknown, expired or revoked.')
}

/** Resolves a credential to its actor. Throws `unauthorized` for every reason alike. */
export async function authenticate(db: Db, credential: Credential, now: Date): Promise<Actor> {
  return credential.kind === 'session'
    ? sessionActor(db, credential.token, now)
    : keyActor(db, credential.token, now)
}

async function sessionActor(db: Db, token: string, now: Date): Promise<Actor> {
  const session = await store.findSession(db, hashOf(token), now)
  if (!session) throw unauthorized()
  return {
    kind: 'user',
    id: session.id,
    tenantId: session.tenantId,
    userId: session.id,
    keyId: null,
    sessionId: session.sessionId,
    scopes: [...new Set(session.roles.flatMap((role) => scopesOfRole[role]))],
    roles: session.roles,
    isPlatformAdmin: session.isPlatformAdmin,
    plan: session.plan,
    datasetIds: null,
    keyBudgetMicros: null,
    resourceId: null,
  }
}

// A key's last use is told to the minute: a write on every request would cost more than it tells.
const lastUsedGrainMs = 60_000

async function keyActor(db: Db, token: string, now: Date): Promise<Actor> {
  const [, prefix, secret] = /^ipto_([A-Za-z0-9]+)_([A-Za-z0-9]+)$/.exec(token) ?? []
  const key = prefix ? await store.findKeyByPrefix(db, prefix, now) : undefined
  // Compared also for an unknown prefix, so that both take the same work.
  const fits = isSameHash(hashOf(secret ?? ''), key?.secretHash ?? hashOf('none'))
  if (!key || !fits) throw unauthorized()
  if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= lastUsedGrainMs) {
    await store.markKeyUsed(db, key.tenantId, key.id, now)
  }
  return {
    kind: 'api_key',
    id: key.id,
    tenantId: key.tenantId,
    userId: null,
    keyId: key.id,
    sessionId: null,
    scopes: narrowedScopes(key),
    roles: [],
    isPlatformAdmin: false,
    plan: key.plan,
    datasetIds: key.datasetIds,
    keyBudgetMicros: key.budgetMicros,
    // Also where the resource is archived or gone by now: who spends is still told apart.
    resourceId: key.resourceId,
  }
}

// A key only narrows: what its creator has lost meanwhile, the key has lost too.
function narrowedScopes(key: store.KeyRow): Scope[] {
  const held = new Set((key.creatorRoles ?? []).flatMap((role) => scopesOfRole[role]))
  return key.scopes.filter((scope) => held.has(scope))
}

/** Inside a charge: locks the credential, so that a revocation is earlier or later, never within. */
export async function requireLive(tx: Tx, actor: Actor, now: Date): Promise<void> {
  if (actor.keyId) await store.lockKey(tx, actor.tenantId, actor.keyId)
  if (actor.sessionId) await store.lockSession(tx, actor.tenantId, actor.sessionId)
  await requireStillLive(tx, actor, now)
}

/** After a route: one indexed read. */
export async function requireStillLive(sql: Sql, actor: Actor, now: Date): Promise<void> {
  const isLive = actor.keyId
    ? await store.isKeyLive(sql, actor.tenantId, actor.keyId, now)
    : actor.sessionId
      ? await store.isSessionLive(sql, actor.tenantId, actor.sessionId, now)
      : actor.kind === 'system'
  if (!isLive) throw unauthorized()
}

export interface Me {
  actor: Actor
  email: string | null
  displayName: string | null
  tenantName: string
}

export async function whoAmI({ db }: { db: Db }, { actor }: Call): Promise<Me> {
  const tenant = await store.findTenant(db, actor.tenantId)
  if (!tenant) throw notFound()
  const user = actor.userId ? await store.findUser(db, actor.userId) : undefined
  return {
    actor,
    email: user?.email ?? null,
    displayName: user?.displayName ?? null,
    tenantName: tenant.name,
  }
}

/** Requests a minute that the tenant's plan allows (decisions 3). */
export function requestsPerMinuteOf(actor: Actor): number {
  return plans[actor.plan].requestsPerMinute
}

/** For `/readyz`: throws where the database does not answer. */
export async function checkDatabase(db: Db): Promise<void> {
  await store.hasOperator(db)
}
