// From a question to permitted, priced hits. The order is the product: permit → find → charge → reveal.
// It owns chunks, the outbox to the engine and the record of what was sold; ranking belongs to the
// engine and amounts to metering.
import { performance } from 'node:perf_hooks'
import type { Call } from '../../base/call.ts'
import { Failure } from '../../base/errors.ts'
import type * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import { attributed } from './attributed.ts'
import type { SearchDeps, SearchInput } from './input.ts'
import { nextPage } from './next.ts'
import type { SoldPage } from './page.ts'
import { parseQuestion } from './question.ts'
import { quotedSession } from './quote.ts'
import { rank, reachOf } from './rank.ts'
import { soldPage } from './sale.ts'
import * as store from './store.ts'
import { storedPage } from './stored.ts'

export type { ChunkInput, ObjectToIndex } from './chunks.ts'
export { dropObject, replaceChunks } from './chunks.ts'
export { type Citation, cite, listCitations } from './cite.ts'
export { engineLag, feedEngine, fillEngine } from './feed.ts'
export type { SearchDeps, SearchFilters, SearchInput } from './input.ts'
export { listOutcomes, type Outcome, reportOutcome } from './outcomes.ts'
export type { SoldHit, SoldPage } from './page.ts'
export { quote, type SearchQuote } from './quote.ts'
export { openReceipts, type Receipts } from './receipts.ts'
export { soldHit } from './sold.ts'
export type { Locator } from './store.ts'

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
