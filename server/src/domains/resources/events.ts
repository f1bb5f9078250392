// What happened to resources, for webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export const events = {
  /** Made, changed or deleted: whoever follows reads what it is now, and nothing where it is gone. */
  updated: event<{ tenantId: Id<'tnt'>; resourceId: Id<'res'> }>('resource.updated'),
}
