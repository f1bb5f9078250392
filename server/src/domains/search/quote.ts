// A binding price for the first page of a search. The question is ranked once, when it is quoted; whoever
// redeems the quote buys that very ranking on those very terms, as far as it may still be used.
import { createHash } from 'node:crypto'
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import { attributed } from './attributed.ts'
import { type Hit, takeHits } from './hits.ts'
import type { SearchDeps, SearchInput } from './input.ts'
import type { Session } from './page.ts'
import { parseQuestion, type Question } from './question.ts'
import { rank, reachOf } from './rank.ts'

export interface Expected {
  datasetId: Id<'dset'>
  count: number
  /** Of one result: for `time_decay`, results of one dataset may differ. */
  unitMicros: bigint
}

export interface SearchQuote {
  id: Id<'quo'>
  maxMicros: bigint
  expected: Expected[]
  expiresAt: Date
}

/** What is kept with a quote, as `json()` reads back. */
interface QuotedTerms
  extends Pick<
    Session,
    'mode' | 'requestedMode' | 'fusion' | 'datasetIds' | 'ranking' | 'explain'
  > {
  offers: catalog.StoredOffer[]
  expected: { datasetId: Id<'dset'>; count: number; unitMicros: string }[]
}

/** Ranks and prices without a charge and without a passage. */
export async function quote(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
): Promise<SearchQuote> {
  // Nothing is attributed yet; a resource that cannot be named later is refused now.
  await attributed(deps.db, call, input.resourceId)
  const question = parseQuestion(input.text)
  const reach = await reachOf(deps, call, input)
  const session = await rank(deps, call, { input, question, reach })
  const place = { session, firstPlace: 0 }
  const { hits } = await takeHits(deps, call, { ...input, allowPartial: false }, place)
  const expected = expectedOf(hits)
  const { mode, requestedMode, fusion, datasetIds, ranking, explain } = session
  const offers = [...session.offers.values()]
  const terms = { mode, requestedMode, fusion, datasetIds, ranking, explain, offers, expected }
  const maxMicros = hits.reduce((sum, hit) => sum + hit.costMicros, 0n)
  const made = await deps.db.tx((tx) =>
    billing.makeQuote<QuotedTerms>(tx, call, { topic: topicOf(input), maxMicros, terms }),
  )
  return {
    id: made.id,
    maxMicros: made.maxMicros,
    expected: made.terms.expected.map((one) => ({ ...one, unitMicros: BigInt(one.unitMicros) })),
    expiresAt: made.expiresAt,
  }
}

function expectedOf(hits: readonly Hit[]): Expected[] {
  const counts = new Map<string, Expected>()
  for (const { chunk, costMicros } of hits) {
    const key = `${chunk.datasetId} ${costMicros}`
    const one = counts.get(key) ?? { datasetId: chunk.datasetId, count: 0, unitMicros: costMicros }
    counts.set(key, { ...one, count: one.count + 1 })
  }
  return [...counts.values()]
}

// How much of a passage is shown and what the caller is ready to pay do not change what is bought.
function topicOf({ text, datasetIds, mode, fusion, limit, filters, use }: SearchInput): string {
  const asked = { text, datasetIds: [...datasetIds].sort(), mode, fusion, limit, filters, use }
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex')
}

/** The session that was quoted, within the reach of now. Throws as `billing.quoteFor`. */
export async function quotedSession(
  db: Db,
  call: Call,
  asked: { input: SearchInput; question: Question; reach: access.Reach; quoteId: string },
): Promise<Session> {
  const { input, question, reach, quoteId } = asked
  const topic = topicOf(input)
  const made = await billing.quoteFor<QuotedTerms>(db, call, { quoteId, topic })
  const { offers, expected: _, ...terms } = made.terms
  return {
    ...terms,
    id: null,
    question,
    reach,
    pricedAt: made.quotedAt,
    offers: new Map(offers.map((one) => [one.datasetId, catalog.offerFrom(one)])),
    quote: { id: made.id, maxMicros: made.maxMicros },
  }
}
