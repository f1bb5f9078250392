import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type StoredStatus = 'pending' | 'approved' | 'paid' | 'reversed'
export type PayoutStatus = StoredStatus | 'held'

export interface Month {
  from: Date
  to: Date
}

/** One provider's month. */
export interface PayoutMonth {
  id: Id<'pay'>
  tenantId: Id<'tnt'>
  periodStart: Date
}

export interface PayoutRow extends PayoutMonth {
  /** The order in which they were made. */
  serial: bigint
  /** The first moment of the next month. */
  periodEnd: Date
  status: StoredStatus
  /** By an operator. */
  isHeld: boolean
  isCarried: boolean
  grossMicros: bigint
  platformMicros: bigint
  releaseAt: Date
  paymentCount: number
  paidAt: Date | null
  paidMicros: bigint | null
  bankReference: string | null
  /** The provider's share of what open disputes contest. */
  heldMicros: bigint
  openDisputes: number
}

export interface PayoutLine {
  datasetId: Id<'dset'>
  datasetName: string
  eventType: string
  quantity: bigint
  grossMicros: bigint
  platformMicros: bigint
}

/** In id order; makes rows where they are missing. What is read afterwards holds until the commit. */
export async function lockMonths(tx: Tx, months: readonly PayoutMonth[]): Promise<void> {
  await tx.run`
    insert into payout_months (id, tenant_id, period_start)
    select "id", "tenantId", "periodStart"
    from jsonb_to_recordset(${json(months)}) as rows (
      "id" text, "tenantId" text, "periodStart" timestamptz)
    order by "id"
    on conflict (id) do update set period_start = excluded.period_start`
}

export async function listMadeMonths(db: Sql): Promise<Date[]> {
  const rows = await db.rows<{ periodStart: Date }>`select period_start from paid_out_months`
  return rows.map((row) => row.periodStart)
}

export async function insertMadeMonth(db: Db, periodStart: Date, now: Date): Promise<void> {
  await db.run`
    insert into paid_out_months (period_start, made_at) values (${periodStart}, ${now})
    on conflict (period_start) do nothing`
}

// Reads along the arrows to identity and metering.
/** Providers that earned something in the month and have no payout for it, in id order. */
export async function listUnpaidProviders(
  db: Db,
  { from, to }: Month,
  page: { afterId: string | null; limit: number },
): Promise<Id<'tnt'>[]> {
  const rows = await db.rows<{ id: Id<'tnt'> }>`
    select t.id from tenants t
    where (${page.afterId}::text is null or t.id > ${page.afterId})
      and exists (
        select 1 from usage_events e
        where e.provider_tenant_id = t.id and e.tenant_id <> e.provider_tenant_id
          and e.billable and e.amount_micros > 0
          and e.occurred_at >= ${from} and e.occurred_at < ${to})
      and not exists (
        select 1 from payouts p where p.tenant_id = t.id and p.period_start = ${from})
    order by t.id
    limit ${page.limit}`
  return rows.map((row) => row.id)
}

/** Months with earnings that nobody refunded, newest first. */
export async function listEarningMonths(
  db: Sql,
  providerId: Id<'tnt'>,
  since: Date | null,
): Promise<Date[]> {
  const rows = await db.rows<{ periodStart: Date }>`
    select distinct date_trunc('month', e.occurred_at at time zone 'UTC') at time zone 'UTC'
      as period_start
    from usage_events e
    where e.provider_tenant_id = ${providerId} and e.tenant_id <> e.provider_tenant_id
      and e.billable and e.amount_micros > 0
      and (${since}::timestamptz is null or e.occurred_at >= ${since})
      and not exists (
        select 1 from contested_events c where c.usage_event_id = e.id and c.state = 'refunded')
    order by 1 desc`
  return rows.map((row) => row.periodStart)
}

/** The lines that `insertLines` would write now. The name of a dataset is the latest. */
export async function listEarnings(
  sql: Sql,
  providerId: Id<'tnt'>,
  { from, to }: Month,
): Promise<PayoutLine[]> {
  return sql.rows<PayoutLine>`
    select e.dataset_id,
      (max(array[to_char(e.occurred_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS'), e.id,
        e.dataset_name]))[3] as dataset_name,
      e.event_type, sum(e.quantity)::bigint as quantity,
      sum(e.amount_micros)::bigint as gross_micros,
      sum(e.platform_micros)::bigint as platform_micros
    from usage_events e
    where e.provider_tenant_id = ${providerId} and e.tenant_id <> e.provider_tenant_id
      and e.billable and e.amount_micros > 0
      and e.occurred_at >= ${from} and e.occurred_at < ${to}
      and not exists (
        select 1 from contested_events c where c.usage_event_id = e.id and c.state = 'refunded')
    group by e.dataset_id, e.event_type
    order by e.dataset_id, e.event_type`
}

