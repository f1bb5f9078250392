// When a credential ends, to the millisecond, and what of its searches stands: what was paid for before
// it ended is answered. What ends while a request runs: in-flight.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { meanwhile, openGate } from './gate.ts'
import { publish, textFile } from './publish.ts'
import { type Answer, send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
const gate = openGate()
beforeAll(async () => {
  world = await openWorld({ wrapDb: gate.wrap })
  const files = [textFile('lamp.txt', 'The lamp of the tower burns all night.')]
  await publish(world, { files })
})
afterAll(() => world.close())

// Of a search: the hits are read just before they are charged; the answer is remembered just after.
const beforeCharge = /from chunks join objects/
const afterCharge = /update idempotency_records set status/

async function newBuyer() {
  const buyer = await world.signUp('short-lived')
  const key = await buyer.client.apiKeys.create({
    name: 'agent',
    scopes: ['search:query', 'datasets:read'],
  })
  return { buyer, key, revoke: () => buyer.client.apiKeys.revoke({ api_key_id: key.api_key_id }) }
}

const search = (token: string, headers: Record<string, string> = {}) =>
  send(`${world.url}/v1/search`, { token, json: { query: 'lamp' }, headers })

function expectEnded({ status, body, text }: Answer): void {
  expect(status).toBe(401)
  expect(body).toEqual({ error: { code: 'unauthorized', message: expect.any(String) } })
  expect(text).not.toContain('lamp')
}

async function activityOf({ client }: Party) {
  const { data } = await client.activity.searches()
  return { searches: data.total, spend: (await client.spend.get()).data.total_spend }
}

test('a key that is revoked after the charge of its search: what was paid is answered', async () => {
  const { buyer, key, revoke: end } = await newBuyer()
  const request = () => search(key.secret, { 'idempotency-key': 'after' })
  const answer = await meanwhile(gate, afterCharge, { request, end })
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ result_count: 1, charged_amount: 0.03 })
  expect(await activityOf(buyer)).toEqual({ searches: 1, spend: 0.03 })
  expectEnded(await search(key.secret))
})

test('an object that is deleted before the charge is neither shown nor charged', async () => {
  const { buyer } = await newBuyer()
  const { objectIds } = await publish(world, {
    files: [textFile('buoy.txt', 'A buoy that drifts away.')],
  })
  const end = () => world.provider.client.objects.delete({ object_id: objectIds[0] ?? '' })
  const request = () =>
    send(`${world.url}/v1/search`, { token: buyer.token, json: { query: 'buoy' } })
  const answer = await meanwhile(gate, beforeCharge, { request, end })
  expect(answer.body).toMatchObject({ result_count: 0, charged_amount: 0 })
  expect((await activityOf(buyer)).spend).toBe(0)
})

describe('a session', () => {
  const me = (token: string) => send(`${world.url}/v1/me`, { token })

  test('lives twelve hours from its login, however often it is used', async () => {
    const party = await world.signUp('session')
    const { session_token, expires_at } = await world.anonymous.auth.login({
      email: party.email,
      password: party.password,
    })
    const hourMs = 3_600_000
    expect(Date.parse(expires_at)).toBe(world.clock.now().getTime() + 12 * hourMs)
    for (let hour = 1; hour < 12; hour++) {
      world.clock.forward(hourMs)
      expect((await me(session_token)).status).toBe(200)
    }
    world.clock.forward(hourMs)
    expectEnded(await me(session_token))
    for (const one of [world.provider, world.operator]) await world.logIn(one)
  })

  test('ends with its logout, and no other does', async () => {
    const party = await world.signUp('twice')
    const first = party.token
    await world.logIn(party)
    await party.client.auth.logout()
    expectEnded(await me(party.token))
    expect((await me(first)).status).toBe(200)
  })

  test('that changes the password goes on, and all others end', async () => {
    const party = await world.signUp('changer')
    const other = party.token
    await world.logIn(party)
    const wrong = party.client.me.password({ current_password: 'x', new_password: 'long enough' })
    await expect(wrong).rejects.toMatchObject({ status: 422 })
    expect((await me(other)).status).toBe(200)
    const { password } = party
    await party.client.me.password({ current_password: password, new_password: 'long enough' })
    expectEnded(await me(other))
    expect((await me(party.token)).status).toBe(200)
    const old = world.anonymous.auth.login({ email: party.email, password })
    await expect(old).rejects.toMatchObject({ status: 401 })
  })
})

