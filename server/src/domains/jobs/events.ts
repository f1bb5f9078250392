// What happened to jobs, for webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export const events = {
  /** It ended, well or not: whoever follows reads how. */
  completed: event<{ tenantId: Id<'tnt'>; jobId: Id<'job'> }>('job.completed'),
}
