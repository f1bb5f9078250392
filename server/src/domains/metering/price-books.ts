// The price book: base prices by version. A version never changes; a later one starts later, and the one
// that started last is in force.
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import * as audit from '../audit/audit.ts'
import * as store from './store.ts'

export type MonetizationMode = 'open' | 'premium' | 'outcome_share'

export interface ModePrices {
  retrieval: bigint
  citation: bigint
  download: bigint
  /** Basis points of the reported value; null where the mode has no outcome share. */
  outcomeBps: number | null
}

export interface PriceBook {
  version: number
  startsAt: Date
  prices: Record<MonetizationMode, ModePrices>
  /** Null for the first version, which nobody published. */
  publishedAt: Date | null
}

/** The version in force at a time. Version 1 is in force from the beginning. */
export async function priceBookAt(db: Db, now: Date): Promise<PriceBook> {
  const book = await store.findPriceBook(db, now)
  assert(book, 'version 1 of the price book is always there')
  return bookOf(book)
}

/** Newest first: `limit` and one more. */
export async function listPriceBooks(
  db: Db,
  page: { before: number | null; limit: number },
): Promise<{ books: PriceBook[]; total: number }> {
  const books = await store.listPriceBooks(db, page)
  return { books: books.map(bookOf), total: await store.countPriceBooks(db) }
}

/**
 * Makes the next version, once for each charge key. Who publishes at the same time waits and gets the
 * version after. Throws `invalid_request` for a start that is not in the future, or not after that of
 * the last version.
 */
export async function publishPriceBook(
  tx: Tx,
  by: audit.By & { chargeKey: string },
  { startsAt, prices }: Pick<PriceBook, 'startsAt' | 'prices'>,
): Promise<PriceBook> {
  await store.lockPriceBooks(tx)
  const made = await store.findPublishedBy(tx, by.chargeKey)
  if (made) return bookOf(made)
  const last = await store.findLastPriceBook(tx)
  assert(last, 'version 1 of the price book is always there')
  requireLater(startsAt, { now: by.now, lastStartsAt: last.startsAt })
  const book = { version: last.version + 1, startsAt, prices, publishedAt: by.now }
  const stored = { ...book, prices: storedPrices(prices) }
  await store.insertPriceBook(tx, stored, by.chargeKey)
  await audit.record(tx, by, {
    action: 'price_book.publish',
    targetId: String(book.version),
    changes: { startsAt: startsAt.toISOString(), prices: stored.prices },
  })
  return book
}

function requireLater(
  startsAt: Date,
  { now, lastStartsAt }: { now: Date; lastStartsAt: Date },
): void {
  if (startsAt > now && startsAt > lastStartsAt) return
  const reason =
    startsAt > now
      ? `must be after ${lastStartsAt.toISOString()}, when the last version starts`
      : 'must be in the future'
  throw new Failure('invalid_request', 'The price book cannot start then.', {
    fields: [{ path: 'starts_at', reason, nature: 'value' }],
  })
}

function bookOf({ prices, ...book }: store.StoredPriceBook): PriceBook {
  return {
    ...book,
    prices: {
      open: modePrices(prices.open),
      premium: modePrices(prices.premium),
      outcome_share: modePrices(prices.outcome_share),
    },
  }
}

export function modePrices(stored: store.StoredPrices): ModePrices {
  return {
    retrieval: BigInt(stored.retrieval),
    citation: BigInt(stored.citation),
    download: BigInt(stored.download),
    outcomeBps: stored.outcomeBps,
  }
}

function storedPrices({ open, premium, outcome_share }: PriceBook['prices']) {
  return {
    open: storedMode(open),
    premium: storedMode(premium),
    outcome_share: storedMode(outcome_share),
  }
}

function storedMode({ retrieval, citation, download, outcomeBps }: ModePrices): store.StoredPrices {
  return {
    retrieval: retrieval.toString(),
    citation: citation.toString(),
    download: download.toString(),
    outcomeBps,
  }
}
