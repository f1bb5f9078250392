// Who belongs to a tenant. Owners and admins invite, change and remove; owners only where the role
// owner is touched, and one owner always stays.
import type { Role } from '@ipto/contract/scopes.ts'
import type { Actor, Call } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import { hashOf, randomText, Secret, secretLength } from './secrets.ts'
import { emailKeyOf } from './sessions.ts'
import type { Member } from './store.ts'
import * as store from './store.ts'

/** An invitation that nobody has accepted by then is void. */
const invitationDays = 7

export interface Invited {
  member: Member
  token: Secret
}

export async function listMembers(
  { db }: { db: Db },
  { actor, after, now }: Call,
  { limit }: { limit: number },
): Promise<Page<Member>> {
  const page = { afterId: afterId(after), limit, now }
  const rows = await store.listMembers(db, actor.tenantId, page)
  return pageOf(rows, limit, (member) => [member.id])
}

export async function inviteMember(
  { db }: { db: Db },
  { actor, chargeKey, now, requestId }: Call,
  input: { email: string; roles: Role[] },
): Promise<Invited> {
  const { tenantId } = actor
  const token = new Secret(`invite_${randomText(secretLength)}`)
  const invitation = {
    id: idFor('mem', chargeKey),
    tenantId,
    email: input.email,
    emailKey: emailKeyOf(input.email),
    roles: input.roles,
    createdAt: now,
    expiresAt: addMs(now, invitationDays * msPerDay),
  }
  await db.tx(async (tx) => {
    requireRightOver(await lockStanding(tx, actor), input.roles)
    const user = await store.findUserByEmail(tx, invitation.emailKey)
    if (user?.tenantId) throw new Failure('conflict', 'This e-mail address has an account already.')
    await store.deleteEndedInvitation(tx, tenantId, invitation.emailKey, now)
    const tokenHash = hashOf(token.reveal())
    if (!(await store.insertInvitation(tx, { ...invitation, tokenHash }))) {
      throw new Failure('conflict', 'This e-mail address is invited already.')
    }
    await audit.record(
      tx,
      { actor, requestId, now },
      {
        action: 'member.invite',
        targetId: invitation.id,
        changes: { email: input.email, roles: input.roles },
      },
    )
  })
  return { member: memberOf(invitation), token }
}

export async function changeMember(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  change: { id: string; roles: Role[] },
): Promise<Member> {
  const { roles } = change
  return db.tx(async (tx) => {
    const { member, standing } = await lockMember(tx, { actor, now }, change.id)
    requireRightOver(standing, [...member.roles, ...roles])
    if (!roles.includes('owner')) requireOtherOwner(standing, member)
    const update =
      member.status === 'invited' ? store.updateInvitationRoles : store.updateMemberRoles
    await update(tx, actor.tenantId, member.id, roles)
    const changes = audit.changesOf({ roles: member.roles }, { roles })
    await audit.record(
      tx,
      { actor, requestId, now },
      { action: 'member.update', targetId: member.id, changes },
    )
    return { ...member, roles }
  })
}

/** A member's sessions end with the membership; an invitation is withdrawn. */
export async function removeMember(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  id: string,
): Promise<Id<'mem'>> {
  const { tenantId } = actor
  return db.tx(async (tx) => {
    const { member, standing } = await lockMember(tx, { actor, now }, id)
    requireRightOver(standing, member.roles)
    requireOtherOwner(standing, member)
    if (member.userId) {
      await store.deleteMembership(tx, tenantId, member.id)
      await store.endSessionsOf(tx, { tenantId, userId: member.userId, now })
    } else {
      await store.deleteInvitation(tx, tenantId, member.id)
    }
    await audit.record(
      tx,
      { actor, requestId, now },
      { action: 'member.remove', targetId: member.id, changes: { roles: member.roles } },
    )
    return member.id
  })
}

interface Standing {
  members: Member[]
  /** Of the actor, as they stand under the lock: an admin may have been removed meanwhile. */
  roles: readonly Role[]
}

async function lockStanding(tx: Tx, actor: Actor): Promise<Standing> {
  const members = await store.lockMembers(tx, actor.tenantId)
  const roles = members.find((one) => one.userId === actor.userId)?.roles ?? []
  if (!roles.includes('owner') && !roles.includes('admin')) {
    throw new Failure('forbidden', 'This operation needs one of the roles owner, admin.')
  }
  return { members, roles }
}

// The invitation first: who accepts it at this moment is a member once its lock is free.
async function lockMember(
  tx: Tx,
  { actor, now }: Pick<Call, 'actor' | 'now'>,
  id: string,
): Promise<{ member: Member; standing: Standing }> {
  const invitation = await store.lockInvitation(tx, actor.tenantId, asId('mem', id))
  const standing = await lockStanding(tx, actor)
  const isOpen = invitation?.acceptedKey === null && invitation.expiresAt > now
  const member = isOpen ? memberOf(invitation) : standing.members.find((one) => one.id === id)
  if (!member) throw notFound()
  return { member, standing }
}

function requireRightOver({ roles }: Standing, touched: readonly Role[]): void {
  if (touched.includes('owner') && !roles.includes('owner')) {
    throw new Failure('forbidden', 'Only an owner may give, change or take away the role owner.')
  }
}

function requireOtherOwner({ members }: Standing, member: Member): void {
  const isOwner = (one: Member) => one.status === 'active' && one.roles.includes('owner')
  if (isOwner(member) && members.filter(isOwner).length === 1) {
    throw new Failure('conflict', 'A tenant needs an owner, and this is the last one.')
  }
}

function memberOf(
  invitation: Pick<store.InvitationRow, 'id' | 'email' | 'roles' | 'createdAt'>,
): Member {
  return {
    id: invitation.id,
    userId: null,
    email: invitation.email,
    displayName: null,
    roles: invitation.roles,
    status: 'invited',
    createdAt: invitation.createdAt,
  }
}
