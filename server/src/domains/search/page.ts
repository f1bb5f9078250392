// One page of a search session: taken from the ranking, charged, stored and only then revealed. A page
// that was sold is presented again from its stored hits, free, under the reach of now.
import { performance } from 'node:perf_hooks'
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import { type Hit, takeHits } from './hits.ts'
import { parseQuestion, type Question } from './question.ts'
import type { SearchDeps, SearchInput } from './search.ts'
import type { PageRow, Ranking, RetrievalEvent } from './store.ts'
import * as store from './store.ts'

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
}

interface Place {
  session: Session
  firstPlace: number
  firstRank: number
  startedAt: number
}

// A hit that was removed between finding and charging, or a budget that another call took: the page is
// put together once more, a few times at most.
const attemptsMax = 3

export async function soldPage(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
  place: Place,
): Promise<SoldPage> {
  for (let attempt = 1; ; attempt++) {
    const taken = await takeHits(deps, call, input, place)
    const tookMs = Math.round(performance.now() - place.startedAt)
    const page = await deps.db
      .tx((tx) => sell(tx, call, { input, place, taken, tookMs }))
      .catch((error: unknown) => {
        const isRace = error instanceof StaleHits || (input.allowPartial && isBudget(error))
        if (!isRace || attempt >= attemptsMax) throw asFailure(error)
        return undefined
      })
    if (page) return present(deps, call, input, page)
  }
}

/** A hit is not what it was when the page was put together. */
class StaleHits extends Error {}

function isBudget(error: unknown): boolean {
  return error instanceof Failure && error.code === 'budget_exceeded'
}

function asFailure(error: unknown): unknown {
  return error instanceof StaleHits
    ? new Failure('service_unavailable', 'The datasets are changing right now. Try again.')
    : error
}

interface Sale {
  input: SearchInput
  place: Place
  taken: { hits: Hit[]; nextPlace: number | null; truncated: 'budget' | null }
  tookMs: number
}

// Charge before reveal: hits, usage and transfers become facts together. Where a budget falls short
// this throws, and nobody has seen a hit.
async function sell(tx: Tx, call: Call, sale: Sale): Promise<PageRow> {
  const { actor, chargeKey, now } = call
  const { session, firstPlace, firstRank } = sale.place
  const { hits, nextPlace, truncated } = sale.taken
  const activityId = session.id ?? idFor('sa', chargeKey)
  if (session.id === null) await store.insertActivity(tx, activityOf(call, activityId, sale))
  await store.lockActivity(tx, actor.tenantId, activityId)
  const sold = await store.findPageAt(tx, actor.tenantId, activityId, firstPlace)
  if (sold) return sold

  const chunkNos = hits.map((hit) => hit.chunk.chunkNo)
  if ((await store.countLiveChunks(tx, session.reach, chunkNos)) < hits.length) {
    throw new StaleHits()
  }
  const charge = await billing.charge(tx, {
    actor,
    chargeKey,
    now,
    maxMicros: sale.input.maxMicros,
    usage: hits.map((hit) => usageOf(hit, activityId)),
  })
  const page: PageRow = {
    chargeKey,
    tenantId: actor.tenantId,
    searchActivityId: activityId,
    firstPlace,
    nextPlace,
    firstRank,
    chargedMicros: charge.amountMicros,
    truncated,
    tookMs: sale.tookMs,
  }
  await store.insertPage(tx, page)
  await store.insertRetrievals(tx, retrievalsOf(call, page, hits, charge))
  await store.addToActivity(tx, actor.tenantId, activityId, {
    resultCount: hits.length,
    chargedMicros: charge.amountMicros,
  })
  return page
}

function activityOf({ actor, now }: Call, id: Id<'sa'>, { input, place }: Sale): store.Activity {
  const { session } = place
  return {
    id,
    tenantId: actor.tenantId,
    principalId: actor.id,
    apiKeyId: actor.keyId,
    resourceId: actor.resourceId,
    queryText: input.text,
    requestedMode: session.requestedMode,
    retrievalMode: session.mode,
    fusion: session.fusion,
    datasetIds: session.datasetIds,
    request: { filters: input.filters, use: input.use },
    ranking: session.ranking,
    explain: session.explain,
    searchedAt: now,
  }
}

function usageOf({ chunk, offer, price }: Hit, activityId: Id<'sa'>): billing.UsageDraft {
  return {
    eventType: 'retrieval',
    datasetId: chunk.datasetId,
    datasetName: offer.datasetName,
    objectId: chunk.objectId,
    chunkNo: chunk.chunkNo,
    searchActivityId: activityId,
    quantity: 1n,
    price,
    providerTenantId: offer.providerTenantId,
    isBillable: !offer.isOwned,
  }
}

