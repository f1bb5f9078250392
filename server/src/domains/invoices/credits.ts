// Credit notes: use that was refunded, taken off an invoice. They move no money; whoever refunds does.
import { dateOf, monthOf } from '../../base/clock.ts'
import type { Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import { invoiceIdOf, issue, totalOf } from './issue.ts'
import type { CreditLine, IssuedRow, Month } from './store.ts'
import * as store from './store.ts'

export interface UseCredit {
  tenantId: Id<'tnt'>
  /** The first moment of the month that the use was in. */
  periodStart: Date
  disputeId: string
  lines: readonly CreditLine[]
  now: Date
}

/**
 * Takes refunded use off the invoice of its month, once for each dispute and month: by a credit note, or,
 * while the month runs, by lines that its closing turns into one. Throws `conflict` where the invoice is
 * void. To be called before the transfers of the refund are posted: accounts are locked last.
 */
export async function creditUse(tx: Tx, credit: UseCredit): Promise<void> {
  const { tenantId, disputeId } = credit
  const month = monthOf(credit.periodStart)
  const lines = merged(credit.lines)
  const row = await store.lockMonth(tx, tenantId, month.from)
  if (row.closedAt) return writeCreditNote(tx, { ...credit, lines }, month)
  const added = await store.insertPendingCredits(tx, row, disputeId, lines)
  if (added === 0) return
  await audit.record(tx, byOf(credit), {
    action: 'invoice.credit_later',
    targetId: invoiceIdOf(tenantId, month.from),
    changes: { disputeId, amountMicros: totalOf(lines).toString() },
  })
}

/** For a refund over several months: the months of these times, before anything is credited in one. */
export async function lockMonths(
  tx: Tx,
  tenantId: Id<'tnt'>,
  times: readonly Date[],
): Promise<void> {
  const starts = new Set(times.map((time) => monthOf(time).from.getTime()))
  for (const start of [...starts].sort((a, b) => a - b)) {
    await store.lockMonth(tx, tenantId, dateOf(start))
  }
}

/** One line for each dataset and kind of use. */
function merged(lines: readonly CreditLine[]): CreditLine[] {
  const sums = new Map<string, CreditLine>()
  for (const line of lines) {
    const key = `${line.datasetId} ${line.eventType}`
    const sum = sums.get(key)
    sums.set(key, {
      ...line,
      quantity: line.quantity + (sum?.quantity ?? 0n),
      amountMicros: line.amountMicros + (sum?.amountMicros ?? 0n),
    })
  }
  return [...sums.values()]
}

function byOf({ tenantId, now }: UseCredit): audit.By {
  return { actor: { kind: 'system', id: 'invoices.credit', tenantId }, now }
}

async function writeCreditNote(tx: Tx, credit: UseCredit, month: Month): Promise<void> {
  const { tenantId, disputeId, lines, now } = credit
  const invoiceId = invoiceIdOf(tenantId, month.from)
  await store.lockInvoice(tx, tenantId, invoiceId)
  const invoice = await store.findInvoice(tx, tenantId, invoiceId)
  assert(invoice, 'a month in which something was charged has an invoice')
  const id = idFor('inv', invoiceId, disputeId)
  if (await store.findInvoice(tx, tenantId, id)) return
  if (invoice.status === 'void') throw new Failure('conflict', 'The invoice of this use is void.')

  const amountMicros = totalOf(lines)
  const leftMicros = invoice.totalMicros - invoice.creditedMicros - amountMicros
  assert(amountMicros > 0n && leftMicros >= 0n, 'no more is credited than was invoiced')
  await store.insertLines(
    tx,
    tenantId,
    id,
    lines.map((line) => ({
      ...line,
      id: idFor('line', id, `${line.datasetId} ${line.eventType}`),
      kind: 'usage',
      amountMicros: -line.amountMicros,
    })),
  )
  // On a paid invoice the money itself is owed back; an open one just asks for less.
  const isOwed = invoice.status === 'paid'
  const number = await issue(tx, {
    id,
    tenant: { id: tenantId, name: invoice.tenantName },
    month,
    totalMicros: -amountMicros,
    now,
    credits: { invoiceId, disputeId, isOwed },
  })
  if (leftMicros === 0n && invoice.status === 'open') {
    await store.markPaid(tx, invoice, { paidAt: now, reference: null, settledBy: null })
  }
  await audit.record(tx, byOf(credit), {
    action: 'invoice.credit',
    targetId: invoiceId,
    changes: { creditNoteId: id, number, disputeId, amountMicros: amountMicros.toString() },
  })
}

/** Right after the invoice of a month: what was refunded while it ran, dispute by dispute. */
export async function writePendingCredits(
  tx: Tx,
  tenantId: Id<'tnt'>,
  month: Month,
  now: Date,
): Promise<void> {
  const pending = await store.listPendingCredits(tx, tenantId, month.from)
  for (const disputeId of new Set(pending.map((line) => line.disputeId))) {
    const lines = pending.filter((line) => line.disputeId === disputeId)
    const credit = { tenantId, periodStart: month.from, disputeId, lines, now }
    await writeCreditNote(tx, credit, month)
  }
}

/**
 * What is still to be paid on an invoice; negative on a credit note whose money is owed to the buyer.
 * Throws `not_found` for one of another tenant.
 */
export async function dueOf(sql: Sql, tenantId: Id<'tnt'>, invoiceId: string): Promise<bigint> {
  const invoice = await store.findInvoice(sql, tenantId, invoiceId)
  if (!invoice) throw notFound()
  return dueMicrosOf(invoice)
}

export function dueMicrosOf(invoice: IssuedRow): bigint {
  return invoice.status === 'open' ? invoice.totalMicros - invoice.creditedMicros : 0n
}
