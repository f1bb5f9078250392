// Hits that were put together before a transaction and are sold or promised in it: what was removed, and
// what the caller may no longer use, is noticed there.
import type { Call } from '../../base/call.ts'
import type { Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import * as access from '../access/access.ts'
import type { Hit } from './hits.ts'
import type { Session } from './page.ts'
import * as store from './store.ts'

/** A hit is not what it was when the page was put together. */
export class StaleHits extends Error {}

export async function requireFresh(
  tx: Tx,
  { actor, now }: Call,
  { reach }: Session,
  hits: readonly Hit[],
): Promise<void> {
  const foundIn = new Set(hits.map(({ chunk }) => chunk.datasetId))
  const asked = access.narrowReach(reach, ({ id }) => foundIn.has(id))
  const usable = await access.reachNow(tx, actor, asked, now)
  const chunkNos = hits.map(({ chunk }) => chunk.chunkNo)
  if ((await store.countLiveChunks(tx, usable, chunkNos)) < hits.length) throw new StaleHits()
}

export function asFailure(error: unknown): unknown {
  return error instanceof StaleHits
    ? new Failure('service_unavailable', 'The datasets are changing right now. Try again.')
    : error
}
