import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { closeMonths } from './close.ts'

export const invoicesSchedules: Schedule<{ db: Db }>[] = [
  { name: 'invoices.close-months', everySeconds: 60, run: closeMonths },
]
