// Joining a tenant. An invitation is good for one call: for a new user, or for one who belongs to no
// tenant any more and knows the password.
import type { OpenCall } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import { hashPassword } from './passwords.ts'
import { hashOf } from './secrets.ts'
import { openSession, requirePassword, type SessionSettings, type SignedIn } from './sessions.ts'
import type { InvitationRow } from './store.ts'
import * as store from './store.ts'

interface Joining {
  userId: Id<'usr'>
  displayName: string
  /** Null for a user who has an account already. */
  passwordHash: string | null
}

export async function acceptInvite(
  { db, settings }: { db: Db; settings: SessionSettings },
  call: OpenCall,
  input: { token: string; password: string; displayName: string },
): Promise<SignedIn> {
  const invitation = requireGood(await store.findInvitation(db, hashOf(input.token)), call)
  const joining = await proveSelf(db, call, invitation, input)
  const { tenantId, email } = invitation
  return db.tx(async (tx) => {
    // Seen again under the lock: accepted by another call, changed or withdrawn meanwhile.
    const locked = requireGood(await store.lockInvitation(tx, tenantId, invitation.id), call)
    if (locked.acceptedKey === null) await join(tx, call, locked, joining)
    const { userId, displayName } = joining
    const session = await openSession(tx, call.now, settings, { userId, tenantId })
    return { userId, tenantId, ...session, displayName, email }
  })
}

// Of a call that is repeated after a crash the invitation is accepted by that same call.
function requireGood(
  invitation: InvitationRow | undefined,
  { chargeKey, now }: OpenCall,
): InvitationRow {
  const isOurs = invitation?.acceptedKey === chargeKey
  const isOpen = invitation?.acceptedKey === null && invitation.expiresAt > now
  if (!invitation || !(isOurs || isOpen)) {
    throw new Failure('unauthorized', 'The invitation is unknown, used, withdrawn or expired.')
  }
  return invitation
}

async function proveSelf(
  db: Db,
  call: OpenCall,
  { emailKey, acceptedKey }: InvitationRow,
  { password, displayName }: { password: string; displayName: string },
): Promise<Joining> {
  const user = await store.findUserByEmail(db, emailKey)
  if (!user) {
    const passwordHash = await hashPassword(password)
    return { userId: idFor('usr', call.chargeKey), displayName, passwordHash }
  }
  if (user.tenantId && acceptedKey === null) throw hasAccount()
  await requirePassword(db, call, { emailKey, password, user })
  return { userId: user.id, displayName, passwordHash: null }
}

async function join(
  tx: Tx,
  { chargeKey, now, requestId }: OpenCall,
  { id, tenantId, email, emailKey, roles }: InvitationRow,
  { userId, displayName, passwordHash }: Joining,
): Promise<void> {
  if (passwordHash === null) await store.updateDisplayName(tx, userId, displayName)
  else {
    const user = { id: userId, email, emailKey, passwordHash, displayName }
    const isOurs = await store.insertUser(tx, { ...user, isPlatformAdmin: false, now })
    if (!isOurs) throw hasAccount()
  }
  const isMember = await store.insertMembership(tx, { id, tenantId, userId, roles, now })
  if (!isMember) throw hasAccount()
  await store.markInvitationAccepted(tx, tenantId, id, chargeKey)
  await audit.record(
    tx,
    { actor: { kind: 'user', id: userId, tenantId }, requestId, now },
    { action: 'member.join', targetId: id, changes: { roles } },
  )
}

function hasAccount(): Failure {
  return new Failure('conflict', 'This e-mail address has an account already.')
}

/** A day longer than they are good for: a call may be repeated for so long. */
export async function forgetInvitations(db: Db, now: Date): Promise<void> {
  await store.deleteInvitationsBefore(db, addMs(now, -msPerDay))
}
