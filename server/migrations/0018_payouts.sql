-- What providers earn for a month, how it is paid out, and which use of it buyers contest.
set local lock_timeout = '5s';

-- One row for each provider and month that something was done about. Whoever makes, moves or pays a
-- payout, or contests use of its month, locks it first, also while there is no payout yet.
create table payout_months (
  -- Of the payout, the same before and after it is made.
  id text primary key,
  tenant_id text not null,
  period_start timestamptz not null
);
-- The id follows from both, so it alone keeps a month from being there twice.
create index payout_months_tenant on payout_months (tenant_id, period_start);

-- The calls that moved a payout: the same call again finds its own work, however long ago it was.
create table payout_moves (
  charge_key text primary key,
  payout_id text not null,
  tenant_id text not null
);

-- Months whose payouts are made for every provider.
create table paid_out_months (
  period_start timestamptz primary key,
  made_at timestamptz not null
);

create table payouts (
  id text primary key references payout_months,
  -- The order in which they were made; may have gaps.
  serial bigint generated always as identity unique,
  -- The provider.
  tenant_id text not null,
  period_start timestamptz not null,
  period_end timestamptz not null,
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'paid', 'reversed')),
  -- An operator holds it. A dispute holds it as well, without this flag.
  is_held boolean not null default false,
  -- Released but below the minimum: it waits for more.
  is_carried boolean not null default false,
  -- Of the month's use without what was refunded: the sums of its lines.
  gross_micros bigint not null check (gross_micros >= 0),
  platform_micros bigint not null check (platform_micros >= 0),
  currency text not null default 'USD',
  release_at timestamptz not null,
  -- How often it was paid. More than once only after it was reversed.
  payment_count integer not null default 0,
  -- Of the last payment.
  paid_at timestamptz,
  paid_micros bigint,
  bank_reference text,
  unique (tenant_id, period_start),
  check (platform_micros <= gross_micros),
  check (not is_held or status in ('pending', 'approved')),
  check (not is_carried or status = 'pending'),
  check (status <> 'paid' or (paid_at is not null and paid_micros > 0 and bank_reference is not null))
);
create index payouts_pending on payouts (release_at) where status = 'pending' and not is_held;

create table payout_lines (
  -- Checked at the commit: lines are written first, and their sums are those of the payout.
  payout_id text not null references payouts deferrable initially deferred,
  tenant_id text not null,
  dataset_id text not null,
  dataset_name text not null,
  event_type text not null,
  quantity bigint not null check (quantity > 0),
  gross_micros bigint not null check (gross_micros > 0),
  platform_micros bigint not null check (platform_micros between 0 and gross_micros),
  primary key (payout_id, dataset_id, event_type)
);

-- Usage events that buyers contested. The key lets an event be contested once, whatever came of it.
create table contested_events (
  usage_event_id text primary key,
  dispute_id text not null,
  provider_tenant_id text not null,
  -- The buyer.
  tenant_id text not null,
  period_start timestamptz not null,
  amount_micros bigint not null check (amount_micros > 0),
  platform_micros bigint not null check (platform_micros between 0 and amount_micros),
  state text not null default 'open' check (state in ('open', 'refunded', 'rejected'))
);
create index contested_events_month on contested_events (provider_tenant_id, period_start);
create index contested_events_dispute on contested_events (dispute_id);
