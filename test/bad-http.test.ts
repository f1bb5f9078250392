// HTTP as no honest client speaks it: over bare sockets, too slow, too much at once, or ambiguous. Each
// gets its documented answer or a closed connection, and the next caller is served.

import { errorBody } from '@ipto/contract/operation.ts'
import { allOperations } from '@ipto/contract/operations.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { converse, exchange, type RawAnswer, rawRequest } from './raw-http.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
// Whatever was sent, the server lives and serves the next.
afterEach(async () => {
  expect((await send(`${world.url}/v1/me`, { token: world.provider.token })).status).toBe(200)
})

const bearer = () => `Bearer ${world.provider.token}`
const json = 'application/json'

/** A request of the provider, over a connection of its own. */
async function ask(
  line: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<RawAnswer> {
  const all = { Authorization: bearer(), ...(body && { 'Content-Type': json }), ...headers }
  return only(await exchange(world.url, rawRequest(line, all, body)))
}

function only(answers: RawAnswer[]): RawAnswer {
  expect(answers).toHaveLength(1)
  const [answer] = answers
  if (!answer) throw new Error('the server answered nothing')
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  return answer
}

function expectRefused(answer: RawAnswer, status: number): void {
  expect([answer.status, answer.code]).toEqual([status, 'invalid_request'])
  expect(errorBody.safeParse(JSON.parse(answer.body)).success).toBe(true)
}

describe('a key that stands twice', () => {
  test.each([
    ['beside each other', '/v1/datasets', '{"name":"a","name":"b"}', 'name'],
    ['with the same value', '/v1/datasets', '{"name":"a","name":"a"}', 'name'],
    ['inside', '/v1/datasets', '{"name":"a","license":{"name":"x","name":"y"}}', 'name'],
    [
      'written in two ways',
      '/v1/datasets',
      '{"visibility":"private","\\u0076isibility":"listed"}',
      'visibility',
    ],
    ['in a resource', '/v1/resources', '{"name":"a","name":"b"}', 'name'],
  ])('is refused and named: %s', async (_, path, body, key) => {
    const answer = await ask(`POST ${path}`, {}, body)
    expectRefused(answer, 400)
    expect(answer.body).toContain(`the key '${key}' stands twice in one object`)
  })

  test('does nothing at all', async () => {
    const { dataset_id } = await world.provider.client.datasets.create({ name: 'Once' })
    const body = '{"name":"Twice","visibility":"listed","name":"Thrice"}'
    expectRefused(await ask(`PATCH /v1/datasets/${dataset_id}`, {}, body), 400)
    const kept = await world.provider.client.datasets.get({ dataset_id })
    expect(kept).toMatchObject({ name: 'Once', visibility: 'private' })
  })
})

describe('too much of one thing', () => {
  test.each([40, 1_000])('%i levels of nesting are refused', async (depth) => {
    for (const nested of [
      `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
      `${'['.repeat(depth)}${']'.repeat(depth)}`,
    ]) {
      const answer = await ask('POST /v1/datasets', {}, `{"name":"x","license":${nested}}`)
      expect([400, 422]).toContain(answer.status)
      expect(answer.code).toBe('invalid_request')
    }
  })

  test('so many query parameters as a header holds are refused, a hundred of them by name', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => index.toString(36))
    for (const line of ['GET /v1/datasets', 'DELETE /v1/datasets/x', 'POST /v1/datasets']) {
      const answer = await ask(`${line}?${names.join('&')}`)
      expectRefused(answer, 400)
      expect(JSON.parse(answer.body).error.details.fields).toHaveLength(100)
    }
    const again = await ask(`GET /v1/datasets?${'q&'.repeat(7_500)}`)
    expectRefused(again, 400)
  })

  test('10,000 query parameters are more than a header holds', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`)
    expectRefused(await ask(`GET /v1/datasets?${names.join('&')}`), 431)
  })

  test('10,000 parameters of a form are read, and what is unknown is passed over', async () => {
    const form = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&')
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answer = await ask('POST /auth/token', { ...type, Authorization: 'Basic eDp5' }, form)
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'invalid_request'])
  })

  test('headers of 16 KB are refused without a body where the head was asked for', async () => {
    const head = await ask('HEAD /v1/datasets', { 'X-Large': 'x'.repeat(16_384) })
    expect([head.status, head.body]).toEqual([431, ''])
  })

  test.each([
    ['one of 16 KB', { 'X-Large': 'x'.repeat(16_384) }],
    [
      'many of 16 KB',
      Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`X-${n}`, 'x'.repeat(40)])),
    ],
  ])('headers are refused: %s', async (_, headers) => {
    expectRefused(await ask('GET /v1/me', headers), 431)
  })
})

