-- Canonical text of an object, page by page, between extraction and chunking, and for previews.
set local lock_timeout = '5s';

create table extracted_pages (
  object_id text not null,
  tenant_id text not null,
  -- Place in the file, from 0. Numbers need not be unique: rows start again in every sheet.
  ord integer not null,
  number integer not null,
  kind text not null check (kind in ('page', 'section', 'box', 'record')),
  text text not null,
  path jsonb not null,
  columns jsonb not null,
  boxes jsonb not null,
  primary key (object_id, ord)
);

create table ingest_runs (
  object_id text primary key,
  tenant_id text not null,
  -- What comes next.
  stage text not null check (stage in ('extract', 'chunk', 'index')),
  -- Of this stage; those of `chunk` go on counting in `index`, which can only be done again from there.
  attempts integer not null default 0,
  -- One worker at a time; taken over when it lapses. Without a holder it is a pause before the next try.
  holder text,
  leased_until timestamptz,
  -- What extraction told beside the pages; null before.
  content_type text,
  title text,
  language text,
  page_count integer
);
