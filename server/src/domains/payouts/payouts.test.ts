import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import { openWorld, type World } from './payouts.fixture.ts'
import {
  contest,
  getPayout,
  listPayouts,
  releaseAtOf,
  settleContest,
  stateOf,
  usageOfPayout,
  verifyPayouts,
} from './payouts.ts'

const april = new Date('2026-04-01T00:00:00Z')
const may = '2026-05-01T00:00:00Z'
const released = '2026-05-15T00:00:00Z'

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

const page = (tenantId = provider, after: (string | number)[] | null = null, limit = 100) =>
  listPayouts({ db: world.db }, { ...world.callOf(tenantId), after }, { limit })
const listed = async (tenantId = provider) => (await page(tenantId)).items
const only = async (tenantId = provider) => {
  const [payout, ...more] = await listed(tenantId)
  if (!payout || more.length > 0) throw new Error('there is not one payout')
  return payout
}

/** Dies in the transaction with this number, at its end: nothing of it is kept. */
function dyingAt(number: number): Db {
  let count = 0
  return {
    ...world.db,
    tx: (work) =>
      world.db.tx(async (tx) => {
        const result = await work(tx)
        count += 1
        if (count === number) throw new Error('killed')
        return result
      }),
  }
}

describe('a month that runs', () => {
  test('shows what was earned so far, under the id of the payout to come', async () => {
    const datasetId = newId('dset')
    await world.use({ by: buyer, of: provider, datasetId, datasetName: 'Old', micros: 33n })
    world.setTime('2026-04-06T10:00:00Z')
    await world.use({ by: buyer, of: provider, datasetId, datasetName: 'New', micros: 33n })
    const running = await only()
    expect(running).toMatchObject({
      periodStart: april,
      periodEnd: new Date(may),
      releaseAt: new Date(released),
      status: 'pending',
      grossMicros: 66n,
      platformMicros: 26n,
      heldMicros: 0n,
      isCarried: false,
      paidAt: null,
      bankReference: null,
      lines: [{ datasetId, datasetName: 'New', eventType: 'retrieval', quantity: 2n }],
    })
    expect(await getPayout({ db: world.db }, world.callOf(provider), running.id)).toEqual(running)
    expect(await stateOf(world.db, provider, april)).toBeUndefined()
    world.setTime(may)
    await world.close()
    expect(await only()).toMatchObject({ id: running.id, grossMicros: 66n, lines: running.lines })
    expect(await stateOf(world.db, provider, april)).toBe('pending')
  })

  test('counts neither what is free, nor own use, nor what others earned', async () => {
    const other = await world.addTenant('Other')
    await world.use({ by: buyer, of: provider, micros: 0n })
    await world.use({ by: buyer, of: provider, isBillable: false })
    await world.use({ by: provider, of: provider, isBillable: false })
    await world.use({ by: provider, of: provider, micros: 9n })
    await world.use({ by: buyer, of: other })
    expect(await listed()).toEqual([])
    expect(await listed(buyer)).toEqual([])
    world.setTime(may)
    await world.close()
    expect(await listed()).toEqual([])
    expect(await listed(other)).toHaveLength(1)
  })
})

