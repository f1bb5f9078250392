import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeObject } from '../objects/remove.ts'
import { purgeDue } from '../objects/sweep.ts'
import { forget } from './forget.ts'
import { type IngestWorld, openIngestWorld } from './ingest.fixture.ts'
import { preview } from './preview.ts'
import type { ObjectName } from './store.ts'

let world: IngestWorld
beforeAll(async () => {
  world = await openIngestWorld()
})
afterAll(() => world.close())

const text = 'The tenant pays 900 euros on the first of the month.'
const remove = ({ objectId }: ObjectName) =>
  removeObject(world.deps, world.callOf(world.provider), objectId)
const follow = (name: ObjectName) => forget(world.deps, name, world.run())
const leftOf = async (name: ObjectName) => [
  (await world.pagesOf(name)).length,
  (await world.chunksOf(name)).length,
  await world.runOf(name),
]

test('a removed object leaves search, its texts go, and its job ends', async () => {
  const name = await world.approve(text)
  for (let time = 0; time < 2; time++) await world.advance(name)
  const { jobId } = await remove(name)
  await follow(name)
  expect(await leftOf(name)).toEqual([0, 0, undefined])
  expect(await world.outboxOf(name)).toEqual(['put', 'drop_object'])
  expect(await world.jobStatusOf(jobId)).toBe('completed')
  // Again, as a task may: the engine is told once more, and nothing else happens.
  await follow(name)
  expect(await world.jobStatusOf(jobId)).toBe('completed')
  await world.advance(name)
  expect(await leftOf(name)).toEqual([0, 0, undefined])
})

test('the purge of a refused object takes the pages that its preview kept', async () => {
  const name = await world.upload(text)
  await preview(world.deps, name)
  expect(await world.pagesOf(name)).toHaveLength(1)
  await world.judge(await world.objectOf(name), 'rejected')
  await purgeDue(world.deps, world.run())
  await follow(name)
  expect(await leftOf(name)).toEqual([0, 0, undefined])
  expect(await world.outboxOf(name)).toEqual([])
})

test("another tenant's name for it forgets nothing", async () => {
  const name = await world.approve(text)
  for (let time = 0; time < 2; time++) await world.advance(name)
  await follow({ ...name, tenantId: 'tnt_other' })
  expect(await world.chunksOf(name)).not.toEqual([])
  expect(await world.outboxOf(name)).toEqual(['put'])
})

test('an object that is gone altogether is no error', async () => {
  await follow({ objectId: 'obj_nothing', tenantId: 'tnt_nobody' })
})
