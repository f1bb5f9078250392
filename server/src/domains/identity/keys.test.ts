import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { newId } from '../../base/ids.ts'
import * as resources from '../resources/resources.ts'
import { openWorld, type World } from './identity.fixture.ts'
import {
  authenticate,
  changeKey,
  countKeys,
  getKey,
  issueKey,
  listKeys,
  requireLive,
  revokeKey,
} from './identity.ts'
import type { KeyChange } from './keys.ts'

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
const missing = { code: 'not_found' }
const same = {
  name: undefined,
  scopes: undefined,
  datasetIds: undefined,
  budgetMicros: undefined,
  expiresAt: undefined,
}
const change = (actor: Actor, id: string, wish: Partial<KeyChange>) =>
  changeKey(world.deps, world.callOf(actor), { id, ...same, ...wish })
const live = (actor: Actor) => world.db.tx((tx) => requireLive(tx, actor, world.now()))

describe('a key', () => {
  test('acts within its tenant with what it was given and no more', async () => {
    const datasetIds = [newId('dset')]
    const issued = await world.addKey(owner, { datasetIds, budgetMicros: 5n })
    expect(issued.secret.reveal()).toMatch(/^ipto_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}$/)
    expect(await world.actorOf(issued)).toMatchObject({
      kind: 'api_key',
      tenantId: owner.tenantId,
      scopes: ['search:query'],
      roles: [],
      isPlatformAdmin: false,
      datasetIds,
      keyBudgetMicros: 5n,
    })
  })

  test.each([
    ['the secret', (text: string) => `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`],
    ['the prefix', (text: string) => text.replace(/_[^_]+_/, '_0000000000_')],
    ['a part', (text: string) => text.slice(0, text.lastIndexOf('_'))],
    ['everything', () => ''],
  ])('with %s wrong is nobody', async (_, spoil) => {
    const { secret } = await world.addKey(owner)
    const token = spoil(secret.reveal())
    const asked = authenticate(world.db, { kind: 'key', token }, world.now())
    await expect(asked).rejects.toMatchObject(unauthorized)
  })

  test('is attributed to a resource of its tenant, which it keeps and hands on', async () => {
    const call = world.callOf(owner)
    const label = { description: null, metadata: {} }
    const { id } = await resources.create(world.deps, call, { name: 'Agent', ...label })
    const issued = await world.addKey(owner, { resourceId: id, scopes: ['keys:write'] })
    const agent = await world.actorOf(issued)
    expect(agent.resourceId).toBe(id)
    const other = await resources.create(world.deps, world.callOf(owner), {
      name: 'Other',
      ...label,
    })
    const wider = world.addKey(agent, { resourceId: other.id, scopes: ['keys:write'] })
    await expect(wider).rejects.toMatchObject(forbidden)
    await resources.remove(world.deps, world.callOf(owner), id)
    expect((await world.actorOf(issued)).resourceId).toBe(id)
    const child = await world.addKey(agent, { scopes: ['keys:write'] })
    expect(child.key.resourceId).toBe(id)
    await change(owner, child.key.id, { name: 'renamed' })
    expect((await getKey(world.deps, world.callOf(owner), child.key.id)).resourceId).toBe(id)
  })

  test('is not attributed to a resource that is unknown, at rest or of another tenant', async () => {
    const label = { name: 'Agent', description: null, metadata: {} }
    const resource = await resources.create(world.deps, world.callOf(owner), label)
    const stranger = (await world.addUser()).actor
    const refused = [
      world.addKey(stranger, { resourceId: resource.id }),
      world.addKey(owner, { resourceId: 'res_unknown' }),
    ]
    for (const one of refused) await expect(one).rejects.toMatchObject(missing)
    const same = { name: undefined, description: undefined, metadata: undefined }
    for (const status of ['archived', 'paused'] as const) {
      const wish = { ...same, id: resource.id, status }
      await resources.change(world.deps, world.callOf(owner), wish)
      const late = world.addKey(owner, { resourceId: resource.id })
      await expect(late).rejects.toMatchObject(missing)
    }
    expect(await countKeys(world.db, owner.tenantId)).toEqual({ all: 0, active: 0 })
  })

  test('ends at its time', async () => {
    const issued = await world.addKey(owner, { expiresAt: new Date(+world.now() + 1_000) })
    const actor = await world.actorOf(issued)
    world.passMs(999)
    await live(actor)
    world.passMs(1)
    await expect(world.actorOf(issued)).rejects.toMatchObject(unauthorized)
    await expect(live(actor)).rejects.toMatchObject(unauthorized)
  })

  test('is revoked at once and for good, and twice is the same as once', async () => {
    const issued = await world.addKey(owner)
    const { id } = issued.key
    const actor = await world.actorOf(issued)
    const first = await revokeKey(world.deps, world.callOf(owner), id)
    world.passMs(1_000)
    const second = await revokeKey(world.deps, world.callOf(owner), id)
    expect(second.revokedAt).toEqual(first.revokedAt)
    await expect(world.actorOf(issued)).rejects.toMatchObject(unauthorized)
    await expect(live(actor)).rejects.toMatchObject(unauthorized)
    await expect(change(owner, id, { name: 'again' })).rejects.toMatchObject({ code: 'conflict' })
    const revocations = (await world.actionsOf(owner)).filter((one) => one === 'api_key.revoke')
    expect(revocations).toHaveLength(1)
  })

  test('of another tenant does not exist', async () => {
    const stranger = (await world.addUser()).actor
    const { id } = (await world.addKey(owner)).key
    const call = world.callOf(stranger)
    await expect(getKey(world.deps, call, id)).rejects.toMatchObject(missing)
    await expect(revokeKey(world.deps, call, id)).rejects.toMatchObject(missing)
    await expect(change(stranger, id, { name: 'mine' })).rejects.toMatchObject(missing)
    expect((await listKeys(world.deps, call, { limit: 10 })).items).toEqual([])
  })

  test('loses what its creator has lost', async () => {
    const issued = await world.addKey(owner, { scopes: ['keys:write', 'usage:read'] })
    await world.db.run`
      update memberships set roles = array['viewer'] where tenant_id = ${owner.tenantId}`
    expect((await world.actorOf(issued)).scopes).toEqual(['usage:read'])
    await world.db.run`delete from memberships where tenant_id = ${owner.tenantId}`
    expect((await world.actorOf(issued)).scopes).toEqual([])
  })

  test('tells its last use, to the minute', async () => {
    const issued = await world.addKey(owner)
    const usedAt = async () =>
      (await getKey(world.deps, world.callOf(owner), issued.key.id)).lastUsedAt
    expect(await usedAt()).toBeNull()
    await world.actorOf(issued)
    const first = world.now()
    expect(await usedAt()).toEqual(first)
    world.passMs(59_999)
    await world.actorOf(issued)
    expect(await usedAt()).toEqual(first)
    world.passMs(1)
    await world.actorOf(issued)
    expect(await usedAt()).toEqual(world.now())
  })

  test('repeated after a crash is the same key with a secret that was seen', async () => {
    const call = world.callOf(owner)
    const input = { ...(await world.addKey(owner)).key, name: 'again' }
    const lost = await issueKey(world.deps, call, input)
    const issued = await issueKey(world.deps, call, input)
    expect(issued.key.id).toBe(lost.key.id)
    expect((await world.actorOf(issued)).keyId).toBe(issued.key.id)
    await expect(world.actorOf(lost)).rejects.toMatchObject(unauthorized)
  })
})

