import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { forgetQuotes } from './quotes.ts'

export const billingSchedules: Schedule<{ db: Db }>[] = [
  { name: 'billing.forget-quotes', everySeconds: 3_600, run: forgetQuotes },
]
