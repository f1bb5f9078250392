import { describe, expect, test } from 'vitest'
import { openTestDb } from './db.fixture.ts'
import { testDb } from './db.suite.ts'
import { openPostgres } from './postgres.ts'

const isThere = Boolean(process.env.TEST_DATABASE_URL)

describe.skipIf(!isThere)('PostgreSQL (skipped unless TEST_DATABASE_URL names a server)', () =>
  testDb(openTestDb),
)

test('a server that does not answer is away for now, and no mistake of ours', async () => {
  // Nothing listens on port 1.
  const { db } = await openPostgres('postgres://127.0.0.1:1/none')
  const away = { code: 'service_unavailable', cause: { code: 'ECONNREFUSED' } }
  await expect(db.rows`select 1`).rejects.toMatchObject(away)
  await expect(db.tx((tx) => tx.rows`select 1`)).rejects.toMatchObject(away)
  await db.close()
})
