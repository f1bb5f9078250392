import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import type { Id } from '../../base/ids.ts'
import * as catalog from '../catalog/catalog.ts'
import * as jobs from '../jobs/jobs.ts'
import { keptKeyOf } from './keys.ts'
import { named, openWorld, type World } from './objects.fixture.ts'
import {
  finishRemoval,
  getObject,
  listObjects,
  openBytes,
  readHead,
  recordStage,
  type StoredObject,
  statusOf,
} from './objects.ts'
import { removeObject } from './remove.ts'
import { retry } from './stage.ts'
import {
  purgeDue,
  purgeRefused,
  removeDatasetObjects,
  resumeRemovals,
  sweepBytes,
} from './sweep.ts'
import { confirmUpload } from './upload.ts'

let world: World
let provider: Actor
let other: Actor
let datasetId: Id<'dset'>

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  other = await world.addTenant('Other provider')
})
afterAll(() => world.close())

const weekMs = 7 * 86_400_000
const remove = (id: string, actor = provider) => removeObject(world.deps, world.callOf(actor), id)
const get = (id: string) => getObject(world.deps, world.callOf(provider), id)
const jobOf = (id: string) => jobs.get(world.deps, world.callOf(provider), id)
const hasBytes = async (id: Id<'obj'>) => (await world.blobs.inspect(keptKeyOf(id))) !== undefined
const purge = async () => {
  await purgeDue(world.deps, world.run())
  await sweepBytes(world.deps, world.run())
}
const countsOf = async (id: Id<'dset'>) => {
  const dataset = await catalog.getDataset(world.deps, world.callOf(provider), id)
  const { objectCount, activeObjectCount, pendingReviewCount, chunkCount, storageBytes } = dataset
  return [objectCount, activeObjectCount, pendingReviewCount, chunkCount, storageBytes].map(Number)
}
const finish = (object: StoredObject) =>
  world.db.tx((tx) => finishRemoval(tx, { ...named(object), now: world.clock.now() }))

