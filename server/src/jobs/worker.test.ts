import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDb } from '../adapters/db/db.fixture.ts'
import type { OpenDb } from '../adapters/db/open.ts'
import { silentLog } from '../base/log.ts'
import { emit, event, subscribe, type Task, type Told, taskOfMany } from './queue.ts'
import { startWorker } from './worker.ts'

let opened: OpenDb
beforeAll(async () => {
  opened = await openTestDb()
})
afterAll(async () => {
  subscribe([])
  await opened.db.close()
})

const first = event<{ count: number }>('test.first')
const second = event<{ count: number }>('test.second')
const other = event<{ count: number }>('test.other')

const start = (tasks: Task<null>[], works: boolean) =>
  startWorker({
    executeSql: opened.executeSql,
    tasks,
    schedules: [],
    deps: null,
    clock: { now: () => new Date('2026-04-05T10:00:00Z') },
    log: silentLog,
    works,
  })

test('one queue follows many events, is told which, and is emptied without waiting for the polling', async () => {
  const told: (Told & { count?: number })[] = []
  const total = 40
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const tasks = [
    taskOfMany<null>([first.name, second.name], 'test.many', async (_, payload) => {
      told.push(payload)
      // The first one comes twice, as after a crash.
      if (told.length === 1) throw new Error('once')
      if (told.length === total + 1) finish()
    }),
  ]
  const idle = await start(tasks, false)
  subscribe(tasks)
  await opened.db.tx(async (tx) => {
    for (let count = 0; count < total; count++) {
      await emit(tx, count % 2 === 0 ? first : second, { count })
      await emit(tx, other, { count })
    }
  })
  await idle.stop(0)

  const begun = performance.now()
  const worker = await start(tasks, true)
  await finished
  // Two a second by polling alone: twenty seconds.
  expect(performance.now() - begun).toBeLessThan(10_000)
  await worker.stop(0)
  const ids = new Set(told.map(({ eventId }) => eventId))
  expect(ids.size).toBe(total)
  expect(told.filter(({ eventId }) => eventId === told[0]?.eventId)).toHaveLength(2)
  for (const { eventName, eventId, count = -1 } of told) {
    expect(eventName).toBe(count % 2 === 0 ? 'test.first' : 'test.second')
    expect(eventId).toMatch(/^evt_/)
  }
})
