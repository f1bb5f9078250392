// Rate limits under load: twice the plan, from 8 connections that are kept open, in one window. Exactly the
// plan's number passes, and what is left is told truly: every number once. The clock stands still, so the
// window ends when the test says so. Where TEST_DATABASE_URL names a PostgreSQL server the counts stand in
// it, and the same holds for two processes together.
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Second, startSecond } from './second.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

const plan = 600
const connections = 8
const requestsEach = (2 * plan) / connections
const isPostgres = Boolean(process.env.TEST_DATABASE_URL)

let world: World
let key: string
beforeAll(async () => {
  world = await openWorld({ limits: 'on' })
  const { tenantId } = world.buyer
  await world.operator.client.adminTenants.update({ tenant_id: tenantId, plan: 'pro' })
  const made = await world.buyer.client.apiKeys.create({ name: 'agent', scopes: ['usage:read'] })
  key = made.secret
})
afterAll(() => world.close())

interface Seen {
  status: number
  /** As both styles of headers tell it. */
  remaining: number
  headers: Record<string, string | string[] | undefined>
}

/** The answers of each connection, in order. */
async function burst(urls: readonly string[]): Promise<Seen[][]> {
  return Promise.all(
    Array.from({ length: connections }, async (_, connection) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const sockets = new Set<object>()
      const seen: Seen[] = []
      for (let turn = 0; turn < requestsEach; turn++) {
        seen.push(await getMe(urls[connection % urls.length] ?? '', agent, sockets))
      }
      agent.destroy()
      expect(sockets.size).toBe(1)
      return seen
    }),
  )
}

function getMe(url: string, agent: Agent, sockets: Set<object>): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': key }
    const asked = request(`${url}/v1/me`, { agent, headers }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, remaining: Number(headers['x-ratelimit-remaining']), headers })
      })
    })
    asked.once('socket', (socket) => sockets.add(socket))
    asked.once('error', reject)
    asked.end()
  })
}

function expectTrueCount(byConnection: readonly Seen[][]): void {
  const all = byConnection.flat()
  const passed = all.filter(({ status }) => status === 200)
  const refused = all.filter(({ status }) => status === 429)
  expect([passed.length, refused.length]).toEqual([plan, plan])
  // No number twice and none left out, whoever asked.
  const told = passed.map(({ remaining }) => remaining).sort((a, b) => b - a)
  expect(told).toEqual(Array.from({ length: plan }, (_, at) => plan - 1 - at))
  for (const { headers, remaining } of all) {
    const toGo = /^"tenant";r=(\d+);t=(\d+)$/.exec(String(headers.ratelimit)) ?? []
    expect(Number(toGo[1])).toBe(remaining)
    expect(headers['x-ratelimit-limit']).toBe(String(plan))
    expect(headers['ratelimit-policy']).toBe(`"tenant";q=${plan};w=60`)
  }
  for (const { headers, remaining } of refused) {
    expect(remaining).toBe(0)
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(String(headers.ratelimit)).toBe(`"tenant";r=0;t=${headers['retry-after']}`)
  }
  // On one connection it only goes down, and whoever was refused stays refused.
  for (const seen of byConnection) {
    const course = seen.map(({ status, remaining }) => (status === 200 ? remaining : -1))
    const isFalling = course.every(
      (now, at) => at === 0 || now === -1 || now < (course[at - 1] ?? 0),
    )
    expect(isFalling).toBe(true)
  }
}

test('of twice the plan exactly the plan passes, and the next window starts anew', {
  timeout: 120_000,
}, async () => {
  world.clock.forward(60_000)
  expectTrueCount(await burst([world.url]))
  world.clock.forward(60_000)
  const { status, headers } = await send(`${world.url}/v1/me`, { apiKey: key })
  expect(status).toBe(200)
  expect(headers.get('x-ratelimit-remaining')).toBe(String(plan - 1))
})

describe.skipIf(!isPostgres)(
  'two processes on one database (skipped unless TEST_DATABASE_URL names a server)',
  () => {
    let second: Second
    beforeAll(async () => {
      world.clock.forward(60_000)
      second = await startSecond(world)
    })
    afterAll(() => second?.stop())

    test('let the plan pass together, not each', { timeout: 120_000 }, async () => {
      expectTrueCount(await burst([world.url, second.url]))
    })

    test('limit an address together before anyone is known', async () => {
      const statuses: number[] = []
      for (let turn = 0; turn < 62; turn++) {
        const url = turn % 2 === 0 ? world.url : second.url
        statuses.push((await send(`${url}/v1/auth/signup`, { json: {} })).status)
      }
      expect(statuses).toEqual([...Array(60).fill(400), 429, 429])
    })
  },
)
