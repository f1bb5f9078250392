-- Citations and outcomes of what was sold; terms that hold for a whole search session or a quote; months
-- in which nobody can be charged any more.
set local lock_timeout = '5s';

-- The offers of its datasets at the time of its first page. Null on sessions from before they were kept.
alter table search_activities add column terms json;

-- When its prices were made: the time of the quote that its first page redeemed, else of that page.
alter table search_activities add column priced_at timestamptz;

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

-- Months whose use is final for at least one tenant. A clock that went back into one finds it closed, also
-- for a tenant that was not there when it ended.
create table closed_use_months (
  period_start timestamptz primary key
);
insert into closed_use_months (period_start)
select distinct period_start from budgets where closed_at is not null;
