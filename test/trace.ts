// Writes down the statements that the server sends to its database, in and outside transactions.
import type { Db } from './world.ts'

export interface Trace {
  /** For `openWorld({ wrapDb })`. */
  wrap(db: Db): Db
  clear(): void
  /** Since the last `clear`, in order, with `?` in place of each value. */
  statements(): string[]
}

type Sql = Pick<Db, 'rows' | 'first' | 'run'>

export function openTrace(): Trace {
  const seen: string[] = []
  const note = (text: TemplateStringsArray) => seen.push(text.join('?').replace(/\s+/g, ' ').trim())
  const traced = (sql: Sql): Sql => ({
    rows: (text, ...values) => {
      note(text)
      return sql.rows(text, ...values)
    },
    first: (text, ...values) => {
      note(text)
      return sql.first(text, ...values)
    },
    run: (text, ...values) => {
      note(text)
      return sql.run(text, ...values)
    },
  })
  return {
    wrap: (db) => ({
      ...db,
      ...traced(db),
      tx: (work) => db.tx((tx) => work({ ...tx, ...traced(tx) })),
    }),
    clear: () => {
      seen.length = 0
    },
    statements: () => [...seen],
  }
}
