import type { Role } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import { openWorld, operatorActor, password, type World } from './identity.fixture.ts'
import {
  acceptInvite,
  adminChangeTenant,
  authenticate,
  changeMember,
  forgetInvitations,
  inviteMember,
  listMembers,
  logIn,
  removeMember,
  requireLive,
  signUp,
} from './identity.ts'

let world: World
let owner: Actor

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(async () => {
  owner = (await world.addUser()).actor
})
afterAll(() => world.db.close())

const unauthorized = { code: 'unauthorized' }
const forbidden = { code: 'forbidden' }
const conflict = { code: 'conflict' }
const missing = { code: 'not_found' }

const freshMail = () => `${newId('usr')}@example.com`
const invite = (actor: Actor, roles: Role[] = ['viewer'], email = freshMail()) =>
  inviteMember(world.deps, world.callOf(actor), { email, roles })
const accept = (token: string, input: { password?: string } = {}, call = world.openCall()) =>
  acceptInvite(world.deps, call, { token, password, displayName: 'Bo', ...input })
const change = (actor: Actor, id: string, roles: Role[]) =>
  changeMember(world.deps, world.callOf(actor), { id, roles })
const remove = (actor: Actor, id: string) => removeMember(world.deps, world.callOf(actor), id)
const listed = async (actor: Actor) =>
  (await listMembers(world.deps, world.callOf(actor), { limit: 100 })).items
const memberIdOf = async (actor: Actor) =>
  (await listed(actor)).find((one) => one.userId === actor.userId)?.id ?? ''
const actorOf = (token: string) => authenticate(world.db, { kind: 'session', token }, world.now())

async function addMember(roles: Role[], email = freshMail()) {
  const { member, token } = await invite(owner, roles, email)
  const signedIn = await accept(token.reveal())
  const session = signedIn.token.reveal()
  return { id: member.id, email, token: session, actor: await actorOf(session) }
}

describe('an invitation', () => {
  test('makes a member with its roles, under the same id, and is used up by it', async () => {
    const { member, token } = await invite(owner, ['buyer_manager'], 'Bo@Example.com')
    expect(token.reveal()).toMatch(/^invite_[0-9A-Za-z]{43}$/)
    expect(member).toMatchObject({ status: 'invited', userId: null, displayName: null })
    expect(await listed(owner)).toContainEqual(member)
    const signedIn = await accept(token.reveal())
    const actor = await actorOf(signedIn.token.reveal())
    expect(actor).toMatchObject({ tenantId: owner.tenantId, roles: ['buyer_manager'] })
    expect(actor.scopes).toContain('search:query')
    expect(actor.scopes).not.toContain('datasets:write')
    expect(await listed(owner)).toContainEqual({
      ...member,
      userId: actor.userId,
      displayName: 'Bo',
      status: 'active',
      createdAt: world.now(),
    })
    await expect(accept(token.reveal())).rejects.toMatchObject(unauthorized)
    const again = { email: 'bo@example.COM', password }
    expect((await logIn(world.deps, world.openCall(), again)).tenantId).toBe(owner.tenantId)
  })

  test('is void when it is unknown, withdrawn, a week old, or of a suspended tenant', async () => {
    await expect(accept('invite_unknown')).rejects.toMatchObject(unauthorized)
    const withdrawn = await invite(owner)
    await remove(owner, withdrawn.member.id)
    await expect(accept(withdrawn.token.reveal())).rejects.toMatchObject(unauthorized)

    const { token } = await invite(owner)
    const by = { actor: operatorActor, now: world.now() }
    const suspend = (suspended: boolean) =>
      world.db.tx((tx) => adminChangeTenant(tx, by, { tenantId: owner.tenantId, suspended }))
    await suspend(true)
    await expect(accept(token.reveal())).rejects.toMatchObject(unauthorized)
    await suspend(false)
    world.passMs(7 * msPerDay)
    await expect(accept(token.reveal())).rejects.toMatchObject(unauthorized)
    expect((await listed(owner)).map((one) => one.status)).toEqual(['active'])
  })

  test('is given once to a mail, until it is withdrawn or over', async () => {
    const email = freshMail()
    const first = await invite(owner, ['viewer'], email)
    await expect(invite(owner, ['viewer'], email.toUpperCase())).rejects.toMatchObject(conflict)
    await remove(owner, first.member.id)
    await invite(owner, ['viewer'], email)
    world.passMs(7 * msPerDay)
    await invite(owner, ['viewer'], email)
    const other = (await world.addUser()).actor
    await invite(other, ['viewer'], email)
  })

  test('is not for a mail that belongs to a tenant, at whatever moment it came to', async () => {
    const { email } = await world.addUser()
    await expect(invite(owner, ['viewer'], email)).rejects.toMatchObject(conflict)
    const late = freshMail()
    const { token } = await invite(owner, ['viewer'], late)
    await world.addUser(late)
    await expect(accept(token.reveal())).rejects.toMatchObject(conflict)
  })

  test('of two tenants to one mail is good for the one that is accepted first', async () => {
    const email = freshMail()
    const other = (await world.addUser()).actor
    const tokens = [await invite(owner, ['viewer'], email), await invite(other, ['viewer'], email)]
    const ends = await Promise.allSettled(tokens.map(({ token }) => accept(token.reveal())))
    expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(ends.find((end) => end.status === 'rejected')).toMatchObject({ reason: conflict })
  })

  test('accepted many times at the same moment makes one member', async () => {
    const { token } = await invite(owner)
    const ends = await Promise.allSettled([1, 2, 3, 4].map(() => accept(token.reveal())))
    const refused = ends.filter((end) => end.status === 'rejected')
    expect(refused).toHaveLength(3)
    expect(await listed(owner)).toHaveLength(2)
  })

  test('repeated after a crash is the same one, with a token that was seen', async () => {
    const call = world.callOf(owner)
    const input = { email: freshMail(), roles: ['viewer' as const] }
    const lost = await inviteMember(world.deps, call, input)
    const seen = await inviteMember(world.deps, call, input)
    expect(seen.member.id).toBe(lost.member.id)
    await expect(accept(lost.token.reveal())).rejects.toMatchObject(unauthorized)
    const accepting = world.openCall()
    const first = await accept(seen.token.reveal(), {}, accepting)
    const second = await accept(seen.token.reveal(), {}, accepting)
    expect(second.userId).toBe(first.userId)
    expect(await world.isSignedIn(second.token.reveal())).toBe(true)
    const joins = (await world.actionsOf(owner)).filter((one) => one === 'member.join')
    expect(joins).toHaveLength(1)
  })

  test('is forgotten a day after it is over, and not before', async () => {
    await invite(owner)
    const count = async () =>
      (await world.db.rows`select 1 from invitations where tenant_id = ${owner.tenantId}`).length
    world.passMs(8 * msPerDay)
    await forgetInvitations(world.db, world.now())
    expect(await count()).toBe(1)
    world.passMs(1)
    await forgetInvitations(world.db, world.now())
    expect(await count()).toBe(0)
  })
})

