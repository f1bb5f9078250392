// What an operator watches: queues, what failed, how far the engine is behind, and money that nothing
// explains, which must be zero.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Extractor } from '../ingest/extractor.ts'
import * as ledger from '../ledger/ledger.ts'
import * as search from '../search/search.ts'
import * as store from './store.ts'

export interface QueueCount {
  name: string
  waiting: number
  running: number
  /** Tasks that were given up. */
  failed: number
  oldestWaitingAt: Date | null
}

export interface SystemDeps {
  db: Db
  worker: { counts(): Promise<QueueCount[]> }
  extractor: Pick<Extractor, 'isolated'>
}

export interface SystemState {
  queues: QueueCount[]
  oldestWaitingAt: Date | null
  /** Changes that the engine does not have yet. */
  indexLag: number
  failedObjects: number
  unexplainedMicros: bigint
  isExtractionIsolated: boolean
}

export async function systemState(
  { db, worker, extractor }: SystemDeps,
  _: Call,
): Promise<SystemState> {
  const queues = await worker.counts()
  return {
    queues,
    oldestWaitingAt: oldestOf(queues),
    indexLag: await search.engineLag(db),
    failedObjects: await store.countFailedObjects(db),
    unexplainedMicros: await unexplainedOf(db),
    isExtractionIsolated: extractor.isolated,
  }
}

function oldestOf(queues: readonly QueueCount[]): Date | null {
  return queues.reduce<Date | null>((oldest, { oldestWaitingAt }) => {
    if (!oldestWaitingAt) return oldest
    return oldest && oldest <= oldestWaitingAt ? oldest : oldestWaitingAt
  }, null)
}

// Absolute sums: two mistakes must not make each other invisible.
async function unexplainedOf(db: Db): Promise<bigint> {
  const accounts = await ledger.verify(db)
  const wrongBalances = accounts.reduce(
    (sum, account) => sum + sizeOf(account.balanceMicros - account.transfersMicros),
    0n,
  )
  const { totalMicros } = await ledger.trialBalance(db)
  return wrongBalances + sizeOf(totalMicros) + (await store.sumUnexplainedCharges(db))
}

function sizeOf(micros: bigint): bigint {
  return micros < 0n ? -micros : micros
}
