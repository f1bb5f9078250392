import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import type { Engine } from './engine.ts'
import { feedEngine, forgetFed } from './feed.ts'

export const searchSchedules: Schedule<{ db: Db; engine: Engine }>[] = [
  {
    name: 'search.feed',
    everySeconds: 0.2,
    run: async (deps, run) => void (await feedEngine(deps, run)),
  },
  { name: 'search.forget-fed', everySeconds: 3_600, run: forgetFed },
]
