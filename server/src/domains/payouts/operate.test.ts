import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Id, newId } from '../../base/ids.ts'
import {
  approvePayout,
  holdPayout,
  listAllPayouts,
  payPayout,
  releasePayout,
  reversePayout,
} from './operate.ts'
import { openWorld, type World } from './payouts.fixture.ts'
import { contest, listPayouts, settleContest } from './payouts.ts'

const may = '2026-05-01T00:00:00Z'
const released = '2026-05-15T00:00:00Z'
const beforeRelease = '2026-05-14T23:59:59.999Z'

let world: World
let provider: Id<'tnt'>
let buyer: Id<'tnt'>
beforeEach(async () => {
  world = await openWorld()
  provider = await world.addTenant('Provider')
  buyer = await world.addTenant('Buyer')
})
afterEach(async () => {
  expect(await world.problems()).toEqual([])
  await world.end()
})

const conflict = { code: 'conflict' }
const shown = async (tenantId = provider) =>
  (await listPayouts({ db: world.db }, world.callOf(tenantId), { limit: 100 })).items
const statuses = async () => (await shown()).map(({ status }) => status)
const idNow = async () => (await shown())[0]?.id ?? ''

/** Earns `micros` net in the running month. */
const earn = (micros: bigint) => world.use({ by: buyer, of: provider, micros, platformBps: 0n })
async function openPayout(micros = 12_000_000n): Promise<string> {
  await earn(micros)
  world.setTime(may)
  await world.close()
  return idNow()
}
const approve = (id: string, key?: string) =>
  approvePayout(world.deps, world.callOf(buyer, key), id)
const hold = (id: string, key?: string) =>
  holdPayout(world.deps, world.callOf(buyer, key), { payoutId: id, reason: 'odd' })
const release = (id: string) => releasePayout(world.deps, world.callOf(buyer), id)
const pay = (id: string, key?: string) =>
  payPayout(world.deps, world.callOf(buyer, key), { payoutId: id, bankReference: 'bank 7' })
const reverse = (id: string, key?: string) =>
  reversePayout(world.deps, world.callOf(buyer, key), { payoutId: id, reason: 'wrong account' })

describe('the clock', () => {
  test('approves at the end of the hold window, not a millisecond before', async () => {
    await openPayout()
    world.setTime(beforeRelease)
    await world.make()
    expect(await statuses()).toEqual(['pending'])
    world.setTime(released)
    await Promise.all([world.make(), world.make(), world.make()])
    expect(await statuses()).toEqual(['approved'])
    expect(await world.actionsOf(provider, 'payout')).toEqual(['payout.make', 'payout.approve'])
  })

  test('approves from ten dollars on; less is carried forward until it is enough together', async () => {
    await openPayout(9_999_999n)
    world.setTime(released)
    await world.make()
    await world.make()
    expect(await shown()).toMatchObject([{ status: 'pending', isCarried: true }])
    expect(await world.actionsOf(provider, 'payout')).toEqual(['payout.make', 'payout.carry'])
    await earn(1n)
    world.setTime('2026-06-15T00:00:00Z')
    await world.close()
    expect(await shown()).toMatchObject([
      { status: 'approved', isCarried: false },
      { status: 'approved', isCarried: false },
    ])
  })

  test('leaves alone what is held, and does not count it', async () => {
    const id = await openPayout(9_000_000n)
    await hold(id)
    await earn(2_000_000n)
    world.setTime('2026-06-15T00:00:00Z')
    await world.close()
    expect(await shown()).toMatchObject([
      { status: 'pending', isCarried: true },
      { status: 'held', isCarried: false },
    ])
    await release(id)
    await world.make()
    expect(await statuses()).toEqual(['approved', 'approved'])
  })
})

