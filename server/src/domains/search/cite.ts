// A citation: a sold passage was used in a text. With the text the server finds the quotes itself; what
// the licence does not allow to be quoted is refused. Each retrieval event is cited and charged once.
import type { Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import * as metering from '../metering/metering.ts'
import { attributedTo } from './attributed.ts'
import { findQuotes, quotedLength } from './quotation.ts'
import { requireNotRefunded } from './refunded.ts'
import type { CitationRow, LiveChunk, RetrievalEvent, Span } from './store.ts'
import * as store from './store.ts'

export interface Citation extends CitationRow {
  /** What is left of the caller's tightest budget; null where nothing limits or it was not asked. */
  remainingMicros: bigint | null
}

export interface CiteInput {
  retrievalEventId: string
  /** Null: not given, so nothing is verified. */
  outputText: string | null
}

/**
 * Throws `not_found` for an event that the caller did not buy, `conflict` where it was cited before, its
 * passage is gone or its use was refunded, `invalid_request` where more is quoted than is licensed, and as
 * `access.reachFor` and `billing.charge`.
 */
export async function cite({ db }: { db: Db }, call: Call, input: CiteInput): Promise<Citation> {
  const { actor, now } = call
  const made = call.isRepeat && (await findMade(db, call))
  if (made) return made
  const event = await requireBought(db, call, input.retrievalEventId)
  if (await store.isCited(db, actor.tenantId, event.id)) throw citedBefore()
  await requireNotRefunded(db, [event])
  const chunk = await requireUsable(db, call, event)
  const offer = (await catalog.offersFor(db, actor, [event.datasetId], now)).get(event.datasetId)
  if (!offer) throw unusable()

  const spans = input.outputText === null ? [] : findQuotes(input.outputText, chunk.text)
  requireLicensed(spans, chunk, offer)
  const verified = input.outputText === null ? null : spans.length > 0
  const attributed = await attributedTo(db, call, [event.id])
  return db.tx((tx) => sell(tx, attributed, { event, chunk, offer, spans, verified }))
}

/** The answer to this very call was lost: it finds what its first try made. */
async function findMade(db: Db, { actor, chargeKey, now }: Call): Promise<Citation | undefined> {
  const made = await store.findCitation(db, actor.tenantId, idFor('cit', chargeKey))
  if (!made) return undefined
  await billing.requireLive(db, actor, now)
  return { ...made, remainingMicros: await billing.remainingOf(db, actor, now) }
}

async function requireBought(db: Db, { actor }: Call, id: string): Promise<RetrievalEvent> {
  const event = await store.findRetrieval(db, actor.tenantId, id)
  // A key's list narrows here as well.
  if (!event || !(actor.datasetIds?.includes(event.datasetId) ?? true)) throw notFound()
  return event
}

async function requireUsable(
  sql: Sql,
  { actor, now }: Call,
  { datasetId, chunkNo }: RetrievalEvent,
): Promise<LiveChunk> {
  const reach = await access.reachFor(sql, actor, { datasetIds: [datasetId], now })
  const [chunk] = await store.listLiveChunks(sql, reach, [chunkNo])
  if (!chunk) throw unusable()
  return chunk
}

function requireLicensed(
  spans: readonly Span[],
  { text }: LiveChunk,
  { maxQuoteChars }: catalog.Offer,
): void {
  const quoted = quotedLength(spans, text)
  if (maxQuoteChars === null || quoted <= maxQuoteChars) return
  throw new Failure('invalid_request', 'The text quotes more than the licence allows.', {
    fields: [
      {
        path: 'output_text',
        reason: `quotes ${quoted} characters of the passage; the licence allows ${maxQuoteChars}`,
        nature: 'value',
      },
    ],
    details: { quoted, allowed: maxQuoteChars },
  })
}

function citedBefore(): Failure {
  return new Failure('conflict', 'This passage was cited before.')
}

function unusable(): Failure {
  return new Failure('conflict', 'This passage is gone, or cannot be used now.')
}

interface Cited {
  event: RetrievalEvent
  chunk: LiveChunk
  offer: catalog.Offer
  spans: Span[]
  verified: boolean | null
}

async function sell(tx: Tx, call: Call, cited: Cited): Promise<Citation> {
  const { actor, chargeKey, now } = call
  const { event, chunk, offer, spans, verified } = cited
  // Once more: a grant may have ended since the text was looked through.
  await requireUsable(tx, call, event)
  const price = catalog.unitPriceOf(offer, {
    eventType: 'citation',
    indexedAt: chunk.indexedAt,
    now,
  })
  const id = idFor('cit', chargeKey)
  const amountMicros = offer.isOwned ? 0n : metering.rate(price, 1n)
  const row: CitationRow = {
    id,
    tenantId: actor.tenantId,
    retrievalEventId: event.id,
    datasetId: event.datasetId,
    verified,
    spans,
    amountMicros,
    citedAt: now,
  }
  // First, so that two who cite one event wait for each other here.
  const isNew = await store.insertCitation(tx, row)
  const made = isNew ? undefined : await store.findCitation(tx, actor.tenantId, id)
  if (!isNew && !made) throw citedBefore()
  const charge = await billing.charge(tx, {
    actor,
    chargeKey,
    now,
    maxMicros: null,
    usage: [
      {
        eventType: 'citation',
        datasetId: event.datasetId,
        datasetName: offer.datasetName,
        objectId: event.objectId,
        chunkNo: null,
        searchActivityId: event.searchActivityId,
        quantity: 1n,
        price,
        providerTenantId: offer.providerTenantId,
        isBillable: !offer.isOwned,
      },
    ],
  })
  assert(made || charge.amountMicros === amountMicros, 'a citation costs what was worked out')
  return { ...(made ?? row), remainingMicros: charge.remainingMicros }
}

/** What the tenant has reported, newest first. */
export async function listCitations(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Citation>> {
  const page = { beforeId: afterId(after), limit }
  const rows = await store.listCitations(db, actor.tenantId, actor.datasetIds, page)
  const citations = rows.map((row) => ({ ...row, remainingMicros: null }))
  return pageOf(citations, limit, (row) => [row.id])
}
