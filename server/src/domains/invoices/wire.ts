import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { addMs, dateOf } from '../../base/clock.ts'
import { assert } from '../../base/errors.ts'
import type { Wire } from '../../base/route.ts'
import { dueMicrosOf } from './credits.ts'
import type { Invoice, IssuedInvoice } from './lines.ts'

export function readInvoicesPage(input: ParsedInput<'invoices.list'>) {
  return { limit: input.limit }
}

export function readInvoiceId(input: { invoice_id: string }): string {
  return input.invoice_id
}

export function readAllInvoices(input: ParsedInput<'admin_invoices.list'>) {
  return {
    status: input.status ?? null,
    tenantId: input.tenant_id ?? null,
    limit: input.limit,
  }
}

export function readPayment(input: ParsedInput<'admin_invoices.pay'>) {
  const amountMicros = fromMajor(input.amount)
  assert(amountMicros !== undefined, 'the contract lets only whole micro-units pass')
  return {
    invoiceId: input.invoice_id,
    amountMicros,
    reference: input.reference,
    paidAt: dateOf(input.paid_at),
  }
}

export function readVoid(input: ParsedInput<'admin_invoices.void'>) {
  return { invoiceId: input.invoice_id, reason: input.reason }
}

export function presentInvoice(invoice: Invoice, wire: Wire) {
  return {
    invoice_id: invoice.id,
    number: invoice.number,
    status: invoice.status,
    period_start: wire.time(invoice.periodStart),
    // The wire shows the last second of the month, the inside is half-open.
    period_end: wire.time(addMs(invoice.periodEnd, -1_000)),
    lines: invoice.lines.map((line) => ({
      line_id: line.id,
      kind: line.kind,
      dataset_id: line.datasetId,
      dataset_name: line.datasetName,
      event_type: line.eventType,
      quantity: Number(line.quantity),
      amount: toMajor(line.amountMicros),
    })),
    total: toMajor(invoice.totalMicros),
    currency,
    due_at: wire.timeOrNull(invoice.dueAt),
    opened_at: wire.timeOrNull(invoice.openedAt),
    paid_at: wire.timeOrNull(invoice.paidAt),
    credits_invoice_id: invoice.creditsInvoiceId,
  }
}

export function presentAdminInvoice(invoice: IssuedInvoice, wire: Wire) {
  return {
    ...presentInvoice(invoice, wire),
    tenant_id: invoice.tenantId,
    tenant_name: invoice.tenantName,
    credited: toMajor(invoice.creditedMicros),
    amount_due: toMajor(dueMicrosOf(invoice)),
    payment_reference: invoice.paymentReference,
    voided_at: wire.timeOrNull(invoice.voidedAt),
    void_reason: invoice.voidReason,
  }
}

export function presentPrinted(bytes: Uint8Array): Uint8Array {
  return bytes
}
