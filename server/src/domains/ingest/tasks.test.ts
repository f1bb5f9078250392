import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../../base/log.ts'
import { subscribe } from '../../jobs/queue.ts'
import { startWorker, type Worker } from '../../jobs/worker.ts'
import { removeObject } from '../objects/remove.ts'
import { purgeDue } from '../objects/sweep.ts'
import { type IngestWorld, openIngestWorld } from './ingest.fixture.ts'
import type { ObjectName } from './store.ts'
import { ingestTasks } from './tasks.ts'

let world: IngestWorld
let worker: Worker
beforeAll(async () => {
  world = await openIngestWorld()
  subscribe(ingestTasks)
  const { deps, clock, executeSql } = world
  const options = { executeSql, deps, clock, tasks: ingestTasks, schedules: [], log: silentLog }
  worker = await startWorker({ ...options, works: false })
})
afterAll(async () => {
  subscribe([])
  await worker.stop(0)
  await world.close()
})

const text = 'The tenant pays 900 euros on the first of the month.'

const queuesOf = async ({ objectId }: ObjectName) => {
  const { rows } = await world.executeSql(
    `select name from pgboss.job where data->>'objectId' = $1 order by created_on, name`,
    [objectId],
  )
  return rows.map((row) => (row as { name: string }).name)
}

test('an approval, a stage, a retry, a removal and a purge each enqueue one task', async () => {
  const name = await world.approve(text)
  expect(await queuesOf(name)).toEqual(['ingest.advance'])
  await world.advance(name)
  expect(await queuesOf(name)).toEqual(['ingest.advance', 'ingest.continue'])
  await world.advance(name)
  expect(await queuesOf(name)).toHaveLength(2)

  const broken = await world.approve(text)
  world.extractor.tell({ kind: 'failed', code: 'corrupt_file', message: 'It is broken.' })
  await world.advance(broken)
  expect(await queuesOf(broken)).toEqual(['ingest.advance'])
  await world.retry(broken)
  expect(await queuesOf(broken)).toEqual(['ingest.advance', 'ingest.retry'])

  await removeObject(world.deps, world.callOf(world.provider), name.objectId)
  expect(await queuesOf(name)).toContain('ingest.forget-removed')
  world.passMs(8 * 86_400_000)
  await purgeDue(world.deps, world.run())
  expect(await queuesOf(name)).toContain('ingest.forget-purged')
})

test('an attempt that pauses enqueues nothing: the watchdog comes back to it', async () => {
  const name = await world.approve(text)
  world.extractor.tell({ kind: 'failed', code: 'time_limit', message: 'It took too long.' })
  await world.advance(name)
  expect(await queuesOf(name)).toEqual(['ingest.advance'])
})
