// What a reindexing, which `ingest` does, has to do with the dataset itself.
import { type Call, systemActor } from '../../base/call.ts'
import type { Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import { lockOwn } from './own.ts'
import type { Dataset } from './store.ts'
import * as store from './store.ts'
import { isRemoved } from './terms.ts'

/** Locks an own dataset. Throws `not_found`, and `conflict` for one that is being deleted. */
export async function lockForReindex(tx: Tx, call: Call, datasetId: string): Promise<Dataset> {
  const dataset = await lockOwn(tx, call.actor, datasetId)
  if (isRemoved(dataset)) throw new Failure('conflict', 'The dataset is being deleted.')
  return dataset
}

/** Its objects are embedded with another model by now; null: with the same. */
export async function noteReindexed(
  tx: Tx,
  {
    datasetId: id,
    tenantId,
    embeddingModel: model,
    now,
  }: { datasetId: Id<'dset'>; tenantId: Id<'tnt'>; embeddingModel: string | null; now: Date },
): Promise<void> {
  if (model !== null) await store.updateEmbeddingModel(tx, { id, tenantId, model })
  const actor = systemActor(tenantId, 'ingest.reindex')
  const changes = { embeddingModel: model }
  await audit.record(tx, { actor, now }, { action: 'dataset.reindexed', targetId: id, changes })
}
