// The databases of tests: each a copy of one that was prepared once for the whole run, as a server
// leaves it at its first start. To make one from nothing takes PGlite longer than most tests take.
import { randomBytes } from 'node:crypto'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

export interface TestDatabase {
  /** Undefined: embedded, in the folder. */
  url: string | undefined
  remove(): Promise<void>
}

// A folder, or the name of a database. Set for the run by `prepareDatabase`; without it they begin empty.
const preparedName = 'TEST_PREPARED_DATABASE'

/** PGlite in `folder`, or, where TEST_DATABASE_URL names a server, a database of its own in it. */
export async function databaseForTest(folder: string): Promise<TestDatabase> {
  const prepared = process.env[preparedName]
  const server = process.env.TEST_DATABASE_URL
  if (server) return createOn(server, prepared)
  if (prepared) await cp(join(prepared, 'db'), join(folder, 'db'), { recursive: true })
  return { url: undefined, remove: async () => {} }
}

/** Lets `startOnce` fill a database, which all that are made from then on are copies of. */
export async function prepareDatabase(
  folder: string,
  startOnce: (url: string | undefined) => Promise<void>,
): Promise<TestDatabase> {
  const database = await databaseForTest(folder)
  await startOnce(database.url)
  process.env[preparedName] = database.url ? new URL(database.url).pathname.slice(1) : folder
  return database
}

async function createOn(server: string, template = 'template1'): Promise<TestDatabase> {
  const name = `ipto_test_${randomBytes(8).toString('hex')}`
  await onServer(server, `create database ${name} template ${template}`)
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
