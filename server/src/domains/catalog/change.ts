// Changing an own dataset: its terms, and its way between active and paused. `pending_deletion` as a
// status starts the deletion.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { idFor } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import * as metering from '../metering/metering.ts'
import { priceTermsOf } from './offers.ts'
import { lockOwn, requireListed, writePolicy } from './own.ts'
import { pointFactsOf } from './pricing.ts'
import { beginRemoval } from './remove.ts'
import type { Dataset, DatasetStatus } from './store.ts'
import * as store from './store.ts'
import { changedTerms, isRemoved, statusAfter, type TermsInput, touchesPrice } from './terms.ts'

export type DatasetChange = TermsInput & { id: string; status?: DatasetStatus | undefined }

/**
 * Throws `not_found`, `conflict` for a step that the status does not allow and for a dataset that is
 * being deleted, `invalid_request`. The deletion asked for again answers the same job.
 */
export async function changeDataset(
  { db }: { db: Db },
  call: Call,
  change: DatasetChange,
): Promise<Dataset> {
  const { actor, now } = call
  const id = requireListed(actor, change.id)
  const book = await metering.priceBookAt(db, now)
  const demand = (await metering.demandOf(db, [id], now)).get(id) ?? { d7: 0, d28: 0 }
  return db.tx(async (tx) => {
    const before = await lockOwn(tx, actor, id)
    if (isRemoved(before)) return refuseRemoved(before, change)
    const isRemoval = change.status === 'pending_deletion'
    const status = statusAfter(before.status, isRemoval ? undefined : change.status)
    const after = { ...before, ...changedTerms(before, change, book), status, updatedAt: now }
    await save(tx, call, { before, after })
    if (touchesPrice(change)) await reprice(tx, call, { after, book, demand })
    return isRemoval ? beginRemoval(tx, call, after) : after
  })
}

function refuseRemoved(dataset: Dataset, { id, status, ...terms }: DatasetChange): Dataset {
  const isSame = Object.values(terms).every((value) => value === undefined)
  if (id === dataset.id && status === 'pending_deletion' && isSame) return dataset
  throw new Failure('conflict', 'The dataset is being deleted and cannot be changed.')
}

async function save(
  tx: Tx,
  call: Call,
  { before, after }: { before: Dataset; after: Dataset },
): Promise<void> {
  const changes = audit.changesOf(auditable(before), auditable(after))
  if (Object.keys(changes).length === 0) return
  await store.updateTerms(tx, after)
  await writePolicy(tx, after)
  await audit.record(tx, call, { action: 'dataset.update', targetId: after.id, changes })
}

// JSON has no bigint inside an object; the time of the change stands beside the entry anyway.
function auditable({ unitPrices, updatedAt: _, ...dataset }: Dataset) {
  if (!unitPrices) return { ...dataset, unitPrices: null }
  const { retrieval, citation, download } = unitPrices
  return { ...dataset, unitPrices: [retrieval, citation, download].map(String) }
}

// From now on, so that lists and the history follow a change at once.
async function reprice(
  tx: Tx,
  { chargeKey, now }: Call,
  { after, ...facts }: { after: Dataset; book: metering.PriceBook; demand: metering.Demand },
): Promise<void> {
  const terms = priceTermsOf({ ...after, point: null }, facts.book)
  const point = pointFactsOf(terms, { demand: facts.demand, now })
  await store.insertPoint(tx, { ...point, id: idFor('pp', chargeKey), datasetId: after.id, now })
}
