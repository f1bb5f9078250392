// The signed addresses over real HTTP: what a client may do with one, and what it may not.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FolderWorld, openFolderWorld } from '../adapters/blobs/folder.fixture.ts'
import type { SignedAddress } from '../domains/objects/blobs.ts'

const bytes = Buffer.from('0123456789abcdefghij')
const sha256 = createHash('sha256').update(bytes).digest('hex')
const lifeMs = 15 * 60_000

let world: FolderWorld
beforeAll(async () => {
  world = await openFolderWorld()
})
afterAll(() => world.close())

const expiresAt = () => new Date(world.clock.now().getTime() + lifeMs)

async function uploadTo(key: string, body = bytes): Promise<SignedAddress> {
  const promise = {
    sizeBytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  }
  const contentType = 'application/pdf'
  return world.blobs.presignPut({ key, contentType, ...promise, expiresAt: expiresAt() })
}

async function downloadOf(filename = 'report.pdf'): Promise<SignedAddress> {
  const key = randomUUID()
  await world.blobs.put(key, Readable.from([bytes]), { bytesMax: 100 })
  const contentType = 'application/pdf'
  return world.blobs.presignGet({ key, filename, contentType, expiresAt: expiresAt() })
}

const send = (url: string | URL, headers: Record<string, string>, body = bytes) =>
  fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) })

async function codeOf(answer: Response): Promise<[number, unknown]> {
  const { error, ...rest } = (await answer.json()) as { error: Record<string, unknown> }
  expect([Object.keys(error), rest]).toEqual([['code', 'message'], {}])
  return [answer.status, error.code]
}

function withParameter(url: string, parameter: string, value: string | null): URL {
  const altered = new URL(url)
  if (value === null) altered.searchParams.delete(parameter)
  else altered.searchParams.set(parameter, value)
  return altered
}

