// A server that kills itself: a child of the crash test. It counts the statements that reach the
// database and sends itself SIGKILL at the one it was told, before it runs. No clean-up can happen.
import { type AppOptions, openApp, openDb, readConfig } from '@ipto/server/src/app.ts'

const config = readConfig()
const killAt = Number(process.argv[2] ?? 0)
const database = await openDb(config.db)

let statements = 0
let isArmed = false

// Every way to the database passes here: statements of domains, and those of the queue.
function count(): void {
  if (!isArmed || killAt === 0) return
  statements += 1
  if (statements === killAt) process.kill(process.pid, 'SIGKILL')
}

type Database = NonNullable<AppOptions['database']>
type Db = Database['db']

function counting<S extends Pick<Db, 'rows' | 'first' | 'run'>>(sql: S): S {
  return {
    ...sql,
    rows: (text: TemplateStringsArray, ...values: never[]) => (count(), sql.rows(text, ...values)),
    first: (text: TemplateStringsArray, ...values: never[]) => (
      count(), sql.first(text, ...values)
    ),
    run: (text: TemplateStringsArray, ...values: never[]) => (count(), sql.run(text, ...values)),
  }
}

const db: Db = {
  ...counting(database.db),
  tx: (work) =>
    database.db.tx(async (tx) => {
      count()
      const result = await work({
        ...counting(tx),
        execute: (text, values) => (count(), tx.execute(text, values)),
      })
      // The last moment before the commit, and with the next statement the first one after it.
      count()
      return result
    }),
}

const app = await openApp({
  config,
  limits: 'off',
  database: { ...database, db },
  // Leases of calls that died lapse at once: the test repeats them at once.
  clock: { now: () => new Date(Date.now() + Number(process.argv[3] ?? 0)) },
})
process.on('message', () => {
  isArmed = true
  process.send?.('armed')
})
process.send?.({ url: app.url })
