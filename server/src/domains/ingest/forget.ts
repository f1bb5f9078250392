// The end of what was made of an object: out of search, and its texts deleted.
import type { Db, Tx } from '../../base/db.ts'
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
    if (object?.tenantId === tenantId && object.removedAt) {
      await objects.finishRemoval(tx, { tenantId, objectId, now })
    }
    // What was never approved never came into search; what was rejected afterwards is out of it.
    if (object?.tenantId === tenantId && object.reviewState === 'approved') {
      return takeOut(tx, { objectId, tenantId })
    }
    await deleteTexts(tx, { objectId, tenantId })
  })
}

/** Out of search and without texts, in the caller's transaction, of which it is the end. */
export async function takeOut(tx: Tx, { objectId, tenantId }: ObjectName): Promise<void> {
  await deleteTexts(tx, { objectId, tenantId })
  const object = await objects.findObject(tx, objectId)
  const facts = object && (await catalog.datasetFacts(tx, object.datasetId))
  assert(object && facts, 'an object has a dataset')
  const { objectNo } = object
  // Last: it takes the number that orders the outbox.
  await search.dropObject(tx, { objectId, objectNo, datasetNo: facts.datasetNo, tenantId })
}

async function deleteTexts(tx: Tx, name: ObjectName): Promise<void> {
  await store.deletePages(tx, name)
  await store.deleteRun(tx, name)
}
