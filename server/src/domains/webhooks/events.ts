import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

/** One attempt of a delivery. Nobody above follows it. */
export interface AttemptDue {
  tenantId: Id<'tnt'>
  deliveryId: Id<'del'>
  /** Counted from 0. A task that comes late, after this attempt was made, does nothing. */
  attempt: number
  /** Somebody asked for this very attempt, so it is made whatever happened before. */
  isAsked: boolean
}

export const attemptDue = event<AttemptDue>('webhook.attempt_due')
