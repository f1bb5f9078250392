// The database of a test: PGlite in memory, or, where TEST_DATABASE_URL names a PostgreSQL server, a
// fresh database in it that is dropped at close. The same tests run on both.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type OpenDb, openDb } from './open.ts'

export async function openTestDb(): Promise<OpenDb> {
  const server = process.env.TEST_DATABASE_URL
  if (!server) return openDb({ kind: 'pglite', folder: null })
  const name = `ipto_test_${randomBytes(8).toString('hex')}`
  await onServer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const opened = await openDb({ kind: 'postgres', url: url.href })
  const close = async () => {
    await opened.db.close()
    await onServer(server, `drop database if exists ${name} with (force)`)
  }
  return { ...opened, db: { ...opened.db, close } }
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
