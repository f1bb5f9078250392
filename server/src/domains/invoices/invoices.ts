// What a tenant owes for a month: drafts while it runs, an invoice once it is closed, credit notes after
// that. Invoices add up what was charged and never rate again.
import type { Call } from '../../base/call.ts'
import type { Db, Sql } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import type { Page } from '../../base/page.ts'
import * as identity from '../identity/identity.ts'
import {
  draftOf,
  type Invoice,
  listUnclosed,
  serialOf,
  type UnclosedMonth,
  withAllLines,
  withLines,
} from './lines.ts'
import { printInvoice } from './print.ts'
import * as store from './store.ts'

export { closeMonths, isMonthClosed, listClosedMonths } from './close.ts'
export { creditUse, dueOf, lockMonths, type UseCredit } from './credits.ts'
export { events } from './events.ts'
export type { Invoice } from './lines.ts'
export { type Column, dayText, moneyText, printSheet, useLabel } from './sheet.ts'
export type { CreditLine } from './store.ts'
export { verifyInvoices, type WrongInvoice } from './verify.ts'

/** Newest first: months that are not closed as drafts, then what was issued. */
export async function listInvoices(
  { db }: { db: Db },
  { actor, after, now }: Call,
  { limit }: { limit: number },
): Promise<Page<Invoice>> {
  // A position is the serial of an issued one, or `draft` and the start of its month.
  const [place, draftedFrom] = after ?? []
  const isAmongDrafts = place === undefined || place === 'draft'
  const tenant = await requireTenant(db, actor.tenantId)
  // Before what was issued: a month that is closed between the two reads is seen twice, not never.
  const unclosed = isAmongDrafts ? await listUnclosed(db, tenant, now) : []
  const before = isAmongDrafts ? null : BigInt(place)
  const issued = await store.listInvoices(db, tenant.id, { before, limit: limit + 1 })
  const waiting = unclosed
    .filter(({ from }) => draftedFrom === undefined || from.toISOString() < draftedFrom)
    .filter(({ id }) => !issued.some((row) => row.id === id))

  const drafts = []
  for (const month of waiting.slice(0, limit)) drafts.push(await draftOf(db, tenant, month))
  const rows = issued.slice(0, limit - drafts.length)
  const hasMore = waiting.length + issued.length > limit
  const lastRow = rows.at(-1)
  const lastDraft = drafts.at(-1)
  const last = lastRow ? serialOf(lastRow) : draftPosition(lastDraft?.periodStart)
  return {
    items: [...drafts, ...(await withAllLines(db, rows))],
    next: hasMore ? last : null,
    total: null,
  }
}

function draftPosition(periodStart: Date | undefined) {
  return periodStart ? ['draft', periodStart.toISOString()] : null
}

/** An invoice, a credit note, or a draft under the id that its invoice will have. */
export async function getInvoice(
  { db }: { db: Db },
  { actor, now }: Call,
  invoiceId: string,
): Promise<Invoice> {
  const found = await findInvoice(db, await requireTenant(db, actor.tenantId), invoiceId, now)
  if (!found) throw notFound()
  return found
}

/** As PDF, the same bytes each time. Throws `conflict` for a draft. */
export async function printedInvoice(
  deps: { db: Db },
  call: Call,
  invoiceId: string,
): Promise<Uint8Array> {
  const invoice = await getInvoice(deps, call, invoiceId)
  if (invoice.status === 'draft') throw new Failure('conflict', 'A draft is not printed.')
  const { creditsInvoiceId } = invoice
  const credited = creditsInvoiceId
    ? await store.findInvoice(deps.db, invoice.tenantId, creditsInvoiceId)
    : undefined
  return printInvoice(invoice, credited?.number ?? null)
}

async function findInvoice(
  sql: Sql,
  tenant: identity.Tenant,
  id: string,
  until: Date,
): Promise<Invoice | undefined> {
  // In this order: a month that is closed meanwhile is found as an invoice.
  const unclosed = await listUnclosed(sql, tenant, until)
  const issued = await store.findInvoice(sql, tenant.id, id)
  if (issued) return withLines(sql, issued)
  const month: UnclosedMonth | undefined = unclosed.find((one) => one.id === id)
  return month && draftOf(sql, tenant, month)
}

async function requireTenant(sql: Sql, tenantId: Id<'tnt'>): Promise<identity.Tenant> {
  const tenant = await identity.findTenant(sql, tenantId)
  assert(tenant, 'a tenant is never deleted')
  return tenant
}

/** Which usage events stand behind an invoice or one of its lines: billable ones with an amount. */
export interface InvoicedUsage {
  from: Date
  /** Half-open. The same as `from` for a plan fee, which no usage stands behind. */
  to: Date
  datasetId: Id<'dset'> | null
  eventType: string | null
  /** On a credit note: only those that this dispute refunded. */
  disputeId: string | null
}

/** Undefined where the tenant has no such invoice, draft or line. */
export async function usageOfLine(
  db: Sql,
  tenantId: Id<'tnt'>,
  { invoiceId, lineId, now }: { invoiceId: string; lineId: string | null; now: Date },
): Promise<InvoicedUsage | undefined> {
  const tenant = await requireTenant(db, tenantId)
  const invoice = await findInvoice(db, tenant, invoiceId, now)
  if (!invoice) return undefined
  const usage = {
    from: invoice.periodStart,
    to: invoice.periodEnd,
    disputeId: invoice.status === 'draft' ? null : invoice.creditedDisputeId,
  }
  if (lineId === null) return { ...usage, datasetId: null, eventType: null }
  const line = invoice.lines.find((one) => one.id === lineId)
  if (!line) return undefined
  const { datasetId, eventType } = line
  return { ...usage, to: line.kind === 'usage' ? usage.to : usage.from, datasetId, eventType }
}
