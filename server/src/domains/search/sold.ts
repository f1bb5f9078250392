// What was sold, as its buyer may read it again: passage, citation and every input of the price.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { assert, notFound } from '../../base/errors.ts'
import * as metering from '../metering/metering.ts'
import type { SoldHit } from './page.ts'
import { type Receipts, receiptOf } from './receipts.ts'
import * as store from './store.ts'

export interface SoldRecord {
  hit: SoldHit
  queryText: string
  price: metering.UnitPrice
  /** The object is gone: what stays is what was paid. */
  isExpired: boolean
  /** Signed facts of the sale, as a compact JWS. */
  receipt: string
}

export async function soldHit(
  { db, receipts }: { db: Db; receipts: Receipts },
  { actor }: Call,
  id: string,
): Promise<SoldRecord> {
  const event = await store.findRetrieval(db, actor.tenantId, id)
  // A key's list narrows here as well: what it may not search it may not read.
  const isListed = event && (actor.datasetIds?.includes(event.datasetId) ?? true)
  if (!event || !isListed) throw notFound()
  const activity = await store.findActivity(db, actor.tenantId, event.searchActivityId)
  const usage = await metering.getUsage(db, actor.tenantId, event.usageEventId)
  assert(activity && usage, 'a retrieval has its activity and its usage event')
  const text = (await store.findSoldText(db, event)) ?? null
  const price = metering.priceOf(usage)
  assert(price.model !== 'outcome', 'a retrieval has a unit price')
  return {
    hit: { ...event, text },
    queryText: activity.queryText,
    price,
    isExpired: text === null,
    receipt: await receipts.sign(receiptOf(event, usage, activity.queryText)),
  }
}
