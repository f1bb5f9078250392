// One stage of one object. It reads what the state lacks, so it may run twice and in any order.
import type { TaskRun } from '../../jobs/queue.ts'
import { type ExtractDeps, extract } from './extract.ts'
import { handOver } from './hand-over.ts'
import { takeLease, underLease } from './lease.ts'
import type { ObjectName } from './store.ts'

/**
 * Does the next stage of an approved object: extract, then chunk. Nothing where another worker is at it,
 * a pause runs, or nothing is left to do. A file that cannot be read is recorded with the object; what
 * throws is an outage, and the attempt is made again later.
 */
export async function advance(deps: ExtractDeps, name: ObjectName, run: TaskRun): Promise<void> {
  const { db } = deps
  const lease = await db.tx((tx) => takeLease(tx, name, run.now))
  if (!lease) return
  const work = lease.stage === 'extract' ? extract : handOver
  await underLease(db, lease, run, (hold) => work(deps, lease, hold))
}
