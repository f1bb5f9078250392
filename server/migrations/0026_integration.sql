-- What integrators set beside an object, and who made and last changed it; lists by the time of the last
-- change, and the history of one thing.
set local lock_timeout = '5s';

alter table objects
  add column if not exists external_id text,
  add column if not exists external_data jsonb not null default '{}',
  add column if not exists given_title text,
  add column if not exists created_by text not null default 'unknown',
  add column if not exists updated_at timestamptz not null default now(),
  add column if not exists updated_by text not null default 'unknown';

-- First: without it each object from before would read all that its tenant ever did.
create index if not exists audit_events_target on audit_events (tenant_id, target_id, id);

-- Objects from before: the audit knows who made them, their states when they changed last, and by whom.
update objects o
set created_by = coalesce((
    select e.actor_id from audit_events e
    where e.tenant_id = o.tenant_id and e.target_id = o.id and e.action = 'object.start_upload'
    order by e.id limit 1), 'unknown'),
  updated_by = coalesce((
    select e.actor_id from audit_events e
    where e.tenant_id = o.tenant_id and e.target_id = o.id
    order by e.id desc limit 1), 'unknown'),
  updated_at = greatest(o.created_at, o.uploaded_at, o.decided_at, o.stage_changed_at, o.indexed_at)
where o.created_by = 'unknown';

create index if not exists objects_created on objects (tenant_id, created_at, id)
  where removed_at is null;
create index if not exists objects_updated on objects (tenant_id, updated_at, id)
  where removed_at is null;
