// Signing up, in and out. A session lives a fixed time from login and is never prolonged.
import type { Role } from '@ipto/contract/scopes.ts'
import type { Actor, Call, OpenCall } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import { type Id, idFor, newId } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import { originsOf, recordFailure, requireFewFailures } from './failures.ts'
import { hashPassword, isPassword } from './passwords.ts'
import { hashOf, randomText, Secret, secretLength } from './secrets.ts'
import * as store from './store.ts'

export interface SessionSettings {
  sessionHours: number
}

export interface SignedIn {
  userId: Id<'usr'>
  tenantId: Id<'tnt'>
  token: Secret
  expiresAt: Date
  displayName: string
  email: string
}

interface Deps {
  db: Db
  settings: SessionSettings
}

export async function signUp(
  { db, settings }: Deps,
  call: OpenCall,
  input: { email: string; password: string; displayName: string; tenantName: string },
): Promise<SignedIn> {
  const passwordHash = await hashPassword(input.password)
  return db.tx(async (tx) => {
    const owner = await insertOwner(tx, call, {
      ...input,
      passwordHash,
      isPlatformAdmin: false,
    })
    const session = await openSession(tx, call.now, settings, owner)
    return { ...owner, ...session, displayName: input.displayName, email: input.email }
  })
}

async function insertOwner(
  tx: Tx,
  call: Pick<OpenCall, 'chargeKey' | 'now' | 'requestId'>,
  input: {
    email: string
    passwordHash: string
    displayName: string
    tenantName: string
    isPlatformAdmin: boolean
  },
): Promise<{ userId: Id<'usr'>; tenantId: Id<'tnt'> }> {
  const { now } = call
  const userId = idFor('usr', call.chargeKey)
  const tenantId = idFor('tnt', call.chargeKey)
  const roles: Role[] = ['owner']
  const isOurs = await store.insertUser(tx, {
    id: userId,
    email: input.email,
    emailKey: emailKeyOf(input.email),
    passwordHash: input.passwordHash,
    displayName: input.displayName,
    isPlatformAdmin: input.isPlatformAdmin,
    now,
  })
  if (!isOurs) throw new Failure('conflict', 'This e-mail address has an account already.')
  await store.insertTenant(tx, { id: tenantId, name: input.tenantName, plan: 'starter', now })
  await store.insertMembership(tx, {
    id: idFor('mem', call.chargeKey),
    tenantId,
    userId,
    roles,
    now,
  })
  await audit.record(
    tx,
    { actor: { kind: 'user', id: userId, tenantId }, requestId: call.requestId, now },
    { action: 'tenant.create', targetId: tenantId, changes: { name: input.tenantName } },
  )
  return { userId, tenantId }
}

export async function openSession(
  tx: Tx,
  now: Date,
  { sessionHours }: SessionSettings,
  { userId, tenantId }: { userId: Id<'usr'>; tenantId: Id<'tnt'> },
): Promise<{ token: Secret; expiresAt: Date }> {
  const token = new Secret(`sess_${randomText(secretLength)}`)
  const expiresAt = addMs(now, sessionHours * 3_600_000)
  const id = newId('sess')
  const tokenHash = hashOf(token.reveal())
  await store.insertSession(tx, { id, tenantId, userId, tokenHash, now, expiresAt })
  return { token, expiresAt }
}

export async function logIn(
  { db, settings }: Deps,
  call: OpenCall,
  input: { email: string; password: string },
): Promise<SignedIn> {
  const emailKey = emailKeyOf(input.email)
  const user = await store.findUserByEmail(db, emailKey)
  await requirePassword(db, call, { emailKey, password: input.password, user })
  // Who was removed from a tenant has a password, and nothing to sign in to.
  if (!user?.tenantId) throw wrongLogin()
  const { tenantId } = user
  return db.tx(async (tx) => {
    const owner = { userId: user.id, tenantId }
    const session = await openSession(tx, call.now, settings, owner)
    await audit.record(
      tx,
      {
        actor: { kind: 'user', id: user.id, tenantId },
        requestId: call.requestId,
        now: call.now,
      },
      { action: 'session.create', targetId: user.id },
    )
    return { ...owner, ...session, displayName: user.displayName, email: user.email }
  })
}

/** The same answer and the same work for an unknown mail and for a wrong password. */
export async function requirePassword(
  db: Db,
  { address, now }: Pick<OpenCall, 'address' | 'now'>,
  login: { emailKey: string; password: string; user: store.User | undefined },
): Promise<void> {
  const origins = originsOf([`mail ${login.emailKey}`, `address ${address}`])
  await requireFewFailures(db, origins, now)
  const isRight = await isPassword(login.user?.passwordHash, login.password)
  // Asked again: of many guesses at the same moment all passed the first time.
  await requireFewFailures(db, origins, now)
  if (isRight) return
  await recordFailure(db, origins, now)
  throw wrongLogin()
}

function wrongLogin(): Failure {
  return new Failure('unauthorized', 'The e-mail address or the password is wrong.')
}

export async function logOut({ db }: { db: Db }, { actor, now, requestId }: Call): Promise<true> {
  const sessionId = requireSession(actor)
  await db.tx(async (tx) => {
    await store.endSession(tx, actor.tenantId, sessionId, now)
    await audit.record(
      tx,
      { actor, requestId, now },
      { action: 'session.end', targetId: sessionId },
    )
  })
  return true
}

export async function changePassword(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  input: { currentPassword: string; newPassword: string },
): Promise<true> {
  const sessionId = requireSession(actor)
  assert(actor.userId, 'a session has a user')
  const userId = actor.userId
  const user = await store.findUser(db, userId)
  if (!(await isPassword(user?.passwordHash, input.currentPassword))) {
    throw new Failure('invalid_request', 'The current password is wrong.', {
      fields: [{ path: 'current_password', reason: 'is wrong', nature: 'value' }],
    })
  }
  const passwordHash = await hashPassword(input.newPassword)
  await db.tx(async (tx) => {
    await store.updatePassword(tx, userId, passwordHash)
    const { tenantId } = actor
    await store.endOtherSessions(tx, { tenantId, userId, keep: sessionId, now })
    await audit.record(tx, { actor, requestId, now }, { action: 'user.password', targetId: userId })
  })
  return true
}

function requireSession(actor: Actor): Id<'sess'> {
  assert(actor.sessionId, 'the operation asks for a session')
  return actor.sessionId
}

/** Makes the first operator, with the tenant "Platform". Answers false where there is one already. */
export async function ensureOperator(
  db: Db,
  now: Date,
  input: { email: string; password: string },
): Promise<boolean> {
  if (await store.hasOperator(db)) return false
  const passwordHash = await hashPassword(input.password)
  // One charge key for all: two processes that start at once make one operator.
  const call = { chargeKey: `req_${'0'.repeat(26)}`, now, requestId: newId('req') }
  await db.tx((tx) =>
    insertOwner(tx, call, {
      email: input.email,
      passwordHash,
      displayName: 'Operator',
      tenantName: 'Platform',
      isPlatformAdmin: true,
    }),
  )
  return true
}

export async function hasOperator(db: Db): Promise<boolean> {
  return store.hasOperator(db)
}

/** A mail is one account, however it is written. */
export function emailKeyOf(email: string): string {
  return email.normalize('NFC').toLowerCase()
}