describe('a key', () => {
  test('ends at its time, to the millisecond', async () => {
    const { client } = world.provider
    const expires_at = new Date(world.clock.now().getTime() + 60_000).toISOString()
    const key = await client.apiKeys.create({ name: 'k', scopes: ['search:query'], expires_at })
    world.clock.forward(59_999)
    expect((await search(key.secret)).status).toBe(200)
    world.clock.forward(1)
    expectEnded(await search(key.secret))
    const { api_key_id } = key
    expect((await client.apiKeys.get({ api_key_id })).status).toBe('expired')
  })

  test('is revoked at once and for good, and a second time changes nothing', async () => {
    const { buyer, key, revoke } = await newBuyer()
    expect((await search(key.secret)).status).toBe(200)
    const revoked = await revoke()
    expect(revoked).toMatchObject({ status: 'revoked', revoked_at: expect.any(String) })
    expectEnded(await search(key.secret))
    world.clock.forward(1_000)
    expect(await revoke()).toEqual(revoked)
    const { api_key_id } = key
    const changed = buyer.client.apiKeys.update({ api_key_id, name: 'back' })
    await expect(changed).rejects.toMatchObject({ status: 409 })
  })

  test('that revokes or narrows itself is told so, and has ended', async () => {
    const { buyer } = await newBuyer()
    const { secret: token, api_key_id } = await buyer.client.apiKeys.create({
      name: 'own end',
      scopes: ['search:query', 'keys:write'],
    })
    const path = `${world.url}/v1/api-keys/${api_key_id}`
    const json = { scopes: ['keys:write'] }
    const narrowed = await send(path, { token, method: 'PATCH', json })
    expect([narrowed.status, narrowed.body.scopes]).toEqual([200, ['keys:write']])
    expect((await search(token)).status).toBe(403)
    const revoked = await send(path, { token, method: 'DELETE' })
    expect([revoked.status, revoked.body.status]).toEqual([200, 'revoked'])
    expectEnded(await search(token))
  })

  // On PostgreSQL: the embedded database does one after the other anyway.
  test('that changes and ends itself by many calls at once: none of them fails', async () => {
    const { buyer } = await newBuyer()
    const scopes = ['keys:write' as const]
    const { secret: token, api_key_id } = await buyer.client.apiKeys.create({ name: 'own', scopes })
    const path = `${world.url}/v1/api-keys/${api_key_id}`
    const statusesOf = async (request: () => Promise<Answer>) => {
      const answers = await Promise.all(Array.from({ length: 8 }, request))
      return answers.map(({ status }) => status).sort()
    }
    const patched = () => send(path, { token, method: 'PATCH', json: { name: 'mine' } })
    expect(await statusesOf(patched)).toEqual(Array(8).fill(200))
    const revoked = () => send(path, { token, method: 'DELETE' })
    expect(await statusesOf(revoked)).toEqual([200, ...Array(7).fill(401)])
    const left = () => send(`${world.url}/v1/auth/logout`, { token: buyer.token, json: {} })
    expect(await statusesOf(left)).toEqual([200, ...Array(7).fill(401)])
  })

  test('stops with its suspended tenant, and goes on with it', async () => {
    const { buyer, key } = await newBuyer()
    const tenant_id = buyer.tenantId
    await world.operator.client.adminTenants.update({ tenant_id, suspended: true })
    expectEnded(await search(key.secret))
    expectEnded(await send(`${world.url}/v1/me`, { token: buyer.token }))
    await world.operator.client.adminTenants.update({ tenant_id, suspended: false })
    expect((await search(key.secret)).status).toBe(200)
  })
})
