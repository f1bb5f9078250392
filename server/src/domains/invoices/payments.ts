// What operators do with invoices: record that one was paid, or give it up. Each happens once: the row is
// locked, and the call that settled it is remembered.
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import * as ledger from '../ledger/ledger.ts'
import { dueMicrosOf } from './credits.ts'
import { type IssuedInvoice, serialOf, withAllLines, withLines } from './lines.ts'
import type { InvoiceFilter, IssuedRow } from './store.ts'
import * as store from './store.ts'

export interface Payment {
  invoiceId: string
  amountMicros: bigint
  reference: string
  paidAt: Date
}

/**
 * Records the payment of what is due, all of it: by the buyer, or, of a credit note, to the buyer. Throws `not_found`, `conflict` where the invoice is not
 * open, `invalid_request` for another amount or an impossible time.
 */
export async function recordPayment(
  { db }: { db: Db },
  call: Call,
  payment: Payment,
): Promise<IssuedInvoice> {
  return db.tx(async (tx) => {
    const invoice = await lockIssued(tx, payment.invoiceId)
    if (invoice.settledBy === call.chargeKey) return withLines(tx, invoice)
    requireOpen(invoice)
    const { amountMicros, paidAt, reference } = payment
    const dueMicros = dueMicrosOf(invoice)
    if (amountMicros !== (dueMicros < 0n ? -dueMicros : dueMicros)) {
      throw wrong('amount', 'must be exactly what is due')
    }
    requirePayable(invoice, paidAt, call.now)
    await store.markPaid(tx, invoice, { paidAt, reference, settledBy: call.chargeKey })
    const changes = {
      amountMicros: amountMicros.toString(),
      reference,
      paidAt: paidAt.toISOString(),
    }
    await record(tx, call, { invoice, action: 'invoice.pay', changes })
    await ledger.post(tx, [paymentOf(invoice, amountMicros)], call.now)
    return reread(tx, invoice)
  })
}

function paymentOf(
  { id, tenantId, creditsInvoiceId }: IssuedRow,
  amountMicros: bigint,
): ledger.Transfer {
  const cash = { purpose: 'cash', tenantId } as const
  const receivable = { purpose: 'receivable', tenantId } as const
  return {
    id: `${id}:payment`,
    ...(creditsInvoiceId === null
      ? { debit: cash, credit: receivable, reason: 'invoice payment' }
      : { debit: receivable, credit: cash, reason: 'credit note paid out' }),
    amountMicros,
  }
}

const msPerSecond = 1_000

// To the second: that is what an operator sees of the time that the invoice was opened.
function requirePayable({ openedAt }: IssuedRow, paidAt: Date, now: Date): void {
  if (paidAt > now) throw wrong('paid_at', 'must not lie in the future')
  const second = Math.floor(openedAt.getTime() / msPerSecond) * msPerSecond
  if (paidAt.getTime() < second) throw wrong('paid_at', 'must not be before the invoice was opened')
}

/**
 * Gives up an open invoice: the platform bears it, providers keep their share. Throws `not_found`, and
 * `conflict` where it is not open or was credited in part.
 */
export async function voidInvoice(
  { db }: { db: Db },
  call: Call,
  { invoiceId, reason }: { invoiceId: string; reason: string },
): Promise<IssuedInvoice> {
  return db.tx(async (tx) => {
    const invoice = await lockIssued(tx, invoiceId)
    if (invoice.settledBy === call.chargeKey) return withLines(tx, invoice)
    requireOpen(invoice)
    if (invoice.creditedMicros > 0n) throw new Failure('conflict', 'The invoice has a credit note.')
    if (invoice.creditsInvoiceId !== null) {
      throw new Failure('conflict', 'What a credit note owes is not given up.')
    }
    const { id, tenantId, totalMicros } = invoice
    await store.markVoid(tx, invoice, { voidedAt: call.now, reason, settledBy: call.chargeKey })
    const changes = { reason, totalMicros: totalMicros.toString() }
    await record(tx, call, { invoice, action: 'invoice.void', changes })
    const transfer: ledger.Transfer = {
      id: `${id}:void`,
      debit: { purpose: 'refunds', tenantId },
      credit: { purpose: 'receivable', tenantId },
      amountMicros: totalMicros,
      reason: 'invoice given up',
    }
    await ledger.post(tx, [transfer], call.now)
    return reread(tx, invoice)
  })
}

async function lockIssued(tx: Tx, id: string): Promise<IssuedRow> {
  const tenantId = await store.findOwner(tx, id)
  if (!tenantId) throw notFound()
  await store.lockInvoice(tx, tenantId, id)
  const invoice = await store.findInvoice(tx, tenantId, id)
  if (!invoice) throw notFound()
  return invoice
}

function requireOpen({ status }: IssuedRow): void {
  if (status !== 'open') throw new Failure('conflict', `The invoice is not open: it is ${status}.`)
}

function wrong(path: string, reason: string): Failure {
  return new Failure('invalid_request', `The field '${path}' ${reason}.`, {
    fields: [{ path, reason, nature: 'value' }],
  })
}

async function record(
  tx: Tx,
  call: Call,
  done: { invoice: IssuedRow; action: string; changes: Record<string, unknown> },
): Promise<void> {
  const { invoice, action, changes } = done
  const { tenantId, id } = invoice
  await audit.record(tx, call, { tenantId, action, targetId: id, changes })
}

async function reread(tx: Tx, { tenantId, id }: IssuedRow): Promise<IssuedInvoice> {
  const invoice = await store.findInvoice(tx, tenantId, id)
  if (!invoice) throw notFound()
  return withLines(tx, invoice)
}

/** Of all tenants, newest first, for operators. */
export async function listAllInvoices(
  { db }: { db: Db },
  { after }: Call,
  { limit, ...filter }: InvoiceFilter & { limit: number },
): Promise<Page<IssuedInvoice>> {
  const before = after ? BigInt(after[0] ?? 0) : null
  const rows = await store.listAllInvoices(db, filter, { before, limit: limit + 1 })
  const page = pageOf(rows, limit, serialOf, await store.countAllInvoices(db, filter))
  return { ...page, items: await withAllLines(db, page.items) }
}
