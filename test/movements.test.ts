// Every movement of a month that is no charge: plan fee, payments, credits, payouts, disputes. Whoever
// changes one, or takes it away, is named by the check of the books.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { openWorld, type World } from './world.ts'

let world: World
const dayMs = 86_400_000

beforeAll(async () => {
  world = await openWorld()
  const rows = ['ship,cargo', 'alpha,herring', 'alpha,salt', 'alpha,wine']
  await publish(world, {
    terms: { monetization_mode: 'premium', access_policy: 'automatic' },
    files: [textFile('rows.csv', rows.join('\n'))],
  })
  const bankrupt = await world.signUp('bankrupt')
  const { client } = world.operator
  await client.adminTenants.update({ tenant_id: world.buyer.tenantId, plan: 'pro' })
  await client.adminTenants.update({ tenant_id: bankrupt.tenantId, plan: 'business' })
  for (let at = 0; at < 80; at++) await world.buyer.client.search.query({ query: 'alpha' })
  const { items } = await world.buyer.client.usageEvents.list({ limit: 3 })
  const dispute = async (at: number) => {
    const usage_event_ids = [items[at]?.usage_event_id ?? '']
    return (await world.buyer.client.disputes.create({ usage_event_ids, reason: 'odd' })).dispute_id
  }
  const settle = (dispute_id: string, resolution: 'refunded' | 'rejected') =>
    world.operator.client.adminDisputes.resolve({ dispute_id, resolution, note: 'seen' })
  await settle(await dispute(0), 'refunded')
  await closeMonth(world)
  await settle(await dispute(1), 'rejected')
  await payAll()
  await settle(await dispute(2), 'refunded')
  await payAll()
  world.clock.forward(14 * dayMs)
  await world.logIn(world.operator)
  await world.app.runSchedules(['payouts.make'])
  const { adminPayouts } = world.operator.client
  const payout_id = (await adminPayouts.list()).data.payouts[0]?.payout_id ?? ''
  await adminPayouts.pay({ payout_id, bank_reference: 'bank 1' })
  await adminPayouts.reverse({ payout_id, reason: 'wrong account' })
  await adminPayouts.approve({ payout_id })
  await adminPayouts.pay({ payout_id, bank_reference: 'bank 2' })
  await adminPayouts.reverse({ payout_id, reason: 'wrong again' })
}, 120_000)
afterAll(() => world.close())

/** What the buyer owes, and what is owed to it; what the bankrupt owes is given up. */
async function payAll(): Promise<void> {
  const { adminInvoices } = world.operator.client
  const { data } = await adminInvoices.list({ status: 'open' })
  for (const { invoice_id, amount_due, tenant_id } of data.invoices) {
    if (tenant_id !== world.buyer.tenantId) {
      await adminInvoices.void({ invoice_id, reason: 'bankrupt' })
      continue
    }
    await adminInvoices.pay({
      invoice_id,
      amount: Math.abs(amount_due),
      currency: 'USD',
      reference: 'bank',
      paid_at: world.clock.now().toISOString(),
    })
  }
}

async function found(): Promise<string[]> {
  const { data } = await world.operator.client.books.check()
  return data.findings.map(({ kind, subject }) => `${kind} ${subject}`)
}

test('each is found where it was changed, and where it is missing', async () => {
  expect(await found()).toEqual([])
  const { db } = world.app.services
  const rows = await db.rows<{ id: string }>`
    select id from ledger_transfers where not starts_with(id, 'chg_') order by id`
  const ids = rows.map(({ id }) => id).filter((id) => !id.endsWith(':1'))
  const kinds = ids.map((id) => id.replace(/_[0-9a-z]{26}/g, '').replace(/:\d+$/, ''))
  expect([...new Set(kinds)].sort()).toEqual([
    'dsp:platform:refund',
    'dsp:tnt:hold',
    'dsp:tnt:refund',
    'dsp:tnt:reject',
    'inv:payment',
    'inv:plan',
    'inv:void',
    'pay:payment',
    'pay:reversal',
  ])
  for (const id of ids) {
    await db.run`update ledger_transfers set amount_micros = amount_micros + 1 where id = ${id}`
    expect(await found()).toContain(`transfer_wrong ${id}`)
    await db.run`update ledger_transfers set amount_micros = amount_micros - 1 where id = ${id}`
    await db.run`update ledger_transfers set id = 'away' where id = ${id}`
    expect(await found()).toContain(`transfer_missing ${id}`)
    await db.run`update ledger_transfers set id = ${id} where id = 'away'`
  }
  expect(await found()).toEqual([])
})
