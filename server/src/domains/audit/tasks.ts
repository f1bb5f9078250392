import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { seal } from './audit.ts'

export const auditSchedules: Schedule<{ db: Db }>[] = [
  { name: 'audit.seal', everySeconds: 2, run: async (deps) => void (await seal(deps)) },
]
