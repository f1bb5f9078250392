-- Objects and the one copy of their bytes. An object row belongs to one owner; a blob row to nobody.
set local lock_timeout = '5s';

create table blobs (
  sha256 text primary key,
  blob_key text not null unique,
  size_bytes bigint not null,
  created_at timestamptz not null
);

-- Keys whose bytes nobody needs any more: copies of known bytes, and what was purged. A key is never used
-- twice, so removing its bytes at any later time cannot hit the bytes of somebody else.
create table dead_blobs (
  blob_key text primary key,
  died_at timestamptz not null
);

create table objects (
  id text primary key,
  -- The object's number in the search engine.
  object_no integer generated always as identity unique,
  upload_id text not null unique,
  dataset_id text not null,
  tenant_id text not null,
  filename text not null,
  content_type text not null,
  size_bytes bigint not null check (size_bytes > 0),
  expected_sha256 text,
  -- Known once the bytes were verified; it stays when they are gone.
  sha256 text,
  -- Who keeps a blob alive: null before the verification and after the purge.
  blob_sha256 text references blobs,
  upload_expires_at timestamptz not null,
  upload_state text not null check (upload_state in ('pending', 'uploaded')),
  review_state text check (
    review_state in ('staged', 'under_review', 'approved', 'rejected', 'expired')
  ),
  review_expires_at timestamptz,
  review_reason text,
  approved_automatically boolean not null default false,
  index_state text not null default 'none' check (
    index_state in ('none', 'queued', 'extracting', 'embedding', 'indexed', 'failed')
  ),
  failure jsonb,
  stage_changed_at timestamptz not null,
  metadata jsonb not null default '{}',
  title text,
  language text,
  page_count integer,
  duration_seconds double precision,
  chunk_count integer not null default 0,
  ingest_job_id text,
  removal_job_id text,
  removed_at timestamptz,
  purged_at timestamptz,
  created_at timestamptz not null,
  uploaded_at timestamptz,
  decided_at timestamptz,
  indexed_at timestamptz,
  check (upload_state = 'pending' or sha256 is not null),
  check (upload_state = 'pending' or (blob_sha256 is null) = (purged_at is not null))
);
create index objects_dataset on objects (dataset_id, id);
create index objects_tenant on objects (tenant_id, id);
create index objects_blob on objects (blob_sha256);
create index objects_same_bytes on objects (tenant_id, sha256) where removed_at is null;
create index objects_queue on objects (uploaded_at, id)
  where review_state in ('staged', 'under_review') and removed_at is null;
create index objects_deadlines on objects (review_expires_at)
  where review_state in ('staged', 'under_review') and removed_at is null;
create index objects_open_uploads on objects (upload_expires_at) where upload_state = 'pending';
create index objects_stages on objects (index_state, stage_changed_at)
  where index_state in ('queued', 'extracting', 'embedding');
create index objects_removed on objects (removed_at)
  where removed_at is not null and purged_at is null;
create index objects_purged on objects (purged_at) where purged_at is not null;
create index objects_refused on objects (decided_at)
  where review_state in ('rejected', 'expired') and purged_at is null;

create table downloads (
  id text primary key,
  tenant_id text not null,
  object_id text not null references objects,
  charge_key text not null unique,
  usage_event_id text not null,
  amount_micros bigint not null check (amount_micros >= 0),
  downloaded_at timestamptz not null
);
create index downloads_recent on downloads (tenant_id, object_id, downloaded_at);
