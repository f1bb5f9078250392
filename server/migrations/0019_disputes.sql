-- Usage that buyers contest, and what operators decided about it.
set local lock_timeout = '5s';

create table disputes (
  id text primary key,
  -- The order in which they were opened; may have gaps.
  serial bigint generated always as identity unique,
  -- The buyer.
  tenant_id text not null,
  status text not null default 'open' check (status in ('open', 'refunded', 'rejected')),
  reason text not null,
  amount_micros bigint not null check (amount_micros > 0),
  currency text not null default 'USD',
  opened_at timestamptz not null,
  resolved_at timestamptz,
  resolution_note text,
  -- The charge key of the call that resolved it: the same call again finds its own work.
  resolved_by text,
  check ((status = 'open') = (resolved_at is null)),
  check ((status = 'open') = (resolution_note is null))
);
create index disputes_tenant on disputes (tenant_id, serial);

create table dispute_events (
  dispute_id text not null references disputes,
  tenant_id text not null,
  usage_event_id text not null unique,
  -- As the buyer named them.
  place integer not null,
  primary key (dispute_id, place)
);
