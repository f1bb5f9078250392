// Takes the next hits of a ranking: permitted now, read from the database, priced for this caller.
import type { Call } from '../../base/call.ts'
import { Failure } from '../../base/errors.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import * as metering from '../metering/metering.ts'
import type { Snippet } from './engine.ts'
import type { SearchDeps, SearchInput } from './input.ts'
import type { Session } from './page.ts'
import type { LiveChunk } from './store.ts'
import * as store from './store.ts'

export interface Hit {
  chunk: LiveChunk
  offer: catalog.Offer
  price: metering.UnitPrice
  /** What it costs this caller: zero for one's own dataset. */
  costMicros: bigint
  score: number
  /** Where it stands in the ranking. */
  place: number
  snippet: Snippet
}

export interface Taken {
  hits: Hit[]
  /** Where the next page starts in the ranking; null at its end. */
  nextPlace: number | null
  truncated: 'budget' | null
}

export async function takeHits(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
  { session, firstPlace }: { session: Session; firstPlace: number },
): Promise<Taken> {
  const live = await takeLive(deps, session, firstPlace, input.limit)
  const hits = pricedHits(deps, session, live)
  const { ranking } = session
  const end = live.at(-1)?.place ?? ranking.length - 1
  const nextPlace = end + 1 < ranking.length ? end + 1 : null
  const affordable = affordableOf(hits, await limitOf(deps, call, input, session))
  if (affordable === hits.length) return { hits, nextPlace, truncated: null }
  // Fewer hits, never none: an empty page with a next one would be asked for again and again.
  if (affordable === 0) {
    throw new Failure('budget_exceeded', 'Not even the first hit is covered by what is left.')
  }
  const cutPlace = hits[affordable]?.place ?? nextPlace
  return { hits: hits.slice(0, affordable), nextPlace: cutPlace, truncated: 'budget' }
}

interface Live {
  chunk: LiveChunk
  score: number
  place: number
}

// A fifth more than is needed is read at once: mostly nothing was removed since the engine heard of it.
async function takeLive(
  { db }: SearchDeps,
  { reach, ranking }: Session,
  firstPlace: number,
  limit: number,
): Promise<Live[]> {
  const live: Live[] = []
  const step = Math.ceil(limit * 1.2)
  for (let from = firstPlace; live.length < limit && from < ranking.length; from += step) {
    const part = ranking.slice(from, from + step)
    const rows = await store.listLiveChunks(
      db,
      reach,
      part.map(([chunkNo]) => BigInt(chunkNo)),
    )
    const byNo = new Map(rows.map((row) => [row.chunkNo, row]))
    part.forEach(([chunkNo, score], index) => {
      const chunk = byNo.get(BigInt(chunkNo))
      if (chunk) live.push({ chunk, score, place: from + index })
    })
  }
  return live.slice(0, limit)
}

function pricedHits(
  { engine }: SearchDeps,
  { question, pricedAt: now, offers }: Session,
  live: readonly Live[],
): Hit[] {
  return live.flatMap(({ chunk, score, place }) => {
    const offer = offers.get(chunk.datasetId)
    if (!offer) return []
    const { indexedAt } = chunk
    const price = catalog.unitPriceOf(offer, { eventType: 'retrieval', indexedAt, now })
    const costMicros = offer.isOwned ? 0n : metering.rate(price, 1n)
    const snippet = engine.snippet(chunk, question.tree)
    return [{ chunk, offer, price, costMicros, score, place, snippet }]
  })
}

/** The most that the page may cost; null where that is for the charge to say, or nothing limits. */
async function limitOf(
  { db }: SearchDeps,
  { actor, now }: Call,
  { allowPartial, maxMicros }: SearchInput,
  { quote }: Session,
): Promise<bigint | null> {
  const remaining = allowPartial ? await billing.remainingOf(db, actor, now) : null
  // Hits that vanished since a quote was made are followed by others; the promise holds all the same.
  const limits = [remaining, allowPartial ? maxMicros : null, quote?.maxMicros ?? null]
  return limits.reduce(
    (least, one) => (one !== null && (least === null || one < least) ? one : least),
    null,
  )
}

/** How many of the hits, from the first, the limit covers. */
function affordableOf(hits: readonly Hit[], limit: bigint | null): number {
  if (limit === null) return hits.length
  let sum = 0n
  const over = hits.findIndex(({ costMicros }) => {
    sum += costMicros
    return sum > limit
  })
  return over === -1 ? hits.length : over
}
