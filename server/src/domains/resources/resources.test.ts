import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { OpenDb } from '../../adapters/db/open.ts'
import { type Call, systemActor } from '../../base/call.ts'
import { type Id, newId } from '../../base/ids.ts'
import { silentLog } from '../../base/log.ts'
import { subscribe, type Task, task } from '../../jobs/queue.ts'
import { startWorker, type Worker } from '../../jobs/worker.ts'
import {
  change,
  create,
  events,
  get,
  list,
  type Resource,
  remove,
  requireResource,
  requireUsable,
} from './resources.ts'

let opened: OpenDb
let worker: Worker
let tenantId: Id<'tnt'>
const now = new Date('2026-04-05T10:00:00Z')
const later = new Date('2026-04-05T11:00:00Z')
const missing = { code: 'not_found' }

// Stands for the webhooks above: nobody works it off.
const followers: Task<never>[] = [task(events.updated, 'test.updated', async () => {})]

beforeAll(async () => {
  opened = await openTestDb()
  const { executeSql } = opened
  const none = { schedules: [], deps: {} as never, log: silentLog, works: false }
  worker = await startWorker({ executeSql, tasks: followers, clock: { now: () => now }, ...none })
  subscribe(followers)
})
beforeEach(() => {
  tenantId = newId('tnt')
})
afterAll(async () => {
  subscribe([])
  await worker.stop(0)
  await opened.db.close()
})

function callOf(owner: Id<'tnt'>, at = now, chargeKey: Id<'req'> = newId('req')): Call {
  return {
    actor: systemActor(owner, 'test'),
    requestId: chargeKey,
    chargeKey,
    isRepeat: false,
    address: '',
    now: at,
    signal: new AbortController().signal,
    after: null,
  }
}
const input = { name: 'Agent', description: null, metadata: {} }
const make = (owner = tenantId) => create(opened, callOf(owner), input)
const same = {
  name: undefined,
  description: undefined,
  status: undefined,
  metadata: undefined,
}
const edit = ({ id }: Resource, wish: object, owner = tenantId) =>
  change(opened, callOf(owner, later), { id, ...same, ...wish })

async function traces(): Promise<{ actions: string[]; told: number }> {
  const rows = await opened.db.rows<{ action: string }>`
    select action from audit_events where tenant_id = ${tenantId} order by id`
  const { rows: jobs } = await opened.executeSql('select data from pgboss.job')
  const told = (jobs as { data: { tenantId?: string } }[]).filter(
    ({ data }) => data.tenantId === tenantId,
  )
  return { actions: rows.map(({ action }) => action), told: told.length }
}

describe('a resource', () => {
  test('leaves one trace of each change, and none where nothing changed', async () => {
    const made = await make()
    expect(made).toMatchObject({ status: 'active', createdAt: now, updatedAt: now })
    expect(await edit(made, {})).toEqual(made)
    expect(await edit(made, { name: 'Agent', status: 'active', metadata: {} })).toEqual(made)
    const changed = await edit(made, { name: 'Other', metadata: { team: 'a' } })
    expect(changed).toEqual({ ...made, name: 'Other', metadata: { team: 'a' }, updatedAt: later })
    await remove(opened, callOf(tenantId), made.id)
    expect(await traces()).toEqual({
      actions: ['resource.create', 'resource.update', 'resource.delete'],
      told: 3,
    })
  })

  test('is made once by a call that comes twice, and answered as it is by then', async () => {
    const call = callOf(tenantId)
    const made = await create(opened, call, input)
    await edit(made, { name: 'Renamed' })
    const again = await create(opened, { ...call, isRepeat: true }, input)
    expect(again).toMatchObject({ id: made.id, name: 'Renamed' })
    expect((await traces()).actions).toEqual(['resource.create', 'resource.update'])
  })

  test('does not exist for another tenant', async () => {
    const made = await make()
    const stranger = newId('tnt')
    await expect(get(opened, callOf(stranger), made.id)).rejects.toMatchObject(missing)
    await expect(edit(made, { name: 'Mine' }, stranger)).rejects.toMatchObject(missing)
    await expect(remove(opened, callOf(stranger), made.id)).rejects.toMatchObject(missing)
    for (const requires of [requireResource, requireUsable]) {
      await expect(requires(opened.db, stranger, made.id)).rejects.toMatchObject(missing)
    }
    expect(await get(opened, callOf(tenantId), made.id)).toEqual(made)
  })

  test('may be used while it is active, and found as long as it is there', async () => {
    const made = await make()
    await requireUsable(opened.db, tenantId, made.id)
    for (const status of ['paused', 'archived'] as const) {
      await edit(made, { status })
      await expect(requireUsable(opened.db, tenantId, made.id)).rejects.toMatchObject(missing)
      await requireResource(opened.db, tenantId, made.id)
    }
    await edit(made, { status: 'active' })
    await requireUsable(opened.db, tenantId, made.id)
    await remove(opened, callOf(tenantId), made.id)
    await expect(requireResource(opened.db, tenantId, made.id)).rejects.toMatchObject(missing)
  })

  test('changed in two places at once loses neither change', async () => {
    const made = await make()
    await Promise.all([edit(made, { name: 'Other' }), edit(made, { description: 'New' })])
    const found = await get(opened, callOf(tenantId), made.id)
    expect(found).toMatchObject({ name: 'Other', description: 'New' })
  })

  test('deleted from several places at once is deleted once', async () => {
    const { id } = await make()
    const removals = Array.from({ length: 4 }, () => remove(opened, callOf(tenantId), id))
    const settled = await Promise.allSettled(removals)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await traces()).actions).toEqual(['resource.create', 'resource.delete'])
  })
})

test('the list goes newest first, page by page, without archived ones unless asked for', async () => {
  const made: Resource[] = []
  for (let at = 0; at < 5; at++) made.unshift(await make())
  const archived = made[2]
  if (archived) await edit(archived, { status: 'archived' })
  const seen: string[] = []
  let after: Call['after'] = null
  do {
    const call: Call = { ...callOf(tenantId), after }
    const page = await list(opened, call, { status: null, limit: 2 })
    seen.push(...page.items.map(({ id }) => id))
    after = page.next
  } while (after)
  expect(seen).toEqual(made.filter((one) => one !== archived).map(({ id }) => id))
  const asked = await list(opened, callOf(tenantId), { status: 'archived', limit: 2 })
  expect(asked.items.map(({ id }) => id)).toEqual([archived?.id])
  expect(asked.next).toBeNull()
})
