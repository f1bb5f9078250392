// Sells one page of a ranking: taken, charged and stored in one transaction, and only then revealed.
import { performance } from 'node:perf_hooks'
import type { Call } from '../../base/call.ts'
import type { Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import * as billing from '../billing/billing.ts'
import { type Hit, type Taken, takeHits } from './hits.ts'
import type { SearchDeps, SearchInput } from './input.ts'
import { pageOf, type Session, type SoldPage } from './page.ts'
import type { Activity, PageRow, RetrievalEvent } from './store.ts'
import * as store from './store.ts'
import { storedPage } from './stored.ts'

export interface Place {
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
    const sale = await deps.db
      .tx((tx) => sell(tx, call, { input, place, taken, tookMs }))
      .catch((error: unknown) => {
        const isRace = error instanceof StaleHits || (input.allowPartial && isBudget(error))
        if (!isRace || attempt >= attemptsMax) throw asFailure(error)
        return undefined
      })
    if (sale?.kind === 'earlier') return storedPage(deps.db, call, sale.page, input)
    if (sale) {
      const { activity, page, events, remainingMicros } = sale
      const texts = new Map(taken.hits.map(({ chunk }) => [chunk.chunkNo, chunk.text]))
      const { includeText } = input
      return pageOf(activity, page, { events, texts, includeText, remainingMicros })
    }
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

interface Basket {
  input: SearchInput
  place: Place
  taken: Taken
  tookMs: number
}

type Sale =
  | {
      kind: 'sold'
      activity: Activity
      page: PageRow
      events: RetrievalEvent[]
      remainingMicros: bigint | null
    }
  // Another call sold this very page first.
  | { kind: 'earlier'; page: PageRow }

// Charge before reveal: hits, usage and transfers become facts together. Where a budget falls short
// this throws, and nobody has seen a hit.
async function sell(tx: Tx, call: Call, basket: Basket): Promise<Sale> {
  const { actor, chargeKey, now } = call
  const { place, taken } = basket
  const activity = activityOf(call, basket)
  const isFirst = place.session.id === null
  if (!isFirst) {
    await store.lockActivity(tx, actor.tenantId, activity.id)
    const earlier = await store.findPageAt(tx, actor.tenantId, activity.id, place.firstPlace)
    if (earlier) return { kind: 'earlier', page: earlier }
  }
  const chunkNos = taken.hits.map((hit) => hit.chunk.chunkNo)
  if ((await store.countLiveChunks(tx, place.session.reach, chunkNos)) < chunkNos.length) {
    throw new StaleHits()
  }
  // Nothing to sell, and no page that a later try of this call could find.
  if (!isFirst && chunkNos.length === 0) {
    await billing.requireLive(tx, actor, now)
    const page = pageRowOf(call, basket, { activity, chargedMicros: 0n })
    const remainingMicros = await billing.remainingOf(tx, actor, now)
    return { kind: 'sold', activity, page, events: [], remainingMicros }
  }
  const usage = taken.hits.map((hit) => usageOf(hit, activity.id))
  const { maxMicros } = basket.input
  const { quote } = place.session
  const quoteId = quote?.id ?? null
  const charge = await billing.charge(tx, { actor, chargeKey, now, maxMicros, usage, quoteId })
  if (charge.isRepeated) {
    // Another try of this very call came first, and has committed meanwhile.
    const earlier = await store.findPage(tx, actor.tenantId, chargeKey)
    assert(earlier, 'a page was stored with its charge')
    return { kind: 'earlier', page: earlier }
  }
  const page = pageRowOf(call, basket, { activity, chargedMicros: charge.amountMicros })
  const reason = quote ? 'quote' : 'retrieval'
  const events = retrievalsOf(call, { page, hits: taken.hits, charge, reason })
  const told = { resultCount: events.length, chargedMicros: charge.amountMicros }
  const terms = [...place.session.offers.values()]
  if (isFirst) await store.insertActivity(tx, { ...activity, ...told, terms })
  else await store.addToActivity(tx, actor.tenantId, activity.id, told)
  await store.insertPage(tx, page)
  await store.insertRetrievals(tx, events)
  return { kind: 'sold', activity, page, events, remainingMicros: charge.remainingMicros }
}

function pageRowOf(
  { actor, chargeKey }: Call,
  { place, taken, tookMs }: Basket,
  { activity, chargedMicros }: { activity: Activity; chargedMicros: bigint },
): PageRow {
  return {
    chargeKey,
    tenantId: actor.tenantId,
    searchActivityId: activity.id,
    firstPlace: place.firstPlace,
    nextPlace: taken.nextPlace,
    firstRank: place.firstRank,
    chargedMicros,
    truncated: taken.truncated,
    tookMs,
  }
}

function activityOf({ actor, chargeKey, now }: Call, { input, place }: Basket): Activity {
  const { session } = place
  return {
    id: session.id ?? idFor('sa', chargeKey),
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
    // Written with the activity, from the session.
    terms: null,
    explain: session.explain,
    resultCount: 0,
    chargedMicros: 0n,
    searchedAt: now,
    pricedAt: session.pricedAt,
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
  {
    page,
    hits,
    charge,
    reason,
  }: {
    page: PageRow
    hits: readonly Hit[]
    charge: billing.Charge
    reason: 'retrieval' | 'quote'
  },
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
      reason: usage.billable ? reason : 'own_dataset',
      retrievedAt: now,
    }
  })
}
