// What a search is asked, and with what it is answered.
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Embedder } from './embedder.ts'
import type { Engine } from './engine.ts'
import type { AskedMode } from './mode.ts'

export interface SearchDeps {
  db: Db
  engine: Engine
  /** Null: no model; then nothing can be searched by vectors. */
  embedder: Embedder | null
  settings: { searchTimeoutMs: number }
}

export interface SearchInput {
  text: string
  datasetIds: Id<'dset'>[]
  mode: AskedMode
  fusion: 'rrf' | 'convex' | null
  /** Hits of a page. */
  limit: number
  filters: SearchFilters
  includeText: boolean
  maxMicros: bigint | null
  allowPartial: boolean
  /** What the search is attributed to; null: what its key is. */
  resourceId: string | null
  /** Redeemed by the first page of the session. */
  quoteId: string | null
  /** One word of a licence's allowed uses; null: not declared, not checked. */
  use: string | null
  explain: boolean
}

export interface SearchFilters {
  modalities: string[] | null
  mimes: string[] | null
  languages: string[] | null
  objectIds: string[] | null
  createdFrom: Date | null
  createdTo: Date | null
  metadata: [key: string, value: string][]
}
