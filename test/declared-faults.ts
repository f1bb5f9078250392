// A database that fails while it is told to: with a mistake of ours, or because it is gone. For the second
// statements go to the database of the server before its restart, which that closed.
import type { Db } from './world.ts'

export type Fault = 'broken' | 'lost'

export interface Faults {
  /** For `openWorld({ wrapDb })`. */
  wrap(db: Db): Db
  /** `lost` after a restart only. */
  arm(fault: Fault | null): void
  isArmed(): boolean
  /** A line of the log that is about the fault alone. */
  isTold(text: string): boolean
}

const brokenText = 'a statement failed on purpose'
const lostText = /PGlite is closed|Cannot use a pool after calling end/

export function openFaults(): Faults {
  const opened: Db[] = []
  let armed: Fault | null = null
  const to = (db: Db): Db => {
    if (armed === 'broken') throw new Error(brokenText)
    const [first] = opened
    return armed === 'lost' && first ? first : db
  }
  return {
    wrap: (db) => {
      opened.push(db)
      return {
        ...db,
        rows: async (text, ...values) => to(db).rows(text, ...values),
        first: async (text, ...values) => to(db).first(text, ...values),
        run: async (text, ...values) => to(db).run(text, ...values),
        tx: async (work) => to(db).tx(work),
      }
    },
    arm: (fault) => {
      armed = fault
    },
    isArmed: () => armed !== null,
    isTold: (text) => text.includes(brokenText) || lostText.test(text),
  }
}