describe('whoever is slow', () => {
  // The same server with less patience, so that nobody has to wait for half a minute.
  let hasty: World
  beforeAll(async () => {
    hasty = await openWorld({ patience: { headersMs: 1_500, bodyMs: 2_000, idleMs: 1_000 } })
  })
  afterAll(() => hasty.close())

  test('and sends nothing is cut off', async () => {
    const answer = only(await converse(hasty.url).ended)
    expectRefused(answer, 408)
  })

  test('and does not finish the headers is cut off', async () => {
    const { socket, ended } = converse(hasty.url)
    socket.write('GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-A: ')
    drip(socket, 'a')
    expectRefused(only(await ended), 408)
  })

  test.each(['/v1/datasets', '/v1/none'])(
    'and drips a body for ever is cut off, though it never stops: %s',
    async (path) => {
      const { socket, ended } = converse(hasty.url)
      const headers = {
        Authorization: `Bearer ${hasty.provider.token}`,
        'Content-Type': json,
        'Content-Length': '1000000',
      }
      socket.write(rawRequest(`POST ${path}`, headers))
      drip(socket, ' ')
      expect(await ended).toEqual([])
    },
  )

  test('and stops in the middle of a body is cut off', async () => {
    const { socket, ended } = converse(hasty.url)
    const headers = {
      Authorization: `Bearer ${hasty.provider.token}`,
      'Content-Type': json,
      'Content-Length': '20',
    }
    socket.write(`${rawRequest('POST /v1/datasets', headers)}{"name":`)
    expect(await ended).toEqual([])
    const { items } = await hasty.provider.client.datasets.list({})
    expect(items.map(({ name }) => name)).not.toContain('')
  })

  test('may take longer with a file, as long as it moves', async () => {
    const { provider } = hasty
    const { dataset_id } = await provider.client.datasets.create({ name: 'Slow' })
    const size = 90
    const upload = await provider.client.objects.upload({
      dataset_id,
      filename: 'slow.txt',
      content_type: 'text/plain',
      size_bytes: size,
    })
    const { pathname, search } = new URL(upload.upload_url ?? '')
    const { socket, ended } = converse(hasty.url)
    socket.write(rawRequest(`PUT ${pathname}${search}`, upload.headers))
    drip(socket, 'x', size)
    expect((await ended).map(({ status }) => status)).toEqual([200])
  })
})

/** One byte after another, faster than `idleMs`, until all are sent or the server hangs up. */
function drip(socket: ReturnType<typeof converse>['socket'], byte: string, count = Infinity): void {
  let sent = 0
  const timer = setInterval(() => {
    if (socket.destroyed || sent >= count) clearInterval(timer)
    else socket.write(byte)
    sent += 1
  }, 30)
}

test('requests in one breath are answered in their order, each with its own', async () => {
  const headers = { Authorization: bearer(), Connection: 'keep-alive' }
  const named = (name: string) =>
    rawRequest('POST /v1/datasets', { ...headers, 'Content-Type': json }, JSON.stringify({ name }))
  const answers = await exchange(
    world.url,
    [
      named('First'),
      rawRequest('GET /v1/none', headers),
      named('Third'),
      rawRequest('GET /healthz', headers),
      rawRequest('DELETE /v1/me', headers),
      rawRequest('GET /v1/me', { Authorization: bearer() }),
    ].join(''),
  )
  expect(answers.map(({ status }) => status)).toEqual([201, 404, 201, 200, 405, 200])
  const bodies = answers.map(({ body }) => JSON.parse(body))
  expect([bodies[0].name, bodies[2].name]).toEqual(['First', 'Third'])
  expect(bodies[5].tenant_id).toBe(world.provider.tenantId)
  const ids = answers.map((answer) => answer.headers.get('x-request-id'))
  expect(new Set(ids).size).toBe(answers.length)
})

