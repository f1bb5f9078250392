// The part that both databases share: binding, names, types, transactions and their guard. One dialect,
// no branch by database.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Sql, SqlValue, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'

export interface RawResult {
  rows: unknown[]
  affected: number
}

/** One session of a driver: a text with `$1…` and its values. */
export type Execute = (text: string, values: unknown[]) => Promise<RawResult>

export interface Driver {
  execute: Execute
  /** Runs `work` between begin and commit, on one session; rolls back where it throws. */
  transact<T>(work: (execute: Execute) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const retriesMax = 3
// serialization_failure, deadlock_detected (PostgreSQL, appendix A).
const retryCodes = new Set(['40001', '40P01'])

// connection_exception, too_many_connections, and the three of a server that stops or starts; then
// what the system says of a server that is not there, and PGlite and `pg` of one that is gone.
const lostCodes =
  /^(08...|53300|57P0[123]|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|AI_AGAIN))$/
const lostTexts = /^(Connection terminated|PGlite is closed|Cannot use a pool after calling end)/

const inside = new AsyncLocalStorage<true>()

export function makeDb(driver: Driver): Db {
  const guarded: Execute = (text, values) => {
    // With one session, `db` inside `tx` would wait for ever; on both databases it would see other
    // facts than the transaction. So it throws at once.
    assert(!inside.getStore(), 'inside db.tx only tx is used')
    return driver.execute(text, values).catch(throwTold)
  }
  return {
    ...sqlOf(guarded),
    tx: async (work) => {
      assert(!inside.getStore(), 'a transaction is not opened inside another')
      return transactWithRetry(driver, work).catch(throwTold)
    },
    close: () => driver.close(),
  }
}

async function transactWithRetry<T>(driver: Driver, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const hints: (() => void)[] = []
    try {
      const result = await driver.transact((execute) =>
        inside.run(true, () => work(txOf(execute, hints))),
      )
      for (const hint of hints) hint()
      return result
    } catch (error) {
      if (attempt > retriesMax || !retryCodes.has(codeOf(error))) throw error
      await sleep(5 * 2 ** attempt + Math.random() * 10)
    }
  }
}

function txOf(execute: Execute, hints: (() => void)[]): Tx {
  return {
    ...sqlOf(execute),
    execute: async (text: string, values: unknown[]) => execute(text, values),
    afterCommit: (hint: () => void) => void hints.push(hint),
  } as unknown as Tx
}

function sqlOf(execute: Execute): Sql {
  const run = (text: TemplateStringsArray, values: SqlValue[]) =>
    execute(textOf(text), values.map(boundValue))
  return {
    rows: async <T>(text: TemplateStringsArray, ...values: SqlValue[]) =>
      (await run(text, values)).rows.map((row) => camelRow(row)) as T[],
    first: async <T>(text: TemplateStringsArray, ...values: SqlValue[]) => {
      const row = (await run(text, values)).rows[0]
      return row === undefined ? undefined : (camelRow(row) as T)
    },
    run: async (text, ...values) => (await run(text, values)).affected,
  }
}

function textOf(parts: TemplateStringsArray): string {
  return parts.reduce((text, part, index) => `${text}$${index}${part}`)
}

function boundValue(value: SqlValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'bigint' ? `${one}` : one))
  if (value !== null && typeof value === 'object' && 'json' in value) return value.json
  return value
}

const names = new Map<string, string>()

function camelName(column: string): string {
  let name = names.get(column)
  if (name === undefined) {
    name = column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    names.set(column, name)
  }
  return name
}

function camelRow(row: unknown): unknown {
  const named: Record<string, unknown> = {}
  for (const [column, value] of Object.entries(row as Record<string, unknown>)) {
    named[camelName(column)] = value
  }
  return named
}

/** A database that is away for now is no mistake of ours: the same call can succeed later. */
function throwTold(error: unknown): never {
  const isLost =
    lostCodes.test(codeOf(error)) || (error instanceof Error && lostTexts.test(error.message))
  if (!isLost) throw error
  throw new Failure('service_unavailable', 'The database cannot be reached now. Try again.', {
    cause: error,
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
