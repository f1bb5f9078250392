import { describe } from 'vitest'
import { openTestDb } from './db.fixture.ts'
import { testDb } from './db.suite.ts'

const isThere = Boolean(process.env.TEST_DATABASE_URL)

describe.skipIf(!isThere)('PostgreSQL (skipped unless TEST_DATABASE_URL names a server)', () =>
  testDb(openTestDb),
)