describe('a key that makes or changes keys', () => {
  const parentWith = async (wish: Parameters<World['addKey']>[1]) =>
    world.actorOf(await world.addKey(owner, { scopes: ['keys:write', 'usage:read'], ...wish }))

  test('gives no scope that it does not hold', async () => {
    const parent = await parentWith({})
    const child = await world.addKey(parent, { scopes: ['usage:read'] })
    expect((await world.actorOf(child)).scopes).toEqual(['usage:read'])
    const wider = world.addKey(parent, { scopes: ['usage:read', 'search:query'] })
    await expect(wider).rejects.toMatchObject(forbidden)
    const widened = change(parent, child.key.id, { scopes: ['admin:*'] })
    await expect(widened).rejects.toMatchObject(forbidden)
  })

  test('with a budget makes and changes none, itself included, and may revoke them', async () => {
    const parent = await parentWith({ budgetMicros: 5n })
    const scopes = ['usage:read' as const]
    for (const budgetMicros of [1n, 5n, null]) {
      const made = world.addKey(parent, { scopes, budgetMicros })
      await expect(made).rejects.toMatchObject(forbidden)
    }
    const { key } = await world.addKey(owner, { scopes })
    for (const id of [parent.id, key.id]) {
      await expect(change(parent, id, { name: 'other' })).rejects.toMatchObject(forbidden)
    }
    const { revokedAt } = await revokeKey({ db: world.db }, world.callOf(parent), key.id)
    expect(revokedAt).not.toBeNull()
  })

  test('is not widened beyond its creator, whoever changes it', async () => {
    const member = { ...owner, id: newId('usr'), userId: null }
    await world.db.run`
      insert into users (id, email, email_key, password_hash, display_name, created_at)
      values (${member.id}, 'm@example.com', 'm@example.com', '', 'M', ${world.now()})`
    await world.db.run`
      insert into memberships (id, tenant_id, user_id, roles, created_at)
      values (${newId('mem')}, ${owner.tenantId}, ${member.id}, ${['buyer_manager']}, ${world.now()})`
    const { key } = await world.addKey(member, { scopes: ['search:query'] })
    const widened = change(owner, key.id, { scopes: ['search:query', 'datasets:write'] })
    await expect(widened).rejects.toMatchObject(forbidden)
    const within = await change(owner, key.id, { scopes: ['search:query', 'usage:read'] })
    expect(within.scopes).toEqual(['search:query', 'usage:read'])
  })

  test('gives no later end than its own', async () => {
    const expiresAt = new Date(+world.now() + 60_000)
    const parent = await parentWith({ expiresAt })
    const scopes = ['usage:read' as const]
    await world.addKey(parent, { scopes, expiresAt })
    const endless = world.addKey(parent, { scopes })
    await expect(endless).rejects.toMatchObject(forbidden)
    const longer = change(parent, parent.id, { expiresAt: new Date(+expiresAt + 1) })
    await expect(longer).rejects.toMatchObject(forbidden)
    expect(await change(parent, parent.id, { name: 'same end' })).toMatchObject({ expiresAt })
  })

  test('hangs them on the user at its root', async () => {
    const parent = await parentWith({})
    const child = await world.addKey(parent, { scopes: ['usage:read'] })
    expect(child.key.createdBy).toBe(owner.id)
  })
})

