-- Where tenants are told of what happens, and what was sent there.
set local lock_timeout = '5s';

create table webhook_endpoints (
  id text primary key,
  tenant_id text not null,
  url text not null,
  -- Types of events, or `*` alone.
  events text[] not null check (cardinality(events) > 0),
  status text not null check (status in ('enabled', 'disabled')),
  -- Encrypted with the server's secret key and bound to the id: signing needs the text.
  sealed_secret bytea not null,
  -- Signs beside the new one until it ends.
  old_sealed_secret bytea,
  old_secret_ends_at timestamptz,
  -- The charge key of the call that took the last new secret: the same call again finds it.
  rotated_by text,
  -- It gave no answer: until then nobody waits for one again.
  silent_until timestamptz,
  created_at timestamptz not null,
  check ((old_sealed_secret is null) = (old_secret_ends_at is null))
);
create index webhook_endpoints_tenant on webhook_endpoints (tenant_id, id);

create table webhook_deliveries (
  id text primary key,
  tenant_id text not null,
  endpoint_id text not null references webhook_endpoints on delete cascade,
  event_id text not null,
  event_type text not null,
  -- The very text that is signed and sent, at each attempt.
  body text not null,
  status text not null check (status in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0 check (attempts >= 0),
  -- When the next attempt is due by itself.
  next_attempt_at timestamptz,
  -- Until then nobody looks whether its task was lost.
  queued_until timestamptz,
  -- Somebody is sending it.
  claimed_until timestamptz,
  response_status integer,
  response_body text,
  problem text,
  created_at timestamptz not null,
  last_attempt_at timestamptz,
  -- The charge key of the call that sent it again: the same call again sends nothing.
  retried_by text,
  check ((status = 'pending') = (next_attempt_at is not null))
);
create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, id);
create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending';
create index webhook_deliveries_age on webhook_deliveries (created_at);
