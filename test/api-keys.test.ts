// API keys over their life: rotation, narrowing and widening, their end, and a budget that no key can leave.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let party: Party
beforeAll(async () => {
  world = await openWorld()
  party = await world.signUp('keys')
  await publish(world, { files: [textFile('plover.txt', 'The plover runs.')] })
})
afterAll(() => world.close())

const forbidden = { status: 403, code: 'forbidden' }
const unauthorized = { status: 401, code: 'unauthorized' }
type KeyInput = Parameters<Party['client']['apiKeys']['create']>[0]

async function keyOf(more: Partial<KeyInput> = {}) {
  const made = await party.client.apiKeys.create({ name: 'k', scopes: ['search:query'], ...more })
  return { ...made, client: world.client({ apiKey: made.secret }) }
}
const search = ({ client }: Pick<Party, 'client'>) => client.search.query({ query: 'plover' })

test('a key is rotated without a gap: both live until the old one is revoked', async () => {
  const old = await keyOf()
  const fresh = await keyOf()
  expect(fresh.secret).not.toBe(old.secret)
  for (const key of [old, fresh]) expect((await search(key)).result_count).toBe(1)
  const revoked = await party.client.apiKeys.revoke({ api_key_id: old.api_key_id })
  expect(revoked).toMatchObject({ status: 'revoked', revoked_at: '2026-04-05T10:00:00Z' })
  await expect(search(old)).rejects.toMatchObject(unauthorized)
  expect((await search(fresh)).result_count).toBe(1)
})

describe('a change of a key', () => {
  test('counts on the next request, narrower and wider within the right of its creator', async () => {
    const { api_key_id, client } = await keyOf({ scopes: ['search:query', 'usage:read'] })
    const { apiKeys } = party.client
    const narrowed = await apiKeys.update({ api_key_id, name: 'narrow', scopes: ['usage:read'] })
    expect(narrowed).toMatchObject({ name: 'narrow', scopes: ['usage:read'] })
    await expect(search({ client })).rejects.toMatchObject(forbidden)
    await apiKeys.update({ api_key_id, scopes: ['search:query'] })
    expect((await search({ client })).result_count).toBe(1)
    const none = { dataset_access_mode: 'allow_list' as const, dataset_ids: [] }
    expect(await apiKeys.update({ api_key_id, ...none })).toMatchObject(none)
    expect((await search({ client })).result_count).toBe(0)
    await apiKeys.update({ api_key_id, dataset_access_mode: 'all_available' })
    expect((await search({ client })).result_count).toBe(1)
    await apiKeys.update({ api_key_id, budget: { amount: 0.01, currency: 'USD' } })
    await expect(search({ client })).rejects.toMatchObject({ status: 402 })
    expect((await apiKeys.update({ api_key_id, budget: null })).budget).toBeNull()
    expect((await search({ client })).result_count).toBe(1)
  })

  test('gives no more than its creator holds, to nobody', async () => {
    const email = `buyer-manager-${party.tenantId}@example.com`
    const invited = await party.client.members.invite({ email, roles: ['buyer_manager'] })
    const joined = await world.anonymous.auth.acceptInvite({
      invite_token: invited.invite_token,
      password: 'a long password',
      display_name: 'Manager',
    })
    const { apiKeys } = world.client({ token: joined.session_token })
    const wide = { name: 'wide', scopes: ['datasets:write' as const] }
    await expect(apiKeys.create(wide)).rejects.toMatchObject(forbidden)
    const { api_key_id } = await apiKeys.create({ name: 'own', scopes: ['search:query'] })
    for (const by of [apiKeys, party.client.apiKeys]) {
      const widened = by.update({ api_key_id, scopes: ['datasets:write'] })
      await expect(widened).rejects.toMatchObject(forbidden)
    }
    expect((await apiKeys.get({ api_key_id })).scopes).toEqual(['search:query'])
  })
})

test('a key that is over says so, is nobody, and lives again with a later end', async () => {
  const key = await keyOf({ expires_at: '2026-04-05T10:00:30Z' })
  const { api_key_id } = key
  expect(key).toMatchObject({ status: 'active', expires_at: '2026-04-05T10:00:30Z' })
  world.clock.forward(30_000)
  expect((await party.client.apiKeys.get({ api_key_id })).status).toBe('expired')
  await expect(search(key)).rejects.toMatchObject(unauthorized)
  const expires_at = '2026-04-05T11:00:00Z'
  expect((await party.client.apiKeys.update({ api_key_id, expires_at })).status).toBe('active')
  expect((await search(key)).result_count).toBe(1)
})

describe('a key with a budget', () => {
  const budget = { amount: 0.05, currency: 'USD' as const }

  test('makes no keys and changes none, so that what it may spend is what it may spend', async () => {
    const key = await keyOf({ scopes: ['search:query', 'keys:write'], budget })
    const { api_key_id, client } = key
    for (const more of [{}, { budget }, { budget: { ...budget, amount: 0.01 } }]) {
      const child = client.apiKeys.create({ name: 'child', scopes: ['search:query'], ...more })
      await expect(child).rejects.toMatchObject(forbidden)
    }
    const changes = [{ budget: null }, { budget: { ...budget, amount: 9 } }, { name: 'other' }]
    for (const change of changes) {
      const changed = client.apiKeys.update({ api_key_id, ...change })
      await expect(changed).rejects.toMatchObject(forbidden)
    }
    // The same through its access token.
    const answer = await send(`${world.url}/auth/token`, {
      raw: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: `ipto_${key.key_prefix}`,
        client_secret: key.secret,
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const token = String(answer.body.access_token)
    const made = world.client({ token }).apiKeys.create({ name: 'c', scopes: ['search:query'] })
    await expect(made).rejects.toMatchObject(forbidden)
    expect((await search(key)).charged_amount).toBe(0.03)
    await expect(search(key)).rejects.toMatchObject({ status: 402 })
  })

  test('may still revoke a key, itself included', async () => {
    const other = await keyOf()
    const { api_key_id, client } = await keyOf({ scopes: ['keys:write'], budget })
    await client.apiKeys.revoke({ api_key_id: other.api_key_id })
    await expect(search(other)).rejects.toMatchObject(unauthorized)
    expect((await party.client.apiKeys.get({ api_key_id })).status).toBe('active')
  })
})

test('the tenant shows its settings, and what is only read is refused by name', async () => {
  const path = `${world.url}/v1/tenant`
  const shown = await send(path, { token: party.token })
  const { tenantId: tenant_id } = party
  expect(shown.body).toEqual({
    tenant_id,
    name: 'keys Ltd',
    plan: 'starter',
    region: 'eu-central',
    embedding_model: null,
    approved_automatically: false,
    created_at: '2026-04-05T10:00:00Z',
  })
  for (const field of ['plan', 'region', 'approved_automatically', 'created_at', 'tenant_id']) {
    const json = { [field]: shown.body[field] }
    const refused = await send(path, { method: 'PATCH', token: party.token, json })
    expect([field, refused.status]).toEqual([field, 400])
    expect(refused.body.error?.details?.fields?.[0]?.field).toBe(field)
  }
  const json = { name: 'Renamed', embedding_model: 'minilm-l6-int8' }
  const changed = await send(path, { method: 'PATCH', token: party.token, json })
  expect(changed.body).toMatchObject({ ...json, plan: 'starter' })
  const dataset = await party.client.datasets.create({ name: 'New' })
  expect(dataset.embedding_model).toBe('minilm-l6-int8')
})
