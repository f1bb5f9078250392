// What the domains above hear of payouts and disputes, through the real queue.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { silentLog } from '../../base/log.ts'
import { subscribe, type Task, task } from '../../jobs/queue.ts'
import { startWorker, type Worker } from '../../jobs/worker.ts'
import { approvePayout, holdPayout, releasePayout } from '../payouts/operate.ts'
import { openWorld, type World } from '../payouts/payouts.fixture.ts'
import * as payouts from '../payouts/payouts.ts'
import { events, openDispute, resolveDispute } from './disputes.ts'

let world: World
let worker: Worker
let executeSql: Awaited<ReturnType<typeof openTestDb>>['executeSql']

// Stands for the domains above: one queue an event, and nobody who works it off.
const followers: Task<never>[] = [
  task(payouts.events.updated, 'test.payout.updated', async () => {}),
  task(events.updated, 'test.dispute.updated', async () => {}),
]

beforeAll(async () => {
  const opened = await openTestDb()
  executeSql = opened.executeSql
  world = await openWorld(opened.db)
  const none = { schedules: [], deps: {} as never, log: silentLog, works: false }
  const clock = { now: world.now }
  worker = await startWorker({ executeSql, tasks: followers, clock, ...none })
  subscribe(followers)
})
afterAll(async () => {
  subscribe([])
  await worker.stop(0)
  await world.end()
})

/** What was told since the last time. */
async function told() {
  const { rows } = await executeSql<{ name: string; data: Record<string, string> }>(
    'select name, data from pgboss.job order by name, created_on',
  )
  await executeSql('delete from pgboss.job')
  return rows.map(({ name, data }) => [name.replace('test.', ''), data])
}

test('each change of a payout and of a dispute is told once, to both sides', async () => {
  const provider = await world.addTenant('Provider')
  const buyer = await world.addTenant('Buyer')
  const usage = await world.use({ by: buyer, of: provider })
  world.setTime('2026-05-01T00:00:00Z')
  await world.close()
  const page = await payouts.listPayouts(world.deps, world.callOf(provider), { limit: 9 })
  const payoutId = page.items[0]?.id ?? ''
  const moved = [['payout.updated', { tenantId: provider, payoutId }]]
  expect(await told()).toEqual(moved)
  await world.make()
  expect(await told()).toEqual([])

  const { deps } = world
  const call = world.callOf(buyer)
  await approvePayout(deps, call, payoutId)
  await approvePayout(deps, call, payoutId)
  expect(await told()).toEqual(moved)
  await holdPayout(deps, world.callOf(buyer), { payoutId, reason: 'odd' })
  expect(await told()).toEqual(moved)
  await expect(approvePayout(deps, world.callOf(buyer), payoutId)).rejects.toThrow()
  expect(await told()).toEqual([])
  await releasePayout(deps, world.callOf(buyer), payoutId)
  expect(await told()).toEqual(moved)

  const input = { usageEventIds: [usage.id], reason: 'wrong' }
  const { id: disputeId } = await openDispute(deps, call, input)
  const both = [['dispute.updated', { tenantId: buyer, disputeId }], ...moved]
  expect(await told()).toEqual(both)
  const settled = { disputeId, resolution: 'refunded', note: 'right' } as const
  await resolveDispute(deps, call, settled)
  await resolveDispute(deps, call, settled)
  expect(await told()).toEqual(both)
})
