-- Citations and outcomes of what was sold; terms that hold for a whole search session or a quote.
set local lock_timeout = '5s';

-- The offers of its datasets at the time of its first page. Null on sessions from before they were kept.
alter table search_activities add column terms json;

-- The session that was quoted, as the asker stored it; billing does not read it.
alter table quotes add column terms json;

create table citations (
  id text primary key,
  tenant_id text not null,
  -- Once for each retrieval event.
  retrieval_event_id text not null unique references retrieval_events,
  dataset_id text not null,
  -- Null where no text was given.
  verified boolean,
  spans jsonb not null,
  amount_micros bigint not null check (amount_micros >= 0),
  cited_at timestamptz not null
);
create index citations_tenant on citations (tenant_id, id);

create table outcomes (
  id text primary key,
  tenant_id text not null,
  value_micros bigint not null check (value_micros > 0),
  currency text not null default 'USD',
  note text,
  lines jsonb not null,
  amount_micros bigint not null check (amount_micros >= 0),
  reported_at timestamptz not null
);
create index outcomes_tenant on outcomes (tenant_id, id);

-- Once for each retrieval event.
create table outcome_events (
  retrieval_event_id text primary key references retrieval_events,
  tenant_id text not null,
  outcome_id text not null references outcomes deferrable initially deferred
);
create index outcome_events_outcome on outcome_events (outcome_id);
