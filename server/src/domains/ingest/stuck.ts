// The watchdog of ingestion. It looks at rows and never at the queue, so a lost task is found as surely as
// a dead worker, and a full queue looks like neither.
import { addMs } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as objects from '../objects/objects.ts'
import { advance } from './advance.ts'
import type { ExtractDeps } from './extract.ts'
import type { StuckObject } from './store.ts'
import * as store from './store.ts'

/** Nobody took the object up for so long: its task was lost, or others go first. */
export const unattendedMs = 120_000
/** The engine should have it by now, and nothing waits in the outbox. */
export const unfedMs = 300_000
const perRun = 20

/** Objects in a stage that nobody works at, the oldest first, at most 20 before and 20 after chunking. */
export async function findStuck(db: Db, now: Date): Promise<StuckObject[]> {
  return [
    ...(await store.listUnattended(db, { now, before: addMs(now, -unattendedMs), limit: perRun })),
    ...(await store.listUnfed(db, { before: addMs(now, -unfedMs), limit: perRun })),
  ]
}

/** Does the next stage of each, here and now: an event would only fill the queue that they wait in. */
export async function resumeStuck(deps: ExtractDeps, run: TaskRun): Promise<void> {
  const errors: unknown[] = []
  for (const stuck of await findStuck(deps.db, run.now)) {
    if (run.signal.aborted) return
    // One object that cannot be helped must not keep the others from it.
    await resume(deps, stuck, run).catch((error: unknown) => errors.push(error))
  }
  if (errors.length > 0) throw new AggregateError(errors, 'objects could not be resumed')
}

async function resume(deps: ExtractDeps, stuck: StuckObject, run: TaskRun): Promise<void> {
  if (stuck.indexState === 'embedding') await reopen(deps.db, stuck, run.now)
  await advance(deps, { objectId: stuck.objectId, tenantId: stuck.tenantId }, run)
}

/** Back to where chunks are made. Nothing where it went on since it was found. */
async function reopen(db: Db, stuck: StuckObject, now: Date): Promise<void> {
  await db.tx(async (tx) => {
    const states = await store.lockStates(tx, stuck)
    if (states?.indexState !== 'embedding') return
    if (states.stageChangedAt.getTime() !== stuck.stageChangedAt.getTime()) return
    const { objectId, tenantId } = stuck
    await objects.recordStage(tx, { objectId, tenantId, now, stage: 'extracting' })
  })
}
