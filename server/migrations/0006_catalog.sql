-- Datasets: what is listed and priced. Visibility and access policy stand in dataset_policies.
set local lock_timeout = '5s';

create table datasets (
  id text primary key,
  tenant_id text not null,
  name text not null,
  description text,
  status text not null check (
    status in ('draft', 'ingesting', 'active', 'paused', 'suspended', 'pending_deletion', 'deleted')
  ),
  source_modality text not null,
  monetization_mode text not null,
  pricing_model text not null,
  -- Own prices in micros as text, { retrieval, citation, download }; with `fixed` only.
  unit_prices jsonb,
  half_life_days integer check (half_life_days between 1 and 3650),
  language text,
  embedding_model text,
  license_terms text,
  allowed_uses text[] not null default '{}',
  max_quote_chars integer,
  tags text[] not null default '{}',
  curated boolean not null default false,
  -- Counted by `objects` in the transactions that change an object, through `noteObjects`.
  object_count integer not null default 0 check (object_count >= 0),
  active_object_count integer not null default 0 check (active_object_count >= 0),
  pending_review_count integer not null default 0 check (pending_review_count >= 0),
  chunk_count integer not null default 0 check (chunk_count >= 0),
  storage_bytes bigint not null default 0 check (storage_bytes >= 0),
  freshest_object_at timestamptz,
  removal_job_id text,
  -- When the deletion began, and when search and lists had let go of the dataset.
  removed_at timestamptz,
  removal_finished_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (unit_prices is null or pricing_model = 'fixed'),
  check (half_life_days is null or pricing_model = 'time_decay'),
  check ((removed_at is null) = (status not in ('pending_deletion', 'deleted')))
);
create index datasets_tenant on datasets (tenant_id, id);
create index datasets_removed on datasets (removal_finished_at) where status = 'pending_deletion';

create table price_points (
  id text primary key,
  dataset_id text not null references datasets,
  price_book_version integer not null,
  d7 integer not null,
  d28 integer not null,
  factor_ppm integer not null check (factor_ppm > 0),
  -- Price of one retrieval from an object that is new.
  retrieval_micros bigint not null,
  starts_at timestamptz not null
);
create index price_points_dataset on price_points (dataset_id, starts_at desc, id desc);
