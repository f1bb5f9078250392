// How an invoice or a credit note comes to be: its lines first, then its number, its row and the total
// of its lines.
import { plans } from '@ipto/contract/scopes.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Tx } from '../../base/db.ts'
import { type Id, idFor } from '../../base/ids.ts'
import type * as identity from '../identity/identity.ts'
import type { InvoiceLine, Month } from './store.ts'
import * as store from './store.ts'

const paymentDays = 14
const microsPerMajor = 1_000_000n

/** The same while the month runs and afterwards. */
export function invoiceIdOf(tenantId: Id<'tnt'>, periodStart: Date): Id<'inv'> {
  return idFor('inv', `${tenantId} ${periodStart.toISOString()}`)
}

/** None where the plan is free. Of the plan at the moment of the closing, and never in parts. */
export function planLines({ plan }: identity.Tenant, invoiceId: Id<'inv'>): InvoiceLine[] {
  const amountMicros = BigInt(plans[plan].feeMajor) * microsPerMajor
  if (amountMicros === 0n) return []
  return [
    {
      id: idFor('line', invoiceId, 'plan fee'),
      kind: 'plan_fee',
      datasetId: null,
      datasetName: null,
      eventType: null,
      quantity: 1n,
      amountMicros,
    },
  ]
}

/** What lines add up to. */
export function totalOf(lines: readonly { amountMicros: bigint }[]): bigint {
  return lines.reduce((sum, line) => sum + line.amountMicros, 0n)
}

interface Issue {
  id: Id<'inv'>
  tenant: Pick<identity.Tenant, 'id' | 'name'>
  month: Month
  totalMicros: bigint
  now: Date
  /** On a credit note. */
  credits: { invoiceId: Id<'inv'>; disputeId: string; isOwed: boolean } | null
}

/** Answers its number. Numbers have no gaps within the year of their issue. */
export async function issue(tx: Tx, draft: Issue): Promise<string> {
  const { id, tenant, month, totalMicros, now, credits } = draft
  const isSettled = credits !== null && !credits.isOwed
  const year = now.getUTCFullYear()
  const number = `${year}-${String(await store.takeNumber(tx, year)).padStart(6, '0')}`
  await store.insertInvoice(tx, {
    id,
    number,
    tenantId: tenant.id,
    tenantName: tenant.name,
    periodStart: month.from,
    periodEnd: month.to,
    // A credit note asks for nothing: unless money is owed back, it is settled as it is written.
    status: isSettled ? 'paid' : 'open',
    totalMicros,
    openedAt: now,
    dueAt: credits ? null : addMs(now, paymentDays * msPerDay),
    paidAt: isSettled ? now : null,
    creditsInvoiceId: credits?.invoiceId ?? null,
    creditedDisputeId: credits?.disputeId ?? null,
  })
  return number
}
