// Counts in the database, shared by all processes. The function also counts inside the statement that
// finds a credential (identity); old windows are removed by a schedule.
import type { Db } from '../../base/db.ts'
import type { Counters } from '../../http/counters.ts'

export function sharedCounters(db: Db): Counters {
  return {
    isShared: true,
    async hit(name, windowStart) {
      const row = await db.first<{ count: number }>`
        select count_request(${name}, ${windowStart}) as count`
      return row?.count ?? 1
    },
    async close() {},
  }
}