describe('an operator', () => {
  test('pays an approved payout once, from payable to cash', async () => {
    const id = await openPayout()
    world.setTime(released)
    await world.make()
    const paid = await pay(id, 'req_same')
    expect(paid).toMatchObject({
      status: 'paid',
      bankReference: 'bank 7',
      paidAt: new Date(released),
      tenantName: 'Provider',
    })
    expect(await pay(id, 'req_same')).toEqual(paid)
    await expect(pay(id)).rejects.toMatchObject(conflict)
    expect(await world.balance('payable', provider)).toBe(0n)
    expect(await world.balance('cash', provider)).toBe(-12_000_000n)
    const actions = await world.actionsOf(provider, 'payout')
    expect(actions).toEqual(['payout.make', 'payout.approve', 'payout.pay'])
  })

  test('pays once, where sixteen do it at the same moment', async () => {
    const id = await openPayout()
    world.setTime(released)
    await world.make()
    const answers = await Promise.allSettled(Array.from({ length: 16 }, () => pay(id)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of answers) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject(conflict)
    }
    expect(await world.balance('payable', provider)).toBe(0n)
  })

  test('approves by hand, early and below the minimum, but pays only after the window', async () => {
    const id = await openPayout(5n)
    expect(await approve(id, 'req_a')).toMatchObject({ status: 'approved' })
    expect(await approve(id, 'req_a')).toMatchObject({ status: 'approved' })
    await expect(approve(id)).rejects.toMatchObject(conflict)
    world.setTime(beforeRelease)
    await expect(pay(id)).rejects.toMatchObject(conflict)
    world.setTime(released)
    expect(await pay(id)).toMatchObject({ status: 'paid' })
  })

  test('holds and releases; what was approved is then pending again', async () => {
    const id = await openPayout(5n)
    await approve(id)
    expect(await hold(id)).toMatchObject({ status: 'held' })
    await expect(hold(id)).rejects.toMatchObject(conflict)
    await expect(approve(id)).rejects.toMatchObject(conflict)
    world.setTime(released)
    await expect(pay(id)).rejects.toMatchObject(conflict)
    expect(await release(id)).toMatchObject({ status: 'pending' })
    await expect(release(id)).rejects.toMatchObject(conflict)
    await expect(pay(id)).rejects.toMatchObject(conflict)
    await expect(reverse(id)).rejects.toMatchObject(conflict)
  })

  test('reverses a payment and pays again, as often as it comes back', async () => {
    const id = await openPayout()
    world.setTime(released)
    await world.make()
    for (const round of [1, 2, 3]) {
      await pay(id)
      await expect(hold(id)).rejects.toMatchObject(conflict)
      await expect(approve(id)).rejects.toMatchObject(conflict)
      const key = `req_${round}`
      expect(await reverse(id, key)).toMatchObject({ status: 'reversed' })
      expect(await reverse(id, key)).toMatchObject({ status: 'reversed' })
      await expect(reverse(id)).rejects.toMatchObject(conflict)
      await expect(pay(id)).rejects.toMatchObject(conflict)
      await expect(hold(id)).rejects.toMatchObject(conflict)
      expect(await world.balance('payable', provider)).toBe(-12_000_000n)
      await world.make()
      expect(await statuses()).toEqual(['reversed'])
      const again = await approve(id)
      expect(again).toMatchObject({ status: 'approved', paidAt: null, bankReference: null })
    }
    expect(await world.balance('cash', provider)).toBe(0n)
  })

  test('whose call comes again much later has moved nothing twice', async () => {
    const id = await openPayout()
    world.setTime(released)
    await world.make()
    await pay(id, 'req_paid')
    await reverse(id)
    await approve(id)
    expect(await pay(id, 'req_paid')).toMatchObject({ status: 'approved' })
    await hold(id, 'req_held')
    await release(id)
    expect(await hold(id, 'req_held')).toMatchObject({ status: 'pending' })
    expect(await world.balance('cash', provider)).toBe(0n)
  })

  test('finds no payout in a running month, and none under an unknown id', async () => {
    await earn(5n)
    for (const id of [await idNow(), 'pay_unknown']) {
      for (const act of [approve, hold, release, pay, reverse]) {
        await expect(act(id)).rejects.toMatchObject({ code: 'not_found' })
      }
    }
  })

  test('lists payouts of all providers by their shown state, newest first', async () => {
    const other = await world.addTenant('Other')
    await world.use({ by: buyer, of: other })
    const id = await openPayout()
    const otherId = (await shown(other))[0]?.id
    await hold(id)
    const all = (filter = {}, limit = 9, after: (string | number)[] | null = null) =>
      listAllPayouts(
        world.deps,
        { ...world.callOf(buyer), after },
        { status: null, tenantId: null, limit, ...filter },
      )
    const whole = await all()
    expect(whole.total).toBe(2)
    expect(whole.items.map((one) => one.id).sort()).toEqual([id, otherId].sort())
    expect((await all({ status: 'held' })).items).toMatchObject([{ id, tenantName: 'Provider' }])
    expect((await all({ status: 'pending' })).items).toMatchObject([{ id: otherId }])
    expect((await all({ tenantId: other })).items).toMatchObject([{ id: otherId }])
    expect(await all({ status: 'paid' })).toMatchObject({ items: [], total: 0 })
    const first = await all({}, 1)
    const second = await all({}, 1, [...(first.next ?? [])])
    expect([...first.items, ...second.items]).toEqual(whole.items)
    expect(second.next).toBeNull()
  })
})

