import { event } from '../../jobs/queue.ts'
import type { ObjectName } from './store.ts'

/** A stage of this domain is done; the next one is a task of its own. Nobody above follows it. */
export const advanced = event<ObjectName>('ingest.advanced')
