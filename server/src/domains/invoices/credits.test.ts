import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Id, newId } from '../../base/ids.ts'
import * as ledger from '../ledger/ledger.ts'
import { openWorld, type World } from './invoices.fixture.ts'
import { creditUse, dueOf, getInvoice, listInvoices, usageOfLine } from './invoices.ts'
import { recordPayment, voidInvoice } from './payments.ts'

const may = '2026-05-01T00:00:00Z'
const periodStart = new Date('2026-04-01T00:00:00Z')
const datasetId = newId('dset')

let world: World
let tenantId: Id<'tnt'>
beforeEach(async () => {
  world = await openWorld()
  tenantId = await world.addTenant('pro')
  await world.use(tenantId, { datasetId, micros: 3_000_000n }, { datasetId, micros: 2_000_000n })
})
afterEach(async () => {
  expect(await world.problems()).toEqual([])
  await world.end()
})

const line = (amountMicros: bigint) => ({
  datasetId,
  datasetName: 'Contracts',
  eventType: 'retrieval',
  quantity: 1n,
  amountMicros,
})

const credit = (amountMicros: bigint, disputeId = newId('dsp'), at = periodStart) =>
  world.db.tx((tx) =>
    creditUse(tx, {
      tenantId,
      periodStart: at,
      disputeId,
      lines: [line(amountMicros)],
      now: world.now(),
    }),
  )

async function issued() {
  const page = await listInvoices({ db: world.db }, world.callOf(tenantId), { limit: 100 })
  return page.items.filter(({ status }) => status !== 'draft')
}

async function invoiceId(): Promise<Id<'inv'>> {
  const invoice = (await issued()).find((one) => one.creditsInvoiceId === null)
  if (!invoice) throw new Error('there is no invoice')
  return invoice.id
}

async function closeApril(): Promise<void> {
  world.setTime(may)
  await world.close()
}

const pay = async (amountMicros: bigint, id?: string, chargeKey = newId('req')) =>
  recordPayment({ db: world.db }, world.callOf(tenantId, chargeKey), {
    invoiceId: id ?? (await invoiceId()),
    amountMicros,
    reference: 'bank 1',
    paidAt: world.now(),
  })
const giveUp = async (id?: string) =>
  voidInvoice({ db: world.db }, world.callOf(tenantId), {
    invoiceId: id ?? (await invoiceId()),
    reason: 'insolvent',
  })
const balance = (purpose: ledger.Purpose) => ledger.balanceOf(world.db, { purpose, tenantId })