export async function insertLines(
  tx: Tx,
  { id, tenantId }: PayoutMonth,
  lines: readonly PayoutLine[],
): Promise<void> {
  await tx.run`
    insert into payout_lines (payout_id, tenant_id, dataset_id, dataset_name, event_type, quantity,
      gross_micros, platform_micros)
    select ${id}, ${tenantId}, "datasetId", "datasetName", "eventType", "quantity", "grossMicros",
      "platformMicros"
    from jsonb_to_recordset(${json(lines)}) as rows (
      "datasetId" text, "datasetName" text, "eventType" text, "quantity" bigint,
      "grossMicros" bigint, "platformMicros" bigint)`
}

export async function deleteLines(tx: Tx, { id, tenantId }: PayoutMonth): Promise<void> {
  await tx.run`delete from payout_lines where payout_id = ${id} and tenant_id = ${tenantId}`
}

/** Of several payouts, by dataset and kind of use. */
export async function listLines(
  sql: Sql,
  tenantIds: readonly Id<'tnt'>[],
  payoutIds: readonly Id<'pay'>[],
): Promise<(PayoutLine & { payoutId: Id<'pay'> })[]> {
  return sql.rows<PayoutLine & { payoutId: Id<'pay'> }>`
    select * from payout_lines
    where payout_id = any(${payoutIds}) and tenant_id = any(${tenantIds})
    order by payout_id, dataset_id, event_type`
}

export type NewPayout = Pick<
  PayoutRow,
  'id' | 'tenantId' | 'periodStart' | 'periodEnd' | 'grossMicros' | 'platformMicros' | 'releaseAt'
>

export async function insertPayout(tx: Tx, payout: NewPayout): Promise<void> {
  await tx.run`
    insert into payouts (id, tenant_id, period_start, period_end, gross_micros, platform_micros,
      release_at)
    values (${payout.id}, ${payout.tenantId}, ${payout.periodStart}, ${payout.periodEnd},
      ${payout.grossMicros}, ${payout.platformMicros}, ${payout.releaseAt})`
}

export async function updateSums(
  tx: Tx,
  { id, tenantId }: PayoutMonth,
  sums: { grossMicros: bigint; platformMicros: bigint },
): Promise<void> {
  await tx.run`
    update payouts
    set gross_micros = ${sums.grossMicros}, platform_micros = ${sums.platformMicros}
    where id = ${id} and tenant_id = ${tenantId}`
}