describe('a removed object', () => {
  beforeAll(async () => {
    datasetId = await world.addDataset(provider)
  })

  test('is out of lists at once; its job ends when search has let go of it', async () => {
    const object = await world.index(provider, datasetId, 'one')
    const { jobId, object: removed } = await remove(object.id)
    expect(statusOf(removed)).toBe('pending_deletion')
    expect(statusOf(await get(object.id))).toBe('pending_deletion')
    const filter = { datasetId, reviewState: null, indexState: null, filename: null, limit: 20 }
    const page = await listObjects(world.deps, world.callOf(provider), filter)
    expect(page.items).toEqual([])
    expect(await jobOf(jobId)).toMatchObject({ status: 'pending' })

    await finish(object)
    expect(await jobOf(jobId)).toMatchObject({
      status: 'completed',
      result: { objectId: object.id },
    })
  })

  test('removed again has the same job', async () => {
    const object = await world.upload(provider, datasetId, 'two')
    const first = await remove(object.id)
    expect((await remove(object.id)).jobId).toBe(first.jobId)
  })

  test('keeps its bytes for the grace period, and not longer', async () => {
    const object = await world.index(provider, datasetId, 'three')
    await remove(object.id)
    world.passMs(weekMs)
    await purge()
    expect(await hasBytes(object.id)).toBe(true)
    world.passMs(1)
    await purge()
    expect(await hasBytes(object.id)).toBe(false)
    const purged = await get(object.id)
    expect(statusOf(purged)).toBe('deleted')
    expect(purged).toMatchObject({ title: null, metadata: {}, sha256: object.sha256 })
    expect(await world.actionsOn(object.id)).toContain('object.purge')
    await expect(openBytes(world.deps, object.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('takes no decision and no stage any more', async () => {
    const object = await world.upload(provider, datasetId, 'four')
    await remove(object.id)
    await expect(world.judge(object, 'approved')).rejects.toMatchObject({ code: 'not_found' })
    expect(await world.reach(object, 'indexed')).toBe(false)
    const confirm = confirmUpload(world.deps, world.callOf(provider), object.id)
    await expect(confirm).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of another tenant does not exist', async () => {
    const object = await world.upload(provider, datasetId, 'five')
    await expect(remove(object.id, other)).rejects.toMatchObject({ code: 'not_found' })
    await expect(remove('obj_unknown')).rejects.toMatchObject({ code: 'not_found' })
    await expect(remove('not an id')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('that was never confirmed is done at once', async () => {
    const { object } = await world.start(provider, datasetId, 'six')
    const { jobId } = await remove(object.id)
    expect(await jobOf(jobId)).toMatchObject({ status: 'completed' })
  })

  test('ends an ingestion that was started again', async () => {
    const object = await world.upload(provider, datasetId, 'seven')
    await world.judge(object, 'approved')
    const failure = { stage: 'extracting', code: 'corrupt_file', message: 'Broken.', attempts: 3 }
    await world.db.tx((tx) =>
      recordStage(tx, { ...named(object), now: world.clock.now(), stage: 'failed', failure }),
    )
    const { jobId } = await retry(world.deps, world.callOf(provider), object.id)
    await remove(object.id)
    expect(await jobOf(jobId)).toMatchObject({ status: 'failed' })
  })
})

describe('the counters of a dataset', () => {
  test('follow every way of an object, and end at zero', async () => {
    const id = await world.addDataset(provider)
    expect(await countsOf(id)).toEqual([0, 0, 0, 0, 0])
    const body = 'eleven char'
    const kept = await world.upload(provider, id, body)
    const refused = await world.upload(provider, id, `${body}2`)
    const forgotten = await world.upload(provider, id, `${body}3`)
    expect(await countsOf(id)).toEqual([3, 0, 3, 0, 35])
    await world.judge(kept, 'approved')
    await world.judge(refused, 'rejected')
    expect(await countsOf(id)).toEqual([3, 0, 1, 0, 23])
    await world.reach(kept, 'indexed', 4)
    await world.reach(kept, 'indexed', 5)
    expect(await countsOf(id)).toEqual([3, 1, 1, 5, 23])
    await remove(kept.id)
    await remove(refused.id)
    await remove(forgotten.id)
    expect(await countsOf(id)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('the same bytes of two owners', () => {
  const body = 'Known to two owners.'

  test('are stored once, and nobody can tell', async () => {
    const mine = await world.upload(provider, await world.addDataset(provider), body)
    const theirs = await world.upload(other, await world.addDataset(other), body)
    const strip = ({ id, objectNo, uploadId, datasetId, tenantId, ...rest }: StoredObject) => rest
    const by = { createdBy: other.id, updatedBy: other.id }
    expect(strip(theirs)).toEqual({ ...strip(mine), ...by })
    await sweepBytes(world.deps, world.run())
    expect([await hasBytes(mine.id), await hasBytes(theirs.id)]).toEqual([true, false])
    expect((await readHead(world.deps, theirs.id, 5)).toString()).toBe('Known')
  })

  test('stay while one owner keeps them, and go with the last', async () => {
    const datasets = [await world.addDataset(provider), await world.addDataset(provider)]
    const first = await world.upload(provider, datasets[0] ?? '', 'twice')
    const second = await world.upload(provider, datasets[1] ?? '', 'twice')
    await sweepBytes(world.deps, world.run())
    await remove(first.id)
    world.passMs(weekMs + 1)
    await purge()
    expect((await readHead(world.deps, second.id, 100)).toString()).toBe('twice')

    await remove(second.id)
    world.passMs(weekMs + 1)
    await purge()
    expect([await hasBytes(first.id), await hasBytes(second.id)]).toEqual([false, false])
    const rows = await world.db.rows`select * from blobs where sha256 = ${first.sha256}`
    expect(rows).toEqual([])
  })

  test('confirmed after the last owner let go, before the bytes went, are there', async () => {
    const id = await world.addDataset(provider)
    const first = await world.upload(provider, id, 'again')
    await world.judge(first, 'rejected')
    await purgeDue(world.deps, world.run())
    const second = await world.upload(provider, id, 'again')
    await sweepBytes(world.deps, world.run())
    expect(await hasBytes(first.id)).toBe(false)
    expect((await readHead(world.deps, second.id, 100)).toString()).toBe('again')
    const { path, release } = await openBytes(world.deps, second.id)
    expect(path).toContain('blobs')
    await release()
  })
})

describe('a refused object', () => {
  test('loses its bytes at once, keeps its word, and is purged once', async () => {
    const object = await world.upload(provider, datasetId, 'refused')
    await world.judge(object, 'rejected')
    await purgeRefused(world.deps, named(object), world.run())
    await purgeRefused(world.deps, named(object), world.run())
    expect(await hasBytes(object.id)).toBe(false)
    expect(statusOf(await get(object.id))).toBe('rejected')
    const actions = await world.actionsOn(object.id)
    expect(actions.filter((action) => action === 'object.purge')).toHaveLength(1)
  })

  test('whose task was lost is found by its row', async () => {
    const object = await world.upload(provider, datasetId, 'forgotten task')
    world.passMs(72 * 3_600_000)
    await world.judge(object, 'expired')
    await purge()
    expect(await hasBytes(object.id)).toBe(false)
    expect(statusOf(await get(object.id))).toBe('expired')
  })

  test('is the only one that its task purges', async () => {
    const object = await world.index(provider, datasetId, 'good')
    await purgeRefused(world.deps, named(object), world.run())
    expect(await hasBytes(object.id)).toBe(true)
  })
})

describe('a dataset that is being deleted', () => {
  test('takes its objects and open uploads along, and takes no new upload', async () => {
    const id = await world.addDataset(provider)
    const objects: StoredObject[] = []
    for (let index = 0; index < 3; index++) {
      objects.push(await world.index(provider, id, `object ${index}`))
    }
    const open = await world.start(provider, id, 'open')
    const { removalJobId } = await catalog.removeDataset(world.deps, world.callOf(provider), id)
    await expect(world.start(provider, id, 'late')).rejects.toMatchObject({ code: 'conflict' })
    await expect(world.start(other, id, 'late')).rejects.toMatchObject({ code: 'not_found' })

    const dataset = { datasetId: id, tenantId: provider.tenantId }
    await removeDatasetObjects(world.deps, dataset, world.run())
    for (const object of [...objects, open.object]) {
      expect((await world.statesOf(object.id))?.removedAt).not.toBeNull()
    }
    expect(await jobOf(removalJobId ?? '')).toMatchObject({ status: 'completed' })
    await removeDatasetObjects(world.deps, dataset, world.run())
  })

  test('ends empty, whatever is uploaded, confirmed and deleted at the same moment', async () => {
    const id = await world.addDataset(provider)
    const bodies = Array.from({ length: 10 }, (_, index) => `at once ${index}`)
    const confirmed = await Promise.all(bodies.map((body) => world.upload(provider, id, body)))
    const open = await Promise.all(bodies.map((body) => world.start(provider, id, body)))
    await Promise.all(open.map((started, index) => world.send(started, bodies[index] ?? '')))
    const confirm = (object: StoredObject) =>
      confirmUpload(world.deps, world.callOf(provider), object.id)
    const removal = async () => {
      await catalog.removeDataset(world.deps, world.callOf(provider), id)
      const dataset = { datasetId: id, tenantId: provider.tenantId }
      await removeDatasetObjects(world.deps, dataset, world.run())
    }
    const [removed, ...others] = await Promise.allSettled([
      removal(),
      ...open.map(({ object }) => confirm(object)),
      ...confirmed.map((object) => remove(object.id)),
      ...bodies.map((body) => world.start(provider, id, body)),
    ])
    expect(removed).toMatchObject({ status: 'fulfilled' })
    for (const one of others) {
      if (one.status === 'rejected') expect(one.reason.code).toMatch(/^(conflict|not_found)$/)
    }
    const left = await world.db.rows`
      select id from objects where dataset_id = ${id} and removed_at is null`
    expect(left).toEqual([])
    expect(await countsOf(id)).toEqual([0, 0, 0, 0, 0])
  })

  test('whose task was lost is found by its row', async () => {
    const id = await world.addDataset(provider)
    const object = await world.index(provider, id, 'lost')
    await catalog.removeDataset(world.deps, world.callOf(provider), id)
    await resumeRemovals(world.deps, world.run())
    expect((await world.statesOf(object.id))?.removedAt).not.toBeNull()
  })
})
