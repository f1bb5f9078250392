// Counts in this process. Old windows are forgotten when a new one begins.
import type { Counters } from '../../http/counters.ts'

// A flood of names (addresses) must not fill the memory: beyond this the oldest half is forgotten.
const namesMax = 100_000

export function memoryCounters(): Counters {
  let counts = new Map<string, { windowStart: number; count: number }>()
  return {
    isShared: false,
    async hit(name, windowStart) {
      const start = windowStart.getTime()
      const held = counts.get(name)
      const count = held?.windowStart === start ? held.count + 1 : 1
      counts.delete(name)
      counts.set(name, { windowStart: start, count })
      if (counts.size > namesMax) counts = new Map([...counts].slice(namesMax / 2))
      return count
    },
    async close() {
      counts.clear()
    },
  }
}
