import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import * as disputes from '../disputes/disputes.ts'
import type { RetrievalEvent } from './store.ts'

/** Use that was refunded is no use to build on. */
export async function requireNotRefunded(db: Db, events: readonly RetrievalEvent[]): Promise<void> {
  const ids = events.map((event) => event.usageEventId)
  if ((await disputes.listRefunded(db, ids)).size === 0) return
  throw new Failure('conflict', 'This use was refunded.')
}
