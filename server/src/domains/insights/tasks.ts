import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { checkBooksNightly } from './books.ts'

export const insightsSchedules: Schedule<{ db: Db }>[] = [
  // Looks every ten minutes whether there was a check on this day (UTC): no night is missed.
  { name: 'insights.check-books', everySeconds: 600, run: checkBooksNightly },
]
