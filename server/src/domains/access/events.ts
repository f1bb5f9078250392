// What happened to access requests, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export interface AccessRequestEvent {
  requestId: Id<'arq'>
  datasetId: Id<'dset'>
  /** The buyer. */
  tenantId: Id<'tnt'>
  ownerTenantId: Id<'tnt'>
}

export const events = {
  requested: event<AccessRequestEvent>('access_request.created'),
  /** Approved, denied or expired. */
  decided: event<AccessRequestEvent>('access_request.decided'),
}