describe('a month that is closed', () => {
  test('becomes one payout, however often and from however many places', async () => {
    await world.use({ by: buyer, of: provider })
    world.setTime(may)
    await world.close()
    await Promise.all([world.make(), world.make(), world.make()])
    await world.make()
    expect(await listed()).toHaveLength(1)
    expect(await world.actionsOf(provider, 'payout')).toEqual(['payout.make'])
  })

  test('is made once, also where several start on it at the same moment', async () => {
    const providers = [provider]
    for (let count = 0; count < 4; count++) providers.push(await world.addTenant())
    for (const of of providers) await world.use({ by: buyer, of })
    world.setTime(may)
    const dead = { ...world.db, tx: () => Promise.reject(new Error('killed')) }
    await expect(world.close(dead)).rejects.toThrow('no payout yet')
    await Promise.all(Array.from({ length: 6 }, () => world.make()))
    for (const one of providers) {
      expect(await listed(one)).toHaveLength(1)
      expect(await world.actionsOf(one, 'payout')).toEqual(['payout.make'])
    }
  })

  test('can be killed anywhere, and goes on', async () => {
    const providers = [provider, await world.addTenant(), await world.addTenant()]
    for (const of of providers) await world.use({ by: buyer, of })
    world.setTime(may)
    await world.close(dyingAt(2)).catch(() => {})
    const sizes = await Promise.all(
      providers.map((one) => world.actionsOf(one, 'payout.make').then((all) => all.length)),
    )
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2)
    // Whether it is made or not, a provider sees its month once.
    for (const one of providers) expect(await listed(one)).toHaveLength(1)
    await world.make()
    for (const one of providers) {
      expect(await world.actionsOf(one, 'payout')).toEqual(['payout.make'])
    }
  })

  test('stops where it is told to, and starts again', async () => {
    await world.use({ by: buyer, of: provider })
    world.setTime(may)
    await world
      .close({ ...world.db, tx: () => Promise.reject(new Error('killed')) })
      .catch(() => {})
    await world.make(world.db, AbortSignal.abort())
    expect(await world.actionsOf(provider, 'payout')).toEqual([])
    await world.make()
    expect(await world.actionsOf(provider, 'payout')).toEqual(['payout.make'])
  })

  test('has the last millisecond of its month, and not the first of the next', async () => {
    world.setTime('2026-04-30T23:59:59.999Z')
    await world.use({ by: buyer, of: provider, micros: 100n })
    world.setTime(may)
    await world.use({ by: buyer, of: provider, micros: 7n })
    await world.close()
    const amounts = (await listed()).map(({ grossMicros }) => grossMicros)
    expect(amounts).toEqual([7n, 100n])
  })

  test('is listed page by page together with the running one, and found by its id', async () => {
    for (const month of ['04', '05', '06']) {
      world.setTime(`2026-${month}-10T00:00:00Z`)
      await world.use({ by: buyer, of: provider })
      if (month !== '06') {
        world.setTime(`2026-0${Number(month) + 1}-01T00:00:00Z`)
        await world.close()
      }
    }
    const all = await listed()
    expect(all.map(({ periodStart }) => periodStart.getUTCMonth() + 1)).toEqual([6, 5, 4])
    const seen = []
    let after: (string | number)[] | null = null
    for (;;) {
      const one = await page(provider, after, 1)
      expect(one.total).toBe(3)
      seen.push(...one.items)
      if (!one.next) break
      after = [...one.next]
    }
    expect(seen).toEqual(all)
    for (const { id, periodStart, periodEnd } of all) {
      const usage = await usageOfPayout(world.db, provider, id)
      expect(usage).toEqual({ from: periodStart, to: periodEnd, refundedIds: [] })
      expect(await usageOfPayout(world.db, buyer, id)).toBeUndefined()
      const stranger = getPayout({ db: world.db }, world.callOf(buyer), id)
      await expect(stranger).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(await usageOfPayout(world.db, provider, 'pay_unknown')).toBeUndefined()
  })

  test('adds up whatever was sold, to the micro, with and without what was refunded', async () => {
    const use = fc.record({
      micros: fc.bigInt({ min: 0n, max: 10n ** 9n }),
      quantity: fc.bigInt({ min: 1n, max: 9n }),
      platformBps: fc.constantFrom(3_000n, 4_000n),
      place: fc.integer({ min: 0, max: 2 }),
      isRefunded: fc.boolean(),
    })
    const datasets = [newId('dset'), newId('dset'), newId('dset')] as const
    let month = 4
    await fc.assert(
      fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 8 }), async (drawn) => {
        const from = new Date(Date.UTC(2026, month - 1, 1))
        month += 1
        world.setTime(new Date(from.getTime() + 1_000).toISOString())
        let gross = 0n
        let platform = 0n
        for (const { place, isRefunded, ...rest } of drawn) {
          const datasetId = datasets[place] ?? datasets[0]
          const event = await world.use({ by: buyer, of: provider, datasetId, ...rest })
          if (isRefunded && event.amountMicros > 0n) {
            const dispute = { disputeId: newId('dsp'), tenantId: buyer, now: world.now() }
            await world.db.tx((tx) => contest(tx, dispute, [event]))
            await world.db.tx((tx) => settleContest(tx, dispute, 'refunded'))
          } else {
            gross += event.amountMicros
            platform += event.platformMicros
          }
        }
        world.setTime(new Date(Date.UTC(2026, month - 1, 1)).toISOString())
        await world.close()
        const payout = (await listed()).find((one) => +one.periodStart === +from)
        expect(payout?.grossMicros ?? 0n).toBe(gross)
        expect(payout?.platformMicros ?? 0n).toBe(platform)
        const lines = payout?.lines ?? []
        expect(lines.reduce((sum, line) => sum + line.grossMicros, 0n)).toBe(gross)
        expect(await verifyPayouts(world.db)).toEqual([])
      }),
      { numRuns: 10 },
    )
  })
})

describe('the check of the books', () => {
  test('names a payout whose figures or lines are not its usage, and nothing else', async () => {
    await world.use({ by: buyer, of: provider })
    await world.use({ by: buyer, of: await world.addTenant() })
    world.setTime(may)
    await world.close()
    const { id } = await only()
    const { db } = world
    await db.run`update payouts set gross_micros = gross_micros + 1 where id = ${id}`
    expect(await verifyPayouts(db)).toEqual([{ id, problem: 'lines' }])
    await db.run`update payout_lines set gross_micros = gross_micros + 1 where payout_id = ${id}`
    expect(await verifyPayouts(db)).toEqual([{ id, problem: 'usage' }])
    await db.run`delete from payout_lines where payout_id = ${id}`
    expect(await verifyPayouts(db)).toEqual([
      { id, problem: 'lines' },
      { id, problem: 'usage' },
    ])
    await db.run`delete from payouts where id = ${id}`
  })
})

test('the hold window ends fourteen days after the month, whatever its length', () => {
  const ends = ['2026-01-31', '2026-02-01', '2028-02-29', '2026-12-31'].map((day) =>
    releaseAtOf(new Date(`${day}T23:59:59Z`)).toISOString(),
  )
  expect(ends).toEqual([
    '2026-02-15T00:00:00.000Z',
    '2026-03-15T00:00:00.000Z',
    '2028-03-15T00:00:00.000Z',
    '2027-01-15T00:00:00.000Z',
  ])
})
