// The database of a test: PGlite in a folder of its own, or, where TEST_DATABASE_URL names a server, a
// fresh PostgreSQL database in it. The same tests run on both.
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface TestDatabase {
  /** Undefined: embedded. */
  url: string | undefined
  remove(): Promise<void>
}

export async function databaseForTest(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return { url: undefined, remove: async () => {} }
  const name = `ipto_test_${randomBytes(8).toString('hex')}`
  await onServer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    remove: () => onServer(server, `drop database if exists ${name} with (force)`),
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
