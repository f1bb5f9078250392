import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { makePayouts } from './make.ts'

export const payoutsSchedules: Schedule<{ db: Db }>[] = [
  { name: 'payouts.make', everySeconds: 2, run: makePayouts },
]
