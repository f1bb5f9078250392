// The terms of a dataset for one who uses it now. Prices are told from here and never looked up again:
// what a sale stores comes from its offer.
import type { Actor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import * as metering from '../metering/metering.ts'
import { type PricedEvent, type PricePoint, type PriceTerms, platformBpsOf } from './pricing.ts'
import type { Dataset } from './store.ts'
import * as store from './store.ts'

export interface Offer {
  datasetId: Id<'dset'>
  datasetName: string
  providerTenantId: Id<'tnt'>
  /** Use of one's own dataset is free and metered at zero. */
  isOwned: boolean
  /** Words of the licence. */
  allowedUses: string[]
  /** The most characters that a citation may quote; null where the licence sets no limit. */
  maxQuoteChars: number | null
  /** Basis points of a reported value; null where the mode has no outcome share. */
  outcomeBps: number | null
  /** For `unitPriceOf`. */
  terms: PriceTerms
}

/**
 * Offers of these datasets at a time; unknown ids are absent. Who may use them was asked of `access`
 * before. With the time of a search's first page, its prices stay the same over all pages.
 */
export async function offersFor(
  db: Db,
  actor: Actor,
  datasetIds: readonly Id<'dset'>[],
  now: Date,
): Promise<Map<Id<'dset'>, Offer>> {
  if (datasetIds.length === 0) return new Map()
  const book = await metering.priceBookAt(db, now)
  const datasets = await store.listPriced(db, datasetIds, now)
  return new Map(datasets.map((dataset) => [dataset.id, offerOf(dataset, { book, actor })]))
}

export function offerOf(
  dataset: store.PricedDataset,
  { book, actor }: { book: metering.PriceBook; actor: Actor },
): Offer {
  return {
    datasetId: dataset.id,
    datasetName: dataset.name,
    providerTenantId: dataset.tenantId,
    isOwned: dataset.tenantId === actor.tenantId,
    allowedUses: dataset.allowedUses,
    maxQuoteChars: dataset.maxQuoteChars,
    outcomeBps: book.prices[dataset.monetizationMode].outcomeBps,
    terms: priceTermsOf(dataset, book),
  }
}

export function priceTermsOf(
  dataset: Pick<
    Dataset,
    'pricingModel' | 'monetizationMode' | 'unitPrices' | 'halfLifeDays' | 'curated'
  > & { point: PricePoint | null },
  book: metering.PriceBook,
): PriceTerms {
  return {
    model: dataset.pricingModel,
    base: book.prices[dataset.monetizationMode],
    priceBookVersion: book.version,
    own: dataset.unitPrices,
    halfLifeDays: dataset.halfLifeDays,
    point: dataset.point,
    platformBps: platformBpsOf(dataset.curated),
  }
}

/** An offer as `json()` of it reads back: its big integers are text. */
export interface StoredOffer extends Omit<Offer, 'terms'> {
  terms: Omit<PriceTerms, 'base' | 'own' | 'platformBps'> & {
    base: metering.StoredPrices
    own: Record<PricedEvent, string | null> | null
    platformBps: string
  }
}

export function offerFrom({ terms, ...stored }: StoredOffer): Offer {
  const { base, own, platformBps, ...rest } = terms
  const microsOf = (text: string | null) => (text === null ? null : BigInt(text))
  return {
    ...stored,
    terms: {
      ...rest,
      base: metering.modePrices(base),
      own: own && {
        retrieval: microsOf(own.retrieval),
        citation: microsOf(own.citation),
        download: microsOf(own.download),
      },
      platformBps: BigInt(platformBps),
    },
  }
}