test('a request that hides behind a broken one is not served', async () => {
  const { items: before } = await world.provider.client.datasets.list({ limit: 100 })
  const hidden = rawRequest(
    'POST /v1/datasets',
    { Authorization: bearer(), 'Content-Type': json },
    '{"name":"Hidden"}',
  )
  const head = (lines: string) =>
    `POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${bearer()}\r\nContent-Type: ${json}\r\n${lines}\r\n\r\n`
  for (const lines of [
    'Content-Length: 2\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 2',
    'Content-Length: 2\r\nContent-Length: 3',
    'Content-Length: -1',
    'Content-Length: 0x2',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: x',
    'Content-Length : 2',
    ' folded: 1',
  ]) {
    const answers = await exchange(world.url, `${head(lines)}0\r\n\r\n${hidden}`)
    const [first, ...more] = answers
    expect([lines, first?.status, first?.code]).toEqual([lines, 400, 'invalid_request'])
    expect(first?.headers.get('x-request-id')).toMatch(/^req_/)
    expect(more).toEqual([])
  }
  const { items: after } = await world.provider.client.datasets.list({ limit: 100 })
  expect(after).toHaveLength(before.length)
})

describe('credentials', () => {
  const keyOf = async () =>
    (await world.provider.client.apiKeys.create({ name: 'k', scopes: ['datasets:read'] })).secret

  /** `/v1/me` with these header lines, as they are. */
  const me = async (...lines: string[]) => {
    const head = `GET /v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`
    return only(await exchange(world.url, `${head}${lines.join('\r\n')}\r\n\r\n`))
  }

  test('two that differ are refused, wherever they stand', async () => {
    const [one, other] = [await keyOf(), await keyOf()]
    for (const lines of [
      [`Authorization: ${bearer()}`, `X-API-Key: ${one}`],
      [`Authorization: Bearer ${one}`, `X-API-Key: ${other}`],
      [`Authorization: Bearer ${one}`, `Authorization: Bearer ${other}`],
      [`Authorization: ${bearer()}`, `Authorization: Bearer ${one}`],
      [`X-API-Key: ${one}`, `X-API-Key: ${other}`],
    ]) {
      expectRefused(await me(...lines), 400)
    }
  })

  test('one that is sent twice is one', async () => {
    const key = await keyOf()
    for (const lines of [
      [`Authorization: Bearer ${key}`, `Authorization: Bearer ${key}`],
      [`X-API-Key: ${key}`, `X-API-Key: ${key}`],
      [`X-API-Key: ${key}`, `Authorization: Bearer ${key}`],
    ]) {
      expect((await me(...lines)).status).toBe(200)
    }
  })

  test('a right one beside what is none does not count', async () => {
    const key = await keyOf()
    const second = [
      'Authorization: Basic eDp5',
      'Authorization:',
      'X-API-Key: sess_x',
      'X-API-Key:',
    ]
    for (const line of second) {
      expect((await me(`Authorization: Bearer ${key}`, line)).status).toBe(401)
    }
  })
})

describe('at the token endpoint, Basic', () => {
  const form = 'grant_type=client_credentials'
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const base64 = (bytes: string | number[]) => Buffer.from(bytes as string).toString('base64')
  const token = (authorization: string, path = '/auth/token') =>
    ask(`POST ${path}`, { ...type, Authorization: authorization }, form)

  test.each([
    ['without a value', 'Basic', 400],
    ['that is no base64', 'Basic ???', 400],
    ['in the other alphabet', 'Basic eDp5_-', 400],
    ['with a gap', 'Basic eDp5 eDp5', 400],
    ['without a colon', `Basic ${base64('client')}`, 400],
    ['with NUL', `Basic ${base64('cli\0ent:secret')}`, 400],
    ['with bytes that are no UTF-8', `Basic ${base64([0xff, 0xfe, 0x3a, 0x41])}`, 400],
    ['with an empty id', `Basic ${base64(':secret')}`, 401],
    ['with an empty secret', `Basic ${base64('ipto_client:')}`, 401],
    ['with neither', `Basic ${base64(':')}`, 401],
    ['of ten thousand characters', `Basic ${base64(`${'a'.repeat(7_000)}:b`)}`, 400],
    ['of another scheme', 'Bearer ipto_x', 401],
  ])('%s is refused', async (_, authorization, status) => {
    for (const path of ['/auth/token', '/v2/auth/token']) {
      const answer = await token(authorization, path)
      const error = status === 401 ? 'invalid_client' : 'invalid_request'
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([status, error])
      if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Basic realm="ipto"')
    }
    world.clock.forward(quarterMs)
  })

  test('twice, with two clients, is refused', async () => {
    const head = rawRequest('POST /auth/token', { ...type, Authorization: 'Basic eDp5' }, form)
    const twice = head.replace('Content-Type', 'Authorization: Basic eDp6\r\nContent-Type')
    const answer = only(await exchange(world.url, twice))
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'invalid_request'])
  })
})

