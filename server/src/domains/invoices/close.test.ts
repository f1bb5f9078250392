import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import { openWorld, type World } from './invoices.fixture.ts'
import {
  getInvoice,
  type Invoice,
  isMonthClosed,
  listClosedMonths,
  listInvoices,
  usageOfLine,
  verifyInvoices,
} from './invoices.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(async () => {
  expect(await world.problems()).toEqual([])
  await world.end()
})

async function invoicesOf(tenantId: Id<'tnt'>): Promise<Invoice[]> {
  const page = await listInvoices({ db: world.db }, world.callOf(tenantId), { limit: 100 })
  return page.items
}
const issuedOf = async (tenantId: Id<'tnt'>) =>
  (await invoicesOf(tenantId)).filter(({ status }) => status !== 'draft')
const months = async () => (await listClosedMonths(world.db)).map((from) => from.toISOString())
const sumOf = (invoice: Invoice | undefined) =>
  invoice?.lines.reduce((sum, line) => sum + line.amountMicros, 0n)

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

describe('a month that is over', () => {
  test('becomes an invoice with the plan fee and a line for each dataset and kind of use', async () => {
    const tenantId = await world.addTenant('pro', 'Ada Ltd')
    const datasetId = newId('dset')
    await world.use(tenantId, { datasetId, datasetName: 'Old name' }, { datasetId, micros: 1n })
    world.setTime('2026-04-30T23:59:59.999Z')
    await world.use(tenantId, { datasetId, datasetName: 'New name' })
    await world.use(tenantId, { datasetId, eventType: 'download', micros: 500_000n })
    await world.use(tenantId, { datasetId, eventType: 'citation', isBillable: false })
    world.setTime('2026-05-01T00:00:00Z')
    await world.close()
    await world.use(tenantId, { datasetId })

    const [draft, invoice] = await invoicesOf(tenantId)
    expect(draft).toMatchObject({ status: 'draft', number: null, totalMicros: 49_030_000n })
    expect(invoice).toMatchObject({
      number: '2026-000001',
      status: 'open',
      tenantName: 'Ada Ltd',
      periodStart: new Date('2026-04-01T00:00:00Z'),
      periodEnd: new Date('2026-05-01T00:00:00Z'),
      openedAt: new Date('2026-05-01T00:00:00Z'),
      dueAt: new Date('2026-05-15T00:00:00Z'),
      totalMicros: 49_560_001n,
      lines: [
        { kind: 'plan_fee', datasetId: null, quantity: 1n, amountMicros: 49_000_000n },
        { datasetId, eventType: 'download', quantity: 1n, amountMicros: 500_000n },
        { datasetName: 'New name', eventType: 'retrieval', quantity: 3n, amountMicros: 60_001n },
      ],
    })
    expect(await world.owedBy(tenantId)).toBe(49_560_001n + 30_000n)
    expect(await world.actionsOf(tenantId)).toEqual(['month.close'])
    expect(await months()).toEqual(['2026-04-01T00:00:00.000Z'])
    expect(await isMonthClosed(world.db, new Date('2026-04-01T00:00:00Z'))).toBe(true)
    expect(await isMonthClosed(world.db, new Date('2026-05-01T00:00:00Z'))).toBe(false)
  })

  test('is not closed a millisecond before its end', async () => {
    const tenantId = await world.addTenant('pro')
    world.setTime('2026-04-30T23:59:59.999Z')
    await world.close()
    expect(await issuedOf(tenantId)).toEqual([])
    expect(await months()).toEqual([])
  })

  test('is closed once, however often and from however many places', async () => {
    const tenantId = await world.addTenant('business')
    await world.use(tenantId, {})
    world.setTime('2026-05-01T00:00:00Z')
    await Promise.all([world.close(), world.close(), world.close()])
    await world.close()
    expect(await issuedOf(tenantId)).toHaveLength(1)
    expect(await world.owedBy(tenantId)).toBe(499_030_000n)
    expect(await world.actionsOf(tenantId)).toEqual(['month.close'])
  })

  test('with nothing to pay is closed without an invoice, and takes no number', async () => {
    const idle = await world.addTenant()
    const own = await world.addTenant()
    await world.use(own, { isBillable: false })
    const payer = await world.addTenant('pro')
    world.setTime('2026-05-01T00:00:00Z')
    await world.close()
    expect(await issuedOf(idle)).toEqual([])
    expect(await issuedOf(own)).toEqual([])
    expect(await issuedOf(payer)).toMatchObject([{ number: '2026-000001' }])
    expect(await world.actionsOf(idle)).toEqual(['month.close'])
  })

  test('lets nothing more be charged in it, and leaves the next one open', async () => {
    const tenantId = await world.addTenant()
    world.setTime('2026-05-01T00:00:00Z')
    await world.close()
    world.setTime('2026-04-30T23:59:59.999Z')
    const late = world.use(tenantId, {})
    await expect(late).rejects.toMatchObject({ code: 'service_unavailable' })
    world.setTime('2026-05-01T00:00:00Z')
    await world.use(tenantId, {})
  })

  test('without any tenant is none', async () => {
    world.setTime('2030-01-01T00:00:00Z')
    await world.close()
    expect(await months()).toEqual([])
  })

  test('does not ask a tenant that came later', async () => {
    await world.addTenant('pro')
    world.setTime('2026-05-01T00:00:00Z')
    const later = await world.addTenant('pro')
    await world.close()
    expect(await issuedOf(later)).toEqual([])
    world.setTime('2026-06-01T00:00:00Z')
    await world.close()
    expect(await issuedOf(later)).toMatchObject([{ periodStart: new Date('2026-05-01T00:00:00Z') }])
  })
})

