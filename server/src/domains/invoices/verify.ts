// Adds up every invoice again, from its lines and from the usage events of its month.
import type { Db } from '../../base/db.ts'
import * as store from './store.ts'

export interface WrongInvoice {
  /** An invoice; for `unbilled` a tenant and its month. */
  id: string
  /**
   * `total`: not the sum of its lines. `usage`: lines that are not the usage events. `credits`: credited
   * beyond its total. `unbilled`: closed without an invoice, although something was charged.
   */
  problem: 'total' | 'usage' | 'credits' | 'unbilled'
}

// Few: a statement over many months' usage would hold an embedded database for half a minute.
const invoicesAtOnce = 10

/** Names what is wrong: nothing, as long as the books are right. */
export async function verifyInvoices(db: Db): Promise<WrongInvoice[]> {
  const wrong: WrongInvoice[] = []
  let after = 0n
  for (;;) {
    const serials = await store.listSerials(db, { after, limit: invoicesAtOnce })
    const first = serials[0]?.serial
    const last = serials.at(-1)?.serial
    if (first === undefined || last === undefined) break
    wrong.push(...(await store.listWrongTotals(db, { first, last })))
    wrong.push(...(await store.listWrongUsage(db, { first, last })))
    after = last
  }
  return [...wrong, ...(await store.listUnbilled(db))]
}
