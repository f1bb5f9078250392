import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type IssuedStatus = 'open' | 'paid' | 'void'

export interface IssuedRow {
  id: Id<'inv'>
  /** The order in which they were issued. */
  serial: bigint
  number: string
  tenantId: Id<'tnt'>
  tenantName: string
  periodStart: Date
  /** The first moment of the next month. */
  periodEnd: Date
  status: IssuedStatus
  /** Negative on a credit note. */
  totalMicros: bigint
  openedAt: Date
  dueAt: Date | null
  paidAt: Date | null
  paymentReference: string | null
  voidedAt: Date | null
  voidReason: string | null
  settledBy: string | null
  creditsInvoiceId: Id<'inv'> | null
  creditedDisputeId: string | null
  /** The sum of its credit notes, positive. */
  creditedMicros: bigint
}

export interface InvoiceLine {
  id: Id<'line'>
  kind: 'plan_fee' | 'usage'
  datasetId: Id<'dset'> | null
  datasetName: string | null
  eventType: string | null
  quantity: bigint
  amountMicros: bigint
}

export interface Month {
  from: Date
  to: Date
}

export interface MonthRow {
  tenantId: Id<'tnt'>
  periodStart: Date
  closedAt: Date | null
  invoiceId: Id<'inv'> | null
}

/** Makes the row where it is missing; a second caller waits for the first. */
export async function lockMonth(tx: Tx, tenantId: Id<'tnt'>, periodStart: Date): Promise<MonthRow> {
  const [row] = await tx.rows<MonthRow>`
    insert into invoice_months (tenant_id, period_start) values (${tenantId}, ${periodStart})
    on conflict (tenant_id, period_start) do update set period_start = excluded.period_start
    returning *`
  return row ?? { tenantId, periodStart, closedAt: null, invoiceId: null }
}

export async function markMonthClosed(
  tx: Tx,
  { tenantId, periodStart, invoiceId }: MonthRow,
  now: Date,
): Promise<void> {
  await tx.run`
    update invoice_months set closed_at = ${now}, invoice_id = ${invoiceId}
    where tenant_id = ${tenantId} and period_start = ${periodStart}`
}

export async function findLastClosedMonth(
  sql: Sql,
  tenantId: Id<'tnt'>,
): Promise<Date | undefined> {
  const row = await sql.first<{ periodStart: Date }>`
    select period_start from invoice_months
    where tenant_id = ${tenantId} and closed_at is not null
    order by period_start desc
    limit 1`
  return row?.periodStart
}

// Reads along the arrow to identity.
export async function findFirstTenantTime(db: Db): Promise<Date | null> {
  const row = await db.first<{ createdAt: Date | null }>`
    select min(created_at) as created_at from tenants`
  return row?.createdAt ?? null
}

/** Tenants that were there before the month's end and whose month is not closed, in id order. */
export async function listUnclosedTenants(
  db: Db,
  { from, to }: Month,
  page: { afterId: string | null; limit: number },
): Promise<Id<'tnt'>[]> {
  const rows = await db.rows<{ id: Id<'tnt'> }>`
    select id from tenants
    -- By a clock that went back, a tenant may have used something before its own sign-up.
    where (created_at < ${to} or exists (
        select 1 from usage_events
        where tenant_id = tenants.id and occurred_at >= ${from} and occurred_at < ${to}))
      and (${page.afterId}::text is null or id > ${page.afterId})
      and not exists (
        select 1 from invoice_months
        where tenant_id = tenants.id and period_start = ${from} and closed_at is not null)
    order by id
    limit ${page.limit}`
  return rows.map((row) => row.id)
}

export async function insertClosedMonth(db: Db, periodStart: Date, now: Date): Promise<void> {
  await db.run`
    insert into closed_months (period_start, closed_at) values (${periodStart}, ${now})
    on conflict (period_start) do nothing`
}

export async function listClosedMonths(sql: Sql): Promise<Date[]> {
  const rows = await sql.rows<{ periodStart: Date }>`
    select period_start from closed_months order by period_start`
  return rows.map((row) => row.periodStart)
}

