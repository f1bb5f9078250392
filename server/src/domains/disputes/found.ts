// Disputes together with the usage events that they contest.
import type { Sql } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { DisputeRow } from './store.ts'
import * as store from './store.ts'

export interface Dispute extends DisputeRow {
  /** As the buyer named them. */
  usageEventIds: Id<'ue'>[]
}

/** Of any buyer, for operators. */
export async function findDispute(db: Sql, id: string): Promise<Dispute | undefined> {
  const tenantId = await store.findOwner(db, id)
  const row = tenantId && (await store.findDispute(db, tenantId, id))
  const [dispute] = row ? await withEvents(db, [row]) : []
  return dispute
}

export async function withEvents(sql: Sql, rows: readonly DisputeRow[]): Promise<Dispute[]> {
  const events = await store.listEvents(
    sql,
    [...new Set(rows.map((row) => row.tenantId))],
    rows.map((row) => row.id),
  )
  return rows.map((row) => ({
    ...row,
    usageEventIds: events.filter((one) => one.disputeId === row.id).map((one) => one.usageEventId),
  }))
}
