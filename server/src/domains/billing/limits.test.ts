import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { OpenDb } from '../../adapters/db/open.ts'
import { type Actor, type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import { silentLog } from '../../base/log.ts'
import { subscribe, type Task, task } from '../../jobs/queue.ts'
import { startWorker, type Worker } from '../../jobs/worker.ts'
import * as resources from '../resources/resources.ts'
import { charge, closeUse, events, listBudgets, remainingOf, setBudget } from './billing.ts'

let opened: OpenDb
let db: Db
let worker: Worker
let now: Date
let tenantId: Id<'tnt'>
let actor: Actor
const missing = { code: 'not_found' }
const exceeded = { code: 'budget_exceeded' }

// Stands for the webhooks above: nobody works it off.
const followers: Task<never>[] = [task(events.budgetThreshold, 'test.threshold', async () => {})]

beforeAll(async () => {
  opened = await openTestDb()
  db = opened.db
  const { executeSql } = opened
  const none = { schedules: [], deps: {} as never, log: silentLog, works: false }
  worker = await startWorker({ executeSql, tasks: followers, clock: { now: () => now }, ...none })
  subscribe(followers)
})
beforeEach(async () => {
  now = new Date('2026-04-05T10:00:00Z')
  // The months of other tests in this database are not those of this one.
  await db.run`delete from closed_use_months`
  tenantId = newId('tnt')
  actor = systemActor(tenantId, 'test')
})
afterAll(async () => {
  subscribe([])
  await worker.stop(0)
  await db.close()
})

function callOf(by = actor): Call {
  const requestId = newId('req')
  const signal = new AbortController().signal
  const rest = { chargeKey: requestId, isRepeat: false, address: '', after: null }
  return { actor: by, requestId, now, signal, ...rest }
}
const set = (limitMicros: bigint | null, resourceId: string | null = null, by = actor) =>
  setBudget({ db }, callOf(by), { limitMicros, resourceId })
const pay = (baseMicros: bigint, by = actor) =>
  db.tx((tx) =>
    charge(tx, {
      actor: by,
      chargeKey: newId('req'),
      now,
      maxMicros: null,
      usage: [
        {
          eventType: 'retrieval',
          datasetId: newId('dset'),
          datasetName: 'Contracts',
          objectId: newId('obj'),
          chunkNo: null,
          searchActivityId: null,
          quantity: 1n,
          providerTenantId: newId('tnt'),
          isBillable: true,
          price: {
            baseMicros,
            factorPpm: 1_000_000,
            model: 'fixed',
            priceBookVersion: 1,
            pricePointId: null,
            d7: null,
            d28: null,
            ageDays: null,
            halfLifeDays: null,
            platformBps: 4_000n,
          },
        },
      ],
    }),
  )
const listed = async (limit = 10) => (await listBudgets({ db }, callOf(), { limit })).items
const addResource = () =>
  resources.create({ db }, callOf(), { name: 'Agent', description: null, metadata: {} })
const actions = async () => {
  const rows = await db.rows<{ action: string }>`
    select action from audit_events where tenant_id = ${tenantId} order by id`
  return rows.map((row) => row.action)
}
/** Percents that were told of this tenant's budgets. */
async function told(): Promise<number[]> {
  const { rows } = await opened.executeSql('select data from pgboss.job order by created_on')
  return (rows as { data: { tenantId?: string; percent: number } }[])
    .filter(({ data }) => data.tenantId === tenantId)
    .map(({ data }) => data.percent)
}

describe('the budget of a tenant', () => {
  test('holds before anything is spent, is told at once, and may be cleared', async () => {
    expect(await listed()).toEqual([])
    const made = await set(50_000n)
    expect(made).toMatchObject({ scope: 'tenant', spentMicros: 0n, remainingMicros: 50_000n })
    expect(await remainingOf(db, actor, now)).toBe(50_000n)
    await pay(30_000n)
    await expect(pay(20_001n)).rejects.toMatchObject(exceeded)
    const { id } = made
    const left = { spentMicros: 30_000n, remainingMicros: 20_000n }
    expect(await listed()).toEqual([{ ...made, ...left }])
    expect(await set(null)).toMatchObject({ id, limitMicros: null, remainingMicros: null })
    await pay(20_001n)
    expect(await listed()).toMatchObject([{ limitMicros: null, spentMicros: 50_001n }])
    expect(await remainingOf(db, actor, now)).toBeNull()
  })

  test('raised lets charges pass at once, lowered below what is spent stops the next', async () => {
    await set(30_000n)
    await pay(30_000n)
    await expect(pay(1n)).rejects.toMatchObject(exceeded)
    await set(40_000n)
    await pay(10_000n)
    expect(await set(10_000n)).toMatchObject({ spentMicros: 40_000n, remainingMicros: 0n })
    await expect(pay(1n)).rejects.toMatchObject(exceeded)
    expect(await listed()).toMatchObject([{ limitMicros: 10_000n, remainingMicros: 0n }])
  })

  test('goes on into the next month, in which nothing is spent yet', async () => {
    await set(30_000n)
    await pay(30_000n)
    now = new Date('2026-05-01T00:00:00Z')
    expect(await listed()).toMatchObject([{ spentMicros: 0n, remainingMicros: 30_000n }])
    expect(await remainingOf(db, actor, now)).toBe(30_000n)
    await pay(30_000n)
    await expect(pay(1n)).rejects.toMatchObject(exceeded)
  })

  test('leaves one audit entry of each change, and none where nothing changed', async () => {
    await set(null)
    await set(5n)
    await set(5n)
    await set(6n)
    await set(null)
    expect(await actions()).toEqual(['budget.update', 'budget.update', 'budget.update'])
  })

  test('is not set in a month that is closed', async () => {
    const periodStart = new Date('2026-04-01T00:00:00Z')
    await db.tx((tx) => closeUse(tx, tenantId, { periodStart, now }))
    const { id } = await addResource()
    for (const resourceId of [null, id]) {
      await expect(set(5n, resourceId)).rejects.toMatchObject({ code: 'service_unavailable' })
    }
    now = new Date('2026-05-01T00:00:00Z')
    expect(await listed()).toEqual([])
    await set(5n)
  })

  test('set while the first charge of the month is made holds for both', async () => {
    for (let round = 0; round < 8; round++) {
      tenantId = newId('tnt')
      actor = systemActor(tenantId, 'test')
      const [made] = await Promise.allSettled([pay(30_000n), set(10_000n)])
      await expect(pay(1n + 10_000n)).rejects.toMatchObject(exceeded)
      const spentMicros = made.status === 'fulfilled' ? 30_000n : 0n
      expect(await listed()).toMatchObject([{ limitMicros: 10_000n, spentMicros }])
      const rows = await db.rows`
        select limit_micros from budgets where tenant_id = ${tenantId}`
      expect(rows).toEqual([{ limitMicros: 10_000n }])
    }
  })

  test('set from several places at once ends as one of them, everywhere', async () => {
    await Promise.all([set(1n), set(null), set(3n), set(null), set(5n)])
    const [row] = await db.rows<{ limitMicros: bigint | null }>`
      select limit_micros from budgets where tenant_id = ${tenantId}`
    const [limit] = await db.rows<{ limitMicros: bigint }>`
      select limit_micros from budget_limits where tenant_id = ${tenantId}`
    expect(limit?.limitMicros ?? null).toBe(row?.limitMicros)
  })
})

describe('a threshold', () => {
  test('is told once a month, by the charge or the change that reaches it', async () => {
    await set(100_000n)
    await pay(79_999n)
    expect(await told()).toEqual([])
    await pay(1n)
    await set(99_000n)
    expect(await told()).toEqual([80])
    await set(80_000n)
    await set(200_000n)
    await set(80_000n)
    await set(90_000n)
    await pay(10_000n)
    expect(await told()).toEqual([80, 100])
  })

  test('that is passed by a lower limit is told with the change', async () => {
    await pay(85_000n)
    await set(100_000n)
    expect(await told()).toEqual([80])
    await set(0n)
    expect(await told()).toEqual([80, 100])
  })

  test('of nothing spent is none', async () => {
    await set(0n)
    expect(await told()).toEqual([])
  })
})

describe('the budget of a resource', () => {
  test('limits what is attributed to it, and nothing else', async () => {
    const { id } = await addResource()
    const agent = { ...actor, resourceId: id }
    await set(30_000n, id)
    expect(await remainingOf(db, agent, now)).toBe(30_000n)
    await pay(30_000n, agent)
    const over = pay(1n, agent)
    await expect(over).rejects.toMatchObject({ ...exceeded, details: { scope: 'resource' } })
    await pay(1n)
    expect(await listed()).toMatchObject([
      { scope: 'tenant', limitMicros: null, spentMicros: 30_001n },
      { scope: 'resource', ownerId: id, spentMicros: 30_000n, remainingMicros: 0n },
    ])
    const events = await db.rows`
      select resource_id from usage_events where tenant_id = ${tenantId} and resource_id is not null`
    expect(events).toEqual([{ resourceId: id }])
  })

  test('is not set for a resource that is unknown or of another tenant', async () => {
    const stranger = systemActor(newId('tnt'), 'test')
    const { id } = await addResource()
    await set(5n, id)
    for (const [by, resource] of [
      [stranger, id],
      [actor, 'res_unknown'],
      [actor, tenantId],
    ] as const) {
      await expect(set(7n, resource, by)).rejects.toMatchObject(missing)
    }
    expect(await listed()).toMatchObject([{ ownerId: id, limitMicros: 5n }])
    expect(
      await db.rows`select 1 from budget_limits where tenant_id = ${stranger.tenantId}`,
    ).toEqual([])
  })

  test('goes on when the resource is deleted, until it is cleared', async () => {
    const { id } = await addResource()
    const agent = { ...actor, resourceId: id }
    await set(5n, id)
    await resources.remove({ db }, callOf(), id)
    await expect(pay(6n, agent)).rejects.toMatchObject(exceeded)
    await set(6n, id)
    await pay(6n, agent)
    await set(null, id)
    await pay(6n, agent)
    await expect(set(5n, id)).rejects.toMatchObject(missing)
  })
})

test('budgets are listed page by page: tenant, keys that live, resources', async () => {
  const addKey = (ends: { revokedAt?: Date; expiresAt?: Date } = {}) => db.run`
    insert into api_keys (id, tenant_id, name, prefix, secret_hash, scopes, budget_micros, created_by,
      created_at, revoked_at, expires_at)
    values (${newId('key')}, ${tenantId}, 'k', ${newId('key')}, ${Buffer.from('x')},
      ${['search:query']}, 7, 'usr_x', ${now}, ${ends.revokedAt ?? null}, ${ends.expiresAt ?? null})`
  await db.run`
    insert into tenants (id, name, plan, created_at) values (${tenantId}, 'Ada', 'starter', ${now})`
  await addKey()
  await addKey({ expiresAt: new Date(+now + 1) })
  await addKey({ revokedAt: now })
  await addKey({ expiresAt: now })
  for (let at = 0; at < 2; at++) await set(5n, (await addResource()).id)
  await set(9n)
  const all = await listed()
  expect(all.map(({ scope }) => scope)).toEqual(['tenant', 'key', 'key', 'resource', 'resource'])
  const seen = []
  let after: Call['after'] = null
  do {
    const page = await listBudgets({ db }, { ...callOf(), after }, { limit: 2 })
    seen.push(...page.items)
    after = page.next
  } while (after)
  expect(seen).toEqual(all)
  const stranger = callOf(systemActor(newId('tnt'), 'test'))
  expect((await listBudgets({ db }, stranger, { limit: 10 })).items).toEqual([])
})