export async function findClosedMonth(sql: Sql, periodStart: Date): Promise<boolean> {
  const row = await sql.first`select 1 from closed_months where period_start = ${periodStart}`
  return row !== undefined
}

/** Counts within the transaction: where it fails, the number is free again. */
export async function takeNumber(tx: Tx, year: number): Promise<number> {
  const [row] = await tx.rows<{ lastNumber: number }>`
    insert into invoice_numbers (year, last_number) values (${year}, 1)
    on conflict (year) do update set last_number = invoice_numbers.last_number + 1
    returning last_number`
  return row?.lastNumber ?? 1
}

/**
 * The month's use by dataset and kind. What is free is in no line. The name is the latest; line ids follow
 * from invoice, dataset and kind of use, so that a draft shows the ids that its invoice will have.
 */
export async function listUsageLines(
  sql: Sql,
  tenantId: Id<'tnt'>,
  invoiceId: Id<'inv'>,
  { from, to }: Month,
): Promise<InvoiceLine[]> {
  return sql.rows<InvoiceLine>`
    select 'line_' || left(encode(sha256(convert_to(
        ${invoiceId}::text || dataset_id || event_type, 'UTF8')), 'hex'), 26) as id,
      'usage' as kind, dataset_id,
      (select last.dataset_name from usage_events last
        where last.tenant_id = ${tenantId} and last.occurred_at = sums.last_at
          and last.dataset_id = sums.dataset_id and last.event_type = sums.event_type
        order by last.id desc limit 1) as dataset_name,
      event_type, quantity, amount_micros
    from (
      select dataset_id, event_type, sum(quantity)::bigint as quantity,
        sum(amount_micros)::bigint as amount_micros, max(occurred_at) as last_at
      from usage_events
      where tenant_id = ${tenantId} and billable and amount_micros > 0
        and occurred_at >= ${from} and occurred_at < ${to}
      group by dataset_id, event_type) sums
    order by dataset_id, event_type`
}

export async function insertLines(
  tx: Tx,
  tenantId: Id<'tnt'>,
  invoiceId: Id<'inv'>,
  lines: readonly InvoiceLine[],
): Promise<void> {
  await tx.run`
    insert into invoice_lines (id, invoice_id, tenant_id, kind, dataset_id, dataset_name, event_type,
      quantity, amount_micros)
    select "id", ${invoiceId}, ${tenantId}, "kind", "datasetId", "datasetName", "eventType",
      "quantity", "amountMicros"
    from jsonb_to_recordset(${json(lines)}) as rows (
      "id" text, "kind" text, "datasetId" text, "datasetName" text, "eventType" text,
      "quantity" bigint, "amountMicros" bigint)`
}

/** Of several invoices of one tenant: plan fee first, then by dataset and kind of use. */
export async function listLines(
  sql: Sql,
  tenantIds: readonly Id<'tnt'>[],
  invoiceIds: readonly Id<'inv'>[],
): Promise<(InvoiceLine & { invoiceId: Id<'inv'> })[]> {
  return sql.rows<InvoiceLine & { invoiceId: Id<'inv'> }>`
    select * from invoice_lines
    where invoice_id = any(${invoiceIds}) and tenant_id = any(${tenantIds})
    order by invoice_id, kind, dataset_id, event_type`
}

export type NewInvoice = Pick<
  IssuedRow,
  | 'id'
  | 'number'
  | 'tenantId'
  | 'tenantName'
  | 'periodStart'
  | 'periodEnd'
  | 'status'
  | 'totalMicros'
  | 'openedAt'
  | 'dueAt'
  | 'paidAt'
  | 'creditsInvoiceId'
  | 'creditedDisputeId'
>

export async function insertInvoice(tx: Tx, invoice: NewInvoice): Promise<void> {
  await tx.run`
    insert into invoices (id, number, tenant_id, tenant_name, period_start, period_end, status,
      total_micros, opened_at, due_at, paid_at, credits_invoice_id, credited_dispute_id)
    values (${invoice.id}, ${invoice.number}, ${invoice.tenantId}, ${invoice.tenantName},
      ${invoice.periodStart}, ${invoice.periodEnd}, ${invoice.status}, ${invoice.totalMicros},
      ${invoice.openedAt}, ${invoice.dueAt}, ${invoice.paidAt}, ${invoice.creditsInvoiceId},
      ${invoice.creditedDisputeId})`
}

