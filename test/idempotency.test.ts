// Idempotency-Key: the same request again is answered once more and done once; another request under
// the same key is refused; what may end otherwise next time is not remembered (integration-facts 4.9).
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { type Answer, type Request, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

function call(path: string, json: unknown, key: string, more: Request = {}): Promise<Answer> {
  const headers = { 'idempotency-key': key, ...more.headers }
  return send(world.url + path, { token: world.provider.token, json, ...more, headers })
}

const isReplay = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true'

async function datasetCount(name: string): Promise<number> {
  let count = 0
  for await (const one of await world.provider.client.datasets.list({ limit: 100 })) {
    if (one.name === name) count += 1
  }
  return count
}

describe('the same key', () => {
  test('with the same body is done once and answered alike', async () => {
    const key = randomUUID()
    const json = { name: 'Once', tags: ['a', 'b'] }
    const first = await call('/v1/datasets', json, key)
    expect(first.status).toBe(201)
    expect(first.headers.has('idempotency-replayed')).toBe(false)
    const again = await call('/v1/datasets', json, key)
    expect(isReplay(again)).toBe(true)
    expect(again.status).toBe(201)
    expect(again.text).toBe(first.text)
    // Each answer is of its own request.
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    expect(await datasetCount('Once')).toBe(1)
  })

  test('with the same fields in another order and spacing is the same request', async () => {
    const key = randomUUID()
    const first = await call('/v1/datasets', { name: 'Order', tags: ['a'] }, key)
    const raw = '{ "tags" : ["a"],\n "name":"Order" }'
    const again = await call('/v1/datasets', undefined, key, { raw })
    expect(isReplay(again)).toBe(true)
    expect(again.text).toBe(first.text)
  })

  test('with another body is refused, and nothing is done', async () => {
    const key = randomUUID()
    await call('/v1/datasets', { name: 'First' }, key)
    for (const json of [{ name: 'Second' }, { name: 'First', tags: [] }, {}]) {
      const other = await call('/v1/datasets', json, key)
      expect(other.status).toBe(409)
      expect(other.body.error?.code).toBe('idempotency_key_reused')
    }
    expect(await datasetCount('Second')).toBe(0)
  })

  test('quoted and bare is one key', async () => {
    const key = randomUUID()
    const bare = await call('/v1/datasets', { name: 'Quoted' }, key)
    const quoted = await call('/v1/datasets', { name: 'Quoted' }, `"${key}"`)
    expect(isReplay(quoted)).toBe(true)
    expect(quoted.text).toBe(bare.text)
    const escaped = await call('/v1/datasets', { name: 'Escaped' }, '"a\\"b\\\\c"')
    expect(isReplay(await call('/v1/datasets', { name: 'Escaped' }, 'a"b\\c'))).toBe(true)
    expect(escaped.status).toBe(201)
  })

  test('is another key for another tenant, on another operation and on another path', async () => {
    const key = randomUUID()
    const json = { name: 'Shared key' }
    const mine = await call('/v1/datasets', json, key)
    const theirs = await call('/v1/datasets', json, key, { token: world.stranger.token })
    expect(theirs.status).toBe(201)
    expect(isReplay(theirs)).toBe(false)
    expect(theirs.body.dataset_id).not.toBe(mine.body.dataset_id)
    const tenant = await call('/v1/tenant', { name: 'Shared key' }, key, { method: 'PATCH' })
    expect(tenant.status).toBe(200)
    const path = `/v1/datasets/${mine.body.dataset_id}`
    const patch = { method: 'PATCH' }
    expect((await call(path, { name: 'A' }, key, patch)).status).toBe(200)
    const other = await call('/v1/datasets', { name: 'Other' }, randomUUID())
    const elsewhere = await call(`/v1/datasets/${other.body.dataset_id}`, { name: 'A' }, key, patch)
    expect(elsewhere.status).toBe(409)
  })

  test('tells another principal of the tenant nothing but that it is taken', async () => {
    await publish(world, { files: [textFile('beacon.txt', 'A beacon on the breakwater.')] })
    const { client } = world.buyer
    const newKey = async (name: string) =>
      (await client.apiKeys.create({ name, scopes: ['keys:write', 'search:query'] })).secret
    const first = { token: await newKey('first') }
    const others = [{ token: await newKey('other') }, { token: world.buyer.token }]
    const requests: [path: string, json: object, status: number, secret: string][] = [
      ['/v1/api-keys', { name: 'made', scopes: ['keys:write'] }, 201, 'ipto_'],
      ['/v1/search', { query: 'beacon' }, 200, 'breakwater'],
      ['/v1/search/quote', { query: 'beacon' }, 200, 'quo_'],
    ]
    for (const [path, json, status, secret] of requests) {
      const key = randomUUID()
      const made = await call(path, json, key, first)
      expect([path, made.status]).toEqual([path, status])
      expect(made.text).toContain(secret)
      for (const other of others) {
        const refused = await call(path, json, key, other)
        expect([refused.status, refused.body.error?.code]).toEqual([409, 'idempotency_key_reused'])
        expect(refused.text).not.toContain(secret)
      }
    }
    const { data } = await client.activity.searches()
    expect(data.total).toBe(1)
  })

  test('is forgotten after a day, and not before', async () => {
    const key = randomUUID()
    const json = { name: 'Daily' }
    const { secret } = await world.provider.client.apiKeys.create({
      name: 'daily',
      scopes: ['datasets:write'],
    })
    const first = await call('/v1/datasets', json, key, { token: secret })
    world.clock.forward(24 * 3_600_000 - 1)
    expect(isReplay(await call('/v1/datasets', json, key, { token: secret }))).toBe(true)
    world.clock.forward(1)
    const later = await call('/v1/datasets', json, key, { token: secret })
    expect(isReplay(later)).toBe(false)
    expect(later.body.dataset_id).not.toBe(first.body.dataset_id)
    // The sessions have ended on the way.
    for (const party of [world.provider, world.buyer, world.operator]) await world.logIn(party)
  })

  test('at the same moment does the work once', async () => {
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call('/v1/datasets', { name: 'At once' }, key)),
    )
    expect(await datasetCount('At once')).toBe(1)
    const made = answers.filter(({ status }) => status === 201)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    expect(made.filter((one) => !isReplay(one))).toHaveLength(1)
    for (const { status, body, headers } of answers.filter((one) => one.status !== 201)) {
      expect(status).toBe(409)
      expect(body.error?.code).toBe('idempotency_in_progress')
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    expect(isReplay(await call('/v1/datasets', { name: 'At once' }, key))).toBe(true)
  })
})

