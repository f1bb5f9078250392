// Who works at an object, and how often it was tried. One worker at a time: its lease is renewed while it
// works and lapses when it dies. An attempt is counted before it begins, so that a file that kills its
// worker is given up in the end. What a worker did counts only while it still holds the lease.
import { randomUUID } from 'node:crypto'
import { addMs } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as objects from '../objects/objects.ts'
import type { ObjectName, RunStage } from './store.ts'
import * as store from './store.ts'

/** Of one stage, whatever ended them. */
export const attemptsMax = 5

export const leaseMs = 90_000
const renewEveryMs = 30_000
// After the first, second … attempt. The watchdog goes on when the pause is over.
const pausesMs = [30_000, 120_000, 600_000, 1_800_000] as const

export interface Lease extends ObjectName {
  holder: string
  stage: 'extract' | 'chunk'
  /** With this one. */
  attempts: number
}

/** While a lease is held: `signal` also ends when another worker took over. */
export interface Hold {
  now(): Date
  signal: AbortSignal
}

/**
 * Takes up the next stage of an approved object. Null where there is nothing to do: the object went,
 * failed or is done, another worker is at it, a pause runs, or the last attempt was the last one; then
 * the object has failed with `attempts_exhausted`.
 */
export async function takeLease(tx: Tx, name: ObjectName, now: Date): Promise<Lease | null> {
  const states = await store.lockStates(tx, name)
  if (!isOpen(states)) return null
  await store.insertRun(tx, name)
  const run = await store.lockRun(tx, name)
  assert(run, 'a run was made')
  if (run.leasedUntil && run.leasedUntil > now) return null

  // Only an approval and the command `retry` make an object queued: both start counting anew.
  const isFresh = states?.indexState === 'queued'
  const attempts = (isFresh ? 0 : run.attempts) + 1
  if (attempts > attemptsMax) {
    await giveUp(tx, { ...name, stage: run.stage, attempts: run.attempts }, now)
    return null
  }
  const stage = run.stage === 'extract' ? 'extract' : 'chunk'
  const lease = { ...name, holder: randomUUID(), stage, attempts } as const
  await store.markLeased(tx, { ...lease, leasedUntil: addMs(now, leaseMs) })
  if (isFresh) await objects.recordStage(tx, { ...name, now, stage: 'extracting' })
  return lease
}

function isOpen(states: Awaited<ReturnType<typeof store.lockStates>>): boolean {
  if (!states || states.removedAt || states.reviewState !== 'approved') return false
  return states.indexState === 'queued' || states.indexState === 'extracting'
}

async function giveUp(
  tx: Tx,
  { stage, attempts, ...name }: ObjectName & { stage: RunStage; attempts: number },
  now: Date,
): Promise<void> {
  const message = `This stage was started ${attempts} times and never came to its end. Start it again; if it fails again, tell the operator.`
  await store.markReleased(tx, { ...name, stage, attempts: 0, leasedUntil: null })
  await objects.recordStage(tx, {
    ...name,
    now,
    stage: 'failed',
    failure: { stage, code: 'attempts_exhausted', message, attempts },
  })
}

/** Locks object and run. False where another worker took over or the object went: then write nothing. */
export async function stillHolds(tx: Tx, lease: Lease): Promise<boolean> {
  const states = await store.lockStates(tx, lease)
  if (!isOpen(states)) return false
  const run = await store.lockRun(tx, lease)
  return run?.holder === lease.holder
}

/** Ends the attempt without an end of the stage; the next one comes after a pause. */
export async function pause(tx: Tx, lease: Lease, now: Date): Promise<void> {
  const pauseMs = pausesMs[lease.attempts - 1] ?? 0
  await store.markReleased(tx, { ...lease, leasedUntil: addMs(now, pauseMs) })
}

/** Ends the stage and the object's way; `stage` is where a retry begins. */
export async function fail(
  tx: Tx,
  lease: Lease,
  end: { code: string; message: string; stage: Lease['stage']; now: Date },
): Promise<void> {
  const { objectId, tenantId, attempts } = lease
  await store.markReleased(tx, {
    objectId,
    tenantId,
    stage: end.stage,
    attempts: 0,
    leasedUntil: null,
  })
  await objects.recordStage(tx, {
    objectId,
    tenantId,
    now: end.now,
    stage: 'failed',
    failure: { stage: lease.stage, code: end.code, message: end.message, attempts },
  })
}

/** Works under a lease and renews it. Where `work` throws, the attempt ends, and the error goes on. */
export async function underLease(
  db: Db,
  lease: Lease,
  run: TaskRun,
  work: (hold: Hold) => Promise<void>,
): Promise<void> {
  const startedMs = performance.now()
  const now = () => addMs(run.now, performance.now() - startedMs)
  const lost = new AbortController()
  const renew = async () => {
    const isHeld = await store.renewLease(db, { ...lease, leasedUntil: addMs(now(), leaseMs) })
    if (!isHeld) lost.abort(new Error('another worker took over'))
  }
  // A beat that fails is made good by the next; without any, the lease lapses, which is what it is for.
  const beat = setInterval(() => void renew().catch(() => {}), renewEveryMs)
  beat.unref()
  try {
    await work({ now, signal: AbortSignal.any([run.signal, lost.signal]) })
  } catch (error) {
    // Where even this fails the lease lapses.
    await db.tx((tx) => endAttempt(tx, lease, run, now())).catch(() => {})
    throw error
  } finally {
    clearInterval(beat)
  }
}

async function endAttempt(tx: Tx, lease: Lease, { signal }: TaskRun, now: Date): Promise<void> {
  if (!(await stillHolds(tx, lease))) return
  // A server that stops is no fault of the file: the attempt does not count.
  if (signal.aborted && !isTimeout(signal.reason)) {
    await store.markReleased(tx, { ...lease, attempts: lease.attempts - 1, leasedUntil: null })
  } else {
    await pause(tx, lease, now)
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
