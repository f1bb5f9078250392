import { afterAll, describe } from 'vitest'
import { openDb } from '../db/open.ts'
import { testCounters } from './counters.suite.ts'
import { openCounters } from './open.ts'

describe('counters in memory', () => testCounters(async () => openCounters({ kind: 'memory' })))

describe('counters in the database', async () => {
  const { db } = await openDb({ kind: 'pglite', folder: null })
  afterAll(() => db.close())
  testCounters(async () => openCounters({ kind: 'shared', db }))
})
