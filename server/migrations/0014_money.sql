-- Quotes, limits of budgets, closed months; usage events that no single object brought about and that
-- tell when they were changed; transfers that are written before the balances of their accounts.
set local lock_timeout = '5s';

create table quotes (
  id text primary key,
  tenant_id text not null,
  principal_id text not null,
  -- A hash of what was asked.
  topic text not null,
  max_micros bigint not null check (max_micros >= 0),
  currency text not null default 'USD',
  quoted_at timestamptz not null,
  expires_at timestamptz not null,
  redeemed_by text
);
create index quotes_expiry on quotes (expires_at);

-- What a tenant set for itself or for a resource; it holds for every month from then on. The limit of a
-- key stands on the key.
create table budget_limits (
  tenant_id text not null,
  scope text not null check (scope in ('tenant', 'resource')),
  owner_id text not null,
  limit_micros bigint not null check (limit_micros >= 0),
  primary key (tenant_id, scope, owner_id)
);
insert into budget_limits (tenant_id, scope, owner_id, limit_micros)
select distinct on (tenant_id, scope, owner_id) tenant_id, scope, owner_id, limit_micros
from budgets
where scope <> 'key' and limit_micros is not null
order by tenant_id, scope, owner_id, period_start desc
on conflict do nothing;

alter table budgets
  -- The highest threshold that was told this month.
  add column notified_percent integer not null default 0,
  -- On a tenant's budget: its month is closed, and nothing can be charged in it any more.
  add column closed_at timestamptz;

alter table usage_events
  alter column object_id drop not null,
  -- SHA-256 over all other fields; null on rows from before it was kept.
  add column digest text;

alter table ledger_transfers
  alter constraint ledger_transfers_debit_account_id_fkey deferrable initially deferred,
  alter constraint ledger_transfers_credit_account_id_fkey deferrable initially deferred;
