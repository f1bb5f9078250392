// Adds up every payout again, from its lines and from the usage events of its month.
import type { Db } from '../../base/db.ts'
import * as store from './store.ts'

export interface WrongPayout {
  id: string
  /** `lines`: not the sums of its lines. `usage`: lines that are not the usage events. */
  problem: 'lines' | 'usage'
}

// Few: a statement over many months' usage would hold an embedded database for half a minute.
const payoutsAtOnce = 10

/** Names what is wrong: nothing, as long as the books are right. */
export async function verifyPayouts(db: Db): Promise<WrongPayout[]> {
  const wrong: WrongPayout[] = []
  let after = 0n
  for (;;) {
    const serials = await store.listSerials(db, { after, limit: payoutsAtOnce })
    const first = serials[0]?.serial
    const last = serials.at(-1)?.serial
    if (first === undefined || last === undefined) return wrong
    wrong.push(...(await store.listWrongSums(db, { first, last })))
    wrong.push(...(await store.listWrongUsage(db, { first, last })))
    after = last
  }
}
