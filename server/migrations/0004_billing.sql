-- Charges and budgets. A charge is the rated usage of one call; its key makes it happen once.
set local lock_timeout = '5s';

create table charges (
  id text primary key,
  tenant_id text not null,
  charge_key text not null unique,
  amount_micros bigint not null check (amount_micros >= 0),
  currency text not null default 'USD',
  charged_at timestamptz not null
);

create table budgets (
  id text primary key,
  tenant_id text not null,
  scope text not null check (scope in ('tenant', 'key', 'resource')),
  -- The tenant's, the key's or the resource's id.
  owner_id text not null,
  period_start timestamptz not null,
  -- The limit of a key stands on the key; this is what was reserved against it.
  limit_micros bigint check (limit_micros >= 0),
  spent_micros bigint not null default 0 check (spent_micros >= 0),
  unique (tenant_id, scope, owner_id, period_start)
);
