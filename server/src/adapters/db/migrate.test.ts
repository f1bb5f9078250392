// A database that was in use before a migration came: what it holds is right afterwards, in good time.
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import type { OpenDb } from './open-db.ts'
import { openPglite } from './pglite.ts'

const folder = new URL('../../../migrations/', import.meta.url)

/** What comes later is written down as done: then it is not run. */
async function migrateUpTo(last: string): Promise<void> {
  const later = readdirSync(folder).filter((name) => name > last)
  await opened.script(`
    create table schema_migrations (name text primary key, applied_at timestamptz default now());
    insert into schema_migrations (name) values ${later.map((name) => `('${name}')`).join()}`)
  await migrate(opened)
}

let opened: OpenDb
let tookMs: number
// Each would read the whole audit of its tenant: without an index this is minutes.
const objectCount = 4_000
beforeAll(async () => {
  opened = await openPglite(null)
  await migrateUpTo('0025_members.sql')
  await opened.script(`
    insert into tenants (id, name, plan, created_at) values ('tnt_1', 'Archive', 'starter', now());
    insert into objects (id, upload_id, dataset_id, tenant_id, filename, content_type, size_bytes,
      upload_expires_at, upload_state, stage_changed_at, created_at)
    select 'obj_' || n, 'upl_' || n, 'dset_1', 'tnt_1', 'a.txt', 'text/plain', 1,
      now(), 'pending', '2026-02-02', '2026-01-01'
    from generate_series(1, ${objectCount}) n;
    insert into audit_events (id, tenant_id, actor_id, actor_type, action, target_id, changes,
      occurred_at)
    select 'aud_' || lpad(n::text, 9, '0'), 'tnt_1', 'usr_' || n, 'user',
      case when n <= ${objectCount} then 'object.start_upload' else 'object.failed' end,
      'obj_' || ((n - 1) % ${objectCount} + 1), '{}', now()
    from generate_series(1, ${6 * objectCount}) n`)
  await opened.script(`delete from schema_migrations where name > '0025_members.sql'`)
  const startedAt = performance.now()
  await migrate(opened)
  tookMs = performance.now() - startedAt
}, 240_000)
afterAll(() => opened.db.close())

test('an object tells who made it and who changed it last', async () => {
  const object = await opened.db.first`
    select created_by, updated_by, updated_at from objects where id = 'obj_7'`
  expect(object).toEqual({
    createdBy: 'usr_7',
    updatedBy: `usr_${5 * objectCount + 7}`,
    updatedAt: new Date('2026-02-02'),
  })
})

test('many objects with a long history are done long before a statement is cut off', () => {
  expect(tookMs).toBeLessThan(10_000)
})
