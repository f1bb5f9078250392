// Rate limits, on: a fixed window of one minute for each tenant, by its plan, and for each address
// before anyone is known. The clock is set by hand, so a minute is over when the test says so.
import { Client } from '@ipto/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({ limits: 'on' })
})
afterAll(() => world.close())
// Each test begins with a new window.
beforeEach(() => world.clock.forward(60_000))

const get = (path: string, token = world.provider.token) => send(world.url + path, { token })

const nowSeconds = () => world.clock.now().getTime() / 1_000

async function useUp(count: number, token?: string): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => get('/v1/me', token)))
}

describe('every authenticated answer', () => {
  test('tells limit, rest and reset, in both forms', async () => {
    const { headers } = await get('/v1/me')
    const reset = Number(headers.get('x-ratelimit-reset'))
    expect(headers.get('x-ratelimit-limit')).toBe('60')
    expect(headers.get('x-ratelimit-remaining')).toBe('59')
    expect(Number.isInteger(reset)).toBe(true)
    expect(reset - nowSeconds()).toBeGreaterThan(0)
    expect(reset - nowSeconds()).toBeLessThanOrEqual(60)
    expect(headers.get('ratelimit-policy')).toBe('"tenant";q=60;w=60')
    expect(headers.get('ratelimit')).toBe(`"tenant";r=59;t=${Math.ceil(reset - nowSeconds())}`)
    expect(headers.has('retry-after')).toBe(false)
  })

  test('is one, also when it is a refusal', async () => {
    const refused = [
      '/v1/datasets?limit=0',
      '/v1/datasets?x=1',
      '/v1/datasets/dset_x',
      '/v1/jobs/job_x',
    ]
    for (const [index, path] of [...refused, '/v1/admin/system'].entries()) {
      const { status, headers } = await get(path)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(headers.get('x-ratelimit-remaining')).toBe(String(59 - index))
      expect(headers.has('ratelimit')).toBe(true)
    }
  })
})

describe('whoever shows no credential, or a wrong one,', () => {
  test('is shown no count, neither of a tenant nor of the address', async () => {
    for (const { status, headers } of [
      await get('/v1/me', 'sess_x'),
      await send(`${world.url}/v2/documents`),
    ]) {
      expect(status).toBe(401)
      for (const name of ['x-ratelimit-limit', 'ratelimit', 'ratelimit-policy']) {
        expect(headers.has(name)).toBe(false)
      }
    }
  })

  test('is refused over the limit of its address, on every path, while those that are known at the address are served', async () => {
    const guesses = await useUp(59, 'sess_x')
    expect(guesses.map(({ status }) => status)).toEqual(Array(59).fill(401))
    expect((await send(`${world.url}/v2/documents`)).status).toBe(401)
    const over = await get('/v1/me', 'sess_x')
    expect(over.status).toBe(429)
    expect(over.body.error).toMatchObject({ code: 'rate_limited' })
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await get('/v1/me')).status).toBe(200)
    const { email, password } = world.provider
    const login = await send(`${world.url}/v1/auth/login`, { json: { email, password } })
    expect(login.status).toBe(200)
    world.clock.forward(60_000)
    expect((await get('/v1/me', 'sess_x')).status).toBe(401)
  })
})

describe('over the limit', () => {
  test('a request is refused with the time to wait, and served when that has passed', async () => {
    const served = await useUp(60)
    expect(served.map(({ status }) => status)).toEqual(Array(60).fill(200))
    const over = await get('/v1/me')
    expect(over.status).toBe(429)
    expect(over.body.error).toMatchObject({ code: 'rate_limited' })
    expect(over.headers.get('x-ratelimit-remaining')).toBe('0')
    const waitSeconds = Number(over.headers.get('retry-after'))
    expect(waitSeconds).toBeGreaterThanOrEqual(1)
    expect(over.headers.get('ratelimit')).toBe(`"tenant";r=0;t=${waitSeconds}`)
    world.clock.forward(waitSeconds * 1_000)
    expect((await get('/v1/me')).status).toBe(200)
  })

  test('all credentials of a tenant share it, other tenants do not', async () => {
    const { secret } = await world.provider.client.apiKeys.create({
      name: 'k',
      scopes: ['usage:read'],
    })
    await useUp(59)
    expect((await get('/v1/me', secret)).status).toBe(429)
    expect((await get('/v1/me', world.buyer.token)).status).toBe(200)
  })

  test('nothing is done and no key is remembered', async () => {
    await useUp(60, world.buyer.token)
    const request = {
      token: world.buyer.token,
      json: { name: 'Not made' },
      headers: { 'idempotency-key': 'over' },
    }
    expect((await send(`${world.url}/v1/datasets`, request)).status).toBe(429)
    world.clock.forward(60_000)
    const made = await send(`${world.url}/v1/datasets`, request)
    expect(made.status).toBe(201)
    expect(made.headers.has('idempotency-replayed')).toBe(false)
  })

  test('the plan decides: pro has ten times as many', async () => {
    const { tenantId, token } = world.stranger
    await world.operator.client.adminTenants.update({ tenant_id: tenantId, plan: 'pro' })
    const { headers } = await get('/v1/me', token)
    expect(headers.get('x-ratelimit-limit')).toBe('600')
    expect(headers.get('ratelimit-policy')).toBe('"tenant";q=600;w=60')
    expect((await useUp(100, token)).every(({ status }) => status === 200)).toBe(true)
  })

  test('the SDK waits as long as it was told and then goes on', async () => {
    await useUp(60)
    const waits: number[] = []
    const client = new Client({
      baseUrl: world.url,
      token: world.provider.token,
      wait: async (ms) => {
        waits.push(ms)
        world.clock.forward(ms)
      },
    })
    expect(await client.me.get()).toMatchObject({ tenant_id: world.provider.tenantId })
    expect(waits).toHaveLength(1)
    expect(waits[0]).toBeGreaterThanOrEqual(1_000)
  })
})

describe('before anyone is known', () => {
  const login = () =>
    send(`${world.url}/v1/auth/login`, { json: { email: 'no@example.com', password: 'x' } })

  test('the address is limited, under a policy of its own name', async () => {
    const { headers } = await send(`${world.url}/v1/auth/signup`, { json: {} })
    expect(headers.get('ratelimit-policy')).toBe('"address";q=60;w=60')
    expect(headers.get('ratelimit')).toMatch(/^"address";r=59;t=\d+$/)
    const many = Array.from({ length: 60 }, () => send(`${world.url}/v1/auth/signup`, { json: {} }))
    const statuses = (await Promise.all(many)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
  })

  test('ten wrong passwords in a quarter of an hour are enough, for one mail and one address', async () => {
    const statuses: number[] = []
    for (let attempt = 0; attempt < 11; attempt++) statuses.push((await login()).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    const over = await login()
    expect(over.body.error?.code).toBe('rate_limited')
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    // From this address nobody gets in, until the failures are old.
    const { email, password } = world.provider
    const right = { json: { email, password } }
    expect((await send(`${world.url}/v1/auth/login`, right)).status).toBe(429)
    world.clock.forward(15 * 60_000 + 1)
    expect((await send(`${world.url}/v1/auth/login`, right)).status).toBe(200)
  })
})
