import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import type { Id } from '../../base/ids.ts'
import { download } from './download.ts'
import { openWorld, type World } from './objects.fixture.ts'
import type { StoredObject } from './objects.ts'
import { removeObject } from './remove.ts'
import { purgeDue } from './sweep.ts'

let world: World
let provider: Actor
let buyer: Actor
let listed: Id<'dset'>
let closed: Id<'dset'>
let object: StoredObject

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  buyer = await world.addTenant('Buyer')
  listed = await world.addDataset(provider, { visibility: 'listed' })
  closed = await world.addDataset(provider)
  object = await world.index(provider, listed, 'To be sold.')
})
afterAll(() => world.close())

const get = (id: string, actor = buyer) => download(world.deps, world.callOf(actor), id)
const usageOf = (objectId: string, actor: Actor) => world.db.rows<{ amountMicros: bigint }>`
  select amount_micros from usage_events
  where object_id = ${objectId} and tenant_id = ${actor.tenantId} and event_type = 'download'`
const dayMs = 86_400_000

describe('a download', () => {
  test('is charged once, and free again for 24 hours', async () => {
    const first = await get(object.id)
    expect(first.chargedMicros).toBe(500_000n)
    expect(first.address).toMatchObject({
      method: 'GET',
      expiresAt: new Date(world.clock.now().getTime() + 15 * 60_000),
    })
    world.passMs(dayMs - 1)
    const second = await get(object.id)
    expect(second).toMatchObject({ id: first.id, chargedMicros: 0n })
    world.passMs(1)
    const third = await get(object.id)
    expect(third.chargedMicros).toBe(500_000n)
    expect(third.id).not.toBe(first.id)
    expect(await usageOf(object.id, buyer)).toHaveLength(2)
  })

  test('called twice under one charge key answers the same twice, charged once', async () => {
    const another = await world.index(provider, listed, 'Another.')
    const call = world.callOf(buyer)
    const first = await download(world.deps, call, another.id)
    expect(await download(world.deps, call, another.id)).toEqual(first)
    expect(await usageOf(another.id, buyer)).toHaveLength(1)
  })

  test('asked for ten times at the same moment is charged once', async () => {
    const another = await world.index(provider, listed, 'At once.')
    const all = await Promise.all(Array.from({ length: 10 }, () => get(another.id)))
    expect(all.filter((one) => one.chargedMicros > 0n)).toHaveLength(1)
    expect(new Set(all.map((one) => one.id)).size).toBe(1)
    expect(await usageOf(another.id, buyer)).toEqual([{ amountMicros: 500_000n }])
  })

  test('of an own object is metered at zero, in any state until it is purged', async () => {
    const own = await world.upload(provider, closed, 'Mine.')
    expect(await get(own.id, provider)).toMatchObject({ chargedMicros: 0n })
    expect(await usageOf(own.id, provider)).toEqual([{ amountMicros: 0n }])
    await removeObject(world.deps, world.callOf(provider), own.id)
    await get(own.id, provider)
    world.passMs(7 * dayMs + 1)
    await purgeDue(world.deps, world.run())
    await expect(get(own.id, provider)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of an own upload that was not confirmed does not exist', async () => {
    const { object: pending } = await world.start(provider, listed, 'Pending.')
    await expect(get(pending.id, provider)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of another’s object needs one that is active', async () => {
    const staged = await world.upload(provider, listed, 'Staged.')
    await expect(get(staged.id)).rejects.toMatchObject({ code: 'not_found' })
    await world.judge(staged, 'approved')
    await expect(get(staged.id)).rejects.toMatchObject({ code: 'not_found' })
    await world.reach(staged, 'indexed')
    await get(staged.id)
    await removeObject(world.deps, world.callOf(provider), staged.id)
    await expect(get(staged.id)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of a private dataset of another tenant does not exist', async () => {
    const hidden = await world.index(provider, closed, 'Hidden.')
    await expect(get(hidden.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(get('obj_unknown')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('over the budget is refused, and nothing is booked', async () => {
    const poor = await world.addTenant('Poor buyer')
    const another = await world.index(provider, listed, 'Dear.')
    await get(object.id, poor)
    await world.db.run`
      update budgets set limit_micros = spent_micros + 1 where tenant_id = ${poor.tenantId}`
    await expect(get(another.id, poor)).rejects.toMatchObject({ code: 'budget_exceeded' })
    expect(await usageOf(another.id, poor)).toEqual([])
    expect(await get(object.id, poor)).toMatchObject({ chargedMicros: 0n })
  })

  test('whose bytes went since it was asked for is not charged', async () => {
    const fleeting = await world.index(provider, listed, 'Fleeting.')
    // Between the look at the object and the sale.
    const tx: typeof world.db.tx = async (work) => {
      await world.db.run`
        update objects set blob_sha256 = null, purged_at = ${world.clock.now()}
        where id = ${fleeting.id}`
      return world.db.tx(work)
    }
    const racing = { ...world.deps, db: { ...world.db, tx } }
    const asked = download(racing, world.callOf(buyer), fleeting.id)
    await expect(asked).rejects.toMatchObject({ code: 'not_found' })
    expect(await usageOf(fleeting.id, buyer)).toEqual([])
  })

  test('by a caller who was signed out meanwhile is refused, free or not', async () => {
    const late = await world.addTenant('Late buyer')
    await get(object.id, late)
    await world.db.run`
      update sessions set ended_at = ${world.clock.now()} where id = ${late.sessionId}`
    await expect(get(object.id, late)).rejects.toMatchObject({ code: 'unauthorized' })
  })
})