describe('a member who was removed', () => {
  test('is nobody on the next request, also within a charge, and cannot sign in', async () => {
    const member = await addMember(['buyer_manager'])
    const bystander = await addMember(['viewer'])
    const key = await world.addKey(member.actor)
    await remove(owner, member.id)
    expect(await world.isSignedIn(member.token)).toBe(false)
    expect(await world.isSignedIn(bystander.token)).toBe(true)
    const late = world.db.tx((tx) => requireLive(tx, member.actor, world.now()))
    await expect(late).rejects.toMatchObject(unauthorized)
    const login = logIn(world.deps, world.openCall(), { email: member.email, password })
    await expect(login).rejects.toMatchObject(unauthorized)
    expect((await world.actorOf(key)).scopes).toEqual([])
    await expect(remove(owner, member.id)).rejects.toMatchObject(missing)
  })

  test('joins again, here or elsewhere, with the old password and with no other', async () => {
    const member = await addMember(['buyer_manager'])
    await remove(owner, member.id)
    const signUpAgain = signUp(world.deps, world.openCall(), {
      email: member.email,
      password,
      displayName: 'Bo',
      tenantName: 'Own',
    })
    await expect(signUpAgain).rejects.toMatchObject(conflict)
    const other = (await world.addUser()).actor
    const { token } = await invite(other, ['seller_manager'], member.email)
    const guess = accept(token.reveal(), { password: 'wrong horse' })
    await expect(guess).rejects.toMatchObject(unauthorized)
    const joined = await accept(token.reveal())
    expect(joined).toMatchObject({ userId: member.actor.userId, tenantId: other.tenantId })
    expect(await actorOf(joined.token.reveal())).toMatchObject({ roles: ['seller_manager'] })
    expect(await world.isSignedIn(member.token)).toBe(false)
  })

  test('is guessed at ten times at most, whether by login or by an invitation', async () => {
    const member = await addMember(['viewer'])
    await remove(owner, member.id)
    const { token } = await invite(owner, ['viewer'], member.email)
    for (let guess = 0; guess < 10; guess++) {
      const call = world.openCall(newId('req'))
      const wrong = accept(token.reveal(), { password: 'wrong horse' }, call)
      await expect(wrong).rejects.toMatchObject(unauthorized)
    }
    await expect(accept(token.reveal())).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

describe('roles', () => {
  test('changed count from the next request on, also for an invitation', async () => {
    const member = await addMember(['viewer'])
    await change(owner, member.id, ['seller_manager', 'viewer'])
    expect((await actorOf(member.token)).roles).toEqual(['seller_manager', 'viewer'])
    const { member: invited, token } = await invite(owner, ['viewer'])
    expect(await change(owner, invited.id, ['operator'])).toMatchObject({ status: 'invited' })
    const joined = await accept(token.reveal())
    const actor = await actorOf(joined.token.reveal())
    expect(actor).toMatchObject({ roles: ['operator'], isPlatformAdmin: false })
  })

  test('owner is given, changed and taken away by owners only', async () => {
    const admin = (await addMember(['admin'])).actor
    const member = await addMember(['viewer'])
    const ownerId = await memberIdOf(owner)
    const invited = (await invite(owner, ['owner'])).member
    const refused = [
      () => invite(admin, ['owner']),
      () => change(admin, member.id, ['viewer', 'owner']),
      () => change(admin, ownerId, ['viewer']),
      () => change(admin, ownerId, ['owner', 'viewer']),
      () => change(admin, invited.id, ['viewer']),
      () => remove(admin, invited.id),
      () => remove(admin, ownerId),
    ]
    for (const attempt of refused) await expect(attempt()).rejects.toMatchObject(forbidden)
    await invite(admin, ['admin'])
    await change(admin, member.id, ['admin'])
    await change(owner, member.id, ['owner'])
    await remove((await actorOf(member.token)) satisfies Actor, ownerId)
    expect((await listed(admin)).filter((one) => one.roles.includes('owner'))).toHaveLength(2)
  })

  test('the last owner stays, an invited one does not count', async () => {
    const ownerId = await memberIdOf(owner)
    await invite(owner, ['owner'])
    await expect(remove(owner, ownerId)).rejects.toMatchObject(conflict)
    await expect(change(owner, ownerId, ['admin'])).rejects.toMatchObject(conflict)
    await change(owner, ownerId, ['owner', 'viewer'])
    const second = await addMember(['owner'])
    await remove(owner, ownerId)
    await expect(remove(second.actor, second.id)).rejects.toMatchObject(conflict)
  })

  test('of several owners who all go at the same moment one stays', async () => {
    const members = [await addMember(['owner']), await addMember(['owner'])]
    const all = [
      { actor: owner, id: await memberIdOf(owner) },
      ...members.map(({ actor, id }) => ({ actor, id })),
    ]
    const ends = await Promise.allSettled(all.map(({ actor, id }) => remove(actor, id)))
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(2)
    expect(ends.find((end) => end.status === 'rejected')).toMatchObject({ reason: conflict })
    const rows = await world.db.rows`
      select 1 from memberships where tenant_id = ${owner.tenantId} and 'owner' = any(roles)`
    expect(rows).toHaveLength(1)
  })

  test('are those of the moment: who was removed or is no admin any more changes nothing', async () => {
    const admin = await addMember(['admin'])
    const member = await addMember(['viewer'])
    await change(owner, admin.id, ['viewer'])
    for (const attempt of [
      () => invite(admin.actor),
      () => change(admin.actor, member.id, ['admin']),
      () => remove(admin.actor, member.id),
    ]) {
      await expect(attempt()).rejects.toMatchObject(forbidden)
    }
    await remove(owner, admin.id)
    await expect(invite(admin.actor)).rejects.toMatchObject(forbidden)
  })
})

test('members of another tenant do not exist', async () => {
  const stranger = (await world.addUser()).actor
  const member = await addMember(['viewer'])
  const { member: invited } = await invite(owner)
  for (const id of [member.id, invited.id, newId('mem'), 'x']) {
    await expect(change(stranger, id, ['admin'])).rejects.toMatchObject(missing)
    await expect(remove(stranger, id)).rejects.toMatchObject(missing)
  }
  expect((await listed(stranger)).map((one) => one.userId)).toEqual([stranger.userId])
})

test('the list goes newest first, page by page, members and invitations together', async () => {
  const first = await addMember(['viewer'])
  const { member: second } = await invite(owner)
  const call = world.callOf(owner)
  const page = await listMembers(world.deps, call, { limit: 2 })
  expect(page.items.map((one) => one.id)).toEqual([second.id, first.id])
  const rest = await listMembers(world.deps, { ...call, after: page.next }, { limit: 2 })
  expect(rest.items.map((one) => one.userId)).toEqual([owner.userId])
  expect(rest.next).toBeNull()
})

test('every change is told to the audit, and no entry holds the token', async () => {
  const { member, token } = await invite(owner)
  await accept(token.reveal())
  await change(owner, member.id, ['operator'])
  await remove(owner, member.id)
  const { member: other } = await invite(owner)
  await remove(owner, other.id)
  expect(await world.actionsOf(owner)).toEqual([
    'tenant.create',
    'member.invite',
    'member.join',
    'member.update',
    'member.remove',
    'member.invite',
    'member.remove',
  ])
  const rows = await world.db.rows<{ changes: object }>`
    select changes from audit_events where tenant_id = ${owner.tenantId}`
  expect(JSON.stringify(rows)).not.toContain(token.reveal())
  expect(rows.map((row) => row.changes)).toContainEqual({
    roles: { before: ['viewer'], after: ['operator'] },
  })
})