describe('an answer', () => {
  test('that the same request always gets is remembered, also where it is a refusal', async () => {
    const requests: [path: string, json: unknown, status: number][] = [
      ['/v1/datasets', {}, 400],
      ['/v1/datasets', { name: '' }, 422],
      ['/v1/objects/obj_x/confirm', {}, 404],
      ['/v1/auth/signup', { ...signUp(), email: world.provider.email }, 409],
    ]
    for (const [path, json, status] of requests) {
      const key = randomUUID()
      const first = await call(path, json, key)
      expect(first.status).toBe(status)
      const again = await call(path, json, key)
      expect(isReplay(again)).toBe(true)
      expect(again.text).toBe(first.text)
    }
  })

  test('that may be another one next time is not: 401', async () => {
    const key = randomUUID()
    const none = await call('/v1/datasets', { name: 'Late' }, key, { token: 'sess_x' })
    expect(none.status).toBe(401)
    expect((await call('/v1/datasets', { name: 'Late' }, key)).status).toBe(201)
  })

  test('that may be another one next time is not: 403', async () => {
    const { client, tenantId } = world.provider
    const { dataset_id } = await client.datasets.create({
      name: 'On request',
      visibility: 'listed',
      access_policy: 'approval',
    })
    const key = randomUUID()
    const json = {
      name: 'k',
      scopes: ['search:query'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [dataset_id],
    }
    const buyer = { token: world.buyer.token }
    expect((await call('/v1/api-keys', json, key, buyer)).status).toBe(403)
    expect(tenantId).not.toBe(world.buyer.tenantId)
    await client.grants.create({ dataset_id, tenant_id: world.buyer.tenantId })
    const granted = await call('/v1/api-keys', json, key, buyer)
    expect(granted.status).toBe(201)
    expect(isReplay(granted)).toBe(false)
  })

  test('that may be another one next time is not: 402', async () => {
    await publish(world, { files: [textFile('lamp.txt', 'A lamp that burns all night.')] })
    const { client } = world.buyer
    const { secret, api_key_id } = await client.apiKeys.create({
      name: 'poor',
      scopes: ['search:query'],
      budget: { amount: 0.01, currency: 'USD' },
    })
    const key = randomUUID()
    const ask = () => call('/v1/search', { query: 'lamp' }, key, { token: secret })
    expect((await ask()).status).toBe(402)
    await client.apiKeys.update({ api_key_id, budget: { amount: 1, currency: 'USD' } })
    const paid = await ask()
    expect(paid.status).toBe(200)
    expect(isReplay(paid)).toBe(false)
    expect(paid.body.charged_amount).toBe(0.03)
  })

  test('with a secret is replayed with its secret, to those who had it', async () => {
    const key = randomUUID()
    const json = { name: 'secret', scopes: ['usage:read'] }
    const first = await call('/v1/api-keys', json, key)
    const again = await call('/v1/api-keys', json, key)
    expect(again.body.secret).toBe(first.body.secret)
    expect((await send(`${world.url}/v1/me`, { token: String(again.body.secret) })).status).toBe(
      200,
    )
    expect(
      (await world.provider.client.apiKeys.list()).items.filter((one) => one.name === 'secret'),
    ).toHaveLength(1)
  })
})

function signUp() {
  return {
    email: `${randomUUID()}@example.com`,
    password: 'a long password',
    display_name: 'New',
    tenant_name: 'New',
  }
}

describe('without a credential', () => {
  test('signing up twice under one key makes one account and one session', async () => {
    const key = randomUUID()
    const json = signUp()
    const nobody = { token: undefined }
    const first = await call('/v1/auth/signup', json, key, nobody)
    const again = await call('/v1/auth/signup', json, key, nobody)
    expect(first.status).toBe(201)
    expect(again.text).toBe(first.text)
  })

  test('a login is a new session each time, whatever its key', async () => {
    const { email, password } = world.provider
    const key = randomUUID()
    const login = () => call('/v1/auth/login', { email, password }, key, { token: undefined })
    const [first, second] = [await login(), await login()]
    expect(second.status).toBe(200)
    expect(isReplay(second)).toBe(false)
    expect(second.body.session_token).not.toBe(first.body.session_token)
  })
})

describe('a key', () => {
  test.each([
    ['that is empty', ''],
    ['of 256 characters', 'k'.repeat(256)],
    ['that is not ASCII', 'schl\u00fcssel'],
    ['that is an empty text', '""'],
  ])('%s is refused by its name', async (_, key) => {
    const answer = await call('/v1/datasets', { name: 'Bad key' }, key)
    expect(answer.status).toBe(400)
    expect(answer.body.error?.details?.fields?.[0]?.field).toBe('Idempotency-Key')
  })

  test('of 255 characters is taken', async () => {
    const answer = await call('/v1/datasets', { name: 'Long key' }, 'k'.repeat(255))
    expect(answer.status).toBe(201)
  })

  test('means nothing to a GET or a DELETE', async () => {
    const key = randomUUID()
    const headers = { 'idempotency-key': key }
    const { token } = world.provider
    for (const path of ['/v1/me', '/v1/datasets']) {
      const answer = await send(world.url + path, { token, headers })
      expect(answer.status).toBe(200)
      expect(isReplay(answer)).toBe(false)
    }
  })
})
