// From a question to permitted, priced hits. The order is the product: permit → find → charge → reveal.
// It owns chunks, the outbox to the engine and the record of what was sold; ranking belongs to the
// engine and amounts to metering.
import { performance } from 'node:perf_hooks'
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import { attributed } from './attributed.ts'
import type { Embedder } from './embedder.ts'
import type { Engine } from './engine.ts'
import type { AskedMode } from './mode.ts'
import { nextPage } from './next.ts'
import type { SoldPage } from './page.ts'
import { parseQuestion } from './question.ts'
import { quotedSession } from './quote.ts'
import { rank, reachOf } from './rank.ts'
import { soldPage } from './sale.ts'
import * as store from './store.ts'
import { storedPage } from './stored.ts'

export type { ChunkInput, ObjectToIndex } from './chunks.ts'
export {
  dropObject,
  dropPrepared,
  prepareChunks,
  replaceChunks,
  switchChunks,
  tellEngine,
} from './chunks.ts'
export { type Citation, cite, listCitations } from './cite.ts'
export { engineLag, feedEngine, fillEngine } from './feed.ts'
export { listOutcomes, type Outcome, reportOutcome } from './outcomes.ts'
export type { SoldHit, SoldPage } from './page.ts'
export { quote, type SearchQuote } from './quote.ts'
export { openReceipts, type Receipts } from './receipts.ts'
export { soldHit } from './sold.ts'
export type { Locator } from './store.ts'

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

/** Searches, charges and then reveals. A repeated call is answered from what it sold before. */
export async function query(deps: SearchDeps, given: Call, input: SearchInput): Promise<SoldPage> {
  const startedAt = performance.now()
  const repeated =
    given.isRepeat && (await store.findPage(deps.db, given.actor.tenantId, given.chargeKey))
  if (repeated) return storedPage(deps.db, given, repeated, input)
  const call = await attributed(deps.db, given, input.resourceId)
  if (call.after) return nextPage(deps, call, input, startedAt)

  const question = parseQuestion(input.text)
  const reach = await reachOf(deps, call, input)
  await requireMeans(deps, call, input, reach)
  const session =
    input.quoteId === null
      ? await rank(deps, call, { input, question, reach })
      : await quotedSession(deps.db, call, { input, question, reach, quoteId: input.quoteId })
  return soldPage(deps, call, input, { session, firstPlace: 0, firstRank: 1, startedAt })
}

// Keeps callers who cannot pay off the engine. The charge itself decides; this only spares work.
async function requireMeans(
  { db }: SearchDeps,
  { actor, now }: Call,
  { allowPartial }: SearchInput,
  reach: access.Reach,
): Promise<void> {
  // What is found may be one's own, and free.
  if (allowPartial || reach.datasets.some((dataset) => dataset.isOwned)) return
  if ((await billing.remainingOf(db, actor, now)) === 0n) {
    throw new Failure('budget_exceeded', 'The budget for this month is spent.')
  }
}
