-- The one answer to "who may use which dataset now". A row of policy for every dataset, beside grants
-- and requests.
set local lock_timeout = '5s';

create table dataset_policies (
  dataset_id text primary key,
  -- The dataset's number in the search engine.
  dataset_no integer generated always as identity unique,
  tenant_id text not null,
  visibility text not null check (visibility in ('private', 'listed', 'restricted')),
  access_policy text not null check (access_policy in ('automatic', 'approval')),
  -- False while the dataset is a draft, paused, suspended or being deleted.
  open_for_use boolean not null default false,
  -- False once the deletion has begun: then nobody discovers it any more.
  discoverable boolean not null default true
);
create index dataset_policies_tenant on dataset_policies (tenant_id);
create index dataset_policies_listed on dataset_policies (dataset_id)
  where visibility = 'listed' and open_for_use;

create table grants (
  id text primary key,
  dataset_id text not null references dataset_policies,
  -- Who may use it.
  tenant_id text not null,
  owner_tenant_id text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- Set with the revocation, or where a later grant follows one that had expired.
  closed_at timestamptz,
  created_at timestamptz not null,
  check (revoked_at is null or closed_at is not null)
);
create index grants_tenant on grants (tenant_id, dataset_id);
create index grants_dataset on grants (dataset_id, id);
create unique index grants_one_open on grants (dataset_id, tenant_id) where closed_at is null;

create table access_requests (
  id text primary key,
  dataset_id text not null references dataset_policies,
  -- As it was when the buyer asked: a later name of a dataset that was hidden since is none of theirs.
  dataset_name text not null,
  tenant_id text not null,
  owner_tenant_id text not null,
  purpose text not null,
  message text,
  status text not null check (
    status in ('pending', 'approved', 'denied', 'expired', 'withdrawn')
  ),
  reason text,
  lapses_at timestamptz not null,
  grant_id text references grants,
  grant_expires_at timestamptz,
  created_at timestamptz not null,
  decided_at timestamptz
);
create index access_requests_owner on access_requests (owner_tenant_id, id);
create index access_requests_buyer on access_requests (tenant_id, id);
create index access_requests_pending on access_requests (lapses_at) where status = 'pending';
create unique index access_requests_one_pending
  on access_requests (dataset_id, tenant_id) where status = 'pending';
