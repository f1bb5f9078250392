-- Double entry. A transfer has one debit, one credit and a positive amount, so it cannot be unbalanced;
-- rows of transfers are never updated or deleted.
set local lock_timeout = '5s';

create table ledger_accounts (
  -- '<purpose>:<tenant id>' or '<purpose>:<stripe>' for the platform's own.
  id text primary key,
  purpose text not null check (
    purpose in ('receivable', 'payable', 'held', 'revenue', 'cash', 'refunds')
  ),
  tenant_id text,
  currency text not null default 'USD',
  -- Debits count up, credits count down: the sum over all accounts is zero.
  balance_micros bigint not null default 0
);

create table ledger_transfers (
  id text primary key,
  debit_account_id text not null references ledger_accounts,
  credit_account_id text not null references ledger_accounts,
  amount_micros bigint not null check (amount_micros > 0),
  currency text not null default 'USD',
  reason text not null,
  posted_at timestamptz not null,
  check (debit_account_id <> credit_account_id)
);
create index ledger_transfers_debit on ledger_transfers (debit_account_id, posted_at);
create index ledger_transfers_credit on ledger_transfers (credit_account_id, posted_at);
