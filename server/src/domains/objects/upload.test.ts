import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { asId, type Id } from '../../base/ids.ts'
import { arrivalKeyOf, keptKeyOf } from './keys.ts'
import { openWorld, sha256Of, uploadOf, type World } from './objects.fixture.ts'
import { getObject, listObjects, statusOf } from './objects.ts'
import { sweepBytes, sweepUploads } from './sweep.ts'
import { cancelUpload, completeUpload, confirmUpload, startUpload } from './upload.ts'

let world: World
let provider: Actor
let stranger: Actor
let datasetId: Id<'dset'>

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  stranger = await world.addTenant('Stranger')
})
afterAll(() => world.close())

const body = 'The rent is due on the first of each month.'
const confirm = (id: string, actor = provider) => confirmUpload(world.deps, world.callOf(actor), id)
const cancel = (id: string, actor = provider) => cancelUpload(world.deps, world.callOf(actor), id)
const put = (key: string, bytes: string) =>
  world.blobs.put(key, Readable.from([Buffer.from(bytes)]), { bytesMax: 1_000 })
const filter = { reviewState: null, indexState: null, filename: null, limit: 20 }
const listIds = async (change = {}) => {
  const page = await listObjects(world.deps, world.callOf(provider), {
    ...filter,
    datasetId,
    ...change,
  })
  return page.items.map((object) => object.id)
}

describe('an upload', () => {
  beforeAll(async () => {
    datasetId = await world.addDataset(provider)
  })

  test('is a pending row with a signed address first', async () => {
    const { object, address } = await world.start(provider, datasetId, body)
    expect(object).toMatchObject({ uploadState: 'pending', reviewState: null, sha256: null })
    expect(statusOf(object)).toBe('uploading')
    expect(address.method).toBe('PUT')
    expect(address.expiresAt).toEqual(new Date(world.clock.now().getTime() + 15 * 60_000))
    expect(await world.actionsOn(object.id)).toEqual(['object.start_upload'])
  })

  test('waits for review once its bytes were verified', async () => {
    const started = await world.start(provider, datasetId, body)
    await world.send(started, body)
    const object = await confirm(started.object.id)
    expect(object).toMatchObject({
      uploadState: 'uploaded',
      reviewState: 'staged',
      indexState: 'none',
      sha256: sha256Of(body),
      sizeBytes: Buffer.byteLength(body),
      metadata: { internal_id: 7 },
      reviewExpiresAt: new Date(world.clock.now().getTime() + 72 * 3_600_000),
    })
    expect(statusOf(object)).toBe('in_review')
    expect(await world.actionsOn(object.id)).toEqual(['object.start_upload', 'object.upload'])
  })

  test('is finished by its own id as well, and twice gives the same object', async () => {
    const started = await world.start(provider, datasetId, body)
    await world.send(started, body)
    const call = world.callOf(provider)
    const first = await completeUpload(world.deps, call, started.object.uploadId)
    const second = await confirm(started.object.id)
    expect(second).toEqual(first)
    expect(await world.actionsOn(first.id)).toEqual(['object.start_upload', 'object.upload'])
  })

  test('confirmed twice at the same moment is confirmed once', async () => {
    const started = await world.start(provider, datasetId, body)
    await world.send(started, body)
    const [first, second] = await Promise.all([
      confirm(started.object.id),
      confirm(started.object.id),
    ])
    expect(second).toEqual(first)
    expect(await world.actionsOn(first.id)).toEqual(['object.start_upload', 'object.upload'])
  })

  test('started again under the same charge key is the same upload with the same address', async () => {
    const call = world.callOf(provider)
    const first = await startUpload(world.deps, call, uploadOf(datasetId, body))
    const second = await startUpload(world.deps, call, uploadOf(datasetId, body))
    expect(second).toEqual(first)
    expect(await world.actionsOn(first.object.id)).toEqual(['object.start_upload'])
  })

  test('without a promised hash is taken at its size', async () => {
    const started = await world.start(provider, datasetId, body, { sha256: null })
    await world.send(started, body)
    expect(await confirm(started.object.id)).toMatchObject({ sha256: sha256Of(body) })
  })

  test('without bytes is a conflict, before and after the address expired', async () => {
    const { object } = await world.start(provider, datasetId, body)
    await expect(confirm(object.id)).rejects.toMatchObject({
      code: 'conflict',
      message: 'Nothing was uploaded to the address yet.',
    })
    world.passMs(15 * 60_000)
    await expect(confirm(object.id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('expired'),
    })
  })

  test('whose bytes arrived in time may be confirmed later', async () => {
    const started = await world.start(provider, datasetId, body)
    await world.send(started, body)
    world.passMs(3_600_000)
    expect(await confirm(started.object.id)).toMatchObject({ uploadState: 'uploaded' })
  })

  test.each([
    ['of another hash', body.replace('rent', 'loan')],
    ['of another size', `${body}!`],
  ])('with bytes %s keeps nothing, and its address works again', async (_, wrong) => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await put(arrivalKeyOf(id), wrong)
    await expect(confirm(id)).rejects.toMatchObject({ code: 'checksum_mismatch' })
    expect(await world.blobs.inspect(arrivalKeyOf(id))).toBeUndefined()
    expect(await world.blobs.inspect(keptKeyOf(id))).toBeUndefined()
    expect(await world.statesOf(id)).toMatchObject({ uploadState: 'pending', reviewState: null })

    await world.send(started, body)
    expect(await confirm(id)).toMatchObject({ reviewState: 'staged' })
  })

  test('over the largest size is refused by name', async () => {
    const start = world.start(provider, datasetId, body, { sizeBytes: 5 * 1024 ** 3 + 1 })
    await expect(start).rejects.toMatchObject({
      code: 'invalid_request',
      fields: [{ path: 'size_bytes', nature: 'value' }],
    })
  })

  test('with a content type that no header can carry is refused before there is a row', async () => {
    const before = await listIds()
    const start = world.start(provider, datasetId, body, { contentType: 'text/plain; a b\r\n' })
    await expect(start).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await listIds()).toEqual(before)
  })

  test('of another tenant does not exist, whatever is asked of it', async () => {
    const { object } = await world.start(provider, datasetId, body)
    const call = world.callOf(stranger)
    const gone = { code: 'not_found' }
    await expect(world.start(stranger, datasetId, body)).rejects.toMatchObject(gone)
    await expect(confirm(object.id, stranger)).rejects.toMatchObject(gone)
    await expect(completeUpload(world.deps, call, object.uploadId)).rejects.toMatchObject(gone)
    await expect(cancel(object.id, stranger)).rejects.toMatchObject(gone)
    await expect(getObject(world.deps, call, object.id)).rejects.toMatchObject(gone)
    await expect(listObjects(world.deps, call, { ...filter, datasetId })).rejects.toMatchObject(
      gone,
    )
  })

  test('into a dataset outside the list of a key does not exist for that key', async () => {
    const { object } = await world.start(provider, datasetId, body)
    const key = { ...provider, datasetIds: [asId('dset', 'dset_other')] }
    const gone = { code: 'not_found' }
    await expect(world.start(key, datasetId, body)).rejects.toMatchObject(gone)
    await expect(confirm(object.id, key)).rejects.toMatchObject(gone)
    await expect(cancel(object.id, key)).rejects.toMatchObject(gone)
  })
})

