// An invoice or a credit note as PDF.
import { addMs } from '../../base/clock.ts'
import type { IssuedInvoice } from './lines.ts'
import { type Column, dayText, moneyText, printSheet, useLabel } from './sheet.ts'
import type { InvoiceLine } from './store.ts'

const columns: readonly Column[] = [
  { title: 'Description', at: 0, width: 258, align: 'left' },
  { title: 'Quantity', at: 268, width: 75, align: 'right' },
  { title: 'Amount (USD)', at: 353, width: 130, align: 'right' },
]

/** `creditedNumber`: of the invoice that a credit note takes from. */
export async function printInvoice(
  invoice: IssuedInvoice,
  creditedNumber: string | null,
): Promise<Uint8Array> {
  return printSheet({
    title: `${creditedNumber ? 'Credit note' : 'Invoice'} ${invoice.number}`,
    mark: invoice.status === 'void' ? 'VOID' : null,
    date: invoice.openedAt,
    facts: [
      `To: ${invoice.tenantName}`,
      `Tenant: ${invoice.tenantId}`,
      `Date: ${dayText(invoice.openedAt)}`,
      `Period: ${dayText(invoice.periodStart)} to ${dayText(addMs(invoice.periodEnd, -1))} (UTC)`,
      ...(invoice.dueAt ? [`Due: ${dayText(invoice.dueAt)}`] : []),
      ...(creditedNumber ? [`Credits invoice: ${creditedNumber}`] : []),
    ],
    columns,
    rows: invoice.lines.map((line) => [
      labelOf(line),
      line.quantity.toString(),
      moneyText(line.amountMicros),
    ]),
    totals: [['Total', '', moneyText(invoice.totalMicros)]],
  })
}

function labelOf({ kind, datasetName, eventType }: InvoiceLine): string {
  return kind === 'plan_fee' ? 'Plan fee' : useLabel(datasetName ?? '', eventType ?? '')
}
