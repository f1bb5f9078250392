// PGlite: PostgreSQL inside this process, in a folder. It has one session and does not sync to disk
// (architecture 9), so production refuses it and the start says so. It opens a folder twice without
// complaint and then loses rows; the lock file is what prevents that.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite, types } from '@electric-sql/pglite'
import type { OpenDb } from './open-db.ts'
import { type Driver, type Execute, makeDb } from './sql.ts'

const parsers = {
  [types.INT8]: (text: string) => BigInt(text),
  [types.NUMERIC]: (text: string) => text,
}

/** `folder` null: in memory, for tests. */
export async function openPglite(folder: string | null): Promise<OpenDb> {
  const release = folder ? takeLock(folder) : () => {}
  // Given with each query instead, they cost more than many a statement: it copies all it knows.
  const pg = await PGlite.create(folder ? join(folder, 'db') : 'memory://', { parsers })
  await pg.exec(`set timezone = 'UTC'; set lock_timeout = '10s'`)
  const driver: Driver = {
    execute: executeOn(pg),
    transact: (work) => pg.transaction((tx) => work(executeOn(tx))),
    close: async () => {
      if (!pg.closed) await pg.close()
      release()
    },
  }
  return {
    db: makeDb(driver),
    executeSql: async <Row>(text: string, values?: unknown[]) => {
      if (values && values.length > 0) return pg.query<Row>(text, values)
      const results = await pg.exec(text)
      return results.length === 1 && results[0] ? (results[0] as never) : (results as never)
    },
    // No autovacuum runs in it: without this the planner takes every table for empty.
    maintain: async () => void (await pg.exec('analyze')),
    script: async (text) => void (await pg.exec(text)),
  }
}

function executeOn(session: Pick<PGlite, 'query'>): Execute {
  return async (text, values) => {
    const result = await session.query(text, values)
    return { rows: result.rows, affected: result.affectedRows ?? 0 }
  }
}

/** Holds process id and start time; taken over only from a dead process. */
function takeLock(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lock')
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (isHeld(path)) {
        throw new Error(
          `${folder} is in use by another ipto process (see ${path}). Stop it first, or set DATA_DIR.`,
        )
      }
      rmSync(path, { force: true })
    }
  }
  throw new Error(`${folder} is in use by another ipto process that started at the same moment.`)
}

function isHeld(path: string): boolean {
  const text = readFileSync(path, 'utf8')
  const { pid, startedAt } = text ? JSON.parse(text) : { pid: 0, startedAt: '' }
  if (!pid) return false
  // A second open in this very process would lose rows as well.
  if (pid === process.pid) return startedAt === startOf(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return startedAt === startOf(pid)
}

/** A process id is used again after a while; its start time tells the two apart. */
function startOf(pid: number): string {
  try {
    // Field 22 of /proc/pid/stat, counted after the command name, which may hold blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return 'dead'
    return fields[19] ?? ''
  } catch {
    // Without /proc (macOS, Windows) a living process of this number counts as the holder.
    return ''
  }
}
