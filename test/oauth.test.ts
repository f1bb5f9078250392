// The token endpoint, byte for byte as RFC 6749 and the integration document have it: an API key is the
// client, and the token it gets is taken wherever a key is.
import type { OperationId } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
// The window of failures per address is over before the next test begins.
const quarterMs = 15 * 60_000

const paths = { 'oauth.token': '/auth/token', 'oauth.integration_token': '/v2/auth/token' }
paths satisfies Partial<Record<OperationId, string>>

interface Client {
  keyId: string
  id: string
  secret: string
  key: string
}

type Scopes = Parameters<World['buyer']['client']['apiKeys']['create']>[0]['scopes']

async function freshClient(scopes: Scopes = ['search:query', 'usage:read']): Promise<Client> {
  const made = await world.buyer.client.apiKeys.create({ name: 'client', scopes })
  const id = `ipto_${made.key_prefix}`
  return { keyId: made.api_key_id, id, secret: made.key.slice(id.length + 1), key: made.key }
}

const basicOf = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** The form as text, so that a parameter can stand in it twice or empty. */
async function ask(
  form: string,
  authorization?: string,
  { path = '/auth/token', type = 'application/x-www-form-urlencoded' } = {},
): Promise<Answer> {
  const headers = { 'content-type': type, ...(authorization && { authorization }) }
  return send(world.url + path, { raw: form, headers })
}

const grant = 'grant_type=client_credentials'

async function tokenOf(client: Client, form = grant): Promise<string> {
  const { status, body } = await ask(form, basicOf(client.id, client.secret))
  expect(status).toBe(200)
  return String(body.access_token)
}

function expectRefused(answer: Answer, status: number, error: string): void {
  expect([answer.status, answer.body.error]).toEqual([status, error])
  expect(Object.keys(answer.body)).toEqual(['error', 'error_description'])
  expectTokenHeaders(answer)
}

function expectTokenHeaders({ headers }: Answer): void {
  expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('pragma')).toBe('no-cache')
  expect(headers.get('x-request-id')).toMatch(/^req_/)
}

describe('a token', () => {
  test.each(Object.values(paths))('is given at %s, with its headers', async (path) => {
    const client = await freshClient()
    const answer = await ask(grant, basicOf(client.id, client.secret), { path })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^oat_[0-9A-Za-z]{43}$/),
      expires_in: 86_400,
      scope: 'search:query usage:read',
      token_type: 'Bearer',
    })
    expectTokenHeaders(answer)
    const { headers } = answer
    expect(headers.get('x-ratelimit-limit')).toBe('60, 60;w=60')
    const reset = Number(headers.get('x-ratelimit-reset'))
    expect(reset).toBeGreaterThanOrEqual(1)
    expect(reset).toBeLessThanOrEqual(60)
    expect(headers.get('ratelimit-policy')).toBe('"address";q=60;w=60')
    expect(headers.get('ratelimit')).toContain(`t=${reset}`)
  })

  test('is taken wherever a key is, as the key and with its scopes', async () => {
    const client = await freshClient()
    const token = await tokenOf(client, `${grant}&scope=usage:read`)
    const sdk = world.client({ token })
    expect(await sdk.me.get()).toMatchObject({
      principal_type: 'access_token',
      principal_id: client.keyId,
      tenant_id: world.buyer.tenantId,
      user_id: null,
      email: null,
      scopes: ['usage:read'],
    })
    await sdk.buyer.dashboard()
    await expect(sdk.search.query({ query: 'x' })).rejects.toMatchObject({ status: 403 })
    const asSession = sdk.members.list()
    await expect(asSession).rejects.toMatchObject({ status: 403, code: 'forbidden' })
  })

  test('is no API key, and never stands beside another credential', async () => {
    const client = await freshClient()
    const token = await tokenOf(client)
    const url = `${world.url}/v1/me`
    expect((await send(url, { apiKey: token })).status).toBe(401)
    expect((await send(url, { token, apiKey: client.key })).status).toBe(400)
    expect((await send(url, { token: `${token}x` })).status).toBe(401)
  })

  test('dies with its key on the next request', async () => {
    const client = await freshClient()
    const token = await tokenOf(client)
    expect((await send(`${world.url}/v1/me`, { token })).status).toBe(200)
    await world.buyer.client.apiKeys.revoke({ api_key_id: client.keyId })
    expect((await send(`${world.url}/v1/me`, { token })).status).toBe(401)
    expectRefused(await ask(grant, basicOf(client.id, client.secret)), 401, 'invalid_client')
  })

  test('is a new one each time, also under one Idempotency-Key, and the last ones go on', async () => {
    const client = await freshClient()
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      authorization: basicOf(client.id, client.secret),
      'idempotency-key': 'the same',
    }
    const ask = () => send(`${world.url}/auth/token`, { raw: grant, headers })
    const [first, second] = [await ask(), await ask()]
    expect(second.body.access_token).not.toBe(first.body.access_token)
    expect(second.headers.has('idempotency-replayed')).toBe(false)
    for (const { body } of [first, second]) {
      const me = await send(`${world.url}/v1/me`, { token: String(body.access_token) })
      expect(me.status).toBe(200)
    }
  })

  test('comes through the SDK, for credentials in the body', async () => {
    const { id, secret } = await freshClient()
    const input = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
    for (const issue of [world.anonymous.oauth.token, world.anonymous.oauth.integrationToken]) {
      const { access_token } = await issue(input)
      expect((await world.client({ token: access_token }).me.get()).plan).toBe('starter')
    }
    const wrong = world.anonymous.oauth.token({ ...input, client_secret: 'x' })
    await expect(wrong).rejects.toMatchObject({ status: 401, code: 'invalid_client' })
  })
})

