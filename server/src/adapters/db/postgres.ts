// PostgreSQL 15 or newer, through `pg`.
import pg from 'pg'
import type { OpenDb } from './open-db.ts'
import { type Driver, type Execute, makeDb } from './sql.ts'

const { builtins } = pg.types
const parsers: Partial<Record<number, (text: string) => unknown>> = {
  [builtins.INT8]: (text) => BigInt(text),
  [builtins.NUMERIC]: (text) => text,
}
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format as 'text'),
}

export async function openPostgres(url: string): Promise<OpenDb> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 16,
    options:
      '-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000',
  })
  // A connection that breaks while idle is replaced by the pool; without a listener it would end us.
  pool.on('error', () => {})
  const driver: Driver = {
    execute: executeOn(pool),
    transact: (work) => transact(pool, work),
    close: async () => {
      if (!pool.ended) await pool.end()
    },
  }
  return {
    db: makeDb(driver),
    executeSql: async <Row>(text: string, values?: unknown[]) => {
      const { rows } = await pool.query<Row & pg.QueryResultRow>(text, values ?? [])
      return { rows }
    },
    maintain: async () => {},
    script: async (text) => void (await pool.query(text)),
  }
}

async function transact<T>(pool: pg.Pool, work: (execute: Execute) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(executeOn(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => {
      broken = failed
    })
    throw error
  } finally {
    client.release(broken)
  }
}

function executeOn(session: pg.Pool | pg.PoolClient): Execute {
  return async (text, values) => {
    const result = await session.query({ text, values, types } as pg.QueryConfig)
    return { rows: result.rows, affected: result.rowCount ?? 0 }
  }
}