describe('refunded use', () => {
  test('of a closed month is a credit note with its own number, settled at once', async () => {
    await closeApril()
    const id = await invoiceId()
    const disputeId = newId('dsp')
    await credit(2_000_000n, disputeId)
    await credit(2_000_000n, disputeId)
    const [note, invoice] = await issued()
    expect(note).toMatchObject({
      number: '2026-000002',
      status: 'paid',
      totalMicros: -2_000_000n,
      openedAt: new Date(may),
      paidAt: new Date(may),
      dueAt: null,
      creditsInvoiceId: id,
      lines: [{ kind: 'usage', datasetId, quantity: 1n, amountMicros: -2_000_000n }],
    })
    expect(invoice).toMatchObject({ id, status: 'open', totalMicros: 54_000_000n })
    expect(await dueOf(world.db, tenantId, id)).toBe(52_000_000n)
    // It moves no money: whoever refunds does.
    expect(await world.owedBy(tenantId)).toBe(54_000_000n)
    expect(await world.actionsOf(tenantId)).toEqual(['month.close', 'invoice.credit'])
    const line = { invoiceId: note?.id ?? '', lineId: note?.lines[0]?.id ?? '', now: new Date(may) }
    expect(await usageOfLine(world.db, tenantId, line)).toEqual({
      from: periodStart,
      to: new Date(may),
      datasetId,
      eventType: 'retrieval',
      disputeId,
    })
    const stranger = await world.addTenant()
    await expect(dueOf(world.db, stranger, id)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of the running month is credited right after its invoice, dispute by dispute', async () => {
    const [first, second] = [newId('dsp'), newId('dsp')]
    await credit(2_000_000n, first)
    await credit(2_000_000n, first)
    await credit(3_000_000n, second)
    expect(await issued()).toEqual([])
    await closeApril()
    const notes = (await issued()).slice(0, 2)
    expect(notes.map((one) => one.totalMicros).sort()).toEqual([-2_000_000n, -3_000_000n].sort())
    expect(notes.map((one) => one.number).sort()).toEqual(['2026-000002', '2026-000003'])
    expect(await dueOf(world.db, tenantId, await invoiceId())).toBe(49_000_000n)
    // The same refund, told again after the closing.
    await credit(2_000_000n, first)
    expect(await issued()).toHaveLength(3)
  })

  test('that leaves nothing to pay settles the invoice', async () => {
    await world.db.run`update tenants set plan = 'starter' where id = ${tenantId}`
    await closeApril()
    await credit(3_000_000n)
    expect((await issued()).at(-1)).toMatchObject({ status: 'open' })
    await credit(2_000_000n)
    expect((await issued()).at(-1)).toMatchObject({ status: 'paid', paidAt: new Date(may) })
    expect(await dueOf(world.db, tenantId, await invoiceId())).toBe(0n)
    await expect(pay(0n)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('of an invoice that was paid owes its money to the buyer, until it is paid out', async () => {
    await closeApril()
    await pay(54_000_000n)
    await credit(3_000_000n)
    const [note] = await issued()
    expect(note).toMatchObject({ status: 'open', totalMicros: -3_000_000n, paidAt: null })
    expect(await dueOf(world.db, tenantId, note?.id ?? '')).toBe(-3_000_000n)
    await expect(giveUp(note?.id)).rejects.toMatchObject({ code: 'conflict' })
    await expect(pay(2_000_000n, note?.id)).rejects.toMatchObject({ code: 'invalid_request' })
    const owed = await world.owedBy(tenantId)
    await pay(3_000_000n, note?.id)
    expect(await world.owedBy(tenantId)).toBe(owed + 3_000_000n)
    expect((await issued())[0]).toMatchObject({ id: note?.id, status: 'paid' })
    await expect(pay(3_000_000n, note?.id)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('of an invoice that was given up is refused, and leaves nothing', async () => {
    await closeApril()
    await giveUp()
    await expect(credit(3_000_000n)).rejects.toMatchObject({ code: 'conflict' })
    expect(await issued()).toHaveLength(1)
  })

  test('is never more than was invoiced', async () => {
    await closeApril()
    await credit(50_000_000n)
    await expect(credit(4_000_001n)).rejects.toThrow('no more is credited')
    await credit(4_000_000n)
  })

  test('from several callers at once is one note for each dispute, and numbers without gaps', async () => {
    await closeApril()
    const disputes = Array.from({ length: 4 }, () => newId('dsp'))
    await Promise.all([...disputes, ...disputes].map((one) => credit(1_000_000n, one)))
    const numbers = (await issued()).map(({ number }) => number)
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5].map((one) => `2026-00000${one}`))
    expect(await dueOf(world.db, tenantId, await invoiceId())).toBe(50_000_000n)
  })

  test('that races the closing of its month is credited once', async () => {
    world.setTime(may)
    const disputes = Array.from({ length: 6 }, () => newId('dsp'))
    await Promise.all([...disputes.map((one) => credit(500_000n, one)), world.close()])
    expect(await dueOf(world.db, tenantId, await invoiceId())).toBe(51_000_000n)
    expect(await issued()).toHaveLength(7)
  })
})

describe('a payment', () => {
  test('of what is due settles the invoice and moves the money once', async () => {
    await closeApril()
    world.setTime('2026-05-03T00:00:00Z')
    const chargeKey = newId('req')
    const first = await pay(54_000_000n, undefined, chargeKey)
    expect(first).toMatchObject({
      status: 'paid',
      paidAt: new Date('2026-05-03T00:00:00Z'),
      paymentReference: 'bank 1',
    })
    expect(await pay(54_000_000n, undefined, chargeKey)).toEqual(first)
    await expect(pay(54_000_000n)).rejects.toMatchObject({ code: 'conflict' })
    expect(await world.owedBy(tenantId)).toBe(0n)
    expect(await balance('cash')).toBe(54_000_000n)
    expect(await world.actionsOf(tenantId)).toEqual(['month.close', 'invoice.pay'])
  })

  test('is what is left after credit notes, to the micro', async () => {
    await closeApril()
    await credit(3_000_000n)
    for (const wrong of [54_000_000n, 51_000_001n, 50_999_999n, 0n]) {
      await expect(pay(wrong)).rejects.toMatchObject({
        code: 'invalid_request',
        fields: [{ path: 'amount' }],
      })
    }
    expect(await pay(51_000_000n)).toMatchObject({ status: 'paid', creditedMicros: 3_000_000n })
  })

  test('of a credit note or of an unknown invoice is refused', async () => {
    await closeApril()
    await credit(3_000_000n)
    const [note] = await issued()
    await expect(pay(3_000_000n, note?.id)).rejects.toMatchObject({ code: 'conflict' })
    await expect(pay(1n, 'inv_unknown')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('from many callers at once is one', async () => {
    await closeApril()
    const settled = await Promise.allSettled(Array.from({ length: 8 }, () => pay(54_000_000n)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await balance('cash')).toBe(54_000_000n)
  })

  test('that races a credit note fits what is due, or is refused', async () => {
    await closeApril()
    const [paid] = await Promise.allSettled([pay(54_000_000n), credit(3_000_000n)])
    const invoice = await getInvoice({ db: world.db }, world.callOf(tenantId), await invoiceId())
    if (paid.status === 'fulfilled') expect(invoice.status).toBe('paid')
    else {
      expect(paid.reason).toMatchObject({ code: 'invalid_request' })
      expect(await dueOf(world.db, tenantId, invoice.id)).toBe(51_000_000n)
    }
  })
})

describe('an invoice that is given up', () => {
  test('is borne by the platform: the buyer owes nothing, the provider keeps its share', async () => {
    await closeApril()
    const payable = () =>
      ledger.balanceOf(world.db, { purpose: 'payable', tenantId: world.providerId })
    const before = await payable()
    expect(await giveUp()).toMatchObject({ status: 'void', voidReason: 'insolvent' })
    expect(await world.owedBy(tenantId)).toBe(0n)
    expect(await balance('refunds')).toBe(54_000_000n)
    expect(await payable()).toBe(before)
    await expect(giveUp()).rejects.toMatchObject({ code: 'conflict' })
    await expect(pay(54_000_000n)).rejects.toMatchObject({ code: 'conflict' })
    expect(await world.actionsOf(tenantId)).toEqual(['month.close', 'invoice.void'])
  })

  test('must be open and without a credit note', async () => {
    await closeApril()
    await credit(1_000_000n)
    await expect(giveUp()).rejects.toMatchObject({ code: 'conflict' })
    await pay(53_000_000n)
    await expect(giveUp()).rejects.toMatchObject({ code: 'conflict' })
    await expect(giveUp('inv_unknown')).rejects.toMatchObject({ code: 'not_found' })
  })
})
