// What happened to payouts, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export const events = {
  /** A payout was made, moved or paid, or use of its month was contested or settled. */
  updated: event<{ tenantId: Id<'tnt'>; payoutId: Id<'pay'> }>('payout.updated'),
}
