// Takes the next hits of a ranking: permitted now, read from the database, priced for this caller.
import type { Call } from '../../base/call.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import * as metering from '../metering/metering.ts'
import type { Snippet } from './engine.ts'
import type { Session } from './page.ts'
import type { SearchDeps, SearchInput } from './search.ts'
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
  const hits = await pricedHits(deps, call, session, live)
  const { ranking } = session
  const end = live.at(-1)?.place ?? ranking.length - 1
  const nextPlace = end + 1 < ranking.length ? end + 1 : null
  if (!input.allowPartial) return { hits, nextPlace, truncated: null }

  const affordable = await affordableOf(deps, call, input, hits)
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

async function pricedHits(
  { db, engine }: SearchDeps,
  { actor }: Call,
  { question, pricedAt: now }: Session,
  live: readonly Live[],
): Promise<Hit[]> {
  const datasetIds: Id<'dset'>[] = [...new Set(live.map(({ chunk }) => chunk.datasetId))]
  const offers = await catalog.offersFor(db, actor, datasetIds, now)
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

/** How many of the hits, from the first, the tightest limit covers. */
async function affordableOf(
  { db }: SearchDeps,
  { actor, now }: Call,
  { maxMicros }: SearchInput,
  hits: readonly Hit[],
): Promise<number> {
  const remaining = await billing.remainingOf(db, actor, now)
  const [limit] = [remaining, maxMicros]
    .filter((one) => one !== null)
    .sort((a, b) => (a < b ? -1 : 1))
  if (limit === undefined) return hits.length
  let sum = 0n
  const over = hits.findIndex(({ costMicros }) => {
    sum += costMicros
    return sum > limit
  })
  return over === -1 ? hits.length : over
}
