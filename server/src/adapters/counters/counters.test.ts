import { afterAll, describe } from 'vitest'
import { openTestDb } from '../db/db.fixture.ts'
import { testCounters } from './counters.suite.ts'
import { openCounters } from './open.ts'

describe('counters in memory', () => testCounters(async () => openCounters({ kind: 'memory' })))

describe('counters in the database', async () => {
  const { db } = await openTestDb()
  afterAll(() => db.close())
  testCounters(async () => openCounters({ kind: 'shared', db }))
})
