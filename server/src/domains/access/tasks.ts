import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { expireRequests } from './requests.ts'

export const accessSchedules: Schedule<{ db: Db }>[] = [
  { name: 'access.expire-requests', everySeconds: 60, run: expireRequests },
]
