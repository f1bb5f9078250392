// One change of a payout: its row, its audit entry in the provider's chain, and its event.
import type { Sql, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import { events } from './events.ts'
import type { PayoutMonth, PayoutRow } from './store.ts'
import * as store from './store.ts'

export interface Move {
  action: string
  /** What the row holds afterwards. */
  change: Partial<Omit<PayoutRow, keyof PayoutMonth>>
  facts?: Record<string, unknown>
}

/** On a month that is locked. */
export async function move(
  tx: Tx,
  by: audit.By,
  row: PayoutRow,
  { action, change, facts }: Move,
): Promise<PayoutRow> {
  const moved = { ...row, ...change }
  await store.updatePayout(tx, moved)
  await tell(tx, by, row, {
    action,
    changes: { ...audit.changesOf(stateIn(row), moved), ...facts },
  })
  return moved
}

function stateIn({ status, isHeld, isCarried }: PayoutRow) {
  return { status, isHeld, isCarried }
}

/** Also of a month that has no payout yet: it will have it under this id. */
export async function tell(
  tx: Tx,
  by: audit.By,
  { id, tenantId }: PayoutMonth,
  done: { action: string; changes: Record<string, unknown> },
): Promise<void> {
  await audit.record(tx, by, { tenantId, targetId: id, ...done })
  await emit(tx, events.updated, { tenantId, payoutId: id })
}

export function systemBy(task: string, tenantId: Id<'tnt'>, now: Date): audit.By {
  return { actor: { kind: 'system', id: task, tenantId }, now }
}

export async function requireRow(sql: Sql, payoutId: string): Promise<PayoutRow> {
  const month = await store.findMonth(sql, payoutId)
  const row = month && (await store.findPayout(sql, month.tenantId, payoutId))
  if (!row) throw notFound()
  return row
}

/** Read after the lock: it stands until the commit. */
export async function lockRow(tx: Tx, payoutId: string): Promise<PayoutRow> {
  const month = await store.findMonth(tx, payoutId)
  if (!month) throw notFound()
  await store.lockMonths(tx, [month])
  return requireRow(tx, payoutId)
}
