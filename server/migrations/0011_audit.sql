-- What was done by whom. Append only; linked into one chain per tenant after the fact.
set local lock_timeout = '5s';

create table audit_events (
  id text primary key,
  tenant_id text not null,
  actor_id text not null,
  actor_type text not null,
  action text not null,
  target_id text,
  request_id text,
  changes jsonb not null,
  occurred_at timestamptz not null,
  -- Set by the seal: place in the tenant's chain, hash of the entry before, hash of this one.
  sequence bigint,
  previous_hash text,
  hash text,
  unique (tenant_id, sequence)
);
create index audit_events_tenant on audit_events (tenant_id, id);
create index audit_events_unsealed on audit_events (tenant_id, id) where sequence is null;

create table audit_chains (
  tenant_id text primary key,
  sequence bigint not null,
  hash text not null
);