describe('several months', () => {
  test('are closed oldest first, over the turn of the year and a leap day', async () => {
    world.setTime('2027-11-30T23:59:59Z')
    const tenantId = await world.addTenant()
    for (const time of [
      '2027-12-31T23:59:59.999Z',
      '2028-01-01T00:00:00Z',
      '2028-02-29T12:00:00Z',
    ]) {
      world.setTime(time)
      await world.use(tenantId, {})
    }
    world.setTime('2028-03-01T00:00:00Z')
    await world.close()
    const starts = (await issuedOf(tenantId)).map((one) =>
      one.periodStart.toISOString().slice(0, 7),
    )
    expect(starts).toEqual(['2028-02', '2028-01', '2027-12'])
    expect(await months()).toEqual([
      '2027-11-01T00:00:00.000Z',
      '2027-12-01T00:00:00.000Z',
      '2028-01-01T00:00:00.000Z',
      '2028-02-01T00:00:00.000Z',
    ])
  })

  test('give numbers without gaps, which begin anew with the year of their issue', async () => {
    world.setTime('2026-11-05T00:00:00Z')
    const tenantId = await world.addTenant('pro')
    const numbers = []
    for (const time of ['2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z', '2027-02-01T00:00:00Z']) {
      world.setTime(time)
      await world.close()
      numbers.push((await issuedOf(tenantId))[0]?.number)
    }
    expect(numbers).toEqual(['2026-000001', '2027-000001', '2027-000002'])
  })

  test('stand still when the clock jumps back, and go on afterwards', async () => {
    const tenantId = await world.addTenant('pro')
    world.setTime('2026-06-02T00:00:00Z')
    await world.close()
    const before = await issuedOf(tenantId)
    world.setTime('2026-04-10T00:00:00Z')
    await world.close()
    expect(await invoicesOf(tenantId)).toEqual(before)
    // Someone signs up in a month that is closed for everybody else, and can use nothing in it.
    const late = await world.addTenant()
    await expect(world.use(late, {})).rejects.toMatchObject({ code: 'service_unavailable' })
    world.setTime('2026-06-03T00:00:00Z')
    await world.use(late, {})
    await world.close()
    expect(await issuedOf(late)).toEqual([])
    expect(await issuedOf(tenantId)).toEqual(before)
  })
})

test('a closing that is killed after any tenant goes on, and nothing is done twice', async () => {
  const tenants: Id<'tnt'>[] = []
  for (let count = 0; count < 4; count += 1) tenants.push(await world.addTenant('pro'))
  for (const tenantId of tenants) await world.use(tenantId, {})
  world.setTime('2026-05-01T00:00:00Z')
  for (let number = 1; number <= tenants.length; number += 1) {
    const dying = world.close(dyingAt(1))
    await expect(dying).rejects.toThrow('1 tenants are not closed for 2026-04')
    expect(await months()).toEqual([])
  }
  world.setTime('2026-06-01T00:00:00Z')
  await expect(world.close(dyingAt(1))).rejects.toThrow('2026-04')
  await world.close()
  const numbers = []
  for (const tenantId of tenants) {
    const issued = await issuedOf(tenantId)
    expect(issued.map((one) => one.totalMicros)).toEqual([49_000_000n, 49_030_000n])
    expect(await world.owedBy(tenantId)).toBe(98_030_000n)
    numbers.push(...issued.map((one) => one.number))
  }
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((one) => `2026-00000${one}`))
})

