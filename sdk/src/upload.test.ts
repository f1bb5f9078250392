// Uploads against a real server on a local port.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client, type ClientOptions, type UploadProgress } from './client.ts'
import { openScript, type Script } from './script.fixture.ts'

let script: Script
let baseUrl: string

beforeEach(async () => {
  script = await openScript()
  baseUrl = script.baseUrl
})

afterEach(() => script.close())

function open(options: Partial<ClientOptions> = {}): Client {
  return new Client({ baseUrl, wait: async () => {}, ...options })
}

const whole = () => ({
  upload_url: `${baseUrl}/storage/x`,
  method: 'PUT' as const,
  headers: { 'content-type': 'application/pdf' },
  part_size_bytes: null,
  parts: null,
})

test('bytes go to the signed address with its headers and without credentials', async () => {
  const client = open({ token: 'secret' })
  script.replies = [{ status: 503 }, { status: 200 }]
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
  expect(script.seen[1]).toMatchObject({
    method: 'PUT',
    url: '/storage/x?signature=1',
    body: 'bytes',
  })
  expect(script.seen[1]?.headers['content-type']).toBe('application/pdf')
  expect(script.seen[1]?.headers.authorization).toBeUndefined()
})

test('an upload in parts cuts the bytes, and gives back what completes it', async () => {
  script.replies = [{ headers: { etag: '"1"' } }, { headers: { etag: '"2"' } }]
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
  expect(script.seen.map((request) => request.body)).toEqual(['abcd', 'ef'])
  expect(parts).toEqual([
    { part_number: 1, etag: '"1"' },
    { part_number: 2, etag: '"2"' },
  ])
})

test('progress is told from the first byte to the last, while the bytes are on their way', async () => {
  const bytes = new Uint8Array(3 * 1024 ** 2).fill(97)
  const seen: UploadProgress[] = []
  const put = open().uploads.put(whole(), bytes, { onProgress: (one) => void seen.push(one) })
  await put
  const sent = seen.map(({ sentBytes }) => sentBytes)
  expect(sent.at(0)).toBe(0)
  expect(sent.at(-1)).toBe(bytes.length)
  expect(sent).toEqual([...sent].sort((one, other) => one - other))
  expect(sent.length).toBeGreaterThan(4)
  expect(new Set(seen.map(({ totalBytes }) => totalBytes))).toEqual(new Set([bytes.length]))
  // The size is known beforehand, as a signed address wants it, and the bytes are those that were given.
  expect(script.seen[0]?.headers).toMatchObject({
    'content-length': String(bytes.length),
    'content-type': 'application/pdf',
  })
  expect(script.seen[0]?.body.length).toBe(bytes.length)
})

test('progress of an upload in parts goes on over all of them, also where one is sent again', async () => {
  script.replies = [{ headers: { etag: '"1"' } }, 'drop', { headers: { etag: '"2"' } }]
  const seen: number[] = []
  const target = {
    ...whole(),
    upload_url: null,
    part_size_bytes: 4,
    parts: [1, 2].map((part) => ({ part_number: part, upload_url: `${baseUrl}/part/${part}` })),
  }
  await open().uploads.put(target, new TextEncoder().encode('abcdef'), {
    onProgress: ({ sentBytes }) => void seen.push(sentBytes),
  })
  expect(script.seen.map(({ body }) => body)).toEqual(['abcd', 'ef', 'ef'])
  expect([...new Set(seen)]).toEqual([0, 4, 6])
})

test('an abort ends an upload with the reason of its signal', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  script.replies = ['hang']
  const put = open().uploads.put(whole(), new Uint8Array(8), { signal: stop.signal })
  const ended = expect(put).rejects.toBe(reason)
  await expect.poll(() => script.seen.length).toBe(1)
  stop.abort(reason)
  await ended
})