test('a change names what changed, and leaves alone what was not asked for', async () => {
  const { key } = await world.addKey(owner, { budgetMicros: 5n })
  const changed = await change(owner, key.id, { budgetMicros: null, name: 'renamed' })
  expect(changed).toMatchObject({ name: 'renamed', budgetMicros: null, scopes: key.scopes })
  const row = await world.db.first<{ changes: unknown }>`
    select changes from audit_events where target_id = ${key.id} and action = 'api_key.update'`
  expect(row?.changes).toEqual({
    name: { before: 'agent', after: 'renamed' },
    budgetMicros: { before: '5', after: null },
  })
})

test('the list goes newest first, page by page; the counts tell revoked ones apart', async () => {
  const ids: string[] = []
  for (let key = 0; key < 3; key++) ids.unshift((await world.addKey(owner)).key.id)
  await revokeKey(world.deps, world.callOf(owner), ids[1] ?? '')
  const call = world.callOf(owner)
  const first = await listKeys(world.deps, call, { limit: 2 })
  const second = await listKeys(world.deps, { ...call, after: first.next }, { limit: 2 })
  expect([...first.items, ...second.items].map((key) => key.id)).toEqual(ids)
  expect(await countKeys(world.db, owner.tenantId)).toEqual({ all: 3, active: 2 })
})
