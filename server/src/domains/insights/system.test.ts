import { operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { openWorld, type Use, type World, wire } from './insights.fixture.ts'
import { systemState } from './insights.ts'
import type { QueueCount } from './system.ts'
import { presentSystem } from './wire.ts'

let world: World
let buyer: Actor
let dataset: Use['dataset']
let queues: QueueCount[]

beforeAll(async () => {
  world = await openWorld()
  const provider = await world.addTenant()
  buyer = await world.addTenant()
  dataset = await world.addDataset(provider)
})
beforeEach(async () => {
  queues = []
  await world.db.run`delete from usage_events`
  await world.db.run`delete from charges`
  await world.db.run`delete from ledger_transfers`
  await world.db.run`delete from ledger_accounts`
  for (const micros of [30_000n, 33_333n, 1n]) {
    await world.search(buyer, 'q', [
      { dataset, micros },
      { dataset, micros },
    ])
  }
})
afterAll(() => world.close())

// The queue is the outside here: its counts come from the worker.
const worker = { counts: async () => queues }
const state = () =>
  systemState({ ...world.deps, worker, extractor: { isolated: true } }, world.callOf(buyer))
const unexplained = async () => (await state()).unexplainedMicros

test('shows the queues, the oldest task that waits, the lag of the engine and what failed', async () => {
  const quiet = { waiting: 0, running: 0, failed: 0, oldestWaitingAt: null }
  queues = [
    { ...quiet, name: 'a', waiting: 2, oldestWaitingAt: new Date('2026-04-05T09:00:00Z') },
    { ...quiet, name: 'b', running: 1 },
    { ...quiet, name: 'c', failed: 3, oldestWaitingAt: new Date('2026-04-05T08:00:00Z') },
  ]
  await world.db.run`insert into outbox (seq, kind) values (1, 'put'), (2, 'drop_object')`
  await world.db.run`
    insert into objects (id, upload_id, dataset_id, tenant_id, filename, content_type, size_bytes,
      upload_expires_at, upload_state, index_state, stage_changed_at, removed_at, created_at)
    select 'obj_' || number, 'upl_' || number, 'dset_x', 'tnt_x', 'a', 'b', 1, now(), 'pending',
      case when number = 1 then 'queued' else 'failed' end, now(),
      case when number = 2 then now() end, now()
    from generate_series(1, 3) as number`
  const body = presentSystem(await state(), wire)
  expect(operations['admin.system'].output.parse(body)).toEqual(body)
  expect(body).toEqual({
    queues: [
      { name: 'a', waiting: 2, running: 0, failed: 0 },
      { name: 'b', waiting: 0, running: 1, failed: 0 },
      { name: 'c', waiting: 0, running: 0, failed: 3 },
    ],
    oldest_waiting_at: '2026-04-05T08:00:00Z',
    index_lag: 2,
    failed_objects: 1,
    unexplained_money: 0,
    extraction_isolated: true,
  })
})

test('explains all money as long as it moves by charges', async () => {
  await world.use(buyer, { dataset, eventType: 'download', micros: 500_000n })
  const own = await world.addDataset(buyer)
  await world.search(buyer, 'q', [{ dataset: own }])
  await world.search(buyer, 'nothing found', [])
  expect(await unexplained()).toBe(0n)
})

test('tells a balance that no transfer explains, in the account and in the sum', async () => {
  await world.db.run`
    update ledger_accounts set balance_micros = balance_micros + 5 where purpose = 'receivable'`
  expect(await unexplained()).toBe(10n)
})

test('tells two wrong balances that hide each other', async () => {
  await world.db.run`
    update ledger_accounts set balance_micros = balance_micros + 5 where purpose = 'receivable'`
  await world.db.run`
    update ledger_accounts set balance_micros = balance_micros - 5 where purpose = 'payable'`
  expect(await unexplained()).toBe(10n)
})

test('tells a usage event that was changed, also where another hides it from the sum', async () => {
  const rows = await world.db.rows<{ id: string; chargeId: string }>`
    select distinct on (charge_id) id, charge_id from usage_events
    where amount_micros > 100 order by charge_id, id`
  for (const [index, { id }] of rows.entries()) {
    const change = index === 0 ? 7n : -7n
    await world.db.run`
      update usage_events set amount_micros = amount_micros + ${change} where id = ${id}`
  }
  expect(await unexplained()).toBe(14n)
})

test('tells usage without its charge, and a charge without its transfers', async () => {
  await world.db.run`delete from charges where amount_micros = 2`
  // Two micros of events and two of transfers belong to nothing now.
  expect(await unexplained()).toBe(4n)
})

test('tells a transfer in the name of a charge that was never made', async () => {
  await world.db.run`
    update ledger_transfers set amount_micros = amount_micros + 3
    where id = (select min(id) from ledger_transfers)`
  // Once in the charge, and once in each of the two accounts.
  expect(await unexplained()).toBe(9n)
})
