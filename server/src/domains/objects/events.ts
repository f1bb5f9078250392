// What happened to an object, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export interface ObjectEvent {
  objectId: Id<'obj'>
  tenantId: Id<'tnt'>
}

export const events = {
  /** The bytes were verified; the object waits for review. */
  staged: event<ObjectEvent>('object.staged'),
  approved: event<ObjectEvent>('object.approved'),
  /** Its bytes are purged by a task of this domain. */
  rejected: event<ObjectEvent>('object.rejected'),
  /** Nobody decided in time. As rejected. */
  expired: event<ObjectEvent>('object.expired'),
  /** A failed ingestion starts again from the stage that failed. */
  retried: event<ObjectEvent>('object.retried'),
  indexed: event<ObjectEvent>('object.indexed'),
  failed: event<ObjectEvent>('object.failed'),
  /** Tombstoned: out of search and lists. The follower ends with `finishRemoval`. */
  removed: event<ObjectEvent>('object.removed'),
  /** The bytes are gone: everything that was made of them must go too. */
  purged: event<ObjectEvent>('object.purged'),
}
