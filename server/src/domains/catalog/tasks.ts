import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { followPriceBook } from './price-books.ts'
import { recomputePrices } from './prices.ts'
import { markDeleted } from './remove.ts'

export interface CatalogDeps {
  db: Db
  settings: {
    /** Between the end of a deletion's job and `deleted`; the same as for objects. */
    removalGraceMs: number
  }
}

export const catalogSchedules: Schedule<CatalogDeps>[] = [
  { name: 'catalog.recompute-prices', everySeconds: 3_600, run: recomputePrices },
  { name: 'catalog.follow-price-book', everySeconds: 60, run: followPriceBook },
  { name: 'catalog.mark-deleted', everySeconds: 60, run: markDeleted },
]