test('a tenant that cannot be closed holds up later months, but nobody else in this one', async () => {
  const [first, second] = [await world.addTenant('pro'), await world.addTenant('pro')]
  world.setTime('2026-06-01T00:00:00Z')
  await expect(world.close(dyingAt(1))).rejects.toThrow('2026-04')
  const counts = [(await issuedOf(first)).length, (await issuedOf(second)).length]
  expect(counts.sort()).toEqual([0, 1])
})

test('a charge that is under way when its month is closed is on the invoice', async () => {
  const tenantId = await world.addTenant()
  world.setTime('2026-04-30T23:59:59Z')
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let hasCharged = () => {}
  const charged = new Promise<void>((resolve) => {
    hasCharged = resolve
  })
  const slow: Db = {
    ...world.db,
    tx: (work) =>
      world.db.tx(async (tx) => {
        const result = await work(tx)
        hasCharged()
        await held
        return result
      }),
  }
  const charging = world.charge(tenantId, [{}], slow)
  await charged
  world.setTime('2026-05-01T00:00:00Z')
  const closing = world.close()
  setTimeout(letGo, 200)
  await Promise.all([charging, closing])
  expect(await issuedOf(tenantId)).toMatchObject([{ totalMicros: 30_000n }])
})

test('charges that race the closing are on the invoice, or were refused', async () => {
  const tenantId = await world.addTenant()
  world.setTime('2026-04-30T23:59:59Z')
  const charges = Array.from({ length: 12 }, () => world.use(tenantId, {}))
  world.setTime('2026-05-01T00:00:00Z')
  const closing = world.close()
  const settled = await Promise.allSettled(charges)
  await closing
  const done = settled.filter(({ status }) => status === 'fulfilled').length
  for (const one of settled) {
    if (one.status === 'rejected') expect(one.reason.code).toBe('service_unavailable')
  }
  expect(await world.owedBy(tenantId)).toBe(30_000n * BigInt(done))
  const [invoice] = await issuedOf(tenantId)
  expect(invoice?.totalMicros ?? 0n).toBe(30_000n * BigInt(done))
})

test('whatever was used, lines and total are the sum of the usage events, and the draft agrees', async () => {
  const datasets = [newId('dset'), newId('dset'), newId('dset')]
  const use = fc.record({
    micros: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    datasetId: fc.constantFrom(...datasets),
    datasetName: fc.constantFrom('A', 'B'),
    eventType: fc.constantFrom('retrieval' as const, 'citation' as const, 'outcome' as const),
    isBillable: fc.boolean(),
  })
  const uses = fc.array(use, { minLength: 1, maxLength: 12 })
  // Each run in a month of its own: what is closed stays closed.
  let month = 3
  await fc.assert(
    fc.asyncProperty(uses, async (drawn) => {
      world.setTime(new Date(Date.UTC(2026, month, 5)).toISOString())
      month += 1
      const tenantId = await world.addTenant()
      const { amountMicros } = await world.use(tenantId, ...drawn)
      const [draft] = await invoicesOf(tenantId)
      world.setTime(new Date(Date.UTC(2026, month, 1)).toISOString())
      await world.close()
      const [invoice] = await issuedOf(tenantId)
      expect(sumOf(draft)).toBe(amountMicros)
      expect(draft?.totalMicros).toBe(amountMicros)
      expect(invoice?.totalMicros ?? 0n).toBe(amountMicros)
      expect(sumOf(invoice) ?? 0n).toBe(amountMicros)
      if (invoice) expect({ id: draft?.id, lines: draft?.lines }).toMatchObject(shown(invoice))
    }),
    { numRuns: 10 },
  )
})

const shown = ({ id, lines }: Invoice) => ({
  id,
  lines: lines.map(({ id, quantity, amountMicros, datasetName }) => ({
    id,
    quantity,
    amountMicros,
    datasetName,
  })),
})

describe('a list of invoices', () => {
  test('goes over drafts and invoices, each once, on pages of any size', async () => {
    const tenantId = await world.addTenant('pro')
    world.setTime('2026-07-01T00:00:00Z')
    await world.close()
    // Two months that nobody has closed yet.
    world.setTime('2026-08-02T00:00:00Z')
    const all = await invoicesOf(tenantId)
    expect(all.map(({ status }) => status)).toEqual(['draft', 'draft', 'open', 'open', 'open'])
    for (const limit of [1, 2, 3, 4, 5]) {
      const seen: Invoice[] = []
      let after: readonly (string | number)[] | null = null
      do {
        const call = { ...world.callOf(tenantId), after }
        const page = await listInvoices({ db: world.db }, call, { limit })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        seen.push(...page.items)
        after = page.next
      } while (after)
      expect(seen).toEqual(all)
    }
  })
})