export async function findPayout(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<PayoutRow | undefined> {
  return sql.first<PayoutRow>`
    select p.*, contested.held_micros, contested.open_disputes
    from payouts p
    cross join lateral (
      select coalesce(sum(amount_micros - platform_micros), 0)::bigint as held_micros,
        count(distinct dispute_id)::int as open_disputes
      from contested_events
      where provider_tenant_id = p.tenant_id and period_start = p.period_start
        and state = 'open') contested
    where p.id = ${id} and p.tenant_id = ${tenantId}`
}

/** An operator names a payout of any provider by its id. */
export async function findMonth(sql: Sql, id: string): Promise<PayoutMonth | undefined> {
  return sql.first<PayoutMonth>`select id, tenant_id, period_start from payouts where id = ${id}`
}

/** A provider's own, newest first. */
export async function listPayouts(
  db: Sql,
  tenantId: Id<'tnt'>,
  page: { before: Date | null; limit: number },
): Promise<PayoutRow[]> {
  return db.rows<PayoutRow>`
    select p.*, contested.held_micros, contested.open_disputes
    from payouts p
    cross join lateral (
      select coalesce(sum(amount_micros - platform_micros), 0)::bigint as held_micros,
        count(distinct dispute_id)::int as open_disputes
      from contested_events
      where provider_tenant_id = p.tenant_id and period_start = p.period_start
        and state = 'open') contested
    where p.tenant_id = ${tenantId}
      -- All of it was refunded: as if nothing had been earned.
      and (p.gross_micros > 0 or p.paid_micros is not null)
      and (${page.before}::timestamptz is null or p.period_start < ${page.before})
    order by p.period_start desc
    limit ${page.limit}`
}

export async function listPayoutIds(db: Sql, tenantId: Id<'tnt'>): Promise<Id<'pay'>[]> {
  const rows = await db.rows<{
    id: Id<'pay'>
  }>`
    select id from payouts
    where tenant_id = ${tenantId} and (gross_micros > 0 or paid_micros is not null)`
  return rows.map((row) => row.id)
}

export interface PayoutFilter {
  /** As shown. */
  status: PayoutStatus | null
  tenantId: string | null
}

/** Of all providers, newest first. */
export async function listAllPayouts(
  db: Db,
  filter: PayoutFilter,
  page: { before: bigint | null; limit: number },
): Promise<PayoutRow[]> {
  return db.rows<PayoutRow>`
    select p.*, contested.held_micros, contested.open_disputes
    from payouts p
    cross join lateral (
      select coalesce(sum(amount_micros - platform_micros), 0)::bigint as held_micros,
        count(distinct dispute_id)::int as open_disputes
      from contested_events
      where provider_tenant_id = p.tenant_id and period_start = p.period_start
        and state = 'open') contested
    where (p.gross_micros > 0 or p.paid_micros is not null)
      and (${filter.tenantId}::text is null or p.tenant_id = ${filter.tenantId})
      and (${filter.status}::text is null or ${filter.status} = case
        when p.status in ('paid', 'reversed') then p.status
        when p.is_held or contested.open_disputes > 0 then 'held'
        else p.status end)
      and (${page.before}::bigint is null or p.serial < ${page.before})
    order by p.serial desc
    limit ${page.limit}`
}

export async function countAllPayouts(db: Db, filter: PayoutFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count
    from payouts p
    where (p.gross_micros > 0 or p.paid_micros is not null)
      and (${filter.tenantId}::text is null or p.tenant_id = ${filter.tenantId})
      and (${filter.status}::text is null or ${filter.status} = case
        when p.status in ('paid', 'reversed') then p.status
        when p.is_held or exists (
          select 1 from contested_events c
          where c.provider_tenant_id = p.tenant_id and c.period_start = p.period_start
            and c.state = 'open') then 'held'
        else p.status end)`
  return row?.count ?? 0
}

/** Providers with released payouts that would reach the minimum together, or were not looked at. */
export async function listReleasable(
  db: Db,
  { now, minimumMicros }: { now: Date; minimumMicros: bigint },
): Promise<Id<'tnt'>[]> {
  const rows = await db.rows<{ tenantId: Id<'tnt'> }>`
    select p.tenant_id
    from payouts p
    where p.status = 'pending' and not p.is_held and p.release_at <= ${now}
      and p.gross_micros > p.platform_micros
      and not exists (
        select 1 from contested_events c
        where c.provider_tenant_id = p.tenant_id and c.period_start = p.period_start
          and c.state = 'open')
    group by p.tenant_id
    having sum(p.gross_micros - p.platform_micros) >= ${minimumMicros}
      or not bool_and(p.is_carried)
    order by p.tenant_id`
  return rows.map((row) => row.tenantId)
}

export async function listPendingMonths(tx: Tx, tenantId: Id<'tnt'>): Promise<PayoutMonth[]> {
  return tx.rows<PayoutMonth>`
    select id, tenant_id, period_start from payouts
    where tenant_id = ${tenantId} and status = 'pending'`
}

/** Writes all that a move can change. */
export async function updatePayout(tx: Tx, payout: PayoutRow): Promise<void> {
  await tx.run`
    update payouts
    set status = ${payout.status}, is_held = ${payout.isHeld}, is_carried = ${payout.isCarried},
      payment_count = ${payout.paymentCount}, paid_at = ${payout.paidAt},
      paid_micros = ${payout.paidMicros}, bank_reference = ${payout.bankReference}
    where id = ${payout.id} and tenant_id = ${payout.tenantId}`
}

export async function insertMove(
  tx: Tx,
  { id, tenantId }: PayoutMonth,
  chargeKey: string,
): Promise<void> {
  await tx.run`
    insert into payout_moves (charge_key, payout_id, tenant_id)
    values (${chargeKey}, ${id}, ${tenantId})`
}

export async function isMovedBy(
  sql: Sql,
  { id, tenantId }: PayoutMonth,
  chargeKey: string,
): Promise<boolean> {
  const row = await sql.first`
    select 1 from payout_moves
    where charge_key = ${chargeKey} and payout_id = ${id} and tenant_id = ${tenantId}`
  return row !== undefined
}

export interface ContestedEvent {
  usageEventId: Id<'ue'>
  providerTenantId: Id<'tnt'>
  periodStart: Date
  amountMicros: bigint
  platformMicros: bigint
}

/** Answers how many were new: each is contested once. */
export async function insertContested(
  tx: Tx,
  { disputeId, tenantId }: { disputeId: string; tenantId: Id<'tnt'> },
  events: readonly ContestedEvent[],
): Promise<number> {
  return tx.run`
    insert into contested_events (usage_event_id, dispute_id, provider_tenant_id, tenant_id,
      period_start, amount_micros, platform_micros)
    select "usageEventId", ${disputeId}, "providerTenantId", ${tenantId}, "periodStart",
      "amountMicros", "platformMicros"
    from jsonb_to_recordset(${json(events)}) as rows (
      "usageEventId" text, "providerTenantId" text, "periodStart" timestamptz,
      "amountMicros" bigint, "platformMicros" bigint)
    order by "usageEventId"
    on conflict (usage_event_id) do nothing`
}

export async function listContested(
  tx: Tx,
  tenantId: Id<'tnt'>,
  disputeId: string,
): Promise<ContestedEvent[]> {
  return tx.rows<ContestedEvent>`
    select * from contested_events
    where dispute_id = ${disputeId} and tenant_id = ${tenantId}`
}

export async function markContested(
  tx: Tx,
  { disputeId, tenantId }: { disputeId: string; tenantId: Id<'tnt'> },
  state: 'refunded' | 'rejected',
): Promise<void> {
  await tx.run`
    update contested_events set state = ${state}
    where dispute_id = ${disputeId} and tenant_id = ${tenantId} and state = 'open'`
}

export async function sumOpen(
  sql: Sql,
  providerId: Id<'tnt'>,
  periodStart: Date,
): Promise<{ heldMicros: bigint; openDisputes: number }> {
  const row = await sql.first<{ heldMicros: bigint; openDisputes: number }>`
    select coalesce(sum(amount_micros - platform_micros), 0)::bigint as held_micros,
      count(distinct dispute_id)::int as open_disputes
    from contested_events
    where provider_tenant_id = ${providerId} and period_start = ${periodStart}
      and state = 'open'`
  return row ?? { heldMicros: 0n, openDisputes: 0 }
}

// The books are checked as a whole, so many payouts at a time that memory stays flat.
export async function listSerials(
  db: Db,
  page: { after: bigint; limit: number },
): Promise<{ serial: bigint; tenantId: Id<'tnt'> }[]> {
  return db.rows`
    select serial, tenant_id from payouts
    where serial > ${page.after}
    order by serial
    limit ${page.limit}`
}

/** Payouts whose figures are not the sums of their lines. */
export async function listWrongSums(
  db: Db,
  { first, last }: { first: bigint; last: bigint },
): Promise<{ id: string; problem: 'lines' }[]> {
  return db.rows`
    select p.id, 'lines' as problem
    from payouts p
    cross join lateral (
      select coalesce(sum(gross_micros), 0) as gross, coalesce(sum(platform_micros), 0) as platform
      from payout_lines
      where payout_id = p.id and tenant_id = p.tenant_id) lines
    where p.serial between ${first} and ${last}
      and (p.gross_micros <> lines.gross or p.platform_micros <> lines.platform)
    order by p.serial`
}

/** Payouts whose lines are not the usage events of their month. */
export async function listWrongUsage(
  db: Db,
  { first, last }: { first: bigint; last: bigint },
): Promise<{ id: string; problem: 'usage' }[]> {
  return db.rows`
    select p.id, 'usage' as problem
    from payouts p
    where p.serial between ${first} and ${last}
      and exists (
        select 1
        from (
          select dataset_id, event_type, quantity, gross_micros, platform_micros
          from payout_lines
          where payout_id = p.id and tenant_id = p.tenant_id) lines
        full join (
          select e.dataset_id, e.event_type, sum(e.quantity) as used,
            sum(e.amount_micros) as gross, sum(e.platform_micros) as platform
          from usage_events e
          where e.provider_tenant_id = p.tenant_id and e.tenant_id <> e.provider_tenant_id
            and e.billable and e.amount_micros > 0
            and e.occurred_at >= p.period_start and e.occurred_at < p.period_end
            and not exists (
              select 1 from contested_events c
              where c.usage_event_id = e.id and c.state = 'refunded')
          group by e.dataset_id, e.event_type) events using (dataset_id, event_type)
        where quantity is distinct from used or gross_micros is distinct from gross
          or platform_micros is distinct from platform)
    order by p.serial`
}

export async function listRefundedEvents(
  sql: Sql,
  providerId: Id<'tnt'>,
  periodStart: Date,
): Promise<Id<'ue'>[]> {
  const rows = await sql.rows<{ usageEventId: Id<'ue'> }>`
    select usage_event_id from contested_events
    where provider_tenant_id = ${providerId} and period_start = ${periodStart}
      and state = 'refunded'`
  return rows.map((row) => row.usageEventId)
}
