-- What was used, how it was priced, and the versions of the price book. A usage event never changes.
set local lock_timeout = '5s';

create table price_books (
  version integer primary key,
  starts_at timestamptz not null,
  prices jsonb not null
);
insert into price_books (version, starts_at, prices)
values (1, '1970-01-01T00:00:00Z', '{
  "open": {"retrieval": "30000", "citation": "20000", "download": "500000", "outcomeBps": null},
  "premium": {"retrieval": "80000", "citation": "50000", "download": "2000000", "outcomeBps": null},
  "outcome_share": {"retrieval": "10000", "citation": "10000", "download": "250000", "outcomeBps": 500}
}')
on conflict (version) do nothing;

create table usage_events (
  id text primary key,
  charge_id text not null,
  tenant_id text not null,
  provider_tenant_id text not null,
  event_type text not null check (event_type in ('retrieval', 'citation', 'download', 'outcome')),
  dataset_id text not null,
  dataset_name text not null,
  object_id text not null,
  chunk_no bigint,
  search_activity_id text,
  principal_id text not null,
  api_key_id text,
  resource_id text,
  quantity bigint not null check (quantity > 0),
  unit_price_micros bigint not null check (unit_price_micros >= 0),
  amount_micros bigint not null check (amount_micros >= 0),
  platform_micros bigint not null check (platform_micros >= 0),
  currency text not null default 'USD',
  billable boolean not null,
  price_book_version integer not null references price_books,
  -- Everything that the amount was worked out from: base, model, factor, days, share.
  price_inputs jsonb not null,
  occurred_at timestamptz not null,
  check (platform_micros <= amount_micros)
);
create unique index usage_events_once
  on usage_events (search_activity_id, chunk_no) where event_type = 'retrieval';
create index usage_events_buyer on usage_events (tenant_id, occurred_at);
create index usage_events_provider on usage_events (provider_tenant_id, occurred_at);
create index usage_events_demand on usage_events (dataset_id, event_type, occurred_at);
create index usage_events_charge on usage_events (charge_id);
