import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type IngestWorld, openIngestWorld } from './ingest.fixture.ts'
import { attemptsMax, leaseMs, takeLease } from './lease.ts'
import type { ObjectName } from './store.ts'
import { findStuck, resumeStuck, unattendedMs, unfedMs } from './stuck.ts'

let world: IngestWorld
beforeAll(async () => {
  world = await openIngestWorld()
})
afterAll(() => world.close())
// Each test looks at its own objects only.
afterEach(() => world.db.run`update objects set index_state = 'indexed'`)

const text = 'The tenant pays 900 euros on the first of the month.'
// A stage ends at the time of its task and the moments that it took.
const lateMs = unfedMs + 60_000
const stuckNow = async () =>
  (await findStuck(world.db, world.clock.now())).map((stuck) => stuck.objectId)
const watch = () => resumeStuck(world.deps, world.run())
const stateOf = async (name: ObjectName) => (await world.objectOf(name)).indexState

test('an object whose task was lost is found after its time and resumed to the end', async () => {
  const name = await world.approve(text)
  world.passMs(unattendedMs - 1)
  expect(await stuckNow()).toEqual([])
  world.passMs(1)
  expect(await stuckNow()).toEqual([name.objectId])
  await watch()
  expect(await stateOf(name)).toBe('extracting')
  world.passMs(unattendedMs)
  await watch()
  expect(await stateOf(name)).toBe('embedding')
  expect(await world.outboxOf(name)).toEqual(['put'])
})

test('an object that somebody works at is not stuck, and is once the lease lapses', async () => {
  const name = await world.approve(text)
  world.passMs(unattendedMs)
  await world.db.tx((tx) => takeLease(tx, name, world.clock.now()))
  world.passMs(leaseMs - 1)
  expect(await stuckNow()).toEqual([])
  world.passMs(unattendedMs)
  expect(await stuckNow()).toEqual([name.objectId])
})

test('pauses between attempts are kept', async () => {
  const name = await world.approve(text)
  world.extractor.tell(new Error('away'), new Error('away'))
  await expect(world.advance(name)).rejects.toThrow('away')
  world.passMs(unattendedMs)
  await expect(watch()).rejects.toThrow('could not be resumed')
  world.passMs(119_000)
  expect(await stuckNow()).toEqual([])
  world.passMs(2_000)
  expect(await stuckNow()).toEqual([name.objectId])
})

test('one object that cannot be helped does not keep the others from it', async () => {
  const [bad, good] = [await world.approve(text), await world.approve(text)]
  world.passMs(unattendedMs)
  world.extractor.tell(new Error('away'))
  await expect(watch()).rejects.toThrow(AggregateError)
  expect((await world.runOf(bad))?.stage).toBe('extract')
  expect((await world.runOf(good))?.stage).toBe('chunk')
})

test('an object that waits in the outbox is not stuck, however long the feeder takes', async () => {
  const name = await world.approve(text)
  for (let time = 0; time < 2; time++) await world.advance(name)
  world.passMs(30 * 86_400_000)
  expect(await stuckNow()).toEqual([])
})

test('an object that the engine lost is handed over again, and fails in the end', async () => {
  const name = await world.approve(text)
  for (let time = 0; time < 2; time++) await world.advance(name)
  const chunks = (await world.chunksOf(name)).length
  for (let time = 1; time < attemptsMax; time++) {
    await world.markFed(name)
    world.passMs(lateMs)
    expect(await stuckNow()).toEqual([name.objectId])
    await watch()
    expect(await stateOf(name)).toBe('embedding')
    expect(await stuckNow()).toEqual([])
    expect(await world.chunksOf(name)).toHaveLength(chunks)
  }
  await world.markFed(name)
  world.passMs(lateMs)
  await watch()
  expect((await world.objectOf(name)).failure).toMatchObject({
    stage: 'index',
    code: 'attempts_exhausted',
    attempts: attemptsMax,
  })
  await world.retry(name)
  await world.advance(name)
  expect(await stateOf(name)).toBe('embedding')
})

test('two watchdogs at once hand over once', async () => {
  const name = await world.approve(text)
  for (let time = 0; time < 2; time++) await world.advance(name)
  await world.markFed(name)
  world.passMs(lateMs)
  await Promise.all([watch(), watch()])
  expect(await world.outboxOf(name)).toEqual(['put', 'put'])
})
