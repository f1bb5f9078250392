// The folder store passes the suite; and what only a folder promises: names on disk, marks, faults.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SignedRequest } from '../../domains/objects/blobs.ts'
import { nameOfKey } from './address.ts'
import { testBlobs } from './blobs.suite.ts'
import { type FolderWorld, openFolderWorld } from './folder.fixture.ts'
import { openBlobs } from './open.ts'

describe('folder', () => testBlobs(openFolderWorld))

const bytes = Buffer.from('0123456789')
const dayMs = 24 * 3_600_000

/** Gives its first half at once, and tells when that has been taken: the incoming file exists then. */
function slowBody() {
  let tell = () => {}
  const isHalfRead = new Promise<void>((resolve) => {
    tell = resolve
  })
  let isHalfGiven = false
  const slow = new Readable({
    highWaterMark: 1,
    read() {
      if (isHalfGiven) return tell()
      isHalfGiven = true
      this.push(bytes.subarray(5))
    },
  })
  return { slow, isHalfRead }
}

describe('on disk', () => {
  let world: FolderWorld
  beforeEach(async () => {
    world = await openFolderWorld()
  })
  afterEach(() => world.close())

  const put = (key: string) => world.blobs.put(key, Readable.from([bytes]), { bytesMax: 10 })

  async function uploadTo(key: string, lifeMs = 900_000): Promise<SignedRequest> {
    const expiresAt = new Date(world.clock.now().getTime() + lifeMs)
    const promise = { key, contentType: 'text/plain', sizeBytes: 10, sha256: null, expiresAt }
    const { url, headers } = await world.blobs.presignPut(promise)
    const { pathname, searchParams } = new URL(url)
    const token = pathname.split('/').at(-1) ?? ''
    return { token, query: Object.fromEntries(searchParams), headers }
  }

  test('no text of a client reaches the disk or an address', async () => {
    const address = await uploadTo('uploads/Geheim.pdf')
    await world.gateway.receive(address, Readable.from([bytes]))
    expect(await world.listFiles()).toEqual([nameOfKey('uploads/Geheim.pdf')])
    expect(JSON.stringify(address)).not.toMatch(/Geheim/)
  })

  test('one byte too many is cut and leaves nothing, however it is split', async () => {
    for (const parts of [[Buffer.alloc(11)], [bytes, Buffer.alloc(1)], [Buffer.alloc(5_000_000)]]) {
      const upload = world.gateway.receive(await uploadTo('k'), Readable.from(parts))
      await expect(upload).rejects.toMatchObject({ code: 'payload_too_large' })
      expect(await world.listFiles()).toEqual([])
    }
  })

  test('an endless body is read no further than its limit', async () => {
    let partCount = 0
    const endless = Readable.from(
      (function* () {
        for (;;) {
          partCount += 1
          yield Buffer.alloc(1)
        }
      })(),
    )
    const upload = world.gateway.receive(await uploadTo('k'), endless)
    await expect(upload).rejects.toMatchObject({ code: 'payload_too_large' })
    expect(partCount).toBeLessThan(100)
    endless.destroy()
  })

  test('a body that ends early leaves nothing, with or without an error', async () => {
    const short = world.gateway.receive(await uploadTo('k'), Readable.from([bytes.subarray(1)]))
    await expect(short).rejects.toMatchObject({ code: 'unreadable_body' })

    const broken = new Readable({ read() {} })
    broken.push(bytes.subarray(1))
    const upload = world.gateway.receive(await uploadTo('k'), broken)
    broken.destroy(new Error('aborted'))
    await expect(upload).rejects.toMatchObject({ code: 'unreadable_body' })
    expect(await world.listFiles()).toEqual([])
  })

  test('an address stays used after its bytes were promoted, and even removed from there', async () => {
    const address = await uploadTo('from')
    await world.gateway.receive(address, Readable.from([bytes]))
    await world.blobs.promote('from', 'to')
    await world.blobs.remove('to')
    const replay = world.gateway.receive(address, Readable.from([bytes]))
    await expect(replay).rejects.toMatchObject({ code: 'conflict' })
  })

  test('an address works again after its bytes were thrown away', async () => {
    const address = await uploadTo('k')
    await world.gateway.receive(address, Readable.from([bytes]))
    await world.blobs.remove('k')
    await world.gateway.receive(address, Readable.from([bytes]))
    expect(await world.blobs.inspect('k')).toMatchObject({ sizeBytes: 10 })
  })

  test('a sweep ends no mark before every address is dead, and then leaves none', async () => {
    const address = await uploadTo('from', dayMs)
    await world.gateway.receive(address, Readable.from([bytes]))
    await world.blobs.promote('from', 'to')
    world.clock.advanceMs(dayMs - 1)
    await world.blobs.sweep(world.clock.now())
    const replay = world.gateway.receive(address, Readable.from([bytes]))
    await expect(replay).rejects.toMatchObject({ code: 'conflict' })

    world.clock.advanceMs(1)
    await world.blobs.sweep(world.clock.now())
    expect(await world.listFiles()).toEqual([nameOfKey('to')])
    const late = world.gateway.receive(address, Readable.from([bytes]))
    await expect(late).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('a sweep removes what dead processes left, and nothing that is being written', async () => {
    const nowMs = world.clock.now().getTime()
    const leftBehind = [nowMs - 2, nowMs - 1, nowMs].map((ms) => `${ms}-left-behind`)
    for (const entry of leftBehind) await writeFile(join(world.folder, 'incoming', entry), 'half')
    const { slow, isHalfRead } = slowBody()
    const upload = world.gateway.receive(await uploadTo('slow'), slow)
    await isHalfRead
    world.clock.advanceMs(1)

    expect(await world.blobs.sweep(new Date(nowMs))).toBe(2)
    expect(await world.blobs.sweep(world.clock.now())).toBe(1)
    slow.push(bytes.subarray(5))
    slow.push(null)
    await upload
    expect(await world.listFiles()).toEqual([nameOfKey('slow')])
  })

  test('a newer upload takes the place of one that hangs', async () => {
    const address = await uploadTo('k')
    const { slow, isHalfRead } = slowBody()
    const first = world.gateway.receive(address, slow)
    await isHalfRead
    const second = world.gateway.receive(address, Readable.from([bytes]))
    await expect(first).rejects.toMatchObject({ code: 'conflict' })
    await second
    expect(await world.listFiles()).toEqual([nameOfKey('k')])
  })

  test('closing the store ends the uploads on their way and keeps nothing of them', async () => {
    const { slow, isHalfRead } = slowBody()
    const upload = world.gateway.receive(await uploadTo('k'), slow)
    await isHalfRead
    await world.blobs.close()
    await expect(upload).rejects.toMatchObject({ code: 'service_unavailable' })
    expect(await world.listFiles()).toEqual([])
  })

  test('where a name cannot be given the upload fails cleanly, and works once the way is free', async () => {
    const obstacle = join(world.folder, 'blobs', nameOfKey('k').slice(0, 2))
    await writeFile(obstacle, 'in the way')
    const upload = world.gateway.receive(await uploadTo('k'), Readable.from([bytes]))
    await expect(upload).rejects.toMatchObject({ code: 'service_unavailable' })
    await expect(put('k')).rejects.toMatchObject({ code: 'service_unavailable' })
    expect(await readdir(join(world.folder, 'incoming'))).toEqual([])

    await rm(obstacle)
    await world.gateway.receive(await uploadTo('k'), Readable.from([bytes]))
    expect(await world.blobs.inspect('k')).toMatchObject({ sizeBytes: 10 })
  })

  test('where nothing can be written the check fails, and so does every write', async () => {
    const incoming = join(world.folder, 'incoming')
    await rm(incoming, { recursive: true })
    await writeFile(incoming, 'a file where the folder must be')
    await expect(world.blobs.check()).rejects.toMatchObject({ code: 'service_unavailable' })
    await expect(put('k')).rejects.toMatchObject({ code: 'service_unavailable' })
    expect(await readdir(join(world.folder, 'blobs'))).toEqual([])
    await rm(incoming)
    await mkdir(incoming)
    await world.blobs.check()
  })

  test('the check leaves nothing behind', async () => {
    await world.blobs.check()
    expect(await world.listFiles()).toEqual([])
  })

  test('a folder that cannot be made is refused at the start', async () => {
    const folder = join(world.folder, 'file')
    await writeFile(folder, '')
    const config = { kind: 'folder' as const, folder, publicUrl: 'http://x', clock: world.clock }
    const opened = openBlobs({ ...config, secret: Buffer.alloc(32) })
    await expect(opened).rejects.toMatchObject({ code: 'service_unavailable' })
  })
})
