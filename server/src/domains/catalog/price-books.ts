// Versions of the price book for operators, and what follows when one comes into force: prices are worked
// out anew, and providers whose own prices it leaves out of bounds are told, once.
import { type Call, systemActor } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { type Page, pageOf } from '../../base/page.ts'
import { emit, type TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as metering from '../metering/metering.ts'
import { events } from './events.ts'
import { recomputePrices } from './prices.ts'
import { isWithinBounds, pricedEvents } from './pricing.ts'
import type { FixedDataset } from './store.ts'
import * as store from './store.ts'

export interface ShownPriceBook extends metering.PriceBook {
  isInForce: boolean
}

/** Newest first. */
export async function listPriceBooks(
  { db }: { db: Db },
  { after, now }: Call,
  { limit }: { limit: number },
): Promise<Page<ShownPriceBook>> {
  const before = after ? Number(after[0]) : null
  const { books, total } = await metering.listPriceBooks(db, { before, limit })
  const { version } = await metering.priceBookAt(db, now)
  const shown = books.map((book) => ({ ...book, isInForce: book.version === version }))
  return pageOf(shown, limit, (book) => [book.version], total)
}

/** Throws `invalid_request` for a start that is not in the future, or not after that of the last version. */
export async function publishPriceBook(
  { db }: { db: Db },
  call: Call,
  book: Pick<metering.PriceBook, 'startsAt' | 'prices'>,
): Promise<ShownPriceBook> {
  const made = await db.tx((tx) => metering.publishPriceBook(tx, call, book))
  // A call that is repeated late may find that its book has started meanwhile.
  const { version } = await metering.priceBookAt(db, call.now)
  return { ...made, isInForce: made.version === version }
}

const datasetsAtOnce = 200

/**
 * Does what a version asks for that came into force: once, and where it dies on the way, the next run does
 * what is left. A version that another one followed while nobody looked is passed over.
 */
export async function followPriceBook({ db }: { db: Db }, run: TaskRun): Promise<void> {
  const { now, signal } = run
  const book = await metering.priceBookAt(db, now)
  if (await store.findPriceBookStart(db, book.version)) return
  await recomputePrices({ db }, run)
  let afterId: string | null = null
  while (!signal.aborted) {
    const rows: FixedDataset[] = await store.listFixed(db, { afterId, limit: datasetsAtOnce })
    for (const dataset of rows.filter((row) => hasResetPrice(row, book))) {
      await db.tx((tx) => tellReset(tx, dataset, { version: book.version, now }))
    }
    afterId = rows.at(-1)?.id ?? null
    if (rows.length < datasetsAtOnce) break
  }
  if (!signal.aborted) await store.insertPriceBookStart(db, book.version, now)
}

function hasResetPrice({ unitPrices, monetizationMode }: FixedDataset, book: metering.PriceBook) {
  const base = book.prices[monetizationMode]
  return pricedEvents.some((event) => {
    const ownMicros = unitPrices[event]
    return ownMicros !== null && !isWithinBounds(ownMicros, base[event])
  })
}

async function tellReset(
  tx: Tx,
  { id, tenantId }: FixedDataset,
  { version, now }: { version: number; now: Date },
): Promise<void> {
  if (!(await store.insertPriceReset(tx, id, { version, now }))) return
  const actor = systemActor(tenantId, 'catalog.follow-price-book')
  const changes = { priceBookVersion: version }
  await audit.record(tx, { actor, now }, { action: 'dataset.price_reset', targetId: id, changes })
  await emit(tx, events.priceReset, { datasetId: id, tenantId })
}