// Wrong clients are counted by address; the window is over before the next test begins.
const quarterMs = 15 * 60_000

describe('a method that the path does not take', () => {
  const allowedAt = new Map<string, string[]>()
  for (const op of allOperations) {
    allowedAt.set(op.path, [...(allowedAt.get(op.path) ?? []), op.method])
  }
  const paths = [...allowedAt].map(([path, allowed]) => {
    const op = allOperations.find((one) => one.path === path)
    return { path, allowed, profile: op?.profile ?? 'market' }
  })

  test.each(paths)('$path', async ({ path, allowed, profile }) => {
    const real = path.replace(/\{\w+\}/g, 'x')
    const methods = [
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'TRACE',
      'OPTIONS',
      'PROPFIND',
      'QUERY',
    ]
    const refused = methods.filter((method) => !allowed.includes(method))
    const headers = { Authorization: bearer(), Connection: 'keep-alive' }
    const answers = await exchange(
      world.url,
      refused.map((method) => rawRequest(`${method} ${real}`, headers)).join('') +
        rawRequest(`HEAD ${real}`),
    )
    expect(answers).toHaveLength(refused.length + 1)
    for (const [index, answer] of answers.entries()) {
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual([...allowed].sort())
      if (index < refused.length) expectShape(answer, profile)
    }
  })
})

function expectShape({ body, headers }: RawAnswer, profile: string): void {
  const told = JSON.parse(body)
  if (profile === 'token') {
    expect(told).toEqual({ error: 'invalid_request', error_description: expect.any(String) })
    expect(headers.get('pragma')).toBe('no-cache')
  } else if (profile === 'document') {
    expect(told).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(headers.get('content-type')).toContain('application/problem+json')
  } else {
    expect(told).toEqual({ error: { code: 'method_not_allowed', message: expect.any(String) } })
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  }
}

describe('a request line', () => {
  test.each([
    ['GET http://other.example/v1/me', 200],
    ['GET HTTP://localhost:1/v1/me?', 200],
    ['DELETE http://other.example/v1/me', 405],
    ['GET http://other.example/v1/none', 404],
    ['GET //v1/me', 404],
    ['GET /v1/me/', 404],
    ['GET /v1/me/.', 404],
    ['GET /v1/../v1/me', 404],
    ['GET /v1/m%65', 200],
    ['GET /v1%2Fme', 404],
    ['GET /v1/me;x=1', 404],
    ['GET /v1/datasets/a%2Fb', 404],
    ['GET /v1/datasets/..%2F..%2Fhealthz', 404],
    ['GET /v1/datasets/%', 404],
    ['GET /v1/datasets/%zz', 404],
    ['GET /v1/datasets/%c0%af', 404],
    ['GET /%', 404],
    ['OPTIONS *', 404],
    ['GET *', 404],
  ])('%s is answered %i', async (line, status) => {
    expect((await ask(line)).status).toBe(status)
  })

  test.each([
    ['a method that is none', 'NOPE /v1/me HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a method in small letters', 'get /v1/me HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no path', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['another version', 'GET /v1/me HTTP/3.7\r\nHost: x\r\n\r\n'],
    ['HTTP/2 without a word', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00, 0xa1])],
    ['no host', 'GET /v1/me HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two hosts', 'GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    ['NUL in a header', 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
  ])('with %s is refused in the shape of the API', async (_, bytes) => {
    expectRefused(only(await exchange(world.url, bytes)), 400)
  })
})

describe('an expectation', () => {
  const body = '{"name":"Expected"}'

  test('of 100-continue is met before the body is sent', async () => {
    const { socket, ended } = converse(world.url)
    const headers = { Authorization: bearer(), 'Content-Type': json, Expect: '100-continue' }
    const length = { 'Content-Length': String(body.length) }
    socket.write(rawRequest('POST /v1/datasets', { ...headers, ...length }))
    socket.once('data', () => socket.write(body))
    expect((await ended).map(({ status }) => status)).toEqual([100, 201])
  })

  test('of anything else is refused', async () => {
    expectRefused(await ask('POST /v1/datasets', { Expect: '200-ok' }, body), 417)
  })
})