function retrievalsOf(
  { chargeKey, actor, now }: Call,
  page: PageRow,
  hits: readonly Hit[],
  charge: billing.Charge,
): RetrievalEvent[] {
  const events = new Map(charge.events.map((event) => [event.chunkNo, event]))
  return hits.map(({ chunk, offer, score, snippet }, index) => {
    const usage = events.get(chunk.chunkNo)
    assert(usage, 'every hit has its usage event')
    return {
      id: idFor('rte', chargeKey, String(index)),
      tenantId: actor.tenantId,
      searchActivityId: page.searchActivityId,
      chargeKey,
      rank: page.firstRank + index,
      score,
      chunkNo: chunk.chunkNo,
      datasetId: chunk.datasetId,
      datasetName: offer.datasetName,
      objectId: chunk.objectId,
      filename: chunk.filename,
      title: chunk.title,
      mimeType: chunk.mime,
      snippet: snippet.text,
      highlights: snippet.highlights,
      locator: chunk.locator,
      objectSha256: chunk.objectSha256,
      passageSha256: chunk.passageSha256,
      usageEventId: usage.id,
      amountMicros: usage.amountMicros,
      billable: usage.billable,
      reason: usage.billable ? 'retrieval' : 'own_dataset',
      retrievedAt: now,
    }
  })
}

/** The page after a cursor. The ranking is the session's; permission is that of now. */
export async function nextPage(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
  startedAt: number,
): Promise<SoldPage> {
  const [activityId, place, rank] = call.after ?? []
  const firstPlace = Number(place)
  const { tenantId } = call.actor
  const sold = await store.findPageAt(deps.db, tenantId, String(activityId), firstPlace)
  if (sold) return storedPage(deps, call, input, sold)

  const activity = await store.findActivity(deps.db, tenantId, String(activityId))
  if (!activity) throw notFound()
  const reach = await reachOfActivity(deps.db, call, activity)
  const session: Session = {
    id: activity.id,
    question: parseQuestion(activity.queryText),
    reach,
    mode: activity.retrievalMode,
    requestedMode: activity.requestedMode,
    fusion: activity.fusion,
    datasetIds: activity.datasetIds,
    ranking: activity.ranking,
    explain: activity.explain,
  }
  return soldPage(deps, call, input, { session, firstPlace, firstRank: Number(rank), startedAt })
}

async function reachOfActivity(
  db: Db,
  { actor, now }: Call,
  { datasetIds }: store.Activity,
): Promise<access.Reach> {
  // Not by name: what is no longer permitted is left out without a word.
  const reach = await access.reachFor(db, actor, { datasetIds: null, now })
  const searched = new Set<string>(datasetIds)
  return access.narrowReach(reach, ({ id }) => searched.has(id))
}

/** The same page again: free, and only what may be shown now. */
export async function storedPage(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
  page: PageRow,
): Promise<SoldPage> {
  const shown = await present(deps, call, input, page)
  await billing.requireLive(deps.db, call.actor, call.now)
  // Its own charge key: the answer to this very call was lost, so it is told what it was charged.
  if (page.chargeKey === call.chargeKey) return shown
  const hits = shown.hits.map((hit): SoldHit => {
    const reason = hit.billable ? 'already_charged' : hit.reason
    return { ...hit, amountMicros: 0n, billable: false, reason }
  })
  return { ...shown, hits, chargedMicros: 0n }
}

async function present(
  { db }: SearchDeps,
  call: Call,
  input: SearchInput,
  page: PageRow,
): Promise<SoldPage> {
  const { tenantId } = call.actor
  const activity = await store.findActivity(db, tenantId, page.searchActivityId)
  assert(activity, 'a page has its activity')
  const events = await store.listRetrievalsOfPage(db, tenantId, page.chargeKey)
  const reach = await reachOfActivity(db, call, activity)
  const chunks = await store.listLiveChunks(
    db,
    reach,
    events.map((event) => event.chunkNo),
  )
  const texts = new Map(chunks.map((chunk) => [chunk.chunkNo, chunk.text]))
  const hits = events.map((event): SoldHit => {
    const text = texts.get(event.chunkNo)
    if (text === undefined) return { ...event, snippet: null, highlights: [], text: null }
    return { ...event, text: input.includeText ? text : null }
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
  }
}