describe('a client', () => {
  test('says who it is in Basic or in the body, and may paste its whole key', async () => {
    const { id, secret, key } = await freshClient()
    expect((await ask(grant, basicOf(id, key))).status).toBe(200)
    const escaped = basicOf(id.replaceAll('_', '%5F'), secret)
    expect((await ask(grant, escaped)).status).toBe(200)
    const inBody = `${grant}&client_id=${id}&client_secret=${secret}`
    expect((await ask(inBody)).status).toBe(200)
    expect((await ask(`${grant}&client_id=${id}`, basicOf(id, secret))).status).toBe(200)
    expect((await ask(grant, basicOf(id, secret).replace('Basic', 'basic'))).status).toBe(200)
    expectRefused(await ask(inBody, basicOf(id, secret)), 400, 'invalid_request')
    const other = await ask(`${grant}&client_id=ipto_x`, basicOf(id, secret))
    expectRefused(other, 400, 'invalid_request')
  })

  test('that is unknown, wrong or missing is challenged with Basic, always alike', async () => {
    world.clock.forward(quarterMs)
    const { id, secret } = await freshClient()
    const answers = [
      await ask(grant, basicOf('ipto_nobody', 'x')),
      await ask(grant, basicOf(id, 'x')),
      await ask(grant, basicOf('', '')),
      await ask(grant, basicOf(id, `${secret}x`)),
      await ask(grant),
      await ask(`${grant}&client_id=${id}`),
    ]
    for (const answer of answers) {
      expectRefused(answer, 401, 'invalid_client')
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="ipto"')
      expect(answer.text).toBe(answers[0]?.text)
    }
    const bearer = await ask(grant, `Bearer ${id}_${secret}`)
    expectRefused(bearer, 401, 'invalid_client')
  })

  test('whose header cannot be read is told so', async () => {
    for (const header of [
      'Basic',
      'Basic ',
      'Basic !!!',
      `Basic ${btoa('no colon')}`,
      `Basic ${btoa('%:x')}`,
    ]) {
      expectRefused(await ask(grant, header), 400, 'invalid_request')
    }
  })

  test('is guessed at ten times from an address: then 429, with the time to wait', async () => {
    world.clock.forward(quarterMs)
    const { id, secret } = await freshClient()
    for (let guess = 0; guess < 10; guess++) {
      expectRefused(await ask(grant, basicOf(id, `${guess}`)), 401, 'invalid_client')
    }
    const limited = await ask(grant, basicOf(id, secret))
    expectRefused(limited, 429, 'rate_limited')
    expect(limited.headers.get('retry-after')).toBe('900')
    world.clock.forward(quarterMs)
    expect((await ask(grant, basicOf(id, secret))).status).toBe(200)
  })
})

describe('a request', () => {
  test.each([
    ['without a grant type', '', 'invalid_request'],
    ['with an empty grant type', 'grant_type=', 'invalid_request'],
    ['with a grant type sent twice', `${grant}&${grant}`, 'invalid_request'],
    ['with another grant type', 'grant_type=password', 'unsupported_grant_type'],
    ['for a scope that is none', `${grant}&scope=files.eat`, 'invalid_scope'],
    ['for a scope that the key does not hold', `${grant}&scope=keys:write`, 'invalid_scope'],
    ['for more than the key holds', `${grant}&scope=usage:read+admin:*`, 'invalid_scope'],
    [
      'for scopes with two spaces between',
      `${grant}&scope=usage:read++files.read`,
      'invalid_scope',
    ],
  ])('%s is refused', async (_, form, error) => {
    const { id, secret } = await freshClient()
    expectRefused(await ask(form, basicOf(id, secret)), 400, error)
  })

  test('may leave a scope empty and send what nobody knows', async () => {
    const { id, secret } = await freshClient()
    const { status, body } = await ask(`${grant}&scope=&audience=x&audience=y`, basicOf(id, secret))
    expect([status, body.scope]).toEqual([200, 'search:query usage:read'])
  })

  test('gets its scopes back in the spelling that it used', async () => {
    const { id, secret } = await freshClient(['datasets:read', 'datasets:write', 'objects:write'])
    const scope = 'enrichment.write files.read documents.write'
    const form = String(new URLSearchParams({ grant_type: 'client_credentials', scope }))
    const { body } = await ask(form, basicOf(id, secret))
    expect(body.scope).toBe(scope)
    const { scopes } = await world.client({ token: String(body.access_token) }).me.get()
    expect([...scopes].sort()).toEqual(['datasets:read', 'datasets:write', 'objects:write'])
  })

  test('is a form and nothing else, with no credential in its address', async () => {
    const { id, secret } = await freshClient()
    const basic = basicOf(id, secret)
    const json = await ask(`{"grant_type":"client_credentials"}`, basic, {
      type: 'application/json',
    })
    expectRefused(json, 400, 'invalid_request')
    const path = `/auth/token?client_id=${id}&client_secret=${secret}`
    expectRefused(await ask(grant, undefined, { path }), 400, 'invalid_request')
    expectRefused(await ask('x'.repeat(1_048_577), basic), 413, 'invalid_request')
    const get = await send(`${world.url}/auth/token`)
    expectRefused(get, 405, 'invalid_request')
    expect(get.headers.get('allow')).toBe('POST')
  })
})

test('tokens do not count as keys, and each leaves an entry in the audit', async () => {
  const client = await freshClient()
  const before = await world.buyer.client.buyer.dashboard()
  const token = await tokenOf(client)
  expect(await world.buyer.client.buyer.dashboard()).toMatchObject({ data: before.data })
  const { items } = await world.buyer.client.audit.list({ target_id: client.keyId })
  expect(items.map((entry) => entry.action)).toEqual(['access_token.create', 'api_key.create'])
  expect(JSON.stringify(items)).not.toContain(token)
})
