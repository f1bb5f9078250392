// The transport against a real server on a local port, which answers from a script. Waits are recorded
// instead of waited for.
import { afterEach, beforeEach, expect, expectTypeOf, test } from 'vitest'
import {
  ApiError,
  Client,
  type ClientOptions,
  type Resource,
  type ResourcePage,
  type ResponseInfo,
} from './client.ts'
import { openScript, type Reply, type Script } from './script.fixture.ts'
import { waitMsBefore } from './transport.ts'

let script: Script
let baseUrl: string
let waits: number[]

beforeEach(async () => {
  waits = []
  script = await openScript()
  baseUrl = script.baseUrl
})

afterEach(() => script.close())

function open(options: Partial<ClientOptions> = {}): Client {
  return new Client({ baseUrl, wait: async (ms) => void waits.push(ms), ...options })
}

const limited = (headers: Record<string, string>): Reply => ({ status: 429, headers })

test('path parts are taken out of the input and escaped, the rest of a GET is its query', async () => {
  await open({ token: 'abc' }).objects.list({ dataset_id: 'dset/1 ?', limit: 5, cursor: undefined })
  expect(script.seen[0]).toMatchObject({
    method: 'GET',
    url: '/v1/datasets/dset%2F1%20%3F/objects?limit=5',
    body: '',
  })
  expect(script.seen[0]?.headers.authorization).toBe('Bearer abc')
  expect(script.seen[0]?.headers['content-type']).toBeUndefined()
})

test('a POST carries its fields as JSON and a fresh idempotency key', async () => {
  const client = open({ apiKey: 'ipto_a_b' })
  await client.datasets.create({ name: 'Reports' })
  await client.datasets.create({ name: 'Reports' })
  expect(JSON.parse(script.seen[0]?.body ?? '')).toEqual({ name: 'Reports' })
  expect(script.seen[0]?.headers['x-api-key']).toBe('ipto_a_b')
  const keys = script.seen.map((request) => request.headers['idempotency-key'])
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(keys[1]).not.toBe(keys[0])
})

