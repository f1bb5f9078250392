// Datasets: what is listed and priced, and on which terms. The policy of a dataset in `access` is written
// in the transaction of its change; its counters are told by `objects`. A status changes under the lock
// of the row, which comes after that of an object. Who may use a dataset is decided in `access`.
import { type Call, systemActor } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as access from '../access/access.ts'
import * as audit from '../audit/audit.ts'
import * as metering from '../metering/metering.ts'
import { wordsOf } from './browse.ts'
import { priceTermsOf } from './offers.ts'
import { requireListed, writePolicy } from './own.ts'
import { pointFactsOf } from './pricing.ts'
import type { Dataset, DatasetStatus, ObjectCounts } from './store.ts'
import * as store from './store.ts'
import { newTerms, type TermsInput } from './terms.ts'

export { browse, getListing } from './browse.ts'
export { changeDataset } from './change.ts'
export { curate, curatedOf } from './curate.ts'
export { events } from './events.ts'
export { type Offer, offerFrom, offersFor, type StoredOffer } from './offers.ts'
export { unitPriceOf } from './pricing.ts'
export { lockForReindex, noteReindexed } from './reindexed.ts'
export { finishRemoval, removeDataset, startRemoval } from './remove.ts'
export type { Dataset, DatasetFacts, DatasetStatus } from './store.ts'

/** Throws `invalid_request`, and `forbidden` for a key that is limited to a list of datasets. */
export async function createDataset(
  { db }: { db: Db },
  call: Call,
  input: TermsInput & { name: string },
): Promise<Dataset> {
  const { actor, chargeKey, now } = call
  const { tenantId } = actor
  if (actor.datasetIds) {
    throw new Failure('forbidden', 'A key that is limited to datasets cannot create others.')
  }
  const book = await metering.priceBookAt(db, now)
  const owners = await access.ownersOf(db, [tenantId])
  const embeddingModel = owners.get(tenantId)?.embeddingModel ?? null
  const terms = newTerms(input, { book, embeddingModel })
  const id = idFor('dset', chargeKey)
  return db.tx(async (tx) => {
    const isNew = await store.insertDataset(tx, { ...terms, id, tenantId, now })
    if (isNew) await welcome(tx, call, { ...terms, id, tenantId, book })
    const dataset = await store.findDataset(tx, tenantId, id)
    assert(dataset, 'the dataset was made just before')
    return dataset
  })
}

async function welcome(
  tx: Tx,
  call: Call,
  {
    book,
    ...made
  }: store.DatasetTerms & Pick<Dataset, 'id' | 'tenantId'> & { book: metering.PriceBook },
): Promise<void> {
  const { chargeKey, now } = call
  await writePolicy(tx, { ...made, status: 'draft' })
  const terms = priceTermsOf({ ...made, curated: false, point: null }, book)
  const point = pointFactsOf(terms, { demand: { d7: 0, d28: 0 }, now })
  await store.insertPoint(tx, { ...point, id: idFor('pp', chargeKey), datasetId: made.id, now })
  const { name, visibility, accessPolicy, monetizationMode, pricingModel } = made
  await audit.record(tx, call, {
    action: 'dataset.create',
    targetId: made.id,
    changes: { name, visibility, accessPolicy, monetizationMode, pricingModel },
  })
}

/** One own dataset, also while it is being deleted and afterwards. */
export async function getDataset(
  { db }: { db: Db },
  { actor }: Call,
  datasetId: string,
): Promise<Dataset> {
  const id = requireListed(actor, datasetId)
  const dataset = await store.findDataset(db, actor.tenantId, id)
  if (!dataset) throw notFound()
  return dataset
}

/** For tasks, which carry ids only. Undefined for an unknown dataset. */
export async function datasetFacts(
  sql: Sql,
  datasetId: Id<'dset'>,
): Promise<store.DatasetFacts | undefined> {
  return store.findFacts(sql, datasetId)
}

/** Own datasets, newest first; a key with a list sees those of its list. */
export async function listDatasets(
  { db }: { db: Db },
  { actor, after }: Call,
  {
    q,
    ...filter
  }: {
    status: DatasetStatus | null
    visibility: access.Visibility | null
    q: string | null
    limit: number
  },
): Promise<Page<Dataset>> {
  const rows = await store.listDatasets(db, actor.tenantId, {
    ...filter,
    words: wordsOf(q),
    onlyIds: actor.datasetIds,
    afterId: afterId(after),
  })
  return pageOf(rows, filter.limit, (dataset) => [dataset.id])
}

/** An upload was confirmed: the first one makes a draft `ingesting`. */
export async function noteUpload(
  tx: Tx,
  datasetId: Id<'dset'>,
  tenantId: Id<'tnt'>,
  now: Date,
): Promise<void> {
  await step(tx, { id: datasetId, tenantId, from: 'draft', to: 'ingesting', now })
}

/** An object can be found: the first one makes the dataset `active` and opens it for use. */
export async function noteIndexed(
  tx: Tx,
  datasetId: Id<'dset'>,
  tenantId: Id<'tnt'>,
  now: Date,
): Promise<void> {
  await step(tx, { id: datasetId, tenantId, from: 'ingesting', to: 'active', now })
}

async function step(tx: Tx, to: Parameters<typeof store.markStatus>[1]): Promise<void> {
  if (!(await store.markStatus(tx, to))) return
  const dataset = await store.findDataset(tx, to.tenantId, to.id)
  assert(dataset, 'the dataset was changed just before')
  await writePolicy(tx, dataset)
  await audit.record(
    tx,
    { actor: systemActor(to.tenantId, 'catalog'), now: to.now },
    {
      action: 'dataset.update',
      targetId: to.id,
      changes: { status: { before: to.from, after: to.to } },
    },
  )
}

/**
 * What an object's change adds to the counters of its dataset, in its transaction: `objects` confirmed
 * and not removed, `active` of them indexed, `pendingReview` without a decision.
 */
export async function noteObjects(
  tx: Tx,
  counts: Partial<ObjectCounts> & { datasetId: Id<'dset'>; tenantId: Id<'tnt'>; now: Date },
): Promise<void> {
  const { datasetId, tenantId, now, active = 0 } = counts
  await store.addCounts(tx, {
    datasetId,
    tenantId,
    objects: counts.objects ?? 0,
    active,
    pendingReview: counts.pendingReview ?? 0,
    chunks: counts.chunks ?? 0,
    storageBytes: counts.storageBytes ?? 0n,
    freshestAt: active > 0 ? now : null,
  })
}
