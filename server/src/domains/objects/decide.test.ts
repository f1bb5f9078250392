import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { asId, type Id } from '../../base/ids.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import { named, openWorld, type World } from './objects.fixture.ts'
import {
  decide,
  findObject,
  getObject,
  openReview,
  recordStage,
  type StoredObject,
  statusOf,
  titleOf,
} from './objects.ts'
import { removeObject } from './remove.ts'
import { retry } from './stage.ts'

let world: World
let provider: Actor
let stranger: Actor
let datasetId: Id<'dset'>

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  stranger = await world.addTenant('Stranger')
  datasetId = await world.addDataset(provider)
})
afterAll(() => world.close())

const upload = () => world.upload(provider, datasetId, 'Some text.')
const get = (id: string) => getObject(world.deps, world.callOf(provider), id)
const by = () => ({
  actor: { ...stranger, id: 'usr_operator' },
  requestId: 'req_1',
  now: world.clock.now(),
})
const openIt = (object: StoredObject) => world.db.tx((tx) => openReview(tx, by(), named(object)))

describe('a decision', () => {
  test('leads from staged or under review to approved, and queues the object', async () => {
    const [staged, opened] = [await upload(), await upload()]
    expect(await openIt(opened)).toMatchObject({ reviewState: 'under_review' })
    for (const object of [staged, opened]) {
      const approved = await world.judge(object, 'approved')
      expect(approved).toMatchObject({ reviewState: 'approved', indexState: 'queued' })
      expect(statusOf(approved)).toBe('processing')
    }
  })

  test('is told once: any second one is a conflict', async () => {
    for (const first of ['approved', 'rejected'] as const) {
      const object = await upload()
      await world.judge(object, first)
      for (const second of ['approved', 'rejected'] as const) {
        await expect(world.judge(object, second)).rejects.toMatchObject({ code: 'conflict' })
      }
    }
  })

  test('comes too late at the deadline, and expiry too early before it', async () => {
    const object = await upload()
    world.passMs(72 * 3_600_000 - 1)
    await expect(world.judge(object, 'expired')).rejects.toMatchObject({ code: 'conflict' })
    world.passMs(1)
    await expect(world.judge(object, 'approved')).rejects.toMatchObject({ code: 'conflict' })
    await expect(world.judge(object, 'rejected')).rejects.toMatchObject({ code: 'conflict' })
    expect(statusOf(await world.judge(object, 'expired'))).toBe('expired')
  })

  test('rejects with a reason, and never queues', async () => {
    const object = await upload()
    const input = { ...named(object), reason: 'Names of patients.', isAutomatic: false }
    const rejected = await world.db.tx((tx) => decide(tx, by(), { ...input, decision: 'rejected' }))
    expect(rejected).toMatchObject({
      reviewState: 'rejected',
      reviewReason: 'Names of patients.',
      indexState: 'none',
    })
    expect(statusOf(rejected)).toBe('rejected')
    expect(await world.reach(object, 'indexed')).toBe(false)
  })

  test('is written into the chain of the object’s tenant, with who decided', async () => {
    const object = await upload()
    await openIt(object)
    await world.db.tx((tx) =>
      decide(tx, by(), { ...named(object), decision: 'approved', reason: null, isAutomatic: true }),
    )
    const entries = await world.db.rows`
      select tenant_id, actor_id, action, request_id, changes from audit_events
      where target_id = ${object.id} order by id desc limit 2`
    expect(entries).toMatchObject([
      {
        tenantId: provider.tenantId,
        actorId: 'usr_operator',
        action: 'object.approved',
        requestId: 'req_1',
        changes: { reviewState: { before: 'under_review', after: 'approved' }, isAutomatic: true },
      },
      { action: 'object.open_review', tenantId: provider.tenantId },
    ])
    expect(await get(object.id)).toMatchObject({ approvedAutomatically: true })
  })

  test('on an object of another tenant than named, or before its confirmation, is not found', async () => {
    const object = await upload()
    const { object: pending } = await world.start(provider, datasetId, 'Pending.')
    for (const name of [{ ...object, tenantId: stranger.tenantId }, pending]) {
      await expect(world.judge(name, 'approved')).rejects.toMatchObject({ code: 'not_found' })
      await expect(openIt(name)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  test('stays when the object is looked at afterwards', async () => {
    const object = await upload()
    await world.judge(object, 'rejected')
    expect(await openIt(object)).toMatchObject({ reviewState: 'rejected' })
  })
})

describe('the stages of ingestion', () => {
  const record = (object: StoredObject, change: Partial<Parameters<typeof recordStage>[1]>) =>
    world.db.tx((tx) =>
      recordStage(tx, { ...named(object), now: world.clock.now(), stage: 'extracting', ...change }),
    )
  const failure = { stage: 'extracting', code: 'corrupt_file', message: 'Broken.', attempts: 3 }

  test('go up to indexed and keep what was learned on the way', async () => {
    const object = await upload()
    await world.judge(object, 'approved')
    await record(object, { stage: 'extracting' })
    await record(object, { stage: 'embedding', title: 'Lease', language: 'en', pageCount: 2 })
    await record(object, { stage: 'indexed', chunkCount: 7 })
    const indexed = await get(object.id)
    expect(indexed).toMatchObject({
      indexState: 'indexed',
      title: 'Lease',
      language: 'en',
      pageCount: 2,
      chunkCount: 7,
      indexedAt: world.clock.now(),
    })
    expect(statusOf(indexed)).toBe('active')
    const dataset = await catalog.getDataset(world.deps, world.callOf(provider), datasetId)
    expect(dataset.status).toBe('active')
  })

  test('a second index of the same object does not make it younger', async () => {
    const object = await upload()
    await world.judge(object, 'approved')
    await record(object, { stage: 'indexed' })
    const indexedAt = world.clock.now()
    world.passMs(60_000)
    await record(object, { stage: 'indexed' })
    expect((await get(object.id)).indexedAt).toEqual(indexedAt)
  })

  test('are not written for an object that was not approved', async () => {
    expect(await record(await upload(), {})).toBe(false)
    const unknown = { ...(await upload()), id: asId('obj', 'obj_unknown') }
    expect(await record(unknown, {})).toBe(false)
  })

  test('a failure is told, and only a failure can be started again', async () => {
    const object = await upload()
    const again = (actor = provider) => retry(world.deps, world.callOf(actor), object.id)
    await expect(again()).rejects.toMatchObject({ code: 'conflict' })
    await world.judge(object, 'approved')
    await expect(again()).rejects.toMatchObject({ code: 'conflict' })
    await record(object, { stage: 'failed', failure })
    expect(statusOf(await get(object.id))).toBe('failed')
    expect((await get(object.id)).failure).toEqual(failure)
    await expect(again(stranger)).rejects.toMatchObject({ code: 'not_found' })

    const { jobId } = await again()
    expect(await get(object.id)).toMatchObject({ indexState: 'queued', failure: null })
    await expect(again()).rejects.toMatchObject({ code: 'conflict' })
    const job = () => jobs.get(world.deps, world.callOf(provider), jobId)
    expect(await job()).toMatchObject({ status: 'pending' })
    await record(object, { stage: 'extracting' })
    expect(await job()).toMatchObject({ status: 'running' })
    await record(object, { stage: 'indexed', chunkCount: 1 })
    expect(await job()).toMatchObject({ status: 'completed', result: { objectId: object.id } })
  })

  test('a retry that fails again fails its job; repeated after a crash it is the same job', async () => {
    const object = await upload()
    await world.judge(object, 'approved')
    await record(object, { stage: 'failed', failure })
    const call = world.callOf(provider)
    const first = await retry(world.deps, call, object.id)
    expect(await retry(world.deps, call, object.id)).toEqual(first)
    await record(object, { stage: 'failed', failure })
    expect(await jobs.get(world.deps, call, first.jobId)).toMatchObject({
      status: 'failed',
      error: { code: 'corrupt_file' },
    })
  })

  test('a removed object cannot be started again', async () => {
    const object = await upload()
    await world.judge(object, 'approved')
    await record(object, { stage: 'failed', failure })
    await removeObject(world.deps, world.callOf(provider), object.id)
    const again = retry(world.deps, world.callOf(provider), object.id)
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
  })
})

test('a task finds an object by its id alone', async () => {
  const object = await upload()
  expect(await findObject(world.db, object.id)).toEqual(object)
  expect(await findObject(world.db, asId('obj', 'obj_unknown'))).toBeUndefined()
})

test.each([
  [null, 'Lease 7.txt', 'Lease 7'],
  [null, 'archive.tar.gz', 'archive.tar'],
  [null, '.profile', '.profile'],
  [null, 'README', 'README'],
  ['The Lease', 'x.pdf', 'The Lease'],
])('the title of %s and %s is %s', (title, filename, shown) => {
  expect(titleOf({ title, filename })).toBe(shown)
})
