// Requests that are made to cost more than they should: each is answered shortly, and with our own shape.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const post = (path: string, json: unknown, token?: string) =>
  send(`${world.url}${path}`, { json, token })

test('a body of eighty thousand unknown fields is answered with a hundred of them', async () => {
  const fields = Object.fromEntries(Array.from({ length: 80_000 }, (_, n) => [`x${n}`, 0]))
  const answer = await post('/v1/auth/signup', fields)
  expect(answer.status).toBe(400)
  expect(answer.text.length).toBeLessThan(20_000)
  expect(answer.text).toContain('at least 100 fields')
})

test('a filter has at most 20 keys', async () => {
  const metadata = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, 'v']))
  const answer = await post('/v1/search', { query: 'x', filters: { metadata } }, world.buyer.token)
  expect(answer.status).toBe(422)
  expect(answer.text).toContain('must have at most 20 keys')
})

test('a name that readers drop without a word is refused, wherever it stands', async () => {
  const raw = '{"query": "x", "filters": {"metadata": {"__proto__": "x"}}}'
  const inBody = await send(`${world.url}/v1/search`, { raw, token: world.buyer.token })
  expect(inBody.status).toBe(400)
  const path = '/v1/datasets?__proto__=x'
  const inQuery = await send(`${world.url}${path}`, { token: world.buyer.token })
  expect(inQuery.status).toBe(400)
})

test('a path that cannot be decoded, or an id without end, is our own 404', async () => {
  for (const path of ['/v1/datasets/%ff', `/v1/datasets/${'d'.repeat(2_500)}`]) {
    const answer = await send(`${world.url}${path}`, { token: world.buyer.token })
    expect(answer.status).toBe(404)
    expect(answer.body).toMatchObject({ error: { code: 'not_found' } })
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  }
})

test('a body that never ends does not keep the server from its end', async () => {
  const port = Number(new URL(world.url).port)
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.write('POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"email"')
  await world.restart()
  await closed
})
