import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import type { Id } from '../../base/ids.ts'
import { silentLog } from '../../base/log.ts'
import { subscribe, type Task, task } from '../../jobs/queue.ts'
import { startWorker, type Worker } from '../../jobs/worker.ts'
import { named, openWorld, type World } from './objects.fixture.ts'
import { events, recordStage, type StoredObject } from './objects.ts'
import { removeObject } from './remove.ts'
import { retry } from './stage.ts'
import { purgeDue, resumeRemovals } from './sweep.ts'
import { objectsTasks } from './tasks.ts'

let world: World
let worker: Worker
let provider: Actor
let datasetId: Id<'dset'>

// Stands for the domains above: one queue an event, and nobody who works it off.
const followers: Task<never>[] = Object.entries(events).map(([name, event]) =>
  task(event, `test.${name}`, async () => {}),
)

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  datasetId = await world.addDataset(provider)
  const { executeSql, clock } = world
  const tasks: Task<never>[] = [...objectsTasks, ...followers]
  const none = { schedules: [], deps: {} as never, log: silentLog, works: false }
  worker = await startWorker({ executeSql, tasks, clock, ...none })
  subscribe(tasks)
})
afterAll(async () => {
  subscribe([])
  await worker.stop(0)
  await world.close()
})
beforeEach(() => world.executeSql('delete from pgboss.job'))

/** What was told since the test began, without the prefix of the followers. */
const told = async (object: StoredObject) => {
  const { rows } = await world.executeSql('select name, data from pgboss.job order by created_on')
  const jobs = rows as { name: string; data: { objectId?: string; tenantId?: string } }[]
  return jobs
    .filter(({ data }) => data.objectId === object.id && data.tenantId === object.tenantId)
    .map(({ name }) => name.replace('test.', ''))
    .sort()
}

test('the way of an object from its upload to its purge is told, each step once', async () => {
  const object = await world.upload(provider, datasetId, 'Told.')
  await world.judge(object, 'approved')
  const failure = { stage: 'extracting', code: 'corrupt_file', message: 'Broken.', attempts: 3 }
  await world.db.tx((tx) =>
    recordStage(tx, { ...named(object), now: world.clock.now(), stage: 'failed', failure }),
  )
  await retry(world.deps, world.callOf(provider), object.id)
  await world.reach(object, 'extracting')
  await world.reach(object, 'indexed')
  await removeObject(world.deps, world.callOf(provider), object.id)
  await removeObject(world.deps, world.callOf(provider), object.id)
  world.passMs(8 * 86_400_000)
  await purgeDue(world.deps, world.run())
  await purgeDue(world.deps, world.run())
  expect(await told(object)).toEqual([
    'approved',
    'failed',
    'indexed',
    'purged',
    'removed',
    'retried',
    'staged',
  ])
})

test('a refusal is told to its follower and to the purge', async () => {
  const rejected = await world.upload(provider, datasetId, 'Refused.')
  await world.judge(rejected, 'rejected')
  expect(await told(rejected)).toEqual(['objects.purge-rejected', 'rejected', 'staged'])
  const late = await world.upload(provider, datasetId, 'Late.')
  world.passMs(72 * 3_600_000)
  await world.judge(late, 'expired')
  expect(await told(late)).toEqual(['expired', 'objects.purge-expired', 'staged'])
})

test('a change that is rolled back tells nothing', async () => {
  const object = await world.upload(provider, datasetId, 'Quiet.')
  await world.judge(object, 'approved')
  const failing = world.db.tx(async (tx) => {
    await recordStage(tx, { ...named(object), now: world.clock.now(), stage: 'indexed' })
    throw new Error('the process died')
  })
  await expect(failing).rejects.toThrow('the process died')
  expect(await told(object)).toEqual(['approved', 'staged'])
})

test('a follower that never came is told of the removal again', async () => {
  const object = await world.upload(provider, datasetId, 'Deaf.')
  await removeObject(world.deps, world.callOf(provider), object.id)
  await resumeRemovals(world.deps, world.run())
  expect(await told(object)).toEqual(['removed', 'staged'])
  world.passMs(10 * 60_000 + 1)
  await resumeRemovals(world.deps, world.run())
  expect(await told(object)).toEqual(['removed', 'removed', 'staged'])
})
