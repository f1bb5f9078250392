-- Labels of a tenant, to which keys, searches and spend can be attributed. Whatever carries a label
-- keeps its id when the label is deleted, so nothing refers to these rows.
set local lock_timeout = '5s';

create table resources (
  id text primary key,
  tenant_id text not null,
  name text not null,
  description text,
  status text not null check (status in ('active', 'paused', 'archived')),
  metadata jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index resources_tenant on resources (tenant_id, id);
