-- Invitations into a tenant, and the access tokens of its API keys. Secrets are stored as hashes only.
set local lock_timeout = '5s';

create table invitations (
  -- The membership that comes of it takes the same id.
  id text primary key,
  tenant_id text not null references tenants,
  email text not null,
  email_key text not null,
  roles text[] not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- The charge key of the call that accepted it: that call alone may come again.
  accepted_key text
);
-- A mail is invited once at a time into a tenant.
create unique index invitations_open on invitations (tenant_id, email_key)
  where accepted_key is null;
create index invitations_tenant on invitations (tenant_id, id);
create index invitations_end on invitations (expires_at);

create table access_tokens (
  token_hash bytea primary key,
  tenant_id text not null references tenants,
  api_key_id text not null references api_keys,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index access_tokens_end on access_tokens (expires_at);