describe('contested use', () => {
  const contestOf = () => ({ disputeId: newId('dsp'), tenantId: buyer, now: world.now() })

  test('holds its payout while the dispute is open, and leaves it when refunded', async () => {
    const event = await earn(11_000_000n)
    const rest = await earn(1_000_000n)
    const id = await openPayout(2n)
    const dispute = contestOf()
    await world.db.tx((tx) => contest(tx, dispute, [event]))
    expect(await shown()).toMatchObject([
      { status: 'held', heldMicros: 11_000_000n, openDisputes: 1, grossMicros: 12_000_002n },
    ])
    world.setTime(released)
    await world.make()
    await expect(approve(id)).rejects.toMatchObject(conflict)
    await expect(pay(id)).rejects.toMatchObject(conflict)
    await hold(id)
    await expect(release(id)).rejects.toMatchObject(conflict)
    await world.db.tx((tx) => settleContest(tx, dispute, 'refunded'))
    await release(id)
    await world.make()
    expect(await shown()).toMatchObject([
      { status: 'pending', isCarried: true, heldMicros: 0n, grossMicros: rest.amountMicros + 2n },
    ])
  })

  test('lets its payout go on where it was rejected', async () => {
    const event = await earn(11_000_000n)
    const id = await openPayout(2n)
    await approve(id)
    const dispute = contestOf()
    await world.db.tx((tx) => contest(tx, dispute, [event]))
    expect(await statuses()).toEqual(['held'])
    await world.db.tx((tx) => settleContest(tx, dispute, 'rejected'))
    expect(await shown()).toMatchObject([{ status: 'approved', grossMicros: 11_000_002n }])
    const again = world.db.tx((tx) => contest(tx, contestOf(), [event]))
    await expect(again).rejects.toMatchObject(conflict)
  })

  test('all refunded leaves nothing to pay', async () => {
    const event = await earn(11_000_000n)
    world.setTime(may)
    await world.close()
    const id = await idNow()
    await approve(id)
    const dispute = contestOf()
    await world.db.tx((tx) => contest(tx, dispute, [event]))
    await world.db.tx((tx) => settleContest(tx, dispute, 'refunded'))
    world.setTime(released)
    await world.make()
    // As if nothing had been earned.
    expect(await shown()).toEqual([])
    await expect(pay(id)).rejects.toMatchObject({ ...conflict, message: /nothing to pay/ })
  })

  test('of a paid payout is refused, whatever the clock says', async () => {
    const event = await earn(11_000_000n)
    const id = await openPayout(2n)
    world.setTime(released)
    await world.make()
    await pay(id)
    world.setTime(may)
    const late = world.db.tx((tx) => contest(tx, contestOf(), [event]))
    await expect(late).rejects.toMatchObject(conflict)
    expect(await statuses()).toEqual(['paid'])
  })

  test('and a payment never cross, at whatever moment they meet', async () => {
    const event = await earn(11_000_000n)
    const id = await openPayout(2n)
    world.setTime(released)
    await world.make()
    const contests = Array.from({ length: 4 }, () =>
      world.db.tx((tx) => contest(tx, contestOf(), [event])),
    )
    const [paid, ...contested] = await Promise.allSettled([pay(id), ...contests])
    const won = contested.filter(({ status }) => status === 'fulfilled').length
    expect(won + (paid.status === 'fulfilled' ? 1 : 0)).toBe(1)
    expect(await statuses()).toEqual([won === 1 ? 'held' : 'paid'])
  })
})
