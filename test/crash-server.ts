// A server that kills itself: a child of the crash test. It counts the statements that reach the
// database and sends itself SIGKILL at the one it was told, before it runs. No clean-up can happen.
import { openApp, openDb, readConfig } from '@ipto/server/src/app.ts'

/** What the test tells it; every order is answered once it is carried out. */
export type Order =
  | { kind: 'arm'; killAt: number }
  | { kind: 'disarm' }
  | { kind: 'run'; schedules: string[]; aheadMs: number }

const config = readConfig()
const database = await openDb(config.db)

let aheadMs = Number(process.argv[2] ?? 0)
let statements = 0
let killAt = 0

// Every way to the database passes here: statements of domains, and those of the queue.
function count(): void {
  if (killAt === 0) return
  statements += 1
  if (statements === killAt) process.kill(process.pid, 'SIGKILL')
}

// The statements of a session, each counted first. Their types stay as they are.
function counting<S extends object>(session: S, names: readonly (keyof S)[]): S {
  const counted = { ...session }
  for (const name of names) {
    const call = session[name] as (...values: unknown[]) => unknown
    counted[name] = ((...values: unknown[]) => {
      count()
      return call(...values)
    }) as S[typeof name]
  }
  return counted
}

const statementNames = ['rows', 'first', 'run'] as const
const db = {
  ...counting(database.db, statementNames),
  tx: <T>(work: Parameters<typeof database.db.tx<T>>[0]) =>
    database.db.tx(async (tx) => {
      count()
      const result = await work(counting(tx, [...statementNames, 'execute']))
      // The last moment before the commit; the next statement is the first moment after it.
      count()
      return result
    }),
}

const app = await openApp({
  config,
  limits: 'off',
  database: { ...database, db },
  // Leases of calls that died lapse at once: the test repeats them at once.
  clock: { now: () => new Date(Date.now() + aheadMs) },
})

async function follow(order: Order): Promise<void> {
  if (order.kind === 'run') {
    aheadMs = order.aheadMs
    await app.runSchedules(order.schedules)
  } else if (order.kind === 'arm') {
    statements = 0
    killAt = order.killAt
  } else {
    killAt = 0
  }
}

process.on('message', async (order: Order) => {
  await follow(order)
  process.send?.({ statements })
})
process.send?.({ url: app.url })
