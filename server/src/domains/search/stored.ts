// A page that was sold before, presented again: free, and only what may be shown now.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import { pageOf, type SoldHit, type SoldPage } from './page.ts'
import type { PageRow } from './store.ts'
import * as store from './store.ts'

export async function storedPage(
  db: Db,
  call: Call,
  page: PageRow,
  { includeText }: { includeText: boolean },
): Promise<SoldPage> {
  const { tenantId } = call.actor
  const activity = await store.findActivity(db, tenantId, page.searchActivityId)
  assert(activity, 'a page has its activity')
  const events = await store.listRetrievalsOfPage(db, tenantId, page.chargeKey)
  const reach = await reachOfActivity(db, call, activity)
  const chunkNos = events.map((event) => event.chunkNo)
  const chunks = await store.listLiveChunks(db, reach, chunkNos)
  const texts = new Map(chunks.map((chunk) => [chunk.chunkNo, chunk.text]))
  await billing.requireLive(db, call.actor, call.now)
  const remainingMicros = await billing.remainingOf(db, call.actor, call.now)
  const shown = pageOf(activity, page, { events, texts, includeText, remainingMicros })
  // Its own charge key: the answer to this very call was lost, so it is told what it was charged.
  return page.chargeKey === call.chargeKey ? shown : asCharged(shown)
}

function asCharged(page: SoldPage): SoldPage {
  const hits = page.hits.map((hit): SoldHit => {
    const reason = hit.billable ? 'already_charged' : hit.reason
    return { ...hit, amountMicros: 0n, billable: false, reason }
  })
  return { ...page, hits, chargedMicros: 0n }
}

/** What of a session's datasets the caller may still use. */
export async function reachOfActivity(
  db: Db,
  { actor, now }: Call,
  { datasetIds }: store.Activity,
): Promise<access.Reach> {
  // Not by name: what is no longer permitted is left out without a word.
  const reach = await access.reachFor(db, actor, { datasetIds: null, now })
  const searched = new Set<string>(datasetIds)
  return access.narrowReach(reach, ({ id }) => searched.has(id))
}
