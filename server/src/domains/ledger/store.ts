import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export const purposes = ['receivable', 'payable', 'held', 'revenue', 'cash', 'refunds'] as const
export type Purpose = (typeof purposes)[number]

export interface Account {
  id: string
  purpose: Purpose
  tenantId: Id<'tnt'> | null
  balanceMicros: bigint
}

export interface TransferRow {
  id: string
  debitAccountId: string
  creditAccountId: string
  amountMicros: bigint
  reason: string
  postedAt: Date
}

/**
 * Writes the transfers that are new and moves the balances of their accounts by them, in one statement:
 * the two cannot come apart. Answers the ids that were new. Accounts are made with their first transfer;
 * all rows are taken in id order, so two writers wait and never deadlock.
 */
export async function postTransfers(
  tx: Tx,
  transfers: readonly TransferRow[],
  accounts: readonly Omit<Account, 'balanceMicros'>[],
): Promise<string[]> {
  const posted = await tx.rows<{ id: string }>`
    with posted as (
      insert into ledger_transfers
        (id, debit_account_id, credit_account_id, amount_micros, reason, posted_at)
      select "id", "debitAccountId", "creditAccountId", "amountMicros", "reason", "postedAt"
      from jsonb_to_recordset(${json(transfers)}) as rows (
        "id" text, "debitAccountId" text, "creditAccountId" text, "amountMicros" bigint,
        "reason" text, "postedAt" timestamptz)
      order by "id"
      on conflict (id) do nothing
      returning id, debit_account_id, credit_account_id, amount_micros),
    moves as (
      select account_id, sum(amount)::bigint as amount
      from (
        select debit_account_id as account_id, amount_micros as amount from posted
        union all
        select credit_account_id, -amount_micros from posted) as sides
      group by account_id),
    moved as (
      insert into ledger_accounts (id, purpose, tenant_id, balance_micros)
      select accounts."id", accounts."purpose", accounts."tenantId", moves.amount
      from moves
      join jsonb_to_recordset(${json(accounts)}) as accounts (
        "id" text, "purpose" text, "tenantId" text) on accounts."id" = moves.account_id
      order by accounts."id"
      on conflict (id) do update
      set balance_micros = ledger_accounts.balance_micros + excluded.balance_micros)
    select id from posted`
  return posted.map((row) => row.id)
}

export async function findTransfer(sql: Sql, id: string): Promise<TransferRow | undefined> {
  return sql.first<TransferRow>`select * from ledger_transfers where id = ${id}`
}

export async function findBalance(db: Db, id: string): Promise<bigint> {
  const row = await db.first<{ balanceMicros: bigint }>`
    select balance_micros from ledger_accounts where id = ${id}`
  return row?.balanceMicros ?? 0n
}

export async function listBalances(
  db: Db,
): Promise<{ account: string; tenantId: Id<'tnt'> | null; balanceMicros: bigint }[]> {
  return db.rows`
    select case when tenant_id is null then purpose else id end as account, tenant_id,
      sum(balance_micros)::bigint as balance_micros
    from ledger_accounts
    group by 1, 2
    order by 1`
}

export async function listUnexplained(
  db: Db,
): Promise<{ account: string; balanceMicros: bigint; transfersMicros: bigint }[]> {
  return db.rows`
    select ledger_accounts.id as account, balance_micros,
      coalesce(moved.amount, 0)::bigint as transfers_micros
    from ledger_accounts
    left join (
      select account, sum(amount)::bigint as amount
      from (
        select debit_account_id as account, amount_micros as amount from ledger_transfers
        union all
        select credit_account_id, -amount_micros from ledger_transfers
      ) as sides
      group by account
    ) as moved on moved.account = ledger_accounts.id
    where balance_micros <> coalesce(moved.amount, 0)
    order by ledger_accounts.id`
}

export interface AccountFilter {
  tenantId: string | null
  purpose: Purpose | null
}

/** Stripes of a platform account as one, in the order of their names. */
export async function listAccounts(
  db: Db,
  filter: AccountFilter,
  page: { after: string | null; limit: number },
): Promise<
  { account: string; tenantId: Id<'tnt'> | null; purpose: Purpose; balanceMicros: bigint }[]
> {
  return db.rows`
    select account, tenant_id, purpose, sum(balance_micros)::bigint as balance_micros
    from (
      select case when tenant_id is null then purpose else id end as account, tenant_id, purpose,
        balance_micros
      from ledger_accounts) as accounts
    where (${filter.tenantId}::text is null or tenant_id = ${filter.tenantId})
      and (${filter.purpose}::text is null or purpose = ${filter.purpose})
      and (${page.after}::text is null or account > ${page.after})
    group by account, tenant_id, purpose
    order by account
    limit ${page.limit + 1}`
}

export async function countAccounts(db: Db, filter: AccountFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(distinct case when tenant_id is null then purpose else id end)::int as count
    from ledger_accounts
    where (${filter.tenantId}::text is null or tenant_id = ${filter.tenantId})
      and (${filter.purpose}::text is null or purpose = ${filter.purpose})`
  return row?.count ?? 0
}

export interface TransferFilter {
  /** Transfers with one of these on either side. */
  accountIds: readonly string[] | null
  /** The same, of a tenant. */
  tenantAccountIds: readonly string[] | null
  /** Half-open. */
  from: Date | null
  to: Date | null
}

/** Of all tenants, newest first: for operators. */
export async function listTransfers(
  db: Db,
  filter: TransferFilter,
  page: { after: { at: Date; id: string } | null; limit: number },
): Promise<(TransferRow & { currency: string })[]> {
  return db.rows`
    select * from ledger_transfers
    where (${filter.accountIds}::text[] is null
        or debit_account_id = any(${filter.accountIds})
        or credit_account_id = any(${filter.accountIds}))
      and (${filter.tenantAccountIds}::text[] is null
        or debit_account_id = any(${filter.tenantAccountIds})
        or credit_account_id = any(${filter.tenantAccountIds}))
      and (${filter.from}::timestamptz is null or posted_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or posted_at < ${filter.to})
      and (${page.after?.at ?? null}::timestamptz is null
        or (posted_at, id) < (${page.after?.at ?? null}::timestamptz, ${page.after?.id ?? null}::text))
    order by posted_at desc, id desc
    limit ${page.limit + 1}`
}

export async function countTransfers(db: Db, filter: TransferFilter): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from ledger_transfers
    where (${filter.accountIds}::text[] is null
        or debit_account_id = any(${filter.accountIds})
        or credit_account_id = any(${filter.accountIds}))
      and (${filter.tenantAccountIds}::text[] is null
        or debit_account_id = any(${filter.tenantAccountIds})
        or credit_account_id = any(${filter.tenantAccountIds}))
      and (${filter.from}::timestamptz is null or posted_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or posted_at < ${filter.to})`
  return row?.count ?? 0
}

/** Of these ids, those that are on record. */
export async function listTransfersById(db: Db, ids: readonly string[]): Promise<TransferRow[]> {
  return db.rows<TransferRow>`select * from ledger_transfers where id = any(${ids})`
}
