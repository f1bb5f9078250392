// Who calls: users, tenants, sessions, API keys and their access tokens. It stores hashes of secrets only, turns a
// credential into an actor, and answers whether that credential still lives. Which datasets a key may
// reach is decided in `access`.
import { plans, type Scope } from '@ipto/contract/scopes.ts'
import type { Actor, Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'

import { findTokenKey, isHeld } from './access-tokens.ts'
import { findProvenKey, heldScopes, scopesOf } from './keys.ts'
import { hashOf } from './secrets.ts'
import * as store from './store.ts'

export { forgetAccessTokens, issueAccessToken } from './access-tokens.ts'
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
export interface Credential {
  kind: 'session' | 'key' | 'access_token'
  token: string
}

export function unauthorized(): Failure {
  return new Failure('unauthorized', 'The credential is missing, unknown, expired or revoked.')
}

/** Resolves a credential to its actor. Throws `unauthorized` for every reason alike. */
export async function authenticate(db: Db, credential: Credential, now: Date): Promise<Actor> {
  return (await authenticateCounted(db, credential, { now, windowStart: null })).actor
}

export interface Caller {
  actor: Actor
  /** Which request of its tenant this is since `windowStart`; null where that was null. */
  requestCount: number | null
}

/** The same, and counts the request in the database, by the same statement. */
export async function authenticateCounted(
  db: Db,
  { kind, token }: Credential,
  moment: store.Moment,
): Promise<Caller> {
  if (kind === 'session') return sessionCaller(db, token, moment)
  return kind === 'key' ? keyCaller(db, token, moment) : tokenCaller(db, token, moment)
}

async function sessionCaller(db: Db, token: string, moment: store.Moment): Promise<Caller> {
  const session = await store.findSession(db, hashOf(token), moment)
  if (!session) throw unauthorized()
  return { actor: userOf(session), requestCount: session.requestCount }
}

function userOf(session: store.SessionRow): Actor {
  return {
    kind: 'user',
    id: session.id,
    tenantId: session.tenantId,
    userId: session.id,
    keyId: null,
    sessionId: session.sessionId,
    scopes: [...scopesOf(session.roles)],
    roles: session.roles,
    isPlatformAdmin: session.isPlatformAdmin,
    plan: session.plan,
    datasetIds: null,
    keyBudgetMicros: null,
    resourceId: null,
  }
}

async function keyCaller(db: Db, token: string, moment: store.Moment): Promise<Caller> {
  const [, prefix = '', secret = ''] = /^ipto_([A-Za-z0-9]+)_([A-Za-z0-9]+)$/.exec(token) ?? []
  const key = await findProvenKey(db, { prefix, secret }, moment)
  if (!key) throw unauthorized()
  const { requestCount } = key
  return { actor: actorOf(key, 'api_key', heldScopes(key)), requestCount }
}

// The principal is the key itself: a token has its lists, its budget and its end.
async function tokenCaller(db: Db, token: string, moment: store.Moment): Promise<Caller> {
  const found = await findTokenKey(db, token, moment)
  if (!found) throw unauthorized()
  const { requestCount } = found.key
  return { actor: actorOf(found.key, 'access_token', found.scopes), requestCount }
}

function actorOf(key: store.KeyRow, kind: 'api_key' | 'access_token', scopes: Scope[]): Actor {
  return {
    kind,
    id: key.id,
    tenantId: key.tenantId,
    userId: null,
    keyId: key.id,
    sessionId: null,
    scopes,
    roles: [],
    isPlatformAdmin: false,
    plan: key.plan,
    datasetIds: key.datasetIds,
    keyBudgetMicros: key.budgetMicros,
    // Also where the resource is archived or gone by now: who spends is still told apart.
    resourceId: key.resourceId,
  }
}

/** The same caller with what it may do now: one indexed read. Throws `unauthorized` where it ended. */
export async function actorNow(sql: Sql, actor: Actor, now: Date): Promise<Actor> {
  const { tenantId, keyId, sessionId } = actor
  if (sessionId) return userNow(actor, await store.findSessionPowers(sql, tenantId, sessionId, now))
  if (keyId) return keyNow(actor, await store.findKeyPowers(sql, tenantId, keyId, now))
  if (actor.kind !== 'system') throw unauthorized()
  return actor
}

/** The same, and locked: a revocation is earlier or later than this transaction, never within. */
export async function lockedActorNow(tx: Tx, actor: Actor, now: Date): Promise<Actor> {
  const { tenantId, keyId, sessionId } = actor
  if (sessionId) return userNow(actor, await store.lockSessionPowers(tx, tenantId, sessionId, now))
  if (keyId) return keyNow(actor, await store.lockKeyPowers(tx, tenantId, keyId, now))
  return actorNow(tx, actor, now)
}

/**
 * The same, for what may end or narrow that very credential: several such calls at once follow each other,
 * where each would share the lock and then wait for the others to give theirs up.
 */
export async function ownedActorNow(tx: Tx, actor: Actor, now: Date): Promise<Actor> {
  const { tenantId, keyId, sessionId } = actor
  if (sessionId) await store.lockSessionForEnd(tx, tenantId, sessionId)
  if (keyId) await store.lockKeyForChange(tx, tenantId, keyId)
  return lockedActorNow(tx, actor, now)
}

function userNow(actor: Actor, powers: store.SessionPowers | undefined): Actor {
  if (!powers) throw unauthorized()
  return { ...actor, ...powers, scopes: [...scopesOf(powers.roles)] }
}

function keyNow(actor: Actor, powers: store.KeyPowers | undefined): Actor {
  if (!powers) throw unauthorized()
  if (!isWithin(actor.datasetIds, powers.datasetIds)) throw mayDoLess()
  const held = heldScopes(powers)
  const scopes = actor.scopes.filter((scope) => isHeld(held, scope))
  return { ...actor, scopes, keyBudgetMicros: powers.budgetMicros }
}

/** Whether a list of datasets, where null stands for all, names none that the other does not. */
function isWithin(datasetIds: Actor['datasetIds'], others: Actor['datasetIds']): boolean {
  return others === null || (datasetIds?.every((id) => others.includes(id)) ?? false)
}

/** Inside a charge: under the lock of the credential. Answers the actor with the budget of its key now. */
export async function requireLive(tx: Tx, actor: Actor, now: Date): Promise<Actor> {
  const live = await lockedActorNow(tx, actor, now)
  requireUnchanged(actor, live)
  return live
}

/** Neither ended nor narrowed since the call began. */
export async function requireStillLive(sql: Sql, actor: Actor, now: Date): Promise<void> {
  requireUnchanged(actor, await actorNow(sql, actor, now))
}

function requireUnchanged(actor: Actor, { scopes }: Actor): void {
  if (actor.scopes.every((scope) => scopes.includes(scope))) return
  throw mayDoLess()
}

function mayDoLess(): Failure {
  return new Failure('forbidden', 'The credential may do less than when this request began.')
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
