import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
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

/** Answers false where the key has made its charge before. */
export async function insertCharge(tx: Tx, charge: ChargeRow & { now: Date }): Promise<boolean> {
  const count = await tx.run`
    insert into charges (id, tenant_id, charge_key, amount_micros, charged_at)
    values (${charge.id}, ${charge.tenantId}, ${charge.chargeKey}, ${charge.amountMicros},
      ${charge.now})
    on conflict (charge_key) do nothing`
  return count === 1
}

export type BudgetScope = 'tenant' | 'key' | 'resource'

export interface BudgetRow {
  id: Id<'bud'>
  tenantId: Id<'tnt'>
  scope: BudgetScope
  ownerId: string
  periodStart: Date
  limitMicros: bigint | null
  spentMicros: bigint
  notifiedPercent: number
  closedAt: Date | null
}

/** A budget as a charge has left it. */
export interface ReservedRow extends BudgetRow {
  /** The month, or a later one, was closed for somebody. */
  isOver: boolean
}

export interface Reservation {
  id: Id<'bud'>
  scope: BudgetScope
  ownerId: string
  periodStart: Date
  limitMicros: bigint | null
  amountMicros: bigint
}

/**
 * Adds to what is spent and answers the budgets as they stand then; whoever finds one over its limit ends
 * the transaction. Makes a month's rows with its first charge. In id order: two charges that share
 * budgets wait, and never deadlock. The limit of a key is written anew each time: it stands on the key.
 */
export async function reserveBudgets(
  tx: Tx,
  tenantId: Id<'tnt'>,
  reservations: readonly Reservation[],
): Promise<ReservedRow[]> {
  return tx.rows<ReservedRow>`
    insert into budgets (id, tenant_id, scope, owner_id, period_start, limit_micros, spent_micros)
    select rows."id", ${tenantId}, rows."scope", rows."ownerId", rows."periodStart",
      coalesce(rows."limitMicros", budget_limits.limit_micros), rows."amountMicros"
    from jsonb_to_recordset(${json(reservations)}) as rows (
      "id" text, "scope" text, "ownerId" text, "periodStart" timestamptz, "limitMicros" bigint,
      "amountMicros" bigint)
    left join budget_limits on budget_limits.tenant_id = ${tenantId}
      and budget_limits.scope = rows."scope" and budget_limits.owner_id = rows."ownerId"
    order by rows."id"
    on conflict (id) do update
    set spent_micros = budgets.spent_micros + excluded.spent_micros,
      limit_micros = case
        when budgets.scope = 'key' then excluded.limit_micros else budgets.limit_micros end
    returning *, exists (
      select 1 from closed_use_months m where m.period_start >= budgets.period_start) as is_over`
}

export async function markNotified(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'bud'>,
  percent: number,
): Promise<void> {
  await tx.run`
    update budgets set notified_percent = ${percent}
    where id = ${id} and tenant_id = ${tenantId}`
}

/** The row changes, so a charge that waited for it sees that the month is closed. */
export async function closeBudget(
  tx: Tx,
  budget: { id: Id<'bud'>; tenantId: Id<'tnt'>; periodStart: Date; now: Date },
): Promise<void> {
  await tx.run`
    insert into budgets (id, tenant_id, scope, owner_id, period_start, closed_at)
    values (${budget.id}, ${budget.tenantId}, 'tenant', ${budget.tenantId}, ${budget.periodStart},
      ${budget.now})
    on conflict (id) do update set closed_at = coalesce(budgets.closed_at, excluded.closed_at)`
  await tx.run`
    insert into closed_use_months (period_start) values (${budget.periodStart})
    on conflict (period_start) do nothing`
}

export async function deleteQuotesBefore(db: Db, before: Date): Promise<void> {
  await db.run`delete from quotes where expires_at < ${before}`
}

export interface BudgetState {
  scope: BudgetScope
  ownerId: string
  limitMicros: bigint | null
  spentMicros: bigint
}

/** Of the named owners in one month. Before the first charge of the month the limit alone is there. */
export async function listStates(
  sql: Sql,
  tenantId: Id<'tnt'>,
  periodStart: Date,
  ownerIds: readonly string[],
): Promise<BudgetState[]> {
  return sql.rows<BudgetState>`
    select scope, owner_id, limit_micros, spent_micros from budgets
    where tenant_id = ${tenantId} and period_start = ${periodStart} and owner_id = any(${ownerIds})
    union all
    select scope, owner_id, limit_micros, 0 from budget_limits l
    where tenant_id = ${tenantId} and owner_id = any(${ownerIds})
      and not exists (
        select 1 from budgets
        where tenant_id = ${tenantId} and scope = l.scope and owner_id = l.owner_id
          and period_start = ${periodStart})`
}

/**
 * What limits the tenant in one month: its own budget (also without a limit, once something was spent),
 * keys that live and have one, resources that have one. Reads along the arrow to identity.
 */
