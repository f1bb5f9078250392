// Counts in the database, shared by all processes.
import { addMs } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Counters } from '../../http/counters.ts'

const keptMs = 600_000
// Old windows are removed once in so many hits; nobody waits for it to be exact.
const sweepEvery = 1_000

export function sharedCounters(db: Db): Counters {
  let hits = 0
  return {
    async hit(name, windowStart) {
      const row = await db.first<{ count: number }>`
        insert into rate_counters (name, window_start, count)
        values (${name}, ${windowStart}, 1)
        on conflict (name, window_start) do update set count = rate_counters.count + 1
        returning count`
      if (++hits % sweepEvery === 0) {
        await db.run`delete from rate_counters where window_start < ${addMs(windowStart, -keptMs)}`
      }
      return row?.count ?? 1
    },
    async close() {},
  }
}
