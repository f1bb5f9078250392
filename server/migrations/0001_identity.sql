-- Tenants, users, and the three kinds of credential. Secrets are stored as hashes only.
set local lock_timeout = '5s';

create table tenants (
  id text primary key,
  name text not null,
  plan text not null default 'starter' check (plan in ('starter', 'pro', 'business')),
  region text not null default 'eu-central',
  embedding_model text,
  approved_automatically boolean not null default false,
  suspended_at timestamptz,
  created_at timestamptz not null
);
create index tenants_name on tenants (name);

create table users (
  id text primary key,
  email text not null,
  -- Lower case: one mail is one account, however it is written.
  email_key text not null unique,
  password_hash text not null,
  display_name text not null,
  is_platform_admin boolean not null default false,
  created_at timestamptz not null
);

create table memberships (
  id text primary key,
  tenant_id text not null references tenants,
  user_id text not null unique references users,
  roles text[] not null,
  created_at timestamptz not null
);
create index memberships_tenant on memberships (tenant_id);

create table sessions (
  id text primary key,
  tenant_id text not null references tenants,
  user_id text not null references users,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index sessions_user on sessions (user_id) where ended_at is null;

create table api_keys (
  id text primary key,
  tenant_id text not null references tenants,
  name text not null,
  prefix text not null unique,
  secret_hash bytea not null,
  scopes text[] not null,
  -- Null: every dataset that the tenant may use.
  dataset_ids text[],
  resource_id text,
  budget_micros bigint check (budget_micros >= 0),
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_tenant on api_keys (tenant_id, id);

create table login_failures (
  id bigint generated always as identity primary key,
  -- A hash of the mail or the address: neither is needed in clear to count.
  origin_hash bytea not null,
  failed_at timestamptz not null
);
create index login_failures_origin on login_failures (origin_hash, failed_at);