test('a token is asked for as a form, by its own credential and without a key to repeat it', async () => {
  const client = open({ apiKey: 'ipto_a_b' })
  const input = { grant_type: 'client_credentials', client_id: 'ipto_a', client_secret: 'b' }
  await client.oauth.token({ ...input, scope: 'search:query usage:read' })
  expect(script.seen[0]?.body).toBe(
    'grant_type=client_credentials&client_id=ipto_a&client_secret=b&scope=search%3Aquery+usage%3Aread',
  )
  expect(script.seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(script.seen[0]?.headers).not.toHaveProperty('x-api-key')
  expect(script.seen[0]?.headers).not.toHaveProperty('idempotency-key')
  script.replies = [{ status: 401, body: { error: 'invalid_client', error_description: 'No.' } }]
  const refused = { status: 401, code: 'invalid_client', message: 'No.' }
  await expect(client.oauth.token(input)).rejects.toMatchObject(refused)
})

test('an idempotency key that the caller gives is used, and stays the same over retries', async () => {
  script.replies = [{ status: 503 }, 'drop', { body: { dataset_id: 'dset_1' } }]
  const made = await open().datasets.create({ name: 'R' }, { idempotencyKey: 'mine' })
  expect(made.dataset_id).toBe('dset_1')
  expect(script.seen.map((request) => request.headers['idempotency-key'])).toEqual([
    'mine',
    'mine',
    'mine',
  ])
})

test('retries wait 1, 2 and 4 seconds, spread by a quarter, and then give up with the last error', async () => {
  script.replies = [
    { status: 500 },
    { status: 502 },
    { status: 503 },
    { status: 500 },
    { body: {} },
  ]
  await expect(open().me.get()).rejects.toMatchObject({ status: 500, code: 'http_500' })
  expect(script.seen).toHaveLength(4)
  for (const [index, base] of [1_000, 2_000, 4_000].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(base * 0.75)
    expect(waits[index]).toBeLessThanOrEqual(base * 1.25)
  }
  const error = new ApiError({ status: 500, code: 'internal_error', message: '' })
  expect([1, 2, 3].map((retry) => waitMsBefore(retry, error, 0.5))).toEqual([1_000, 2_000, 4_000])
})

test('Retry-After wins over t of RateLimit, and t over the backoff', async () => {
  script.replies = [
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
  script.replies = [limited({ 'retry-after': '61' })]
  await expect(open().me.get()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 61 })
  expect(waits).toEqual([])
})

test('an answer that breaks off is asked for again, under the same key', async () => {
  script.replies = ['break', { body: { dataset_id: 'dset_1' } }]
  expect(await open().datasets.create({ name: 'R' })).toEqual({ dataset_id: 'dset_1' })
  const [first, second] = script.seen.map((request) => request.headers['idempotency-key'])
  expect(first).toBeTruthy()
  expect(second).toBe(first)
  expect(script.seen[1]?.body).toBe(script.seen[0]?.body)
})

test('also a PUT carries a key, and is sent again', async () => {
  script.replies = [limited({ 'retry-after': '1' }), 'drop', { body: { budget_id: 'bud_1' } }]
  await open().budgets.set({ amount: 50, currency: 'USD' })
  expect(new Set(script.seen.map((request) => request.headers['idempotency-key'])).size).toBe(1)
  expect(script.seen).toHaveLength(3)
})

test('a DELETE that was turned away for its rate is sent again', async () => {
  script.replies = [limited({ 'retry-after': '1' }), { status: 204, body: '' }]
  await open().resources.delete({ id: 'res_1' })
  expect(script.seen.map(({ method }) => method)).toEqual(['DELETE', 'DELETE'])
})

test('a DELETE that may have been done and a refusal are never sent twice', async () => {
  script.replies = [
    { status: 503 },
    { status: 409, body: { error: { code: 'conflict', message: 'no' } } },
  ]
  const client = open()
  await expect(client.grants.revoke({ dataset_id: 'd', grant_id: 'g' })).rejects.toThrow()
  await expect(client.datasets.create({ name: 'x' })).rejects.toMatchObject({ code: 'conflict' })
  expect(script.seen).toHaveLength(2)
})

test('after a lost answer the first attempt may still be at work: the retry waits for it', async () => {
  const busy = { error: { code: 'idempotency_in_progress', message: 'wait' } }
  script.replies = [
    'drop',
    { status: 409, headers: { 'retry-after': '1' }, body: busy },
    { body: {} },
  ]
  await open().datasets.create({ name: 'x' })
  expect(script.seen).toHaveLength(3)
  expect(waits[1]).toBe(1_000)
})

test('no retries where the caller wants none', async () => {
  script.replies = [{ status: 503 }]
  await expect(open().me.get({}, { retries: 0 })).rejects.toMatchObject({ status: 503 })
  script.replies = ['drop']
  await expect(open({ retries: 0 }).me.get()).rejects.toMatchObject({
    status: 0,
    code: 'network_error',
  })
  expect(script.seen).toHaveLength(2)
})

test('an error tells code, text, details, request and wait', async () => {
  script.replies = [
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
  script.replies = ['hang', 'hang']
  const call = open({ timeoutMs: 30, retries: 1 }).me.get()
  await expect(call).rejects.toMatchObject({ status: 0, code: 'timeout' })
  expect(script.seen).toHaveLength(2)
})

test('an abort ends the call at once, with the reason of the signal and without a retry', async () => {
  const reason = new Error('changed my mind')
  const stop = new AbortController()
  script.replies = [{ status: 503 }]
  const waiting = new Client({ baseUrl, onResponse: () => stop.abort(reason) })
  await expect(waiting.me.get({}, { signal: stop.signal })).rejects.toBe(reason)
  await expect(open().me.get({}, { signal: stop.signal })).rejects.toBe(reason)
  expect(script.seen).toHaveLength(1)
})

test('an abort during the wait ends the wait', async () => {
  const reason = new Error('enough')
  const stop = new AbortController()
  script.replies = [limited({ 'retry-after': '60' })]
  const call = new Client({ baseUrl }).me.get({}, { signal: stop.signal })
  const ended = expect(call).rejects.toBe(reason)
  await expect.poll(() => script.seen.length).toBe(1)
  stop.abort(reason)
  await ended
})

test('an abort ends also the reading of an answer', async () => {
  const reason = new Error('enough')
  const stop = new AbortController()
  script.replies = ['stall']
  const call = open().me.get({}, { signal: stop.signal })
  const ended = expect(call).rejects.toBe(reason)
  await expect.poll(() => script.seen.length).toBe(1)
  stop.abort(reason)
  await ended
  expect(script.seen).toHaveLength(1)
})

test('an answer that stops on its way ends in a timeout', async () => {
  script.replies = ['stall']
  const call = open({ timeoutMs: 100, retries: 0 }).me.get()
  await expect(call).rejects.toMatchObject({ status: 0, code: 'timeout' })
})

test('a code is one of a closed list; what no list knows is named by its status', async () => {
  script.replies = [{ status: 409, body: { error: { code: 'from_the_future', message: 'New.' } } }]
  const error = await open()
    .me.get()
    .catch((error: unknown) => error)
  if (!(error instanceof ApiError)) throw error
  expect(error).toMatchObject({ code: 'http_409', message: 'New.' })
  expectTypeOf<'budget_exceeded' | 'validation_error' | 'timeout' | 'http_502'>().toExtend<
    ApiError['code']
  >()
  // @ts-expect-error no answer has this code
  expect(error.code === 'budget_exceded').toBe(false)
})

test('the loop of the template goes through all pages', async () => {
  const page = (id: string, nextCursor: string | null) => ({
    body: { object: 'list', data: [{ id }], hasMore: nextCursor !== null, nextCursor },
  })
  script.replies = [page('res_1', 'next'), page('res_2', null)]
  const client = open()
  const seen: string[] = []
  let cursor: string | null = null
  let hasMore: boolean
  do {
    const response: ResourcePage<Resource> = await client.resources.list({ limit: 100, cursor })
    seen.push(...response.data.map(({ id }) => id))
    cursor = response.nextCursor
    hasMore = response.hasMore
  } while (hasMore)
  expect(seen).toEqual(['res_1', 'res_2'])
  expect(script.seen.map(({ url }) => url)).toEqual([
    '/v1/resources?limit=100',
    '/v1/resources?limit=100&cursor=next',
  ])
})

test('credentials never follow a redirect', async () => {
  script.replies = [{ status: 307, headers: { location: `${baseUrl}/elsewhere` } }]
  const call = open({ apiKey: 'ipto_a_b', retries: 0 }).me.get()
  await expect(call).rejects.toMatchObject({ code: 'network_error' })
  expect(script.seen).toHaveLength(1)
})

test('a page is the body as it was sent, and yields the items of all pages', async () => {
  const pages = [
    { items: [{ dataset_id: 'a' }, { dataset_id: 'b' }], next_cursor: 'c1', has_more: true },
    { items: [{ dataset_id: 'c' }], next_cursor: null, has_more: false },
  ]
  script.replies = pages.map((body) => ({ body }))
  const page = await open().datasets.list({ status: 'active' })
  expect(page).toEqual(pages[0])
  const ids: string[] = []
  for await (const dataset of page) ids.push(dataset.dataset_id)
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(script.seen[1]?.url).toBe('/v1/datasets?status=active&cursor=c1')
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
  script.replies = [report(['a', 'b'], 'next'), report(['c'], null)]
  const client = open()
  const searches: string[] = []
  for await (const one of await client.activity.searches()) searches.push(one.search_activity_id)
  expect(searches).toEqual(['a', 'b', 'c'])

  const resource = (id: string, cursor: string | null) => ({
    body: { object: 'list', data: [{ id }], hasMore: cursor !== null, nextCursor: cursor },
  })
  script.replies = [resource('job_1', 'next'), resource('job_2', null)]
  const jobs: string[] = []
  for await (const job of await client.jobs.list()) jobs.push(job.id)
  expect(jobs).toEqual(['job_1', 'job_2'])
})

test('a list that is counted by offset goes on until all were shown', async () => {
  const windowed = (ids: string[], offset: number) => ({
    body: { data: ids.map((id) => ({ id })), limit: 2, offset, totalCount: 3 },
  })
  script.replies = [windowed(['obj_1', 'obj_2'], 0), windowed(['obj_3'], 2)]
  const documents: string[] = []
  for await (const { id } of await open().documents.list({ limit: 2 })) documents.push(id)
  expect(documents).toEqual(['obj_1', 'obj_2', 'obj_3'])
  expect(script.seen.map(({ url }) => url)).toEqual([
    '/v2/documents?limit=2',
    '/v2/documents?limit=2&offset=2',
  ])
})

test('an error of the integration API tells its code and its text as well', async () => {
  const problem = { type: 'about:blank', title: 'Not Found', status: 404, detail: 'Gone.' }
  script.replies = [{ status: 404, body: { ...problem, code: 'not_found', request_id: 'req_1' } }]
  const call = open().documents.get({ id: 'obj_1' })
  await expect(call).rejects.toMatchObject({ status: 404, code: 'not_found', message: 'Gone.' })
})

test('every answer is shown to onResponse, with its headers', async () => {
  script.replies = [
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

test('what cannot work is refused before anything is sent', async () => {
  expect(() => open({ token: 'a', apiKey: 'b' })).toThrow('not both')
  // As from an environment variable that is not set.
  expect(() => open({ apiKey: undefined })).toThrow('apiKey has no value')
  expect(() => open({ token: '' })).toThrow('token has no value')
  expect(() => open({ baseUrl: JSON.parse('""') })).toThrow('baseUrl must say where the server is')
  expect(() => new Client({ baseUrl: 'ftp://x' })).toThrow('http://')
  for (const dataset_id of ['', '.', '..']) {
    await expect(open().datasets.get({ dataset_id })).rejects.toThrow('dataset_id')
  }
  expect(script.seen).toEqual([])
})

test('a baseUrl keeps its path', async () => {
  await open({ baseUrl: `${baseUrl}/ipto/` }).me.get()
  expect(script.seen[0]?.url).toBe('/ipto/v1/me')
})

test('a file comes as its bytes, whatever they are; a page in its place is an error', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  script.replies.push(
    { headers: { 'content-type': 'application/pdf' }, body: bytes },
    { headers: { 'content-type': 'text/html' }, body: '<p>Hello</p>' },
    { status: 409, body: { error: { code: 'conflict', message: 'A draft is not printed.' } } },
  )
  const file = await open().invoices.pdf({ invoice_id: 'inv_1' })
  expect([...file]).toEqual([...bytes])
  expect(script.seen[0]).toMatchObject({ url: '/v1/invoices/inv_1/pdf' })
  expect(script.seen[0]?.headers.accept).toContain('application/pdf')
  const page = open({ retries: 0 }).invoices.pdf({ invoice_id: 'inv_1' })
  await expect(page).rejects.toMatchObject({ code: 'unreadable_answer' })
  const refused = open().invoices.pdf({ invoice_id: 'inv_1' })
  await expect(refused).rejects.toMatchObject({ status: 409, code: 'conflict' })
})
