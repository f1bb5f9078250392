// Numbered SQL files, forward only, each in one transaction with its own record. Safe to run twice and
// from several processes at once: an advisory lock lets one of them work.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenDb } from './open-db.ts'

const folder = fileURLToPath(new URL('../../../migrations/', import.meta.url))

// Any fixed number: the lock's name among advisory locks of this database.
const lockNumber = 478_600_001

export async function migrate(opened: OpenDb): Promise<string[]> {
  await opened.script(
    `create table if not exists schema_migrations (
       name text primary key,
       applied_at timestamptz not null default now()
     )`,
  )
  const done = new Set(
    (await opened.db.rows<{ name: string }>`select name from schema_migrations`).map(
      (row) => row.name,
    ),
  )
  const waiting = migrationNames().filter((name) => !done.has(name))
  for (const name of waiting) await applyOne(opened, name)
  return waiting
}

function migrationNames(): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
}

async function applyOne(opened: OpenDb, name: string): Promise<void> {
  const text = readFileSync(join(folder, name), 'utf8')
  // One script is one transaction; a second process waits at the lock and then finds the record.
  await opened.script(
    `begin;
     select pg_advisory_xact_lock(${lockNumber});
     do $migration$ begin
       if exists (select 1 from schema_migrations where name = '${name}') then return; end if;
       execute $statements$ ${text} $statements$;
       insert into schema_migrations (name) values ('${name}');
     end $migration$;
     commit;`,
  )
}