export async function listBudgets(
  db: Db,
  tenantId: Id<'tnt'>,
  periodStart: Date,
  page: { after: { scope: string; ownerId: string } | null; limit: number; now: Date },
): Promise<BudgetState[]> {
  return db.rows<BudgetState>`
    with limits as (
      select 'tenant' as scope, ${tenantId}::text as owner_id, (
          select limit_micros from budget_limits
          where tenant_id = ${tenantId} and scope = 'tenant' and owner_id = ${tenantId}
        ) as limit_micros
      union all
      select 'key', id, budget_micros from api_keys
      where tenant_id = ${tenantId} and budget_micros is not null and revoked_at is null
        and (expires_at is null or expires_at > ${page.now})
      union all
      select scope, owner_id, limit_micros from budget_limits
      where tenant_id = ${tenantId} and scope = 'resource'),
    placed as (
      select l.scope, l.owner_id, l.limit_micros, coalesce(b.spent_micros, 0) as spent_micros,
        array_position(array['tenant', 'key', 'resource'], l.scope) as place
      from limits l
      left join budgets b on b.tenant_id = ${tenantId} and b.scope = l.scope
        and b.owner_id = l.owner_id and b.period_start = ${periodStart})
    select scope, owner_id, limit_micros, spent_micros from placed
    where (limit_micros is not null or spent_micros > 0)
      and (${page.after?.scope ?? null}::text is null or (place, owner_id)
        > (array_position(array['tenant', 'key', 'resource'], ${page.after?.scope ?? null}),
          ${page.after?.ownerId ?? null}))
    order by place, owner_id
    limit ${page.limit + 1}`
}

/**
 * Makes the month's row where it is missing: a charge that makes it at the same moment would have read
 * the limit from before. Whoever comes second waits, and then writes or finds the new one.
 */
export async function setMonthLimit(
  tx: Tx,
  tenantId: Id<'tnt'>,
  budget: Omit<Reservation, 'amountMicros'>,
): Promise<BudgetRow[]> {
  return tx.rows<BudgetRow>`
    insert into budgets (id, tenant_id, scope, owner_id, period_start, limit_micros)
    values (${budget.id}, ${tenantId}, ${budget.scope}, ${budget.ownerId}, ${budget.periodStart},
      ${budget.limitMicros})
    on conflict (id) do update set limit_micros = excluded.limit_micros
    returning *`
}

export async function isMonthClosed(
  tx: Tx,
  tenantId: Id<'tnt'>,
  periodStart: Date,
): Promise<boolean> {
  const row = await tx.first`
    select 1 from budgets
    where tenant_id = ${tenantId} and scope = 'tenant' and period_start = ${periodStart}
      and closed_at is not null`
  return row !== undefined
}

export async function findLimit(
  sql: Sql,
  tenantId: Id<'tnt'>,
  { scope, ownerId }: { scope: BudgetScope; ownerId: string },
): Promise<bigint | null> {
  const row = await sql.first<{ limitMicros: bigint }>`
    select limit_micros from budget_limits
    where tenant_id = ${tenantId} and scope = ${scope} and owner_id = ${ownerId}`
  return row?.limitMicros ?? null
}

export async function upsertLimit(
  tx: Tx,
  tenantId: Id<'tnt'>,
  limit: { scope: BudgetScope; ownerId: string; limitMicros: bigint },
): Promise<void> {
  await tx.run`
    insert into budget_limits (tenant_id, scope, owner_id, limit_micros)
    values (${tenantId}, ${limit.scope}, ${limit.ownerId}, ${limit.limitMicros})
    on conflict (tenant_id, scope, owner_id) do update set limit_micros = excluded.limit_micros`
}

export async function deleteLimit(
  tx: Tx,
  tenantId: Id<'tnt'>,
  { scope, ownerId }: { scope: BudgetScope; ownerId: string },
): Promise<void> {
  await tx.run`
    delete from budget_limits
    where tenant_id = ${tenantId} and scope = ${scope} and owner_id = ${ownerId}`
}

export interface QuoteRow<Terms = unknown> {
  id: Id<'quo'>
  tenantId: Id<'tnt'>
  principalId: string
  topic: string
  maxMicros: bigint
  /** What was promised in detail, as the asker stored it. */
  terms: Terms
  quotedAt: Date
  expiresAt: Date
  /** The charge key of the call that redeemed it. */
  redeemedBy: string | null
}

export async function insertQuote(tx: Tx, quote: QuoteRow): Promise<void> {
  await tx.run`
    insert into quotes (id, tenant_id, principal_id, topic, max_micros, terms, quoted_at, expires_at)
    values (${quote.id}, ${quote.tenantId}, ${quote.principalId}, ${quote.topic},
      ${quote.maxMicros}, ${json(quote.terms)}, ${quote.quotedAt}, ${quote.expiresAt})
    on conflict (id) do nothing`
}

export async function lockQuote(tx: Tx, tenantId: Id<'tnt'>, id: string): Promise<void> {
  await tx.run`select 1 from quotes where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function findQuote<Terms>(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<QuoteRow<Terms> | undefined> {
  return sql.first<QuoteRow<Terms>>`
    select * from quotes where id = ${id} and tenant_id = ${tenantId}`
}

export async function markRedeemed(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'quo'>,
  chargeKey: string,
): Promise<void> {
  await tx.run`
    update quotes set redeemed_by = ${chargeKey} where id = ${id} and tenant_id = ${tenantId}`
}
