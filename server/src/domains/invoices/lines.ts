// Invoices together with their lines: issued ones from the record, drafts worked out now.
import { monthOf } from '../../base/clock.ts'
import type { Sql } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import type * as identity from '../identity/identity.ts'
import { invoiceIdOf, planLines, totalOf } from './issue.ts'
import type { InvoiceLine, IssuedRow, Month } from './store.ts'
import * as store from './store.ts'

export interface IssuedInvoice extends IssuedRow {
  lines: InvoiceLine[]
}

/** A month that is not closed: what its invoice would be now. */
export interface Draft {
  id: Id<'inv'>
  number: null
  tenantId: Id<'tnt'>
  tenantName: string
  periodStart: Date
  periodEnd: Date
  status: 'draft'
  totalMicros: bigint
  openedAt: null
  dueAt: null
  paidAt: null
  creditsInvoiceId: null
  lines: InvoiceLine[]
}

export type Invoice = IssuedInvoice | Draft

export function serialOf({ serial }: IssuedRow): Position {
  return [serial.toString()]
}

export async function withLines(sql: Sql, row: IssuedRow): Promise<IssuedInvoice> {
  return { ...row, lines: await store.listLines(sql, [row.tenantId], [row.id]) }
}

export async function withAllLines(sql: Sql, rows: readonly IssuedRow[]): Promise<IssuedInvoice[]> {
  const tenantIds = [...new Set(rows.map((row) => row.tenantId))]
  const lines = await store.listLines(
    sql,
    tenantIds,
    rows.map((row) => row.id),
  )
  return rows.map((row) => ({ ...row, lines: lines.filter((line) => line.invoiceId === row.id) }))
}

export interface UnclosedMonth extends Month {
  /** Of the draft, and of the invoice that it becomes. */
  id: Id<'inv'>
}

/** The tenant's months up to the one that holds `until` that are not closed, newest first. */
export async function listUnclosed(
  sql: Sql,
  tenant: identity.Tenant,
  until: Date,
): Promise<UnclosedMonth[]> {
  const last = await store.findLastClosedMonth(sql, tenant.id)
  let month = last ? monthOf(monthOf(last).to) : monthOf(tenant.createdAt)
  const months: UnclosedMonth[] = []
  for (; month.from <= until; month = monthOf(month.to)) {
    months.unshift({ ...month, id: invoiceIdOf(tenant.id, month.from) })
  }
  return months
}

export async function draftOf(
  sql: Sql,
  tenant: identity.Tenant,
  { id, from, to }: UnclosedMonth,
): Promise<Draft> {
  const usage = await store.listUsageLines(sql, tenant.id, id, { from, to })
  const lines = [...planLines(tenant, id), ...usage]
  return {
    id,
    number: null,
    tenantId: tenant.id,
    tenantName: tenant.name,
    periodStart: from,
    periodEnd: to,
    status: 'draft',
    totalMicros: totalOf(lines),
    openedAt: null,
    dueAt: null,
    paidAt: null,
    creditsInvoiceId: null,
    lines,
  }
}
