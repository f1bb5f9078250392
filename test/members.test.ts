// Members over HTTP: who may invite, what an invited person may do, and that a removal counts on the
// very next request.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

type Roles = Parameters<World['provider']['client']['members']['invite']>[0]['roles']

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const password = 'a long password'
const freshMail = () => `${randomUUID()}@example.com`

async function join(roles: Roles, email = freshMail()) {
  const { invite_token, member_id } = await world.provider.client.members.invite({ email, roles })
  const joined = await world.anonymous.auth.acceptInvite({
    invite_token,
    password,
    display_name: 'Bo',
  })
  return { member_id, email, client: world.client({ token: joined.session_token }) }
}

test('an invited person joins with a password, and may do what the roles say', async () => {
  const { client, email, member_id } = await join(['seller_manager'])
  const me = await client.me.get()
  expect(me).toMatchObject({
    email,
    display_name: 'Bo',
    tenant_id: world.provider.tenantId,
    roles: ['seller_manager'],
    is_platform_admin: false,
  })
  await client.datasets.create({ name: 'By a member' })
  await expect(client.search.query({ query: 'x' })).rejects.toMatchObject({ status: 403 })
  await expect(client.members.list()).rejects.toMatchObject({ status: 403 })
  const again = await world.anonymous.auth.login({ email, password })
  expect(again.tenant_id).toBe(world.provider.tenantId)
  const { items } = await world.provider.client.members.list()
  expect(items.find((one) => one.member_id === member_id)).toEqual({
    member_id,
    user_id: me.user_id,
    email,
    display_name: 'Bo',
    roles: ['seller_manager'],
    status: 'active',
    created_at: '2026-04-05T10:00:00Z',
  })
})

test.each([
  ['owner', 8],
  ['admin', 8],
  ['seller_manager', 'datasets:read datasets:write objects:write usage:read billing:read'],
  ['buyer_manager', 'datasets:read search:query usage:read billing:read keys:write'],
  ['operator', 'datasets:read usage:read'],
  ['viewer', 'datasets:read usage:read billing:read'],
] as const)('the role %s holds its scopes and no other', async (role, held) => {
  const { client } = await join([role])
  const { roles, scopes } = await client.me.get()
  expect(roles).toEqual([role])
  if (typeof held === 'number') expect(scopes).toHaveLength(held)
  else expect([...scopes].sort()).toEqual(held.split(' ').sort())
})

test('a removal and a change of roles count on the next request', async () => {
  const { client, member_id, email } = await join(['viewer'])
  const { members } = world.provider.client
  await members.update({ member_id, roles: ['buyer_manager'] })
  expect((await client.me.get()).roles).toEqual(['buyer_manager'])
  const key = await client.apiKeys.create({ name: 'agent', scopes: ['search:query'] })
  const agent = world.client({ apiKey: key.secret })
  await agent.search.query({ query: 'x' })
  expect(await members.remove({ member_id })).toEqual({ member_id, removed: true })
  await expect(client.me.get()).rejects.toMatchObject({ status: 401 })
  await expect(agent.search.query({ query: 'x' })).rejects.toMatchObject({ status: 403 })
  const login = world.anonymous.auth.login({ email, password })
  await expect(login).rejects.toMatchObject({ status: 401, code: 'unauthorized' })
  await expect(members.remove({ member_id })).rejects.toMatchObject({ status: 404 })
})

test('the last owner can neither leave nor step down; with another one it can', async () => {
  const party = await world.signUp('leaver')
  const { members } = party.client
  const [own] = (await members.list()).items
  const member_id = own?.member_id ?? ''
  await expect(members.remove({ member_id })).rejects.toMatchObject({ status: 409 })
  const lower = members.update({ member_id, roles: ['admin'] })
  await expect(lower).rejects.toMatchObject({ status: 409, code: 'conflict' })
  const { invite_token } = await members.invite({ email: freshMail(), roles: ['owner'] })
  await world.anonymous.auth.acceptInvite({ invite_token, password, display_name: 'Next' })
  expect(await members.remove({ member_id })).toEqual({ member_id, removed: true })
  await expect(party.client.me.get()).rejects.toMatchObject({ status: 401 })
})

test('an admin makes admins, and no owner', async () => {
  const { client } = await join(['admin'])
  await client.members.invite({ email: freshMail(), roles: ['admin'] })
  const owner = client.members.invite({ email: freshMail(), roles: ['owner'] })
  await expect(owner).rejects.toMatchObject({ status: 403, code: 'forbidden' })
})

test('a mail with an account is not invited, and an unknown role is a wrong value', async () => {
  const { members } = world.provider.client
  const taken = members.invite({ email: world.buyer.email.toUpperCase(), roles: ['viewer'] })
  await expect(taken).rejects.toMatchObject({ status: 409, code: 'conflict' })
  const url = `${world.url}/v1/members`
  const { token } = world.provider
  const king = await send(url, { token, json: { email: freshMail(), roles: ['king'] } })
  expect([king.status, king.body.error?.details?.fields?.[0]?.field]).toEqual([422, 'roles.0'])
  const none = await send(url, { token, json: { email: freshMail(), roles: [] } })
  expect(none.status).toBe(422)
})

test('an invitation under an Idempotency-Key is accepted once, and answered again the same', async () => {
  const { invite_token } = await world.provider.client.members.invite({
    email: freshMail(),
    roles: ['viewer'],
  })
  const url = `${world.url}/v1/auth/accept-invite`
  const json = { invite_token, password, display_name: 'Bo' }
  const headers = { 'idempotency-key': randomUUID() }
  const first = await send(url, { json, headers })
  expect(first.status).toBe(201)
  const again = await send(url, { json, headers })
  expect([again.status, again.text]).toEqual([201, first.text])
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  const used = await send(url, { json })
  expect([used.status, used.body.error?.code]).toEqual([401, 'unauthorized'])
})
