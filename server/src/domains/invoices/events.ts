// What happened to invoices, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export const events = {
  /** A month was closed and there was something to pay. */
  opened: event<{ tenantId: Id<'tnt'>; invoiceId: Id<'inv'> }>('invoice.opened'),
}
