import type { Db, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export interface ChargeRow {
  id: string
  tenantId: Id<'tnt'>
  chargeKey: string
  amountMicros: bigint
}

export async function findCharge(
  tx: Tx,
  tenantId: Id<'tnt'>,
  chargeKey: string,
): Promise<ChargeRow | undefined> {
  return tx.first<ChargeRow>`
    select * from charges where charge_key = ${chargeKey} and tenant_id = ${tenantId}`
}

export async function insertCharge(tx: Tx, charge: ChargeRow & { now: Date }): Promise<void> {
  await tx.run`
    insert into charges (id, tenant_id, charge_key, amount_micros, charged_at)
    values (${charge.id}, ${charge.tenantId}, ${charge.chargeKey}, ${charge.amountMicros},
      ${charge.now})`
}

export interface BudgetRow {
  id: Id<'bud'>
  tenantId: Id<'tnt'>
  scope: 'tenant' | 'key' | 'resource'
  ownerId: string
  periodStart: Date
  limitMicros: bigint | null
  spentMicros: bigint
}

/** The limit of a key is written anew each time: it stands on the key and may have changed. */
export async function insertBudget(tx: Tx, budget: Omit<BudgetRow, 'spentMicros'>): Promise<void> {
  await tx.run`
    insert into budgets (id, tenant_id, scope, owner_id, period_start, limit_micros)
    values (${budget.id}, ${budget.tenantId}, ${budget.scope}, ${budget.ownerId},
      ${budget.periodStart}, ${budget.limitMicros})
    on conflict (id) do update
    set limit_micros = case
      when budgets.scope = 'key' then excluded.limit_micros else budgets.limit_micros end`
}

// In id order: two charges that share budgets wait, and never deadlock.
export async function lockBudgets(
  tx: Tx,
  tenantId: Id<'tnt'>,
  ids: readonly Id<'bud'>[],
): Promise<BudgetRow[]> {
  return tx.rows<BudgetRow>`
    select * from budgets
    where tenant_id = ${tenantId} and id = any(${ids})
    order by id
    for update`
}

export async function addSpent(
  tx: Tx,
  tenantId: Id<'tnt'>,
  ids: readonly Id<'bud'>[],
  amountMicros: bigint,
): Promise<void> {
  await tx.run`
    update budgets set spent_micros = spent_micros + ${amountMicros}
    where tenant_id = ${tenantId} and id = any(${ids})`
}

export async function listSpent(
  db: Db,
  tenantId: Id<'tnt'>,
  periodStart: Date,
): Promise<BudgetRow[]> {
  return db.rows<BudgetRow>`
    select * from budgets where tenant_id = ${tenantId} and period_start = ${periodStart}`
}

export interface EarningsRow {
  datasetId: Id<'dset'>
  datasetName: string
  eventType: string
  quantity: bigint
  grossMicros: bigint
  platformMicros: bigint
}

// Reads along the arrow to metering. Every month that has usage is one payout to come.
export async function listEarningMonths(
  db: Db,
  providerId: Id<'tnt'>,
  page: { before: Date | null; limit: number },
): Promise<Date[]> {
  const rows = await db.rows<{ periodStart: Date }>`
    select distinct date_trunc('month', occurred_at) as period_start
    from usage_events
    where provider_tenant_id = ${providerId} and billable
      and (${page.before}::timestamptz is null or occurred_at < ${page.before})
    order by 1 desc
    limit ${page.limit + 1}`
  return rows.map((row) => row.periodStart)
}

export async function countEarningMonths(db: Db, providerId: Id<'tnt'>): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(distinct date_trunc('month', occurred_at))::int as count
    from usage_events where provider_tenant_id = ${providerId} and billable`
  return row?.count ?? 0
}

export async function listEarnings(
  db: Db,
  providerId: Id<'tnt'>,
  period: { from: Date; to: Date },
): Promise<EarningsRow[]> {
  return db.rows<EarningsRow>`
    select dataset_id, max(dataset_name) as dataset_name, event_type,
      sum(quantity)::bigint as quantity, sum(amount_micros)::bigint as gross_micros,
      sum(platform_micros)::bigint as platform_micros
    from usage_events
    where provider_tenant_id = ${providerId} and billable
      and occurred_at >= ${period.from} and occurred_at < ${period.to}
    group by dataset_id, event_type
    order by dataset_id, event_type`
}
