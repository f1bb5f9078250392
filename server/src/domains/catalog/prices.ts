// Price points: the price of a dataset from a time on. A new one is written only where something differs,
// so the history carries the last one forward.
import type { Db, Tx } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as metering from '../metering/metering.ts'
import { priceTermsOf } from './offers.ts'
import { type PointFacts, pointFactsOf } from './pricing.ts'
import * as store from './store.ts'

const batch = 200

/** Works out the price of every dataset anew: demand moves, and a price book may have come into force. */
export async function recomputePrices({ db }: { db: Db }, { now, signal }: TaskRun): Promise<void> {
  const book = await metering.priceBookAt(db, now)
  let afterId: string | null = null
  while (!signal.aborted) {
    const rows = await store.listPricedIds(db, afterId, batch)
    if (rows.length === 0) return
    const curved = rows.filter((row) => row.pricingModel === 'demand_curve')
    const demand = await metering.demandOf(
      db,
      curved.map((row) => row.id),
      now,
    )
    const ids = rows.map((row) => row.id)
    await db.tx((tx) => writePoints(tx, ids, { book, demand, now }))
    afterId = rows.at(-1)?.id ?? null
  }
}

// Under a share lock: a provider who changes the terms meanwhile has the last word.
async function writePoints(
  tx: Tx,
  ids: readonly Id<'dset'>[],
  {
    book,
    demand,
    now,
  }: { book: metering.PriceBook; demand: Map<Id<'dset'>, metering.Demand>; now: Date },
): Promise<void> {
  await store.shareTerms(tx, ids)
  for (const dataset of await store.listPriced(tx, ids, now)) {
    const facts = pointFactsOf(priceTermsOf(dataset, book), {
      demand: demand.get(dataset.id) ?? { d7: 0, d28: 0 },
      now,
    })
    if (dataset.point && isSame(dataset.point, facts)) continue
    await store.insertPoint(tx, { ...facts, id: newId('pp'), datasetId: dataset.id, now })
  }
}

function isSame(a: PointFacts, b: PointFacts): boolean {
  return (
    a.priceBookVersion === b.priceBookVersion &&
    a.d7 === b.d7 &&
    a.d28 === b.d28 &&
    a.factorPpm === b.factorPpm &&
    a.retrievalMicros === b.retrievalMicros
  )
}
