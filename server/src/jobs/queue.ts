// The queue's vocabulary: a domain declares its events, emits them in the transaction of the change,
// and an upper domain subscribes by a task. On pg-boss 10, never by its `publish`, which reads outside
// the transaction and swallows errors (architecture 10).
import PgBoss from 'pg-boss'
import type { Tx } from '../base/db.ts'
import { assert } from '../base/errors.ts'
import { type Id, newId } from '../base/ids.ts'

/** A past fact. Its payload holds ids only; a task reads the state. */
export interface Event<P extends object> {
  name: string
  /** Never set; carries the type. */
  payload?: P
}

export interface TaskRun {
  now: Date
  signal: AbortSignal
}

/** What a task that follows many events learns beside the payload. */
export interface Told {
  eventName: string
  /** Of this one emission: the same each time that its task runs. */
  eventId: Id<'evt'>
}

/** One unit of work for an event. May run twice and in any order: it does what the state lacks. */
export interface Task<D> {
  queue: string
  events: readonly string[]
  /** Its payload is a `Told` as well. */
  isTold: boolean
  timeLimitSeconds: number
  attempts: number
  /** How many of it may run in this process at once. */
  concurrency: number
  run(deps: D, payload: object, run: TaskRun): Promise<void>
}

/** Work by the clock of the machine: watchdogs and sweeps that look at rows. Harmless twice. */
export interface Schedule<D> {
  name: string
  everySeconds: number
  run(deps: D, run: TaskRun): Promise<void>
}

export function event<P extends object>(name: string): Event<P> {
  return { name }
}

interface TaskLimits {
  timeLimitSeconds?: number
  attempts?: number
  concurrency?: number
}

export function task<D, P extends object>(
  event: Event<P>,
  queue: string,
  run: (deps: D, payload: P, run: TaskRun) => Promise<void>,
  limits: TaskLimits = {},
): Task<D> {
  return {
    queue,
    events: [event.name],
    isTold: false,
    ...limitsOf(limits),
    // The payload was written by `emit` with this very event, so its type is known.
    run,
  }
}

/** One queue for many events, so that following them all costs no more polling than following one. */
export function taskOfMany<D>(
  events: readonly string[],
  queue: string,
  run: (deps: D, payload: Told, run: TaskRun) => Promise<void>,
  limits: TaskLimits = {},
): Task<D> {
  return { queue, events, isTold: true, ...limitsOf(limits), run }
}

function limitsOf({ timeLimitSeconds = 60, attempts = 5, concurrency = 1 }: TaskLimits) {
  return { timeLimitSeconds, attempts, concurrency }
}

export const deadLetterOf = (queue: string) => `${queue}.dead`

// Which queues follow an event. The same for every app in a process, since it is the program's own
// table; app.ts fills it before anything is served.
const subscribers = new Map<string, Task<never>[]>()
const wakers = new Map<string, Set<() => void>>()

export function subscribe(tasks: readonly Task<never>[]): void {
  subscribers.clear()
  for (const task of tasks) {
    for (const name of task.events) {
      subscribers.set(name, [...(subscribers.get(name) ?? []), task])
    }
  }
}

/** Lets an emit in this process wake the worker at once; polling finds everything anyway. */
export function onWake(queue: string, wake: () => void): () => void {
  const set = wakers.get(queue) ?? new Set()
  wakers.set(queue, set.add(wake))
  return () => set.delete(wake)
}

// Only writes statements; every send brings its own transaction.
const sender = new PgBoss({
  db: { executeSql: () => Promise.reject(new Error('a send needs a transaction')) },
  supervise: false,
  schedule: false,
})

/** Enqueues one task for each subscriber of the event, in the caller's transaction. */
export async function emit<P extends object>(tx: Tx, event: Event<P>, payload: P): Promise<void> {
  for (const task of subscribers.get(event.name) ?? []) {
    const told: Told = { eventName: event.name, eventId: newId('evt') }
    const id = await sender.send(task.queue, task.isTold ? { ...payload, ...told } : payload, {
      db: { executeSql: (text, values) => tx.execute(text, values) },
      retryLimit: task.attempts - 1,
      retryDelay: 1,
      retryBackoff: true,
      expireInSeconds: task.timeLimitSeconds,
      deadLetter: deadLetterOf(task.queue),
    })
    assert(id, `the queue ${task.queue} exists`)
    tx.afterCommit(() => {
      for (const wake of wakers.get(task.queue) ?? []) wake()
    })
  }
}
