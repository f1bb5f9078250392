// What happened to a dataset, for tasks and webhooks above. Payloads hold ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

export interface DatasetEvent {
  datasetId: Id<'dset'>
  tenantId: Id<'tnt'>
}

export const events = {
  /** A price book came into force that leaves an own price out of bounds: the base price applies. */
  priceReset: event<DatasetEvent>('dataset.price_reset'),
  /** Its deletion began. The follower that takes it out of search ends with `finishRemoval`. */
  removed: event<DatasetEvent>('dataset.removed'),
  /** The grace period is over, and its bytes go. */
  deleted: event<DatasetEvent>('dataset.deleted'),
}
