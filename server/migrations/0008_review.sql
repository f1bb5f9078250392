-- What was found in an object before a person decides.
set local lock_timeout = '5s';

create table inspections (
  object_id text primary key,
  tenant_id text not null,
  risk text not null check (risk in ('low', 'medium', 'high')),
  -- [{ kind, severity, count, sample }]; samples are masked before they are written.
  findings jsonb not null,
  preview_text text not null,
  preview_pages jsonb not null,
  -- True once the bytes were purged: then preview and samples are empty.
  is_cleared boolean not null default false,
  inspected_at timestamptz not null
);
