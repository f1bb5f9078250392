// What every blob store must do, through its port and through the addresses that it signs.
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Blobs, SignedAddress } from '../../domains/objects/blobs.ts'

export interface BlobsUnderTest {
  blobs: Blobs
  clock: { now(): Date }
  close(): Promise<void>
}

const bytes = Buffer.from('Bytes that a provider sells by the passage, not by the file.')
const sha256 = createHash('sha256').update(bytes).digest('hex')
const stored = { sizeBytes: bytes.length, sha256 }
const limit = { bytesMax: 1_000 }
const freshKey = () => `uploads/${randomUUID()}`

export function testBlobs(open: () => Promise<BlobsUnderTest>): void {
  let store: BlobsUnderTest
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store.close())

  const putBytes = (key: string) => store.blobs.put(key, Readable.from([bytes]), limit)
  const readBytes = async (key: string) => buffer(await store.blobs.get(key))
  const expiresAt = () => new Date(store.clock.now().getTime() + 15 * 60_000)
  const signPut = (key: string, promised: string | null = sha256) =>
    store.blobs.presignPut({
      key,
      contentType: 'text/plain',
      sizeBytes: bytes.length,
      sha256: promised,
      expiresAt: expiresAt(),
    })
  const signGet = (key: string) =>
    store.blobs.presignGet({
      key,
      filename: 'Übersicht "2026".txt',
      contentType: 'text/plain',
      expiresAt: expiresAt(),
    })

  describe('our own bytes', () => {
    test('what is put is read back, with its size and its SHA-256', async () => {
      const key = freshKey()
      expect(await putBytes(key)).toEqual(stored)
      expect(await readBytes(key)).toEqual(bytes)
      expect(await store.blobs.inspect(key)).toEqual(stored)
    })

    test('a body over the limit is refused and leaves nothing behind', async () => {
      const key = freshKey()
      const put = store.blobs.put(key, Readable.from([bytes, Buffer.alloc(941)]), limit)
      await expect(put).rejects.toMatchObject({ code: 'payload_too_large' })
      expect(await store.blobs.inspect(key)).toBeUndefined()
    })

    test('a body of exactly the limit, and an empty one, are kept', async () => {
      const key = freshKey()
      await store.blobs.put(key, Readable.from([bytes]), { bytesMax: bytes.length })
      expect(await store.blobs.inspect(key)).toEqual(stored)
      await store.blobs.put(key, Readable.from([]), limit)
      expect(await store.blobs.inspect(key)).toMatchObject({ sizeBytes: 0 })
    })

    test('a body that breaks off leaves what was there before', async () => {
      const key = freshKey()
      await putBytes(key)
      const broken = Readable.from(
        (async function* () {
          yield bytes.subarray(0, 7)
          throw new Error('the line is gone')
        })(),
      )
      await expect(store.blobs.put(key, broken, limit)).rejects.toThrow('the line is gone')
      expect(await readBytes(key)).toEqual(bytes)
    })

    test('an unknown key is not found', async () => {
      const key = freshKey()
      await expect(store.blobs.get(key)).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.blobs.localPath(key)).rejects.toMatchObject({ code: 'not_found' })
      expect(await store.blobs.inspect(key)).toBeUndefined()
    })

    test('keys that look like paths stay keys', async () => {
      for (const key of [
        '../../escape',
        '/etc/passwd',
        'a\u0000b',
        '..',
        `long/${'x'.repeat(900)}`,
      ]) {
        await putBytes(key)
        expect(await readBytes(key)).toEqual(bytes)
        await store.blobs.remove(key)
      }
    })

    test('a child process gets a path with the same bytes', async () => {
      const key = freshKey()
      await putBytes(key)
      const { path, release } = await store.blobs.localPath(key)
      expect(await readFile(path)).toEqual(bytes)
      await release()
    })

    test('a removed blob is gone, and removing it again is no error', async () => {
      const key = freshKey()
      await putBytes(key)
      await store.blobs.remove(key)
      await store.blobs.remove(key)
      expect(await store.blobs.inspect(key)).toBeUndefined()
    })

    test('a store that works passes its own check', async () => {
      await store.blobs.check()
    })
  })

  describe('promotion', () => {
    test('bytes move to their final key, and moving them twice is harmless', async () => {
      const [from, to] = [freshKey(), freshKey()]
      await putBytes(from)
      await store.blobs.promote(from, to)
      await store.blobs.promote(from, to)
      expect(await store.blobs.inspect(from)).toBeUndefined()
      expect(await store.blobs.inspect(to)).toEqual(stored)
    })

    test('an existing target is kept as it is', async () => {
      const [from, to] = [freshKey(), freshKey()]
      await putBytes(to)
      await store.blobs.put(from, Readable.from([Buffer.from('others')]), limit)
      await store.blobs.promote(from, to)
      expect(await readBytes(to)).toEqual(bytes)
      expect(await store.blobs.inspect(from)).toBeUndefined()
    })

    test('what was never uploaded cannot be promoted', async () => {
      const promoted = store.blobs.promote(freshKey(), freshKey())
      await expect(promoted).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  describe('signed addresses', () => {
    const send = (address: SignedAddress, body: Buffer, headers: Record<string, string> = {}) =>
      fetch(address.url, {
        method: address.method,
        headers: { ...address.headers, ...headers },
        body: new Uint8Array(body),
      })

    test('an upload address takes the bytes that were promised', async () => {
      const key = freshKey()
      expect((await send(await signPut(key), bytes)).status).toBe(200)
      expect(await store.blobs.inspect(key)).toEqual(stored)
    })

    test('without a promised SHA-256 the size alone is held', async () => {
      const key = freshKey()
      expect((await send(await signPut(key, null), bytes)).status).toBe(200)
      expect(await store.blobs.inspect(key)).toEqual(stored)
    })

    test('other bytes of the same size are refused and not kept', async () => {
      const key = freshKey()
      const answer = await send(await signPut(key), Buffer.from(bytes).fill('x', 0, 1))
      expect([400, 422]).toContain(answer.status)
      expect(await store.blobs.inspect(key)).toBeUndefined()
    })

    test('another content type is refused and nothing is kept', async () => {
      const key = freshKey()
      const answer = await send(await signPut(key), bytes, { 'content-type': 'text/html' })
      expect(answer.status).toBe(403)
      expect(await store.blobs.inspect(key)).toBeUndefined()
    })

    test('a download address gives an attachment under its own name', async () => {
      const key = freshKey()
      await putBytes(key)
      const answer = await fetch((await signGet(key)).url)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment;.*%C3%9Cbersicht/)
      expect(answer.headers.get('content-length')).toBe(String(bytes.length))
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
    })

    test('a download address serves a range', async () => {
      const key = freshKey()
      await putBytes(key)
      const answer = await fetch((await signGet(key)).url, { headers: { range: 'bytes=6-9' } })
      expect(answer.status).toBe(206)
      expect(await answer.text()).toBe('that')
    })

    test('a download address of removed bytes is not found', async () => {
      expect((await fetch((await signGet(freshKey())).url)).status).toBe(404)
    })

    test('a download address takes no bytes, an upload address gives none', async () => {
      const key = freshKey()
      await putBytes(key)
      const get = await signGet(key)
      expect((await send({ ...get, method: 'PUT' }, bytes)).status).toBe(403)
      expect((await fetch((await signPut(key)).url)).status).toBe(403)
    })
  })
}
