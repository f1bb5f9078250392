// The database of a unit test. The same tests run on PGlite and, where TEST_DATABASE_URL names a server,
// on PostgreSQL.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenDb, openDb } from './open.ts'
import { databaseForTest } from './prepared.fixture.ts'

export async function openTestDb(): Promise<OpenDb> {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-test-'))
  const { url, remove } = await databaseForTest(folder)
  const opened = await openDb(url ? { kind: 'postgres', url } : { kind: 'pglite', folder })
  const close = async () => {
    await opened.db.close()
    await remove()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...opened, db: { ...opened.db, close } }
}
