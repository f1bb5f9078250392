-- Answers remembered under an idempotency key, encrypted, for 24 hours.
set local lock_timeout = '5s';

create table idempotency_records (
  id text primary key,
  -- A tenant id, or 'address:<address>' before anyone is known.
  caller text not null,
  operation text not null,
  key_hash bytea not null,
  body_hash bytea not null,
  status integer,
  answer bytea,
  leased_until timestamptz not null,
  created_at timestamptz not null,
  unique (caller, operation, key_hash)
);
create index idempotency_records_age on idempotency_records (created_at);

create table rate_counters (
  name text not null,
  window_start timestamptz not null,
  count integer not null,
  primary key (name, window_start)
);
