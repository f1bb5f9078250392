-- Chunks, the ordered outbox to the engine, and the record of every search and hit.
set local lock_timeout = '5s';

create table chunks (
  chunk_no bigint generated always as identity primary key,
  object_id text not null,
  object_no integer not null,
  dataset_id text not null,
  dataset_no integer not null,
  tenant_id text not null,
  ord integer not null,
  language text not null,
  title text not null,
  text text not null,
  locator jsonb not null,
  passage_sha256 text not null,
  modality text not null,
  mime text not null,
  keywords jsonb not null,
  object_created_at timestamptz not null,
  unique (object_id, ord)
);

-- The last number given; updated as the last statement of a transaction, so numbers are in commit order.
create table outbox_counter (
  id boolean primary key default true check (id),
  seq bigint not null default 0
);
insert into outbox_counter (id, seq) values (true, 0) on conflict (id) do nothing;

create table outbox (
  seq bigint primary key,
  kind text not null check (kind in ('put', 'drop_object', 'drop_dataset')),
  object_id text,
  object_no integer,
  dataset_no integer,
  attempts integer not null default 0,
  fed_at timestamptz
);
create index outbox_waiting on outbox (seq) where fed_at is null;

create table feeder_lease (
  id boolean primary key default true check (id),
  holder text not null,
  held_until timestamptz not null
);

create table search_activities (
  id text primary key,
  tenant_id text not null,
  principal_id text not null,
  api_key_id text,
  resource_id text,
  query_text text not null,
  requested_mode text not null,
  retrieval_mode text not null,
  fusion text,
  dataset_ids text[] not null,
  -- The whole request without its cursor, to present a page again and to check a repeated body.
  request jsonb not null,
  -- [chunk number, score] by rank. Made once: pages never rank again. Not jsonb: it is only ever read whole.
  ranking json not null,
  explain jsonb,
  result_count integer not null default 0,
  charged_micros bigint not null default 0,
  currency text not null default 'USD',
  searched_at timestamptz not null
);
create index search_activities_tenant on search_activities (tenant_id, id);

create table search_pages (
  charge_key text primary key,
  tenant_id text not null,
  search_activity_id text not null references search_activities,
  -- Place in the ranking where the page starts and where the next one would.
  first_place integer not null,
  next_place integer,
  -- Rank of the first hit, from 1.
  first_rank integer not null,
  charged_micros bigint not null,
  truncated text,
  took_ms integer not null
);
create unique index search_pages_place on search_pages (search_activity_id, first_place);

create table retrieval_events (
  id text primary key,
  tenant_id text not null,
  search_activity_id text not null references search_activities,
  charge_key text not null references search_pages,
  rank integer not null,
  score double precision not null,
  chunk_no bigint not null,
  dataset_id text not null,
  dataset_name text not null,
  object_id text not null,
  filename text not null,
  title text not null,
  mime_type text not null,
  -- Null once the object is gone.
  snippet text,
  highlights jsonb not null,
  locator jsonb not null,
  object_sha256 text not null,
  passage_sha256 text not null,
  usage_event_id text not null,
  amount_micros bigint not null,
  billable boolean not null,
  reason text not null,
  retrieved_at timestamptz not null,
  unique (search_activity_id, chunk_no)
);
create index retrieval_events_page on retrieval_events (charge_key, rank);
create index retrieval_events_tenant on retrieval_events (tenant_id, id);
