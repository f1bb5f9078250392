-- Who published a version of the price book, which versions the catalog has followed, what the checks of
-- the books found, and the order in which transfers are shown.
set local lock_timeout = '5s';

alter table price_books
  -- Null for the first version, which nobody published.
  add column if not exists published_at timestamptz,
  -- The charge key of the call that published it: the same call again finds its own work.
  add column if not exists published_by text unique;

-- Versions that have come into force, and that the catalog has told providers about.
create table if not exists price_book_starts (
  price_book_version integer primary key,
  followed_at timestamptz not null
);

-- Datasets whose own prices a version left out of bounds, so that base prices apply.
create table if not exists price_resets (
  dataset_id text not null references datasets,
  price_book_version integer not null,
  told_at timestamptz not null,
  primary key (dataset_id, price_book_version)
);

create table if not exists book_checks (
  serial bigint generated always as identity primary key,
  checked_at timestamptz not null,
  -- At most 1,000 of what was found.
  findings jsonb not null,
  -- The charge key of the call that asked for it; null for the nightly one.
  asked_by text unique
);

create index if not exists ledger_transfers_posted on ledger_transfers (posted_at, id);
