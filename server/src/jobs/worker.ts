// Runs the tasks of the queue and the schedules, until stopped. All queues exist before anything is
// served: pg-boss answers null for a queue that does not, and the task would be lost.
import PgBoss from 'pg-boss'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { deadLetterOf, onWake, type Schedule, type Task } from './queue.ts'

const pollSeconds = 0.5

/** The queue's own way into the database: plain text; what type an 8-byte number gets is the driver's matter. */
export type ExecuteSql = <Row>(text: string, values?: unknown[]) => Promise<{ rows: Row[] }>

export interface Worker {
  /** Waiting, running and dead tasks by queue. */
  counts(): Promise<QueueCount[]>
  /** Runs every schedule, or those named, once and in order: for whoever moves the clock by hand. */
  runSchedules(names?: readonly string[]): Promise<void>
  stop(graceMs: number): Promise<void>
}

export interface QueueCount {
  name: string
  waiting: number
  running: number
  failed: number
  oldestWaitingAt: Date | null
}

interface WorkerOptions<D> {
  executeSql: ExecuteSql
  tasks: readonly Task<D>[]
  schedules: readonly Schedule<D>[]
  deps: D
  clock: Clock
  log: Log
  /** False: only makes the queues, so that `emit` works; another process does the work. */
  works: boolean
}

export async function startWorker<D>(options: WorkerOptions<D>): Promise<Worker> {
  const { executeSql, tasks, log } = options
  let isStopped = false
  // The queue may ask once more after its end, when the database is closed: nobody waits for that answer.
  const untilStopped: ExecuteSql = (text, values) =>
    isStopped ? new Promise(() => undefined) : executeSql(text, values)
  const boss = new PgBoss({
    db: { executeSql: untilStopped },
    schedule: false,
    supervise: options.works,
  })
  boss.on('error', (error) => log.error({ err: error }, 'the queue met an error'))
  await boss.start()
  for (const task of tasks) {
    await boss.createQueue(deadLetterOf(task.queue))
    await boss.createQueue(task.queue)
  }
  const work = options.works
    ? await startWork(boss, options)
    : { end() {}, busy: idle, runSchedules: idle }
  return {
    counts: () => countQueues(executeSql, tasks),
    runSchedules: work.runSchedules,
    stop: async (graceMs) => {
      work.end()
      await Promise.race([
        work.busy(),
        new Promise((resolve) => setTimeout(resolve, graceMs).unref()),
      ])
      await boss.stop({ graceful: false, close: false })
      isStopped = true
    },
  }
}

const idle = () => Promise.resolve()

async function startWork<D>(boss: PgBoss, options: WorkerOptions<D>) {
  const { deps, clock, log } = options
  const ending = new AbortController()
  const running = new Set<Promise<void>>()
  const unhook: (() => void)[] = []
  const track = (work: Promise<void>) => {
    running.add(work)
    return work.finally(() => running.delete(work))
  }

  for (const task of options.tasks) {
    for (let worker = 0; worker < task.concurrency; worker++) {
      const wake = () => {
        if (id) boss.notifyWorker(id)
      }
      let id = ''
      id = await boss.work<object>(
        task.queue,
        { pollingIntervalSeconds: pollSeconds, batchSize: 1 },
        async ([job]) => {
          if (!job) return
          const signal = AbortSignal.any([
            ending.signal,
            AbortSignal.timeout(task.timeLimitSeconds * 1_000),
          ])
          const work = task.run(deps, job.data, { now: clock.now(), signal })
          await track(work).catch((error: unknown) => {
            // Cut off by the end of the process: it is taken up after the next start.
            if (!ending.signal.aborted) {
              log.error({ err: error, queue: task.queue, task: job.id }, 'a task failed')
            }
            throw error
          })
          // The next one at once: a queue that has filled up is not emptied at the pace of the polling.
          wake()
        },
      )
      unhook.push(onWake(task.queue, wake))
    }
  }

  const runningSchedules = options.schedules.map((schedule) => {
    let current: Promise<void> | null = null
    const run = () => {
      current ??= track(schedule.run(deps, { now: clock.now(), signal: ending.signal }))
        .catch((error: unknown) => {
          if (!ending.signal.aborted) {
            log.error({ err: error, name: schedule.name }, 'a schedule failed')
          }
        })
        .finally(() => {
          current = null
        })
      return current
    }
    // At once as well: what a dead process left behind is not kept waiting for the first round.
    void run()
    const timer = setInterval(run, schedule.everySeconds * 1_000)
    unhook.push(() => clearInterval(timer))
    // A round under way may have read the clock before it was moved.
    const runAgain = async () => {
      await current
      await run()
    }
    return { name: schedule.name, runAgain }
  })

  return {
    end: () => {
      ending.abort()
      for (const undo of unhook) undo()
    },
    busy: async () => void (await Promise.allSettled([...running])),
    runSchedules: async (names?: readonly string[]) => {
      for (const { name, runAgain } of runningSchedules) {
        if (names?.includes(name) ?? true) await runAgain()
      }
    },
  }
}

interface CountRow {
  name: string
  state: string
  count: number
  oldest: Date
}

async function countQueues<D>(
  executeSql: ExecuteSql,
  tasks: readonly Task<D>[],
): Promise<QueueCount[]> {
  const { rows: counted } = await executeSql<CountRow>(
    `select name, state, count(*)::int as count, min(created_on) as oldest
     from pgboss.job where state in ('created', 'retry', 'active') group by name, state`,
  )
  const of = (name: string, states: string[]) =>
    counted.filter((row) => row.name === name && states.includes(row.state))
  return tasks.map((task) => {
    const waiting = of(task.queue, ['created', 'retry'])
    return {
      name: task.queue,
      waiting: sum(waiting),
      running: sum(of(task.queue, ['active'])),
      failed: sum(of(deadLetterOf(task.queue), ['created', 'retry'])),
      oldestWaitingAt: waiting.map((row) => row.oldest).sort((a, b) => +a - +b)[0] ?? null,
    }
  })
}

function sum(rows: { count: number }[]): number {
  return rows.reduce((total, row) => total + row.count, 0)
}
