// The end of what was made of an object: out of search, and its texts deleted.
import type { Db } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as catalog from '../catalog/catalog.ts'
import * as objects from '../objects/objects.ts'
import * as search from '../search/search.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

/** Follows a removal and a purge; the purge also follows a refusal. Harmless twice. */
export async function forget(
  { db }: { db: Db },
  { objectId, tenantId }: ObjectName,
  { now }: TaskRun,
): Promise<void> {
  await db.tx(async (tx) => {
    const object = await objects.findObject(tx, objectId)
    await store.deletePages(tx, { objectId, tenantId })
    await store.deleteRun(tx, { objectId, tenantId })
    if (object?.tenantId !== tenantId) return
    if (object.removedAt) await objects.finishRemoval(tx, { tenantId, objectId, now })
    // What was never approved never came into search.
    if (object.reviewState !== 'approved') return
    const { datasetId, objectNo } = object
    const facts = await catalog.datasetFacts(tx, datasetId)
    assert(facts, 'an object has a dataset')
    const { datasetNo } = facts
    // Last: it takes the number that orders the outbox.
    await search.dropObject(tx, { objectId, objectNo, datasetNo, tenantId })
  })
}