describe('a cancelled upload', () => {
  test('is gone at once: no confirmation, no second cancelling, in no list', async () => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await world.send(started, body)
    await cancel(id)
    await expect(confirm(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(cancel(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(getObject(world.deps, world.callOf(provider), id)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await listIds()).not.toContain(id)
    expect(await world.actionsOn(id)).toEqual(['object.start_upload', 'object.cancel_upload'])
  })

  test('cannot be one that was confirmed', async () => {
    const object = await world.upload(provider, datasetId, body)
    await expect(cancel(object.id)).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('a death on any line', () => {
  const dayMs = 86_400_000
  const sweep = () => sweepUploads(world.deps, world.run())

  test('after the row leaves a row that goes with its bytes, a grace after the address', async () => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await world.send(started, body)
    world.passMs(15 * 60_000 + dayMs)
    await sweep()
    expect(await world.statesOf(id)).toMatchObject({ uploadState: 'pending', removedAt: null })

    world.passMs(1)
    await sweep()
    expect(await world.statesOf(id)).toBeUndefined()
    expect(await world.blobs.inspect(arrivalKeyOf(id))).toBeUndefined()
    expect(await world.actionsOn(id)).toEqual(['object.start_upload', 'object.cancel_upload'])
  })

  test('after the bytes were moved lets the next confirmation find them', async () => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await world.send(started, body)
    await world.blobs.promote(arrivalKeyOf(id), keptKeyOf(id))
    expect(await confirm(id)).toMatchObject({ uploadState: 'uploaded' })
  })

  test('after the bytes were moved, without another confirmation, leaves nothing', async () => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await world.send(started, body)
    await world.blobs.promote(arrivalKeyOf(id), keptKeyOf(id))
    world.passMs(2 * dayMs)
    await sweep()
    expect(await world.statesOf(id)).toBeUndefined()
    expect(await world.blobs.inspect(keptKeyOf(id))).toBeUndefined()
  })

  test('of the sweep, after its tombstone, is made good by the next sweep', async () => {
    const started = await world.start(provider, datasetId, body)
    const { id } = started.object
    await world.send(started, body)
    await cancel(id)
    await sweep()
    expect(await world.statesOf(id)).toBeDefined()
    world.passMs(2 * dayMs)
    await sweep()
    await sweep()
    expect(await world.statesOf(id)).toBeUndefined()
    expect(await world.blobs.inspect(arrivalKeyOf(id))).toBeUndefined()
  })

  test('sweeps leave what was confirmed', async () => {
    const object = await world.upload(provider, datasetId, body)
    world.passMs(2 * dayMs)
    await sweep()
    await sweepBytes(world.deps, world.run())
    expect(await world.statesOf(object.id)).toMatchObject({ uploadState: 'uploaded' })
  })
})

describe('a list', () => {
  test('is newest first, paged, filtered, and knows no removed uploads', async () => {
    datasetId = await world.addDataset(provider)
    const first = await world.upload(provider, datasetId, body)
    const second = (await world.start(provider, datasetId, body, { filename: 'Über_50%.txt' }))
      .object
    expect(await listIds()).toEqual([second.id, first.id])
    expect(await listIds({ reviewState: 'staged' })).toEqual([first.id])
    expect(await listIds({ indexState: 'indexed' })).toEqual([])
    expect(await listIds({ filename: 'über_50%' })).toEqual([second.id])

    const call = world.callOf(provider)
    const page = await listObjects(world.deps, call, { ...filter, datasetId, limit: 1 })
    expect(page.next).toEqual([second.id])
    const rest = { ...call, after: page.next }
    const last = await listObjects(world.deps, rest, { ...filter, datasetId, limit: 1 })
    expect(last).toMatchObject({ items: [{ id: first.id }], next: null })
  })
})
