-- Suspended providers, reviews after the fact, and the reindexing of a dataset.
set local lock_timeout = '5s';

-- The provider is suspended: closed for use, whatever the status of the dataset says.
alter table dataset_policies add column owner_suspended boolean not null default false;
update dataset_policies p set owner_suspended = true
from tenants t where t.id = p.tenant_id and t.suspended_at is not null;

-- Of what was approved by rule a sample is looked at afterwards; null: not in the sample.
alter table inspections add column sample text
  check (sample in ('waiting', 'confirmed', 'rejected'));
create index inspections_sample on inspections (object_id) where sample = 'waiting';

-- `next` is made by a reindexing and not searched yet; `former` was searched until the last one, and
-- stays readable for those who bought it.
alter table chunks add column state text not null default 'current'
  check (state in ('next', 'current', 'former'));
alter table chunks drop constraint chunks_object_id_ord_key;
create index chunks_object on chunks (object_id, ord);
create unique index chunks_place on chunks (object_id, state, ord) where state <> 'former';

-- A reindexing that is under way; one at a time for a dataset.
create table reindexes (
  dataset_id text primary key,
  tenant_id text not null,
  job_id text not null,
  -- What the dataset is embedded with afterwards; null: as before.
  embedding_model text,
  phase text not null check (phase in ('prepare', 'switch', 'settle')),
  -- The last object that this phase is done with; '' before the first.
  after_object_id text not null default '',
  -- Objects that search new chunks now, and those that could not be cut and keep the old ones.
  object_count integer not null default 0,
  skipped_count integer not null default 0,
  -- The outbox up to this number must be fed before the job ends.
  last_seq bigint,
  -- Steps in a row that ended in an error.
  failed_count integer not null default 0,
  started_at timestamptz not null
);