describe('the usage of a line', () => {
  test('is its dataset and kind of use in the month, before and after the closing', async () => {
    const tenantId = await world.addTenant('pro')
    const datasetId = newId('dset')
    await world.use(tenantId, { datasetId })
    const [draft] = await invoicesOf(tenantId)
    const line = draft?.lines.find((one) => one.kind === 'usage')
    const fee = draft?.lines.find((one) => one.kind === 'plan_fee')
    const from = new Date('2026-04-01T00:00:00Z')
    const to = new Date('2026-05-01T00:00:00Z')
    const ask = (lineId: string | null, of = tenantId) =>
      usageOfLine(world.db, of, { invoiceId: draft?.id ?? '', lineId, now: world.now() })
    const expectUsage = async () => {
      expect(await ask(line?.id ?? '')).toMatchObject({
        from,
        to,
        datasetId,
        eventType: 'retrieval',
      })
      expect(await ask(null)).toMatchObject({ from, to, datasetId: null, eventType: null })
      expect(await ask(fee?.id ?? '')).toMatchObject({ from, to: from })
      expect(await ask('line_unknown')).toBeUndefined()
    }
    await expectUsage()
    world.setTime('2026-05-01T00:00:00Z')
    await world.close()
    await expectUsage()
    const stranger = await world.addTenant()
    expect(await ask(null, stranger)).toBeUndefined()
    const unknown = { invoiceId: 'inv_unknown', lineId: null, now: world.now() }
    expect(await usageOfLine(world.db, tenantId, unknown)).toBeUndefined()
  })
})

test('the invoice of another tenant is not found, as a draft and as an invoice', async () => {
  const tenantId = await world.addTenant('pro')
  const stranger = await world.addTenant()
  const [draft] = await invoicesOf(tenantId)
  const get = (id: string, by: Id<'tnt'>) => getInvoice({ db: world.db }, world.callOf(by), id)
  expect(await get(draft?.id ?? '', tenantId)).toEqual(draft)
  await expect(get(draft?.id ?? '', stranger)).rejects.toMatchObject({ code: 'not_found' })
  world.setTime('2026-05-01T00:00:00Z')
  await world.close()
  expect((await get(draft?.id ?? '', tenantId)).status).toBe('open')
  await expect(get(draft?.id ?? '', stranger)).rejects.toMatchObject({ code: 'not_found' })
})

test('the books name an invoice that was changed, and use that no invoice has', async () => {
  const tenantId = await world.addTenant()
  const idle = await world.addTenant()
  await world.use(tenantId, {}, {})
  world.setTime('2026-05-01T00:00:00Z')
  await world.close()
  const [invoice] = await issuedOf(tenantId)
  const named = async () => (await verifyInvoices(world.db)).map(({ id, problem }) => [id, problem])
  const change = (step: bigint) => world.db.run`
    update invoice_lines set amount_micros = amount_micros + ${step}
    where invoice_id = ${invoice?.id ?? ''} and event_type = 'retrieval'
      and id = (select min(id) from invoice_lines where invoice_id = ${invoice?.id ?? ''})`
  await change(1n)
  expect(await named()).toEqual([
    [invoice?.id, 'total'],
    [invoice?.id, 'usage'],
  ])
  await change(-1n)
  await world.db
    .run`update invoices set total_micros = total_micros + 1 where id = ${invoice?.id ?? ''}`
  expect(await named()).toEqual([[invoice?.id, 'total']])
  await world.db
    .run`update invoices set total_micros = total_micros - 1 where id = ${invoice?.id ?? ''}`

  // An event of a month that was closed without an invoice.
  const events = await world.db.rows<{ id: string }>`
    update usage_events set tenant_id = ${idle}
    where id = (select min(id) from usage_events) returning id`
  expect(events).toHaveLength(1)
  expect(await named()).toEqual([
    [invoice?.id, 'usage'],
    [`${idle} 2026-04`, 'unbilled'],
  ])
  await world.db.run`
    update usage_events set tenant_id = ${tenantId} where id = ${events[0]?.id ?? ''}`
})
