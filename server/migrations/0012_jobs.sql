-- What a caller may watch of long work.
set local lock_timeout = '5s';

create table jobs (
  id text primary key,
  tenant_id text not null,
  kind text not null,
  -- The scope that started it; reading it needs the same.
  scope text not null,
  status text not null check (status in ('pending', 'running', 'completed', 'failed')),
  result jsonb,
  error jsonb,
  created_at timestamptz not null,
  completed_at timestamptz
);
create index jobs_tenant on jobs (tenant_id, id);
