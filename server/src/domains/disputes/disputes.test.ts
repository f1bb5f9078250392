import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Id } from '../../base/ids.ts'
import * as invoices from '../invoices/invoices.ts'
import { voidInvoice } from '../invoices/payments.ts'
import type * as metering from '../metering/metering.ts'
import { approvePayout, payPayout } from '../payouts/operate.ts'
import { openWorld, type World } from '../payouts/payouts.fixture.ts'
import * as payouts from '../payouts/payouts.ts'
import {
  disputedEvents,
  findDispute,
  getDispute,
  listDisputes,
  listRefunded,
  openDispute,
  resolveDispute,
} from './disputes.ts'
import { listAllDisputes } from './resolve.ts'
import type { Resolution } from './store.ts'

const april = new Date('2026-04-01T00:00:00Z')
const may = '2026-05-01T00:00:00Z'
const lastMoment = '2026-05-14T23:59:59.999Z'
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

const conflict = { code: 'conflict' }
const notFound = { code: 'not_found' }
const idsOf = (usage: readonly { id: string }[]) => usage.map(({ id }) => id)
const buy = (micros = 100n, of = provider) => world.use({ by: buyer, of, micros })
const open = (usage: readonly { id: string }[], key?: string, by = buyer) =>
  openDispute({ db: world.db }, world.callOf(by, key), {
    usageEventIds: idsOf(usage),
    reason: 'not what it says',
  })
const resolve = (disputeId: string, resolution: Resolution, key?: string) =>
  resolveDispute({ db: world.db }, world.callOf(provider, key), {
    disputeId,
    resolution,
    note: 'looked at',
  })
async function sides(of = provider) {
  return {
    owed: await world.balance('receivable', buyer),
    payable: await world.balance('payable', of),
    held: await world.balance('held', of),
    refunds: await world.balance('refunds', buyer),
  }
}
/** Counted once their sessions have told; zero where there is one session. */
async function deadlocks(): Promise<bigint> {
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const row = await world.db.first<{ count: bigint }>`
    select deadlocks as count from pg_stat_database where datname = current_database()`
  return row?.count ?? 0n
}
async function close(at = may): Promise<void> {
  world.setTime(at)
  await world.close()
}
const payoutOf = async (of: Id<'tnt'>) =>
  (await payouts.listPayouts({ db: world.db }, world.callOf(of), { limit: 9 })).items[0]
const issued = async () =>
  (await invoices.listInvoices({ db: world.db }, world.callOf(buyer), { limit: 9 })).items.filter(
    ({ status }) => status !== 'draft',
  )

