// One own dataset, as the caller may manage it: of its tenant and, for a key with a list, in that list.
// Anything else is not found. Its policy in `access` follows from its status and is written with it.
import type { Actor } from '../../base/call.ts'
import type { Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import type { Dataset } from './store.ts'
import * as store from './store.ts'
import { isRemoved } from './terms.ts'

export function requireListed({ datasetIds }: Actor, datasetId: string): Id<'dset'> {
  const id = asId('dset', datasetId)
  if (datasetIds && !datasetIds.includes(id)) throw notFound()
  return id
}

export async function lockOwn(tx: Tx, actor: Actor, datasetId: string): Promise<Dataset> {
  const id = requireListed(actor, datasetId)
  await store.lockDataset(tx, actor.tenantId, id)
  const dataset = await store.findDataset(tx, actor.tenantId, id)
  if (!dataset) throw notFound()
  return dataset
}

type Policed = Pick<Dataset, 'id' | 'tenantId' | 'visibility' | 'accessPolicy' | 'status'>

/** Only active datasets are open for use; one that is being deleted is not even discovered. */
export async function writePolicy(tx: Tx, dataset: Policed): Promise<void> {
  await access.setPolicy(tx, {
    datasetId: dataset.id,
    tenantId: dataset.tenantId,
    visibility: dataset.visibility,
    accessPolicy: dataset.accessPolicy,
    openForUse: dataset.status === 'active',
    discoverable: !isRemoved(dataset),
  })
}
