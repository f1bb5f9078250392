// The catalog: what a tenant may discover and others may buy now. Paused, suspended, unfinished and
// deleted datasets are not in it. It counts indexed objects only: what waits for review or was refused
// is nobody else's business.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { assert, notFound } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import { type Page, type Position, pageOf } from '../../base/page.ts'
import * as access from '../access/access.ts'
import * as metering from '../metering/metering.ts'
import { type Offer, offerOf } from './offers.ts'
import { type PricedEvent, unitPriceOf } from './pricing.ts'
import type { Dataset, ListedDataset, SourceModality } from './store.ts'
import * as store from './store.ts'

export interface Listing {
  dataset: Dataset
  providerName: string
  /** Of a new object, in micros. */
  prices: Record<PricedEvent, bigint>
  outcomeBps: number
  history: { date: string; retrievalMicros: bigint }[]
  access: access.AccessKind
}

export interface CatalogFilter {
  /** Every word of it stands in the name, the description or the tags. */
  q: string | null
  modality: SourceModality | null
  monetizationMode: metering.MonetizationMode | null
  /** The highest price of a retrieval. */
  maxMicros: bigint | null
  sort: 'newest' | 'name'
  limit: number
}

const historyDays = 30

/** Own datasets that are listed or restricted are in it, as others see them. */
export async function browse(
  { db }: { db: Db },
  call: Call,
  { q, sort, limit, ...filter }: CatalogFilter,
): Promise<Page<Listing>> {
  const isByName = sort === 'name'
  const rows = await store.listCatalog(db, call.actor.tenantId, {
    ...filter,
    onlyId: null,
    words: wordsOf(q),
    isByName,
    ...placeOf(call.after, isByName),
    limit,
    now: call.now,
  })
  const page = pageOf(rows, limit, (row) => (isByName ? [row.id, row.sortName] : [row.id]))
  return { ...page, items: await listingsOf(db, call, page.items) }
}

function placeOf(after: Position | null, isByName: boolean) {
  if (!after) return { afterId: null, afterName: null }
  return { afterId: String(after[0]), afterName: isByName ? String(after[1]) : null }
}

export function wordsOf(q: string | null): string[] {
  return q?.split(/\s+/).filter((word) => word !== '') ?? []
}

/** One dataset of the catalog. Throws `not_found` for any other. */
export async function getListing(
  { db }: { db: Db },
  call: Call,
  datasetId: string,
): Promise<Listing> {
  const rows = await store.listCatalog(db, call.actor.tenantId, {
    onlyId: asId('dset', datasetId),
    words: [],
    modality: null,
    monetizationMode: null,
    maxMicros: null,
    isByName: false,
    afterName: null,
    afterId: null,
    limit: 1,
    now: call.now,
  })
  const [listing] = await listingsOf(db, call, rows)
  if (!listing) throw notFound()
  return listing
}

async function listingsOf(
  db: Db,
  { actor, now }: Call,
  rows: readonly ListedDataset[],
): Promise<Listing[]> {
  const ids = rows.map((row) => row.id)
  const tenantIds = rows.map((row) => row.tenantId)
  const book = await metering.priceBookAt(db, now)
  const owners = await access.ownersOf(db, tenantIds)
  const kinds = await access.accessOf(db, actor, ids, now)
  const history = await historyOf(db, ids, now)
  return rows.flatMap((dataset) => {
    const kind = kinds.get(dataset.id)
    // A grant that was revoked between the two questions.
    if (!kind) return []
    const owner = owners.get(dataset.tenantId)
    assert(owner, 'a dataset has an owner')
    const offer = offerOf(dataset, { book, actor })
    return [
      {
        dataset,
        providerName: owner.name,
        prices: pricesOf(offer, now),
        outcomeBps: offer.outcomeBps ?? 0,
        history: history.get(dataset.id) ?? [],
        access: kind,
      },
    ]
  })
}

function pricesOf(offer: Offer, now: Date): Listing['prices'] {
  const priceOf = (eventType: PricedEvent) =>
    metering.rate(unitPriceOf(offer, { eventType, indexedAt: now, now }), 1n)
  return {
    retrieval: priceOf('retrieval'),
    citation: priceOf('citation'),
    download: priceOf('download'),
  }
}

async function historyOf(
  db: Db,
  ids: readonly Id<'dset'>[],
  now: Date,
): Promise<Map<Id<'dset'>, Listing['history']>> {
  const history = new Map<Id<'dset'>, Listing['history']>()
  for (const { datasetId, ...day } of await store.listHistory(db, ids, {
    now,
    days: historyDays,
  })) {
    history.set(datasetId, [...(history.get(datasetId) ?? []), day])
  }
  return history
}
