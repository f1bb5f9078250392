// What happened to disputes, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export const events = {
  /** A dispute was opened or resolved. */
  updated: event<{ tenantId: Id<'tnt'>; disputeId: Id<'dsp'> }>('dispute.updated'),
}