describe('uploads', () => {
  test.each([
    ['expires', '9999999999999'],
    ['expires', null],
    ['type', 'text/html'],
    ['type', null],
    ['size', '21'],
    ['size', null],
    ['sha256', 'f'.repeat(64)],
    ['sha256', null],
    ['signature', null],
    ['signature', 'A'.repeat(43)],
    ['filename', 'x.pdf'],
    ['more', '1'],
  ])('an address with another %s (%s) is refused', async (parameter, value) => {
    const key = randomUUID()
    const { url, headers } = await uploadTo(key)
    const answer = await send(withParameter(url, parameter, value), headers)
    expect(await codeOf(answer)).toEqual([403, 'forbidden'])
    expect(await world.blobs.inspect(key)).toBeUndefined()
  })

  test('a repeated parameter is refused', async () => {
    const { url, headers } = await uploadTo(randomUUID())
    expect((await send(`${url}&size=20`, headers)).status).toBe(403)
  })

  test('an address does not fit another key, nor another store', async () => {
    const [one, other] = [await uploadTo(randomUUID()), await uploadTo(randomUUID())]
    const swapped = new URL(new URL(one.url).search, other.url)
    expect((await send(swapped, one.headers)).status).toBe(403)

    const stranger = await openFolderWorld()
    const foreign = new URL(one.url)
    foreign.port = new URL(
      (
        await stranger.blobs.presignGet({
          key: 'k',
          filename: 'f',
          contentType: 'text/plain',
          expiresAt: expiresAt(),
        })
      ).url,
    ).port
    expect((await send(foreign, one.headers)).status).toBe(403)
    await stranger.close()
  })

  test('no character of an address can change unnoticed', async () => {
    const address = await downloadOf()
    const start = address.url.indexOf('/storage/') + '/storage/'.length
    const at = fc.integer({ min: start, max: address.url.length - 1 })
    const character = fc.constantFrom(...'0123456789abcdefXYZ-_=&%.')
    const asked = (url: string) => {
      const { pathname, searchParams } = new URL(url)
      return { token: pathname.split('/').at(-1) ?? '', query: Object.fromEntries(searchParams) }
    }
    await fc.assert(
      fc.asyncProperty(at, character, async (index, replacement) => {
        const url = address.url.slice(0, index) + replacement + address.url.slice(index + 1)
        const { token, query } = asked(url)
        if (JSON.stringify({ token, query }) === JSON.stringify(asked(address.url))) return
        const opened = world.gateway.open({ token, query, headers: {} })
        await expect(opened).rejects.toMatchObject({ code: 'forbidden' })
      }),
      { numRuns: 300 },
    )
  })

  test('an expired address is refused, to the millisecond', async () => {
    const early = await uploadTo(randomUUID())
    const late = await uploadTo(randomUUID())
    world.clock.advanceMs(lifeMs - 1)
    expect((await send(early.url, early.headers)).status).toBe(200)
    world.clock.advanceMs(1)
    expect(await codeOf(await send(late.url, late.headers))).toEqual([403, 'forbidden'])
  })

  test('an address works once', async () => {
    const { url, headers } = await uploadTo(randomUUID())
    const first = await send(url, headers)
    expect([first.status, await first.text()]).toEqual([200, ''])
    expect(await codeOf(await send(url, headers))).toEqual([409, 'conflict'])
  })

  test('of eight racing uploads to one address exactly one is kept', async () => {
    const key = randomUUID()
    const { url, headers } = await uploadTo(key)
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => send(url, headers)))
    const statuses = answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value.status : 'cut',
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.every((status) => [200, 409, 'cut'].includes(status))).toBe(true)
    expect(await world.blobs.inspect(key)).toEqual({ sizeBytes: bytes.length, sha256 })
  })

  test('wrong bytes are refused, and the address can be used for the right ones', async () => {
    const { url, headers } = await uploadTo(randomUUID())
    const wrong = await send(url, headers, Buffer.alloc(bytes.length))
    expect(await codeOf(wrong)).toEqual([422, 'checksum_mismatch'])
    expect((await send(url, headers)).status).toBe(200)
  })

  test('more or fewer bytes than signed are refused before they are read', async () => {
    const { url, headers } = await uploadTo(randomUUID())
    for (const length of [bytes.length - 1, bytes.length + 1, 0]) {
      const answer = await send(
        url,
        { ...headers, 'content-length': String(length) },
        Buffer.alloc(length),
      )
      expect(await codeOf(answer)).toEqual([403, 'forbidden'])
    }
  })

  test('bytes beyond the announced length never reach the file', async () => {
    const key = randomUUID()
    const { url, headers } = await uploadTo(key)
    const { pathname, search, hostname, port } = new URL(url)
    const ended = once(world.uploads, 'ended')
    const socket = connect(Number(port), hostname)
    const lines = Object.entries({ host: hostname, ...headers }).map(([k, v]) => `${k}: ${v}\r\n`)
    socket.end(`PUT ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${bytes}X`)
    await text(socket)
    await ended
    // The rest is no request, so the connection is cut, as a rule before the upload is complete.
    const stored = await world.blobs.inspect(key)
    expect([undefined, { sizeBytes: bytes.length, sha256 }]).toContainEqual(stored)
  })

  test('chunks of unknown size are refused with 411', async () => {
    const { url, headers } = await uploadTo(randomUUID())
    const sent = request(url, {
      method: 'PUT',
      headers: { 'content-type': headers['content-type'], 'transfer-encoding': 'chunked' },
    })
    sent.on('error', () => {})
    sent.write(bytes)
    const [answer] = await once(sent, 'response')
    expect(answer.statusCode).toBe(411)
    expect(JSON.parse(await text(answer)).error.code).toBe('invalid_request')
    sent.destroy()
  })

  test('a client that hangs up half way leaves nothing, and may try again', async () => {
    const key = randomUUID()
    const { url, headers } = await uploadTo(key)
    const [begun, ended] = [once(world.uploads, 'begun'), once(world.uploads, 'ended')]
    const sent = request(url, { method: 'PUT', headers })
    sent.on('error', () => {})
    sent.write(bytes.subarray(10))
    await begun
    sent.destroy()
    expect(await ended).toEqual(['unreadable_body'])
    expect(await world.blobs.inspect(key)).toBeUndefined()
    expect((await send(url, headers)).status).toBe(200)
  })

  test('a file far over the limit of JSON bodies streams through', async () => {
    const key = randomUUID()
    const large = Buffer.alloc(8 * 1024 ** 2, 'ipto')
    const { url, headers } = await uploadTo(key, large)
    expect((await send(url, headers, large)).status).toBe(200)
    expect(await world.blobs.inspect(key)).toMatchObject({ sizeBytes: large.length })
  })

  test('a large refused upload still hears why', async () => {
    const large = Buffer.alloc(8 * 1024 ** 2)
    const { url, headers } = await uploadTo(randomUUID(), large)
    const answer = await send(withParameter(url, 'size', '1'), headers, large)
    expect(await codeOf(answer)).toEqual([403, 'forbidden'])
  })

  test('an empty file can be uploaded', async () => {
    const key = randomUUID()
    const empty = Buffer.alloc(0)
    const { url, headers } = await uploadTo(key, empty)
    expect((await send(url, headers, empty)).status).toBe(200)
    expect(await world.blobs.inspect(key)).toMatchObject({ sizeBytes: 0 })
  })

  test('a content type that is none is refused, at the signing and on the way', async () => {
    const { url } = await uploadTo(randomUUID())
    const answer = await send(url, { 'content-type': 'nonsense' })
    expect(await codeOf(answer)).toEqual([400, 'invalid_request'])
    const signed = world.blobs.presignPut({
      key: 'k',
      contentType: 'text/plain\r\nset-cookie: a=b',
      sizeBytes: 1,
      sha256: null,
      expiresAt: expiresAt(),
    })
    await expect(signed).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('downloads', () => {
  test('a file is an attachment that no browser sniffs, runs or stores', async () => {
    const answer = await fetch((await downloadOf()).url)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'content-disposition': 'attachment; filename=report.pdf',
      'content-length': '20',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-type': 'application/pdf',
      'x-content-type-options': 'nosniff',
    })
    expect(await answer.text()).toBe(bytes.toString())
  })

  test('HEAD says the same without the bytes', async () => {
    const { url } = await downloadOf()
    const [head, get] = [await fetch(url, { method: 'HEAD' }), await fetch(url)]
    const named = (answer: Response) =>
      ['content-length', 'content-type', 'content-disposition', 'etag'].map((name) =>
        answer.headers.get(name),
      )
    expect(head.status).toBe(200)
    expect(named(head)).toEqual(named(get))
    expect(await head.text()).toBe('')
    await get.body?.cancel()
  })

  test.each([
    ['bytes=0-0', 'bytes 0-0/20', '0'],
    ['bytes=10-', 'bytes 10-19/20', 'abcdefghij'],
    ['bytes=18-999', 'bytes 18-19/20', 'ij'],
    ['bytes=-3', 'bytes 17-19/20', 'hij'],
    ['bytes=-99', 'bytes 0-19/20', bytes.toString()],
  ])('the range %s gives %s', async (range, contentRange, content) => {
    const answer = await fetch((await downloadOf()).url, { headers: { range } })
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(contentRange)
    expect(answer.headers.get('content-length')).toBe(String(content.length))
    expect(await answer.text()).toBe(content)
  })

  test.each([
    'bytes=20-',
    'bytes=-0',
    'bytes=9-3',
    'bytes=',
    'bytes=-',
    'bytes=a-b',
    'bytes=1 - 2',
  ])('the range %s cannot be served', async (range) => {
    const answer = await fetch((await downloadOf()).url, { headers: { range } })
    expect(answer.headers.get('content-range')).toBe('bytes */20')
    expect(answer.headers.get('content-disposition')).toBeNull()
    expect(await codeOf(answer)).toEqual([416, 'invalid_request'])
  })

  test.each(['lines=1-2', 'bytes=0-1,5-6'])('the range %s is answered with all', async (range) => {
    const answer = await fetch((await downloadOf()).url, { headers: { range } })
    expect([answer.status, await answer.text()]).toEqual([200, bytes.toString()])
  })

  test('a range of a version that is no longer there gives the whole file', async () => {
    const { url } = await downloadOf()
    const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? ''
    const headers = { range: 'bytes=0-1' }
    expect((await fetch(url, { headers: { ...headers, 'if-range': etag } })).status).toBe(206)
    expect((await fetch(url, { headers: { ...headers, 'if-range': '"old"' } })).status).toBe(200)
  })

  test.each([
    ['../../etc/passwd', 'attachment; filename=passwd'],
    ['C:\\Windows\\win.ini', 'attachment; filename=win.ini'],
    ['..', 'attachment; filename=download'],
    ['folder/', 'attachment; filename=download'],
    ['a.pdf\r\nSet-Cookie: a=b', 'attachment; filename="a.pdfSet-Cookie: a=b"'],
    ['x"; filename=evil.exe', 'attachment; filename="x\\"; filename=evil.exe"'],
    ['a\u202efdp.exe', 'attachment; filename=afdp.exe'],
    ['\ud800.txt', 'attachment; filename="?.txt"; filename*=UTF-8\'\'%EF%BF%BD.txt'],
    ['€.pdf', 'attachment; filename="?.pdf"; filename*=UTF-8\'\'%E2%82%AC.pdf'],
  ])('the name %j is sent as %s', async (filename, disposition) => {
    const answer = await fetch((await downloadOf(filename)).url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-disposition')).toBe(disposition)
    expect(answer.headers.get('set-cookie')).toBeNull()
    await answer.body?.cancel()
  })

  test('an altered or expired download address is refused', async () => {
    const { url } = await downloadOf()
    for (const [parameter, value] of [
      ['filename', 'other.exe'],
      ['type', 'text/html'],
      ['expires', '9999999999999'],
    ] as const) {
      expect((await fetch(withParameter(url, parameter, value))).status).toBe(403)
    }
    world.clock.advanceMs(lifeMs)
    expect(await codeOf(await fetch(url))).toEqual([403, 'forbidden'])
  })
})

describe('browsers', () => {
  test('any origin may ask first, and sees answers as well as refusals', async () => {
    const { url } = await downloadOf()
    const asked = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-methods')).toContain('PUT')
    for (const answer of [asked, await fetch(url), await fetch(`${url}x`)]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      await answer.body?.cancel()
    }
  })

  test('other methods are told which ones there are', async () => {
    const answer = await fetch((await downloadOf()).url, { method: 'DELETE' })
    expect(answer.headers.get('allow')).toBe('PUT, GET, HEAD, OPTIONS')
    expect(await codeOf(answer)).toEqual([405, 'method_not_allowed'])
  })
})
