// From one event to a delivery for each endpoint that asks for it. A task, so that whoever emits an
// event pays for one row and never waits for a tenant's endpoints.
import type { Db } from '../../base/db.ts'
import type { TaskRun, Told } from '../../jobs/queue.ts'
import { deliveryOf, openDelivery } from './deliveries.ts'
import { topicOf } from './payloads.ts'
import * as store from './store.ts'

/** May run twice: ids follow from the event's id, and what is there already stays as it is. */
export async function fanOut(
  { db }: { db: Db },
  payload: Told,
  { now }: Pick<TaskRun, 'now'>,
): Promise<void> {
  const { eventId, eventName } = payload
  const { tenantsOf, dataOf } = topicOf(eventName)
  await db.tx(async (tx) => {
    const followers = await store.lockFollowers(tx, tenantsOf(payload), eventName)
    if (followers.length === 0) return
    const data = await dataOf(tx, payload)
    const event = { id: eventId, type: eventName, createdAt: now, data }
    for (const endpoint of followers) await openDelivery(tx, deliveryOf(endpoint, event))
  })
}
