// The transport against a real server on a local port, which answers from a script. Waits are recorded
// instead of waited for.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ApiError, Client, type ClientOptions, type ResponseInfo } from './client.ts'
import { waitMsBefore } from './transport.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** `hang`: never answers. `drop`: closes the connection without an answer. */
type Reply = { status?: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'drop'

let server: Server
let baseUrl: string
let seen: Seen[]
let replies: Reply[]
let waits: number[]

beforeEach(async () => {
  seen = []
  replies = []
  waits = []
  server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
    })
    const reply = replies.shift() ?? { body: {} }
    if (reply === 'hang') return
    if (reply === 'drop') return void request.socket.destroy()
    response.writeHead(reply.status ?? 200, reply.headers)
    const isRaw = typeof reply.body === 'string' || reply.body instanceof Uint8Array
    response.end(isRaw ? reply.body : JSON.stringify(reply.body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  baseUrl = `http://127.0.0.1:${address.port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function open(options: Partial<ClientOptions> = {}): Client {
  return new Client({ baseUrl, wait: async (ms) => void waits.push(ms), ...options })
}

const limited = (headers: Record<string, string>): Reply => ({ status: 429, headers })

test('path parts are taken out of the input and escaped, the rest of a GET is its query', async () => {
  await open({ token: 'abc' }).objects.list({ dataset_id: 'dset/1 ?', limit: 5, cursor: undefined })
  expect(seen[0]).toMatchObject({
    method: 'GET',
    url: '/v1/datasets/dset%2F1%20%3F/objects?limit=5',
    body: '',
  })
  expect(seen[0]?.headers.authorization).toBe('Bearer abc')
  expect(seen[0]?.headers['content-type']).toBeUndefined()
})

test('a POST carries its fields as JSON and a fresh idempotency key', async () => {
  const client = open({ apiKey: 'ipto_a_b' })
  await client.datasets.create({ name: 'Reports' })
  await client.datasets.create({ name: 'Reports' })
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ name: 'Reports' })
  expect(seen[0]?.headers['x-api-key']).toBe('ipto_a_b')
  const keys = seen.map((request) => request.headers['idempotency-key'])
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(keys[1]).not.toBe(keys[0])
})

test('a token is asked for as a form, by its own credential and without a key to repeat it', async () => {
  const client = open({ apiKey: 'ipto_a_b' })
  const input = { grant_type: 'client_credentials', client_id: 'ipto_a', client_secret: 'b' }
  await client.oauth.token({ ...input, scope: 'search:query usage:read' })
  expect(seen[0]?.body).toBe(
    'grant_type=client_credentials&client_id=ipto_a&client_secret=b&scope=search%3Aquery+usage%3Aread',
  )
  expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(seen[0]?.headers).not.toHaveProperty('x-api-key')
  expect(seen[0]?.headers).not.toHaveProperty('idempotency-key')
  replies = [{ status: 401, body: { error: 'invalid_client', error_description: 'No.' } }]
  const refused = { status: 401, code: 'invalid_client', message: 'No.' }
  await expect(client.oauth.token(input)).rejects.toMatchObject(refused)
})

test('an idempotency key that the caller gives is used, and stays the same over retries', async () => {
  replies = [{ status: 503 }, 'drop', { body: { dataset_id: 'dset_1' } }]
  const made = await open().datasets.create({ name: 'R' }, { idempotencyKey: 'mine' })
  expect(made.dataset_id).toBe('dset_1')
  expect(seen.map((request) => request.headers['idempotency-key'])).toEqual([
    'mine',
    'mine',
    'mine',
  ])
})

test('retries wait 1, 2 and 4 seconds, spread by a quarter, and then give up with the last error', async () => {
  replies = [{ status: 500 }, { status: 502 }, { status: 503 }, { status: 500 }, { body: {} }]
  await expect(open().me.get()).rejects.toMatchObject({ status: 500, code: 'http_500' })
  expect(seen).toHaveLength(4)
  for (const [index, base] of [1_000, 2_000, 4_000].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(base * 0.75)
    expect(waits[index]).toBeLessThanOrEqual(base * 1.25)
  }
  const error = new ApiError({ status: 500, code: 'internal_error', message: '' })
  expect([1, 2, 3].map((retry) => waitMsBefore(retry, error, 0.5))).toEqual([1_000, 2_000, 4_000])
})

test('Retry-After wins over t of RateLimit, and t over the backoff', async () => {
  replies = [
    limited({ 'retry-after': '7', ratelimit: '"tenant";r=0;t=23' }),
    limited({ ratelimit: '"tenant";r=0;t=23' }),
    limited({
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT',
    }),
    { body: {} },
  ]
  await open().me.get()
  expect(waits).toEqual([7_000, 23_000, 9_000])
})

test('a wait beyond a minute is left to the caller, who learns how long it is', async () => {
  replies = [limited({ 'retry-after': '61' })]
  await expect(open().me.get()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 61 })
  expect(waits).toEqual([])
})

test('a DELETE and a refusal are never sent twice', async () => {
  replies = [{ status: 503 }, { status: 409, body: { error: { code: 'conflict', message: 'no' } } }]
  const client = open()
  await expect(client.grants.revoke({ dataset_id: 'd', grant_id: 'g' })).rejects.toThrow()
  await expect(client.datasets.create({ name: 'x' })).rejects.toMatchObject({ code: 'conflict' })
  expect(seen).toHaveLength(2)
})

test('after a lost answer the first attempt may still be at work: the retry waits for it', async () => {
  const busy = { error: { code: 'idempotency_in_progress', message: 'wait' } }
  replies = ['drop', { status: 409, headers: { 'retry-after': '1' }, body: busy }, { body: {} }]
  await open().datasets.create({ name: 'x' })
  expect(seen).toHaveLength(3)
  expect(waits[1]).toBe(1_000)
})

test('no retries where the caller wants none', async () => {
  replies = [{ status: 503 }]
  await expect(open().me.get({}, { retries: 0 })).rejects.toMatchObject({ status: 503 })
  replies = ['drop']
  await expect(open({ retries: 0 }).me.get()).rejects.toMatchObject({
    status: 0,
    code: 'network_error',
  })
  expect(seen).toHaveLength(2)
})

test('an error tells code, text, details, request and wait', async () => {
  replies = [
    {
      status: 422,
      headers: { 'x-request-id': 'req_1' },
      body: { error: { code: 'bad_date', message: 'No such day.', details: { position: 4 } } },
    },
    {
      status: 422,
      body: { error: { code: 'validation_error', message: 'Bad.', param: 'status' } },
    },
    { status: 404, body: '<html>not ours</html>' },
  ]
  const client = open()
  const first = await client.search.query({ query: 'x' }).catch((error: unknown) => error)
  expect(first).toBeInstanceOf(ApiError)
  expect(first).toMatchObject({
    status: 422,
    code: 'bad_date',
    message: 'No such day.',
    details: { position: 4 },
    requestId: 'req_1',
  })
  await expect(client.jobs.list({})).rejects.toMatchObject({ details: { param: 'status' } })
  await expect(client.me.get()).rejects.toMatchObject({ code: 'http_404' })
})

test('an answer that takes too long ends in a timeout, for each attempt anew', async () => {
  replies = ['hang', 'hang']
  const call = open({ timeoutMs: 30, retries: 1 }).me.get()
  await expect(call).rejects.toMatchObject({ status: 0, code: 'timeout' })
  expect(seen).toHaveLength(2)
})

test('an abort ends the call at once, with the reason of the signal and without a retry', async () => {
  const reason = new Error('changed my mind')
  const stop = new AbortController()
  replies = [{ status: 503 }]
  const waiting = new Client({ baseUrl, onResponse: () => stop.abort(reason) })
  await expect(waiting.me.get({}, { signal: stop.signal })).rejects.toBe(reason)
  await expect(open().me.get({}, { signal: stop.signal })).rejects.toBe(reason)
  expect(seen).toHaveLength(1)
})

test('an abort during the wait ends the wait', async () => {
  const reason = new Error('enough')
  const stop = new AbortController()
  replies = [limited({ 'retry-after': '60' })]
  const call = new Client({ baseUrl }).me.get({}, { signal: stop.signal })
  const ended = expect(call).rejects.toBe(reason)
  await expect.poll(() => seen.length).toBe(1)
  stop.abort(reason)
  await ended
})

test('credentials never follow a redirect', async () => {
  replies = [{ status: 307, headers: { location: `${baseUrl}/elsewhere` } }]
  const call = open({ apiKey: 'ipto_a_b', retries: 0 }).me.get()
  await expect(call).rejects.toMatchObject({ code: 'network_error' })
  expect(seen).toHaveLength(1)
})

test('a page is the body as it was sent, and yields the items of all pages', async () => {
  const pages = [
    { items: [{ dataset_id: 'a' }, { dataset_id: 'b' }], next_cursor: 'c1', has_more: true },
    { items: [{ dataset_id: 'c' }], next_cursor: null, has_more: false },
  ]
  replies = pages.map((body) => ({ body }))
  const page = await open().datasets.list({ status: 'active' })
  expect(page).toEqual(pages[0])
  const ids: string[] = []
  for await (const dataset of page) ids.push(dataset.dataset_id)
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(seen[1]?.url).toBe('/v1/datasets?status=active&cursor=c1')
})

test('report and resource lists go on in the same way', async () => {
  const report = (ids: string[], cursor: string | null) => ({
    body: {
      data: {
        searches: ids.map((id) => ({ search_activity_id: id })),
        total: 3,
        next_cursor: cursor,
        has_more: cursor !== null,
      },
    },
  })
  replies = [report(['a', 'b'], 'next'), report(['c'], null)]
  const client = open()
  const searches: string[] = []
  for await (const one of await client.activity.searches()) searches.push(one.search_activity_id)
  expect(searches).toEqual(['a', 'b', 'c'])

  const resource = (id: string, cursor: string | null) => ({
    body: { object: 'list', data: [{ id }], hasMore: cursor !== null, nextCursor: cursor },
  })
  replies = [resource('job_1', 'next'), resource('job_2', null)]
  const jobs: string[] = []
  for await (const job of await client.jobs.list()) jobs.push(job.id)
  expect(jobs).toEqual(['job_1', 'job_2'])
})

test('every answer is shown to onResponse, with its headers', async () => {
  replies = [
    { status: 503, headers: { 'x-request-id': 'req_a' } },
    { headers: { 'x-request-id': 'req_b', 'x-ratelimit-limit': '60' } },
  ]
  const infos: ResponseInfo[] = []
  await open({ onResponse: (info) => void infos.push(info) }).me.get()
  expect(infos.map(({ status, requestId, attempt }) => [status, requestId, attempt])).toEqual([
    [503, 'req_a', 0],
    [200, 'req_b', 1],
  ])
  expect(infos[1]?.headers.get('x-ratelimit-limit')).toBe('60')
})

test('bytes go to the signed address with its headers and without credentials', async () => {
  const client = open({ token: 'secret' })
  replies = [{ status: 503 }, { status: 200 }]
  const parts = await client.uploads.put(
    {
      upload_url: `${baseUrl}/storage/x?signature=1`,
      method: 'PUT',
      headers: { 'content-type': 'application/pdf' },
      part_size_bytes: null,
      parts: null,
    },
    new TextEncoder().encode('bytes'),
  )
  expect(parts).toBeUndefined()
  expect(seen[1]).toMatchObject({ method: 'PUT', url: '/storage/x?signature=1', body: 'bytes' })
  expect(seen[1]?.headers['content-type']).toBe('application/pdf')
  expect(seen[1]?.headers.authorization).toBeUndefined()
})

test('an upload in parts cuts the bytes, and gives back what completes it', async () => {
  replies = [{ headers: { etag: '"1"' } }, { headers: { etag: '"2"' } }]
  const parts = await open().uploads.put(
    {
      upload_url: null,
      method: 'PUT',
      headers: {},
      part_size_bytes: 4,
      parts: [1, 2].map((part) => ({ part_number: part, upload_url: `${baseUrl}/part/${part}` })),
    },
    new TextEncoder().encode('abcdef'),
  )
  expect(seen.map((request) => request.body)).toEqual(['abcd', 'ef'])
  expect(parts).toEqual([
    { part_number: 1, etag: '"1"' },
    { part_number: 2, etag: '"2"' },
  ])
})

test('what cannot work is refused before anything is sent', async () => {
  expect(() => open({ token: 'a', apiKey: 'b' })).toThrow('not both')
  expect(() => new Client({ baseUrl: 'ftp://x' })).toThrow('http://')
  await expect(open().datasets.get({ dataset_id: '' })).rejects.toThrow('dataset_id')
  expect(seen).toEqual([])
})

test('a baseUrl keeps its path', async () => {
  await open({ baseUrl: `${baseUrl}/ipto/` }).me.get()
  expect(seen[0]?.url).toBe('/ipto/v1/me')
})

test('a file comes as its bytes, whatever they are; a page in its place is an error', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  replies.push(
    { headers: { 'content-type': 'application/pdf' }, body: bytes },
    { headers: { 'content-type': 'text/html' }, body: '<p>Hello</p>' },
    { status: 409, body: { error: { code: 'conflict', message: 'A draft is not printed.' } } },
  )
  const file = await open().invoices.pdf({ invoice_id: 'inv_1' })
  expect([...file]).toEqual([...bytes])
  expect(seen[0]).toMatchObject({ url: '/v1/invoices/inv_1/pdf' })
  expect(seen[0]?.headers.accept).toContain('application/pdf')
  const page = open({ retries: 0 }).invoices.pdf({ invoice_id: 'inv_1' })
  await expect(page).rejects.toMatchObject({ code: 'unreadable_answer' })
  const refused = open().invoices.pdf({ invoice_id: 'inv_1' })
  await expect(refused).rejects.toMatchObject({ status: 409, code: 'conflict' })
})
