// A database that fails while it is told to: with a mistake of ours, or because it is gone. The second is a
// real database that was closed.
import { openDb } from '@ipto/server/src/app.ts'
import type { Db } from './world.ts'

export type Fault = 'broken' | 'lost'

export interface Faults {
  /** For `openWorld({ wrapDb })`. */
  wrap(db: Db): Db
  arm(fault: Fault | null): void
  isArmed(): boolean
  /** A line of the log that is about the fault alone. */
  isTold(text: string): boolean
}

const brokenText = 'a statement failed on purpose'

export async function openFaults(): Promise<Faults> {
  const { db: lost } = await openDb({ kind: 'pglite', folder: null })
  await lost.close()
  let armed: Fault | null = null
  const to = (db: Db): Db => {
    if (armed === 'broken') throw new Error(brokenText)
    return armed === 'lost' ? lost : db
  }
  return {
    wrap: (db) => ({
      ...db,
      rows: async (text, ...values) => to(db).rows(text, ...values),
      first: async (text, ...values) => to(db).first(text, ...values),
      run: async (text, ...values) => to(db).run(text, ...values),
      tx: async (work) => to(db).tx(work),
    }),
    arm: (fault) => {
      armed = fault
    },
    isArmed: () => armed !== null,
    isTold: (text) => text.includes(brokenText) || text.includes('PGlite is closed'),
  }
}