describe('a dispute', () => {
  test('moves the share of each provider to held, and holds their payouts', async () => {
    const other = await world.addTenant('Other')
    const usage = [await buy(100n), await buy(50n), await buy(10n, other)]
    await close()
    const dispute = await open(usage)
    expect(dispute).toMatchObject({
      tenantId: buyer,
      status: 'open',
      amountMicros: 160n,
      usageEventIds: idsOf(usage),
      resolvedAt: null,
      resolutionNote: null,
    })
    expect(await sides()).toEqual({ owed: 160n, payable: 0n, held: -90n, refunds: 0n })
    expect(await sides(other)).toMatchObject({ payable: 0n, held: -6n })
    for (const [of, heldMicros] of [[provider, 90n] as const, [other, 6n] as const]) {
      expect(await payoutOf(of)).toMatchObject({ status: 'held', heldMicros, openDisputes: 1 })
      expect(await world.actionsOf(of, 'payout')).toContain('payout.contest')
    }
    expect(await world.actionsOf(buyer, 'dispute')).toEqual(['dispute.open'])
  })

  test('opened twice by the same call is one', async () => {
    const usage = [await buy()]
    const first = await open(usage, 'req_same')
    expect(await open(usage, 'req_same')).toEqual(first)
    world.setTime(released)
    expect(await open(usage, 'req_same')).toEqual(first)
    expect(await sides()).toMatchObject({ held: -60n })
    expect(await world.actionsOf(buyer, 'dispute')).toEqual(['dispute.open'])
  })

  test('contests all of its events or none', async () => {
    const [one, two] = [await buy(), await buy()]
    await open([one])
    await expect(open([two, one])).rejects.toMatchObject(conflict)
    await open([two])
    expect(await sides()).toMatchObject({ payable: 0n, held: -120n })
  })

  test('is about own usage that cost something', async () => {
    const stranger = await world.addTenant('Stranger')
    const usage = await buy()
    await expect(open([usage], undefined, stranger)).rejects.toMatchObject(notFound)
    await expect(open([usage], undefined, provider)).rejects.toMatchObject(notFound)
    await expect(open([usage, { id: 'ue_unknown' }])).rejects.toMatchObject(notFound)
    const own = await world.use({ by: buyer, of: buyer, isBillable: false })
    for (const free of [await buy(0n), own]) {
      const refused = open([usage, free])
      await expect(refused).rejects.toMatchObject({
        code: 'invalid_request',
        fields: [{ path: 'usage_event_ids', nature: 'value' }],
      })
    }
    expect(await sides()).toMatchObject({ payable: -60n, held: 0n })
  })

  test('is opened until the last millisecond of the hold window', async () => {
    const [one, two] = [await buy(), await buy()]
    await close(lastMoment)
    await open([one])
    world.setTime(released)
    await expect(open([two])).rejects.toMatchObject(conflict)
    const later = await buy()
    await expect(open([later, two])).rejects.toMatchObject(conflict)
    await open([later])
  })

  test('is refused once the payout is paid, also where the clock went back', async () => {
    const usage = await buy(20_000_000n)
    await close(released)
    const payout = await payoutOf(provider)
    const payoutId = payout?.id ?? ''
    if (payout?.status === 'pending') await approvePayout(world.deps, world.callOf(buyer), payoutId)
    await payPayout(world.deps, world.callOf(buyer), { payoutId, bankReference: 'bank 1' })
    world.setTime(may)
    await expect(open([usage])).rejects.toMatchObject(conflict)
    expect(await sides()).toMatchObject({ payable: 0n, held: 0n })
  })

  test('of the same event is won by one of sixteen, and the others are told so', async () => {
    const usage = await Promise.all(Array.from({ length: 3 }, () => buy()))
    const answers = await Promise.allSettled(
      Array.from({ length: 16 }, (_, at) => open(at % 2 ? usage : [...usage].reverse())),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of answers) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject(conflict)
    }
    expect(await sides()).toMatchObject({ payable: 0n, held: -180n })
  })

  test('shows only in the lists of its buyer and of operators', async () => {
    const first = await open([await buy()])
    const second = await open([await buy()])
    const deps = { db: world.db }
    const list = (by: Id<'tnt'>, limit = 9, after: (string | number)[] | null = null) =>
      listDisputes(deps, { ...world.callOf(by), after }, { limit })
    expect((await list(buyer)).items).toEqual([second, first])
    const page = await list(buyer, 1)
    expect((await list(buyer, 1, [...(page.next ?? [])])).items).toEqual([first])
    expect((await list(provider)).items).toEqual([])
    expect(await getDispute(deps, world.callOf(buyer), first.id)).toEqual(first)
    const hidden = getDispute(deps, world.callOf(provider), first.id)
    await expect(hidden).rejects.toMatchObject(notFound)
    expect(await findDispute(world.db, first.id)).toEqual(first)
    expect(await findDispute(world.db, 'dsp_unknown')).toBeUndefined()
    expect(await disputedEvents(world.db, buyer, first.id)).toEqual(first.usageEventIds)
    expect(await disputedEvents(world.db, provider, first.id)).toEqual([])

    await resolve(first.id, 'rejected')
    const all = (filter: object) =>
      listAllDisputes(deps, world.callOf(provider), {
        status: null,
        tenantId: null,
        limit: 9,
        ...filter,
      })
    expect(await all({})).toMatchObject({ total: 2, items: [{ id: second.id }, { id: first.id }] })
    expect(await all({ status: 'open' })).toMatchObject({
      total: 1,
      items: [{ tenantName: 'Buyer', providers: [{ tenantId: provider, name: 'Provider' }] }],
    })
    expect(await all({ tenantId: provider })).toMatchObject({ total: 0, items: [] })
  })
})

