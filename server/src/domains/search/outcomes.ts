// An outcome: passages that were bought have brought about a value. It is shared out over the datasets by
// the number of their events; those on outcome share get their part of it. Each event is reported once.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import { attributedTo } from './attributed.ts'
import { requireNotRefunded } from './refunded.ts'
import type { OutcomeRow, RetrievalEvent } from './store.ts'
import * as store from './store.ts'

export interface Outcome extends OutcomeRow {
  /** What is left of the caller's tightest budget; null where nothing limits or it was not asked. */
  remainingMicros: bigint | null
}

export interface OutcomeInput {
  retrievalEventIds: string[]
  valueMicros: bigint
  note: string | null
}

/**
 * Throws `not_found` where one of the events was not bought by the caller, `conflict` where one was
 * reported before, was refunded or its dataset is gone, and as `billing.charge`.
 */
export async function reportOutcome(
  { db }: { db: Db },
  call: Call,
  input: OutcomeInput,
): Promise<Outcome> {
  const { actor, chargeKey, now } = call
  const made =
    call.isRepeat && (await store.findOutcome(db, actor.tenantId, idFor('out', chargeKey)))
  if (made) {
    await billing.requireLive(db, actor, now)
    return { ...made, remainingMicros: await billing.remainingOf(db, actor, now) }
  }
  const events = await store.listSold(db, actor.tenantId, input.retrievalEventIds)
  const mayName = ({ datasetId }: RetrievalEvent) => actor.datasetIds?.includes(datasetId) ?? true
  if (events.length < input.retrievalEventIds.length || !events.every(mayName)) throw notFound()
  await requireNotRefunded(db, events)
  const datasetIds = [...new Set(events.map((event) => event.datasetId))].sort()
  const offers = await catalog.offersFor(db, actor, datasetIds, now)
  const parts = datasetIds.map((datasetId) => {
    const offer = offers.get(datasetId)
    if (!offer) throw new Failure('conflict', 'A dataset of these passages is gone.')
    return { offer, events: events.filter((event) => event.datasetId === datasetId).length }
  })
  const attributed = await attributedTo(db, call, input.retrievalEventIds)
  return db.tx((tx) => sell(tx, attributed, { input, parts }))
}

interface Part {
  offer: catalog.Offer
  /** Of the reported ones, those from this dataset. */
  events: number
}

async function sell(
  tx: Tx,
  call: Call,
  { input, parts }: { input: OutcomeInput; parts: readonly Part[] },
): Promise<Outcome> {
  const { actor, chargeKey, now } = call
  const id = idFor('out', chargeKey)
  const { retrievalEventIds, valueMicros, note } = input
  const marked = await store.insertOutcomeEvents(
    tx,
    { outcomeId: id, tenantId: actor.tenantId },
    retrievalEventIds,
  )
  if (marked < retrievalEventIds.length) {
    // A try of this very call may have come first.
    const made = await store.findOutcome(tx, actor.tenantId, id)
    if (!made) throw new Failure('conflict', 'One of these passages was reported before.')
    return { ...made, remainingMicros: null }
  }
  const usage = usageOf(parts, valueMicros)
  const charge = await billing.charge(tx, { actor, chargeKey, now, maxMicros: null, usage })
  const amounts = new Map(charge.events.map((event) => [event.datasetId, event.amountMicros]))
  const row: OutcomeRow = {
    id,
    tenantId: actor.tenantId,
    valueMicros,
    note,
    lines: parts.map(({ offer, events }) => ({
      datasetId: offer.datasetId,
      events,
      amountMicros: (amounts.get(offer.datasetId) ?? 0n).toString(),
    })),
    amountMicros: charge.amountMicros,
    reportedAt: now,
  }
  await store.insertOutcome(tx, row)
  return { ...row, remainingMicros: charge.remainingMicros }
}

// The value is split over the datasets on outcome share alone, by the number of their events. One
// running sum of events × share says where each part begins and ends, so nothing is lost in between.
function usageOf(parts: readonly Part[], valueMicros: bigint): billing.UsageDraft[] {
  const sharing = parts.filter(({ offer }) => offer.outcomeBps !== null)
  const eventsTotal = BigInt(sharing.reduce((sum, { events }) => sum + events, 0))
  let bpsAfter = 0n
  return sharing.map(({ offer, events }) => {
    const bpsBefore = bpsAfter
    bpsAfter += BigInt(events) * BigInt(offer.outcomeBps ?? 0)
    const { priceBookVersion, platformBps } = offer.terms
    return {
      eventType: 'outcome',
      datasetId: offer.datasetId,
      datasetName: offer.datasetName,
      objectId: null,
      chunkNo: null,
      searchActivityId: null,
      quantity: BigInt(events),
      price: {
        model: 'outcome',
        valueMicros,
        eventsTotal,
        bpsBefore,
        bpsAfter,
        priceBookVersion,
        platformBps,
      },
      providerTenantId: offer.providerTenantId,
      isBillable: !offer.isOwned,
    }
  })
}

/** What the tenant has reported, newest first. */
export async function listOutcomes(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Outcome>> {
  const page = { beforeId: afterId(after), limit }
  const rows = await store.listOutcomes(db, actor.tenantId, actor.datasetIds, page)
  const outcomes = rows.map((row) => ({ ...row, remainingMicros: null }))
  return pageOf(outcomes, limit, (row: Outcome): [Id<'out'>] => [row.id])
}