export async function findInvoice(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<IssuedRow | undefined> {
  return sql.first<IssuedRow>`
    select i.*, coalesce((
        select -sum(c.total_micros) from invoices c
        where c.credits_invoice_id = i.id and c.tenant_id = i.tenant_id), 0)::bigint
      as credited_micros
    from invoices i
    where i.id = ${id} and i.tenant_id = ${tenantId}`
}

/** An operator names an invoice of any tenant by its id. */
export async function findOwner(sql: Sql, id: string): Promise<Id<'tnt'> | undefined> {
  const row = await sql.first<{ tenantId: Id<'tnt'> }>`
    select tenant_id from invoices where id = ${id}`
  return row?.tenantId
}

/** Read again after the lock: what was credited while it was waited for counts. */
export async function lockInvoice(tx: Tx, tenantId: Id<'tnt'>, id: string): Promise<void> {
  await tx.run`select 1 from invoices where id = ${id} and tenant_id = ${tenantId} for update`
}

/** A tenant's own, newest first. */
export async function listInvoices(
  db: Db,
  tenantId: Id<'tnt'>,
  page: { before: bigint | null; limit: number },
): Promise<IssuedRow[]> {
  return db.rows<IssuedRow>`
    select i.*, 0::bigint as credited_micros
    from invoices i
    where i.tenant_id = ${tenantId}
      and (${page.before}::bigint is null or i.serial < ${page.before})
    order by i.serial desc
    limit ${page.limit}`
}

export interface InvoiceFilter {
  status: IssuedStatus | null
  tenantId: string | null
}

/** Of all tenants, newest first. */
export async function listAllInvoices(
  db: Db,
  filter: InvoiceFilter,
  page: { before: bigint | null; limit: number },
): Promise<IssuedRow[]> {
  return db.rows<IssuedRow>`
    select i.*, coalesce((
        select -sum(c.total_micros) from invoices c
        where c.credits_invoice_id = i.id and c.tenant_id = i.tenant_id), 0)::bigint
      as credited_micros
    from invoices i
    where (${filter.status}::text is null or i.status = ${filter.status})
      and (${filter.tenantId}::text is null or i.tenant_id = ${filter.tenantId})
      and (${page.before}::bigint is null or i.serial < ${page.before})
    order by i.serial desc
    limit ${page.limit}`
}

export async function countAllInvoices(db: Db, filter: InvoiceFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from invoices
    where (${filter.status}::text is null or status = ${filter.status})
      and (${filter.tenantId}::text is null or tenant_id = ${filter.tenantId})`
  return row?.count ?? 0
}

export async function markPaid(
  tx: Tx,
  { id, tenantId }: { id: Id<'inv'>; tenantId: Id<'tnt'> },
  paid: { paidAt: Date; reference: string | null; settledBy: string | null },
): Promise<void> {
  await tx.run`
    update invoices
    set status = 'paid', paid_at = ${paid.paidAt}, payment_reference = ${paid.reference},
      settled_by = ${paid.settledBy}
    where id = ${id} and tenant_id = ${tenantId} and status = 'open'`
}

export async function markVoid(
  tx: Tx,
  { id, tenantId }: { id: Id<'inv'>; tenantId: Id<'tnt'> },
  given: { voidedAt: Date; reason: string; settledBy: string },
): Promise<void> {
  await tx.run`
    update invoices
    set status = 'void', voided_at = ${given.voidedAt}, void_reason = ${given.reason},
      settled_by = ${given.settledBy}
    where id = ${id} and tenant_id = ${tenantId} and status = 'open'`
}

export interface CreditLine {
  datasetId: Id<'dset'>
  datasetName: string
  eventType: string
  quantity: bigint
  /** Positive: what the buyer gets back. */
  amountMicros: bigint
}

/** The same call again finds its lines there. */
export async function insertPendingCredits(
  tx: Tx,
  { tenantId, periodStart }: { tenantId: Id<'tnt'>; periodStart: Date },
  disputeId: string,
  lines: readonly CreditLine[],
): Promise<number> {
  return tx.run`
    insert into pending_credits (tenant_id, period_start, dispute_id, dataset_id, dataset_name,
      event_type, quantity, amount_micros)
    select ${tenantId}, ${periodStart}, ${disputeId}, "datasetId", "datasetName", "eventType",
      "quantity", "amountMicros"
    from jsonb_to_recordset(${json(lines)}) as rows (
      "datasetId" text, "datasetName" text, "eventType" text, "quantity" bigint,
      "amountMicros" bigint)
    on conflict do nothing`
}

export async function listPendingCredits(
  tx: Tx,
  tenantId: Id<'tnt'>,
  periodStart: Date,
): Promise<(CreditLine & { disputeId: string })[]> {
  return tx.rows<CreditLine & { disputeId: string }>`
    select * from pending_credits
    where tenant_id = ${tenantId} and period_start = ${periodStart}
    order by dispute_id, dataset_id, event_type`
}

// The books are checked as a whole, so many invoices at a time that memory stays flat.
export async function listSerials(
  db: Db,
  page: { after: bigint; limit: number },
): Promise<{ serial: bigint; tenantId: Id<'tnt'> }[]> {
  return db.rows`
    select serial, tenant_id from invoices
    where serial > ${page.after}
    order by serial
    limit ${page.limit}`
}

/** Invoices whose total is not the sum of its lines, or that were credited beyond their total. */
export async function listWrongTotals(
  db: Db,
  { first, last }: { first: bigint; last: bigint },
): Promise<{ id: string; problem: 'total' | 'credits' }[]> {
  return db.rows`
    select i.id, case when i.total_micros <> lines.sum then 'total' else 'credits' end as problem
    from invoices i
    cross join lateral (
      select coalesce(sum(amount_micros), 0) as sum from invoice_lines
      where invoice_id = i.id and tenant_id = i.tenant_id) lines
    cross join lateral (
      select coalesce(-sum(total_micros), 0) as sum from invoices
      where credits_invoice_id = i.id and tenant_id = i.tenant_id) credits
    where i.serial between ${first} and ${last}
      and (i.total_micros <> lines.sum
        or (i.credits_invoice_id is null and i.total_micros < credits.sum))
    order by i.serial`
}

/** Invoices whose usage lines are not the usage events of their month. */
export async function listWrongUsage(
  db: Db,
  { first, last }: { first: bigint; last: bigint },
): Promise<{ id: string; problem: 'usage' }[]> {
  return db.rows`
    select i.id, 'usage' as problem
    from invoices i
    where i.serial between ${first} and ${last}
      and i.credits_invoice_id is null
      and exists (
        select 1
        from (
          select dataset_id, event_type, quantity, amount_micros from invoice_lines
          where invoice_id = i.id and tenant_id = i.tenant_id and kind = 'usage') lines
        full join (
          select dataset_id, event_type, sum(quantity) as used, sum(amount_micros) as charged
          from usage_events
          where tenant_id = i.tenant_id and billable and amount_micros > 0
            and occurred_at >= i.period_start and occurred_at < i.period_end
          group by dataset_id, event_type) events using (dataset_id, event_type)
        where quantity is distinct from used or amount_micros is distinct from charged)
    order by i.serial`
}

/** Months that are closed without an invoice, although something was charged in them. */
export async function listUnbilled(db: Db): Promise<{ id: string; problem: 'unbilled' }[]> {
  return db.rows`
    select m.tenant_id || ' ' || to_char(m.period_start at time zone 'UTC', 'YYYY-MM') as id,
      'unbilled' as problem
    from invoice_months m
    where m.closed_at is not null and m.invoice_id is null
      and exists (
        select 1 from usage_events
        where tenant_id = m.tenant_id and billable and amount_micros > 0
          and occurred_at >= m.period_start
          and date_trunc('month', occurred_at at time zone 'UTC')
            = m.period_start at time zone 'UTC')
    order by 1`
}
