// A gate between the server and its database: a statement that fits waits before it runs, until the test
// lets it go. So a test can put something between two steps of a request, without a race.
import type { Db } from './world.ts'

export interface Held {
  /** Resolves when a statement stands at the gate. */
  reached: Promise<void>
  release(): void
}

export interface Gate {
  /** For `openWorld({ wrapDb })`. */
  wrap(db: Db): Db
  /** Holds the next statement outside a transaction whose text fits. */
  hold(text: RegExp): Held
  /** Fails the next statement outside a transaction whose text fits. */
  fail(text: RegExp): void
}

interface Waiting {
  text: RegExp
  reach(): void
  released: Promise<void>
}

export function openGate(): Gate {
  const waiting: Waiting[] = []
  const pass = async (text: TemplateStringsArray) => {
    const index = waiting.findIndex((one) => one.text.test(text.join('?')))
    const [held] = index === -1 ? [] : waiting.splice(index, 1)
    held?.reach()
    await held?.released
  }
  return {
    wrap: (db) => ({
      ...db,
      rows: async (text, ...values) => {
        await pass(text)
        return db.rows(text, ...values)
      },
      first: async (text, ...values) => {
        await pass(text)
        return db.first(text, ...values)
      },
      run: async (text, ...values) => {
        await pass(text)
        return db.run(text, ...values)
      },
    }),
    hold: (text) => {
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const reached = new Promise<void>((reach) => waiting.push({ text, reach, released }))
      return { reached, release: () => release() }
    },
    fail: (text) => {
      const released = Promise.reject(new Error('the gate let nothing through'))
      released.catch(() => {})
      waiting.push({ text, reach: () => {}, released })
    },
  }
}

/** Ends something while `request` stands at the gate, and lets it go on. */
export async function meanwhile<A>(
  gate: Gate,
  text: RegExp,
  { request, end }: { request(): Promise<A>; end(): Promise<unknown> },
): Promise<A> {
  const held = gate.hold(text)
  const answer = request()
  const early = answer.then(() => Promise.reject(new Error('the request passed no gate')))
  await Promise.race([held.reached, early])
  await end()
  held.release()
  return answer
}
