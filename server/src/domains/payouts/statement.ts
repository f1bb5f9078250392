// The statement of a payout as PDF: what was earned by dataset and kind of use, what the platform kept, and
// how it was paid.
import type { Call } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import * as identity from '../identity/identity.ts'
import * as invoices from '../invoices/invoices.ts'
import { netOf, type Payout } from './figures.ts'
import { getPayout } from './payouts.ts'
import * as store from './store.ts'

const { dayText, moneyText, useLabel } = invoices

const columns: readonly invoices.Column[] = [
  { title: 'Description', at: 0, width: 203, align: 'left' },
  { title: 'Quantity', at: 213, width: 60, align: 'right' },
  { title: 'Gross (USD)', at: 283, width: 95, align: 'right' },
  { title: 'Net (USD)', at: 388, width: 95, align: 'right' },
]

/** Throws `not_found`, and `conflict` for a month that is not closed. */
export async function printedStatement(
  { db }: { db: Db },
  call: Call,
  payoutId: string,
): Promise<Uint8Array> {
  const { tenantId } = call.actor
  const payout = await getPayout({ db }, call, payoutId)
  if (!(await store.findPayout(db, tenantId, payoutId))) {
    throw new Failure('conflict', 'A month that runs has no statement.')
  }
  const names = await identity.tenantNames(db, [tenantId])
  return printStatement(payout, names.get(tenantId) ?? '')
}

export async function printStatement(payout: Payout, name: string): Promise<Uint8Array> {
  const { periodStart, periodEnd, paidAt, bankReference, platformMicros } = payout
  return invoices.printSheet({
    title: `Payout statement ${periodStart.toISOString().slice(0, 7)}`,
    mark: payout.status === 'reversed' ? 'REVERSED' : null,
    date: periodEnd,
    facts: [
      `To: ${name}`,
      `Tenant: ${payout.tenantId}`,
      `Payout: ${payout.id}`,
      `Period: ${dayText(periodStart)} to ${dayText(addMs(periodEnd, -1))} (UTC)`,
      `Status: ${payout.status}, payable from ${dayText(payout.releaseAt)}`,
      ...(paidAt ? [`Paid: ${dayText(paidAt)}, bank reference ${bankReference}`] : []),
    ],
    columns,
    rows: payout.lines.map((line) => [
      useLabel(line.datasetName, line.eventType),
      line.quantity.toString(),
      moneyText(line.grossMicros),
      moneyText(netOf(line)),
    ]),
    totals: [
      ['Gross', '', moneyText(payout.grossMicros), ''],
      ['Platform fee', '', moneyText(-platformMicros), ''],
      ['Net', '', '', moneyText(netOf(payout))],
      ...(payout.heldMicros > 0n ? [['In dispute', '', '', moneyText(payout.heldMicros)]] : []),
    ],
  })
}
