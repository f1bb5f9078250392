import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type Purpose = 'receivable' | 'payable' | 'held' | 'revenue' | 'cash' | 'refunds'

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

/** Answers the ids that were new. */
export async function insertTransfers(tx: Tx, rows: readonly TransferRow[]): Promise<string[]> {
  const inserted = await tx.rows<{ id: string }>`
    insert into ledger_transfers
      (id, debit_account_id, credit_account_id, amount_micros, reason, posted_at)
    select "id", "debitAccountId", "creditAccountId", "amountMicros", "reason", "postedAt"
    from jsonb_to_recordset(${json(rows)}) as rows (
      "id" text, "debitAccountId" text, "creditAccountId" text, "amountMicros" bigint,
      "reason" text, "postedAt" timestamptz)
    order by "id"
    on conflict (id) do nothing
    returning id`
  return inserted.map((row) => row.id)
}

export async function findTransfer(sql: Sql, id: string): Promise<TransferRow | undefined> {
  return sql.first<TransferRow>`select * from ledger_transfers where id = ${id}`
}

/**
 * Adds to balances; accounts that are not there yet are made. One statement in id order: it locks as it
 * goes, so two writers wait and never deadlock.
 */
export async function addToBalances(tx: Tx, moves: readonly Account[]): Promise<void> {
  await tx.run`
    insert into ledger_accounts (id, purpose, tenant_id, balance_micros)
    select "id", "purpose", "tenantId", "balanceMicros"
    from jsonb_to_recordset(${json(moves)}) as rows (
      "id" text, "purpose" text, "tenantId" text, "balanceMicros" bigint)
    order by "id"
    on conflict (id) do update
    set balance_micros = ledger_accounts.balance_micros + excluded.balance_micros`
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
