// Access tokens that a client fetches by itself, against a real server on a local port.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Client } from './client.ts'
import { openScript, type Reply, type Script } from './script.fixture.ts'

let script: Script

beforeEach(async () => {
  script = await openScript()
})

afterEach(async () => {
  vi.useRealTimers()
  await script.close()
})

const open = (more: object = {}) =>
  new Client({
    baseUrl: script.baseUrl,
    wait: async () => {},
    clientCredentials: { clientId: 'ipto_a', clientSecret: 'b', scope: 'datasets:read' },
    ...more,
  })

const token = (access_token: string, expires_in = 86_400): Reply => ({
  body: { access_token, expires_in, scope: 'datasets:read', token_type: 'Bearer' },
})

const shown = () => script.seen.map(({ url, headers }) => [url, headers.authorization])

test('one token is fetched for many calls, as a form, and shown by all of them', async () => {
  script.replies = [token('one')]
  const client = open()
  await Promise.all([client.me.get(), client.me.get(), client.me.get()])
  await client.me.get()
  expect(shown()).toEqual([['/auth/token', undefined], ...Array(4).fill(['/v1/me', 'Bearer one'])])
  expect(script.seen[0]?.body).toBe(
    'grant_type=client_credentials&client_id=ipto_a&client_secret=b&scope=datasets%3Aread',
  )
})

test('a token is renewed shortly before it ends, once for all who find it so', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  script.replies = [token('one', 3_600), {}, {}, token('two', 3_600)]
  const client = open()
  await client.me.get()
  vi.advanceTimersByTime((3_600 - 61) * 1_000)
  await client.me.get()
  vi.advanceTimersByTime(2_000)
  await Promise.all([client.me.get(), client.me.get()])
  expect(shown()).toEqual([
    ['/auth/token', undefined],
    ['/v1/me', 'Bearer one'],
    ['/v1/me', 'Bearer one'],
    ['/auth/token', undefined],
    ['/v1/me', 'Bearer two'],
    ['/v1/me', 'Bearer two'],
  ])
})

test('a token that is refused is not shown again', async () => {
  script.replies = [token('one'), { status: 401 }, token('two')]
  const client = open()
  await expect(client.me.get()).rejects.toMatchObject({ status: 401 })
  await client.me.get()
  expect(shown().at(-1)).toEqual(['/v1/me', 'Bearer two'])
})

test('fetching a token is tried again, and its refusal is the error of the call', async () => {
  const refusal = { error: 'invalid_client', error_description: 'No.' }
  script.replies = ['drop', { status: 503 }, { status: 401, body: refusal }, token('one')]
  const client = open()
  await expect(client.me.get()).rejects.toMatchObject({ status: 401, code: 'invalid_client' })
  expect(script.seen.map(({ url }) => url)).toEqual(Array(3).fill('/auth/token'))
  await client.me.get()
  expect(shown().at(-1)).toEqual(['/v1/me', 'Bearer one'])
})

test('whoever aborts leaves the others their token', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const client = open()
  script.replies = [token('one')]
  const left = expect(client.me.get({}, { signal: stop.signal })).rejects.toBe(reason)
  const other = client.me.get()
  stop.abort(reason)
  await left
  await other
  expect(shown().at(-1)).toEqual(['/v1/me', 'Bearer one'])
})

test('half a credential is refused at once', () => {
  const half = { clientCredentials: { clientId: 'ipto_a', clientSecret: '' } }
  expect(() => open(half)).toThrow('needs a clientId and a clientSecret')
  expect(() => open({ token: 'x' })).toThrow('not both token and clientCredentials')
})