describe('resolved', () => {
  test('as rejected gives the provider its share back, and the event is never disputed again', async () => {
    const usage = await buy()
    await close()
    const { id } = await open([usage])
    const done = await resolve(id, 'rejected', 'req_same')
    expect(done).toMatchObject({
      status: 'rejected',
      resolutionNote: 'looked at',
      resolvedAt: new Date(may),
      tenantName: 'Buyer',
    })
    expect(await resolve(id, 'rejected', 'req_same')).toEqual(done)
    for (const again of ['rejected', 'refunded'] as const) {
      await expect(resolve(id, again)).rejects.toMatchObject(conflict)
    }
    await expect(open([usage])).rejects.toMatchObject(conflict)
    expect(await sides()).toEqual({ owed: 100n, payable: -60n, held: 0n, refunds: 0n })
    expect(await payoutOf(provider)).toMatchObject({ status: 'pending', grossMicros: 100n })
    expect(await issued()).toHaveLength(1)
    expect(await listRefunded(world.db, [usage.id])).toEqual(new Set())
    expect(await world.actionsOf(buyer, 'dispute')).toEqual(['dispute.open', 'dispute.resolve'])
  })

  test('as refunded takes both shares back, the use off its invoice and out of its payout', async () => {
    const [one, two] = [await buy(101n), await buy(7n)]
    await close()
    const { id } = await open([one])
    expect(await resolve(id, 'refunded')).toMatchObject({ status: 'refunded' })
    const share = one.amountMicros - one.platformMicros
    expect(await sides()).toEqual({
      owed: 7n,
      payable: -(two.amountMicros - two.platformMicros),
      held: 0n,
      refunds: one.amountMicros - share,
    })
    expect(await payoutOf(provider)).toMatchObject({
      status: 'pending',
      grossMicros: 7n,
      heldMicros: 0n,
      lines: [{ grossMicros: 7n, quantity: 1n }],
    })
    const [note, invoice] = await issued()
    expect(note).toMatchObject({ totalMicros: -101n, creditsInvoiceId: invoice?.id })
    await expect(open([one])).rejects.toMatchObject(conflict)
    await expect(resolve(id, 'refunded')).rejects.toMatchObject(conflict)
    expect(await listRefunded(world.db, idsOf([one, two]))).toEqual(new Set([one.id]))
    expect(await world.actionsOf(provider, 'payout')).toEqual([
      'payout.make',
      'payout.contest',
      'payout.refund',
    ])
  })

  test('as refunded while the month runs: it is in no payout, and credited with the invoice', async () => {
    const [one, two] = [await buy(), await buy(7n)]
    const { id } = await open([one])
    expect(await payoutOf(provider)).toMatchObject({ status: 'held', grossMicros: 107n })
    await resolve(id, 'refunded')
    expect(await payoutOf(provider)).toMatchObject({ status: 'pending', grossMicros: 7n })
    await close()
    expect(await payoutOf(provider)).toMatchObject({ grossMicros: two.amountMicros })
    expect((await issued()).map(({ totalMicros }) => totalMicros)).toEqual([-100n, 107n])
    expect(await sides()).toMatchObject({ owed: 7n, held: 0n })
  })

  test('all of a month refunded while it runs leaves no payout', async () => {
    const { id } = await open([await buy()])
    await resolve(id, 'refunded')
    await close()
    expect(await payoutOf(provider)).toBeUndefined()
    expect(await payouts.stateOf(world.db, provider, april)).toBeUndefined()
  })

  test('over two months and two providers credits each invoice and each payout', async () => {
    const other = await world.addTenant('Other')
    const first = [await buy(100n), await buy(10n, other)]
    await close('2026-05-02T00:00:00Z')
    const second = [await buy(50n), await buy(5n, other)]
    const { id } = await open([...second, ...first])
    await resolve(id, 'refunded')
    world.setTime('2026-06-01T00:00:00Z')
    await world.close()
    expect((await issued()).map(({ totalMicros }) => totalMicros)).toEqual([-55n, 55n, -110n, 110n])
    expect(await sides()).toMatchObject({ owed: 0n, payable: 0n, held: 0n, refunds: 66n })
    expect(await sides(other)).toMatchObject({ payable: 0n, held: 0n })
    expect(await payoutOf(provider)).toBeUndefined()
  })

  test('over months that others credit as well never meets in a deadlock', async () => {
    const usage: (readonly [metering.UsageEvent, metering.UsageEvent])[] = []
    const april = []
    for (let at = 0; at < 8; at++) april.push(await buy())
    await close('2026-05-02T00:00:00Z')
    for (const first of april) usage.push([first, await buy()])
    const alone = []
    for (let at = 0; at < 8; at++) alone.push(await buy())
    const disputes = []
    for (const both of usage) disputes.push(await open(both))
    for (const one of alone) disputes.push(await open([one]))
    world.setTime('2026-06-01T00:00:00Z')
    await world.close()
    const before = await deadlocks()
    await Promise.all(disputes.map(({ id }) => resolve(id, 'refunded')))
    expect(await deadlocks()).toBe(before)
    const notes = await world.db.rows`
      select 1 from invoices where tenant_id = ${buyer} and credits_invoice_id is not null`
    expect(notes).toHaveLength(8 + 8 + 8)
  })

  test('cannot be refunded where the invoice is void; nothing has moved then', async () => {
    const usage = await buy()
    await close()
    const { id } = await open([usage])
    const before = await sides()
    const [invoice] = await issued()
    await voidInvoice({ db: world.db }, world.callOf(provider), {
      invoiceId: invoice?.id ?? '',
      reason: 'insolvent',
    })
    await expect(resolve(id, 'refunded')).rejects.toMatchObject(conflict)
    expect(await sides()).toMatchObject({ payable: before.payable, held: before.held })
    expect(await findDispute(world.db, id)).toMatchObject({ status: 'open' })
    expect(await resolve(id, 'rejected')).toMatchObject({ status: 'rejected' })
  })

  test('by eight operators at once is resolved by one', async () => {
    const usage = await buy()
    await close()
    const { id } = await open([usage])
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => resolve(id, at % 2 ? 'refunded' : 'rejected')),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of answers) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject(conflict)
    }
    expect(await sides()).toMatchObject({ held: 0n })
  })

  test('finds no unknown dispute', async () => {
    await expect(resolve('dsp_unknown', 'rejected')).rejects.toMatchObject(notFound)
  })
})

