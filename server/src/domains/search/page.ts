// A page of a search session, as its buyer sees it. What is shown is the same whether the page was sold
// just now or is presented again from its stored hits.
import type { Id } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import type * as access from '../access/access.ts'
import type * as catalog from '../catalog/catalog.ts'
import type { Question } from './question.ts'
import type { Activity, PageRow, Ranking, RetrievalEvent } from './store.ts'

/** A ranked question. Its id is null until its first page is stored. */
export interface Session {
  id: Id<'sa'> | null
  question: Question
  reach: access.Reach
  mode: 'lexical' | 'dense' | 'hybrid'
  requestedMode: 'auto' | 'lexical' | 'dense' | 'hybrid'
  fusion: 'rrf' | 'convex' | null
  datasetIds: Id<'dset'>[]
  ranking: Ranking
  /** When its first page or its quote was asked for. Prices are those of that time on all its pages. */
  pricedAt: Date
  /** The terms of its datasets at that time: a provider who changes them changes no running session. */
  offers: ReadonlyMap<Id<'dset'>, catalog.Offer>
  /** The quote that its first page redeems. */
  quote: { id: string; maxMicros: bigint } | null
  explain: Record<string, unknown> | null
}

export interface SoldHit extends RetrievalEvent {
  /** The whole passage where it was asked for and may still be shown. */
  text: string | null
}

export interface SoldPage {
  activityId: Id<'sa'>
  text: string
  mode: Session['mode']
  requestedMode: Session['requestedMode']
  fusion: Session['fusion']
  hits: SoldHit[]
  chargedMicros: bigint
  datasetIds: Id<'dset'>[]
  truncated: 'budget' | null
  tookMs: number
  next: Position | null
  explain: Record<string, unknown> | null
  /** What is left of the caller's tightest budget; null where nothing limits. */
  remainingMicros: bigint | null
}

/** `texts` has the passages that may be shown now; a hit without one is there, and says nothing. */
export function pageOf(
  activity: Activity,
  page: PageRow,
  sold: {
    events: readonly RetrievalEvent[]
    texts: Map<bigint, string>
    includeText: boolean
    remainingMicros: bigint | null
  },
): SoldPage {
  const hits = sold.events.map((event): SoldHit => {
    const text = sold.texts.get(event.chunkNo)
    if (text === undefined) return { ...event, snippet: null, highlights: [], text: null }
    return { ...event, text: sold.includeText ? text : null }
  })
  const nextRank = page.firstRank + hits.length
  return {
    activityId: activity.id,
    text: activity.queryText,
    mode: activity.retrievalMode,
    requestedMode: activity.requestedMode,
    fusion: activity.fusion,
    hits,
    chargedMicros: page.chargedMicros,
    datasetIds: activity.datasetIds,
    truncated: page.truncated,
    tookMs: page.tookMs,
    next: page.nextPlace === null ? null : [activity.id, page.nextPlace, nextRank],
    explain: activity.explain,
    remainingMicros: sold.remainingMicros,
  }
}
