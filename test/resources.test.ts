// Resources as integrators meet them: every field and what is refused of it, states, lists, and keys that
// are attributed to one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const call = (path: string, request: object = {}) =>
  send(`${world.url}/v1/resources${path}`, { token: world.provider.token, ...request })
const make = (fields: object = {}) =>
  world.provider.client.resources.create({ name: 'R', ...fields })
const keysOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key_${at}`, 'x']))

describe('a resource', () => {
  test('loses no metadata to another key that is the same but for composition', async () => {
    const metadata = { '\u00e9': '1', 'e\u0301': '2' }
    await expect(make({ metadata })).rejects.toMatchObject({ status: 422 })
  })

  test('has every field from the start, and its metadata comes back untouched', async () => {
    const plain = await make()
    expect(plain).toEqual({
      id: expect.stringMatching(/^res_/),
      object: 'resource',
      name: 'R',
      description: null,
      status: 'active',
      metadata: {},
      createdAt: '2026-04-05T10:00:00.000Z',
      updatedAt: '2026-04-05T10:00:00.000Z',
    })
    const metadata = { internal_id: 'abc123', internalId: ' ', '': '' }
    const { '': _, ...kept } = metadata
    const full = await make({ description: '', metadata: kept })
    expect(full).toMatchObject({ description: '', metadata: kept })
    expect(await world.provider.client.resources.get({ id: full.id })).toEqual(full)
    expect((await make({ metadata: keysOf(20), name: 'x'.repeat(200) })).name).toHaveLength(200)
  })

  test.each([
    ['name', {}],
    ['name', { name: '' }],
    ['name', { name: '  ' }],
    ['name', { name: 7 }],
    ['name', { name: null }],
    ['name', { name: 'x'.repeat(201) }],
    ['description', { name: 'R', description: 'x'.repeat(2_001) }],
    ['description', { name: 'R', description: {} }],
    ['metadata', { name: 'R', metadata: keysOf(21) }],
    ['metadata', { name: 'R', metadata: [] }],
    ['metadata', { name: 'R', metadata: null }],
    ['metadata.a', { name: 'R', metadata: { a: 1 } }],
    ['metadata.a', { name: 'R', metadata: { a: null } }],
    ['metadata.a', { name: 'R', metadata: { a: { b: 'c' } } }],
    ['metadata.a', { name: 'R', metadata: { a: 'x'.repeat(501) } }],
    ['status', { name: 'R', status: 'active' }],
    ['colour', { name: 'R', colour: 'red' }],
  ])('is refused for its %s (case %#)', async (param, json) => {
    const { status, body } = await call('', { json })
    expect(status).toBe(422)
    expect(body.error).toEqual({ code: 'validation_error', message: expect.any(String), param })
  })

  test('is changed in what is sent and nothing else', async () => {
    const made = await make({ description: 'D', metadata: { a: '1', b: '2' } })
    const path = `/${made.id}`
    const patch = async (json: object) => (await call(path, { method: 'PATCH', json })).body
    world.clock.forward(5)
    expect(await patch({})).toEqual(made)
    const updatedAt = '2026-04-05T10:00:00.005Z'
    expect(await patch({ name: 'N' })).toEqual({ ...made, name: 'N', updatedAt })
    expect(await patch({ metadata: { c: '3' } })).toMatchObject({ name: 'N', metadata: { c: '3' } })
    expect(await patch({ metadata: {} })).toMatchObject({ description: 'D', metadata: {} })
    expect(await patch({ description: null })).toMatchObject({ description: null })
    for (const status of ['paused', 'archived', 'active']) {
      expect(await patch({ status })).toMatchObject({ status, createdAt: made.createdAt })
    }
    for (const json of [{ status: 'odd' }, { name: null }, { id: 'res_x' }, { object: 'x' }]) {
      const { status, body } = await call(path, { method: 'PATCH', json })
      expect([status, body.error?.param]).toEqual([422, Object.keys(json)[0]])
    }
    expect((await call(path, { method: 'PATCH', raw: '[]' })).status).toBe(400)
    expect((await call(path, { method: 'PUT', json: {} })).status).toBe(405)
  })

  test('is gone for good once it is deleted', async () => {
    const { id } = await make()
    const { client } = world.provider
    expect(await client.resources.delete({ id })).toBeUndefined()
    const gone = { status: 404, code: 'not_found' }
    await expect(client.resources.delete({ id })).rejects.toMatchObject(gone)
    await expect(client.resources.get({ id })).rejects.toMatchObject(gone)
    await expect(client.resources.update({ id, status: 'active' })).rejects.toMatchObject(gone)
    const actions = []
    for await (const one of await client.audit.list({ target_id: id })) actions.push(one.action)
    expect(actions).toEqual(['resource.delete', 'resource.create'])
  })

  test('is made and changed with datasets:write only', async () => {
    const { id } = await make()
    const scopes = ['datasets:read' as const]
    const { secret } = await world.provider.client.apiKeys.create({ name: 'reader', scopes })
    const { resources } = world.client({ apiKey: secret })
    expect(await resources.get({ id })).toMatchObject({ id })
    const refused = { status: 403, code: 'forbidden' }
    await expect(resources.create({ name: 'R' })).rejects.toMatchObject(refused)
    await expect(resources.update({ id, name: 'N' })).rejects.toMatchObject(refused)
    await expect(resources.delete({ id })).rejects.toMatchObject(refused)
  })
})

describe('the list', () => {
  test('leaves archived ones out, filters by status, and pages right under a filter', async () => {
    const { client } = await world.signUp('lister')
    const made = []
    for (let at = 0; at < 7; at++) made.unshift((await client.resources.create({ name: 'R' })).id)
    for (const id of made.filter((_, at) => at % 2 === 0)) {
      await client.resources.update({ id, status: 'archived' })
    }
    const odd = made.filter((_, at) => at % 2 === 1)
    const even = made.filter((_, at) => at % 2 === 0)
    expect((await client.resources.list()).data.map(({ id }) => id)).toEqual(odd)
    const first = await client.resources.list({ status: 'archived', limit: 2, cursor: null })
    expect(first).toMatchObject({ object: 'list', hasMore: true })
    const cursor = first.nextCursor
    const second = await client.resources.list({ status: 'archived', limit: 2, cursor })
    expect(second).toMatchObject({ hasMore: false, nextCursor: null })
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(even)
    expect((await client.resources.list({ status: 'paused' })).data).toEqual([])
    const mixed = client.resources.list({ status: 'active', cursor })
    await expect(mixed).rejects.toMatchObject({ status: 400, details: { param: 'cursor' } })
  })

  test.each([
    ['status', '?status=odd', 422],
    ['limit', '?limit=101', 422],
    ['limit', '?limit=0', 422],
    ['limit', '?limit=x', 422],
    ['colour', '?colour=red', 422],
    ['offset', '?offset=0', 400],
    ['cursor', '?cursor=x', 400],
  ])('refuses a wrong %s in %s', async (param, query, expected) => {
    const { status, body } = await call(query)
    expect([status, body.error?.param]).toEqual([expected, param])
  })

  test('shows nothing of another tenant', async () => {
    const { id } = await make()
    const { client } = world.stranger
    expect((await client.resources.list()).data).toEqual([])
    const hidden = { status: 404, code: 'not_found' }
    await expect(client.resources.get({ id })).rejects.toMatchObject(hidden)
    await expect(client.resources.update({ id, name: 'Mine' })).rejects.toMatchObject(hidden)
    await expect(client.resources.delete({ id })).rejects.toMatchObject(hidden)
  })
})

describe('a key', () => {
  const keyFor = (resource_id: string | null, by = world.provider) =>
    by.client.apiKeys.create({ name: 'agent', scopes: ['search:query'], resource_id })

  test('carries its resource, and goes on when that is archived or deleted', async () => {
    const { client } = world.provider
    const { id } = await make()
    const key = await keyFor(id)
    expect(key.resource_id).toBe(id)
    expect((await keyFor(null)).resource_id).toBeNull()
    const agent = world.client({ apiKey: key.secret })
    for (const end of [
      () => client.resources.update({ id, status: 'archived' }),
      () => client.resources.delete({ id }),
    ]) {
      await end()
      expect(await agent.search.query({ query: 'nothing' })).toMatchObject({ result_count: 0 })
      const { api_key_id } = key
      expect((await client.apiKeys.get({ api_key_id })).resource_id).toBe(id)
    }
    const rows = await world.app.services.db.rows`
      select distinct resource_id from search_activities where principal_id = ${key.api_key_id}`
    expect(rows).toEqual([{ resourceId: id }])
  })

  test('takes no resource that is unknown, at rest or of another tenant', async () => {
    const { id } = await make()
    const hidden = { status: 404, code: 'not_found' }
    await expect(keyFor(id, world.stranger)).rejects.toMatchObject(hidden)
    await expect(keyFor('res_unknown')).rejects.toMatchObject(hidden)
    await expect(keyFor('')).rejects.toMatchObject(hidden)
    await world.provider.client.resources.update({ id, status: 'archived' })
    await expect(keyFor(id)).rejects.toMatchObject(hidden)
    const json = { name: 'k', scopes: ['search:query'], resource_id: 7 }
    const { status } = await send(`${world.url}/v1/api-keys`, { token: world.provider.token, json })
    expect(status).toBe(400)
  })
})