test('many buyers and operators at once, with the clock between them, leave the books right', async () => {
  const other = await world.addTenant('Other')
  const usage: metering.UsageEvent[] = []
  for (let count = 0; count < 12; count++) {
    usage.push(await buy(BigInt(100 + count), count % 2 ? other : provider))
  }
  world.setTime(may)
  const failures: unknown[] = []
  const settled = async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => failures.push(error))
  }
  const disputeAndSettle = async (at: number) => {
    const events = [usage[at], usage[(at + 1) % usage.length]].filter((one) => one !== undefined)
    const dispute = await open(events)
    await resolve(dispute.id, at % 3 ? 'refunded' : 'rejected')
  }
  await Promise.all([
    ...usage.map((_, at) => settled(disputeAndSettle(at))),
    settled(world.close()),
    settled(world.make()),
  ])
  // Who came late is told so; nobody sees a deadlock.
  for (const failure of failures) expect(failure).toMatchObject(conflict)
  await world.close()
  expect(await sides()).toMatchObject({ held: 0n })
  expect(await sides(other)).toMatchObject({ held: 0n })
  for (const of of [provider, other]) {
    const payout = await payoutOf(of)
    const net = (payout?.grossMicros ?? 0n) - (payout?.platformMicros ?? 0n)
    expect(await world.balance('payable', of)).toBe(-net)
  }
})
