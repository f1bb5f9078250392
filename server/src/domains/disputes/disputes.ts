// Usage that a buyer contests within the hold window of its month. While a dispute is open the provider's
// share stands in `held`; an operator gives it back to one of the two sides. An event is disputed once.
import type { Actor, Call } from '../../base/call.ts'
import type { Db, Sql } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type Page, pageOf } from '../../base/page.ts'
import { type Dispute, withEvents } from './found.ts'
import * as store from './store.ts'

export { events } from './events.ts'
export { type Dispute, findDispute } from './found.ts'
export { openDispute } from './open.ts'
export { resolveDispute } from './resolve.ts'

/** The caller's own, newest first. */
export async function listDisputes(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<Dispute>> {
  const before = after ? BigInt(after[0] ?? 0) : null
  const filter = { status: null, tenantId: actor.tenantId }
  const onlyDatasetIds = actor.datasetIds
  const rows = await store.listDisputes(db, filter, { before, limit: limit + 1, onlyDatasetIds })
  const page = pageOf(rows, limit, ({ serial }) => [serial.toString()])
  return { ...page, items: await withEvents(db, page.items) }
}

/** The caller's own. */
export async function getDispute(
  { db }: { db: Db },
  { actor }: Call,
  disputeId: string,
): Promise<Dispute> {
  const row = await store.findDispute(db, actor.tenantId, disputeId)
  const [dispute] = row ? await withEvents(db, [row]) : []
  if (!dispute || !(await mayName(db, actor, dispute))) throw notFound()
  return dispute
}

/** A key's list of datasets narrows here as well. */
async function mayName(db: Db, actor: Actor, dispute: Dispute): Promise<boolean> {
  if (actor.datasetIds === null) return true
  const usage = await store.listUsage(db, actor.tenantId, dispute.usageEventIds)
  return usage.every(({ datasetId }) => actor.datasetIds?.includes(datasetId))
}

/** The usage events of a tenant's dispute; none where it has no such dispute. */
export async function disputedEvents(
  db: Sql,
  tenantId: Id<'tnt'>,
  disputeId: string,
): Promise<Id<'ue'>[]> {
  const events = await store.listEvents(db, [tenantId], [disputeId])
  return events.map((one) => one.usageEventId)
}

/** Which of these usage events were refunded: nobody may build on them any more. */
export async function listRefunded(
  db: Sql,
  usageEventIds: readonly string[],
): Promise<Set<string>> {
  return new Set(await store.listRefunded(db, usageEventIds))
}
