// Lets a month end, and waits until it is closed for everybody.
import { until } from './wait.ts'
import type { World } from './world.ts'

/** Goes to the first second of the next month. Schedules run with the start of a server. */
export async function closeMonth(world: World): Promise<void> {
  const now = world.clock.now()
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
  world.clock.forward(end - now.getTime())
  await world.restart()
  if (end - now.getTime() > sessionMs) await renew(world)
  const { db } = world.app.services
  await until(async () => {
    const closed = await db.first`
      select 1 from closed_months where period_start < ${new Date(end)}
      order by period_start desc limit 1`
    const open = await db.first`
      select 1 from tenants where created_at < ${new Date(end)} and not exists (
        select 1 from invoice_months where tenant_id = tenants.id and closed_at is not null
          and period_start = date_trunc('month', ${new Date(end - 1)}::timestamptz))`
    return closed !== undefined && open === undefined
  }, 30_000)
}

// Sessions end twelve hours after their login.
const sessionMs = 12 * 3_600_000

async function renew(world: World): Promise<void> {
  const { provider, buyer, stranger, operator } = world
  for (const party of [provider, buyer, stranger, operator]) await world.logIn(party)
}
