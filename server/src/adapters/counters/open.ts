// The only switch between the counters: memory for one process, PostgreSQL for several.
import type { Db } from '../../base/db.ts'
import type { Counters } from '../../http/counters.ts'
import { memoryCounters } from './memory.ts'
import { sharedCounters } from './shared.ts'

export type CountersConfig = { kind: 'memory' } | { kind: 'shared'; db: Db }

export function openCounters(config: CountersConfig): Counters {
  switch (config.kind) {
    case 'memory':
      return memoryCounters()
    case 'shared':
      return sharedCounters(config.db)
  }
}
