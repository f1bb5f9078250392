// A month as buyers and operators see it: the draft, the invoice, its PDF, its payment, and every wrong
// way to pay.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let draftId: string
let datasetId: string
/** Owes the fee of its plan, and has used nothing. */
let payer: Party
const csv = ['ship,cargo', 'alpha,herring', 'alpha,salt'].join('\n')

beforeAll(async () => {
  world = await openWorld()
  const made = await publish(world, {
    terms: { name: 'Ships’ logs' },
    files: [textFile('rows.csv', csv)],
  })
  datasetId = made.datasetId
  payer = await world.signUp('payer')
  const { client } = world.operator
  await client.adminTenants.update({ tenant_id: payer.tenantId, plan: 'business' })
  await client.adminTenants.update({ tenant_id: world.buyer.tenantId, plan: 'pro' })
  await world.buyer.client.search.query({ query: 'alpha' })
  const [draft] = (await world.buyer.client.invoices.list()).items
  draftId = draft?.invoice_id ?? ''
  expect(draft).toMatchObject({ status: 'draft', number: null, total: 49.06, opened_at: null })
  const pdf = world.buyer.client.invoices.pdf({ invoice_id: draftId })
  await expect(pdf).rejects.toMatchObject({ status: 409, code: 'conflict' })
  await closeMonth(world)
  await world.logIn(payer)
}, 90_000)
afterAll(() => world.close())

const invoiceOf = async ({ tenantId }: Party) => {
  const { data } = await world.operator.client.adminInvoices.list({ tenant_id: tenantId })
  const [invoice] = data.invoices
  if (!invoice) throw new Error('the tenant has no invoice')
  return invoice
}
const payment = (invoice_id: string, change: object = {}) => ({
  invoice_id,
  amount: 499,
  currency: 'USD' as const,
  reference: 'bank 7',
  paid_at: world.clock.now().toISOString(),
  ...change,
})
const rawPay = (invoice_id: string, change: object) => {
  const { invoice_id: _, ...json } = payment(invoice_id, change)
  const url = `${world.url}/v1/admin/invoices/${invoice_id}/payments`
  return send(url, { json, token: world.operator.token })
}

async function expectBalanced(): Promise<void> {
  const { client } = world.operator
  expect((await client.ledger.trialBalance()).data.total).toBe(0)
  expect((await client.admin.system()).data.unexplained_money).toBe(0)
}

describe('a buyer', () => {
  test('has the invoice under the id of its draft, with every line and what they add up to', async () => {
    const invoice = await world.buyer.client.invoices.get({ invoice_id: draftId })
    expect(invoice).toEqual({
      invoice_id: draftId,
      number: expect.stringMatching(/^2026-00000\d$/),
      status: 'open',
      period_start: '2026-04-01T00:00:00Z',
      period_end: '2026-04-30T23:59:59Z',
      lines: [
        {
          line_id: expect.stringMatching(/^line_/),
          kind: 'plan_fee',
          dataset_id: null,
          dataset_name: null,
          event_type: null,
          quantity: 1,
          amount: 49,
        },
        {
          line_id: expect.stringMatching(/^line_/),
          kind: 'usage',
          dataset_id: datasetId,
          dataset_name: 'Ships’ logs',
          event_type: 'retrieval',
          quantity: 2,
          amount: 0.06,
        },
      ],
      total: 49.06,
      currency: 'USD',
      due_at: '2026-05-15T00:00:00Z',
      opened_at: '2026-05-01T00:00:00Z',
      paid_at: null,
      credits_invoice_id: null,
    })
  })

  test('sees the running month first, page by page', async () => {
    const { client } = world.buyer
    const all = (await client.invoices.list()).items
    expect(all.map(({ status }) => status)).toEqual(['draft', 'open'])
    expect(all[0]).toMatchObject({ period_start: '2026-05-01T00:00:00Z', total: 49 })
    const seen = []
    for await (const one of await client.invoices.list({ limit: 1 })) seen.push(one)
    expect(seen).toEqual(all)
    const url = `${world.url}/v1/invoices?limit=101`
    expect((await send(url, { token: world.buyer.token })).status).toBe(422)
  })

  test('gets a PDF, the same bytes each time', async () => {
    const { client, token } = world.buyer
    const bytes = await client.invoices.pdf({ invoice_id: draftId })
    expect(bytes).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(bytes.subarray(0, 5)).toString()).toBe('%PDF-')
    const again = await client.invoices.pdf({ invoice_id: draftId })
    expect(Buffer.from(again).equals(Buffer.from(bytes))).toBe(true)
    const { headers } = await send(`${world.url}/v1/invoices/${draftId}/pdf`, { token })
    expect(headers.get('content-type')).toBe('application/pdf')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('needs billing:read, and finds nothing of another tenant', async () => {
    const key = await world.buyer.client.apiKeys.create({ name: 'agent', scopes: ['usage:read'] })
    const weak = world.client({ apiKey: key.secret }).invoices.get({ invoice_id: draftId })
    await expect(weak).rejects.toMatchObject({ status: 403 })
    for (const invoice_id of [draftId, 'inv_unknown', 'x']) {
      const { invoices } = world.stranger.client
      await expect(invoices.get({ invoice_id })).rejects.toMatchObject({ status: 404 })
      await expect(invoices.pdf({ invoice_id })).rejects.toMatchObject({ status: 404 })
    }
    const own = (await world.stranger.client.invoices.list()).items
    expect(own).toMatchObject([{ status: 'draft', total: 0, lines: [] }])
  })
})

describe('an operator', () => {
  test('sees the invoices of all tenants, by status and tenant', async () => {
    const { client } = world.operator
    const { data } = await client.adminInvoices.list({ status: 'open' })
    expect(data.total).toBe(2)
    expect(data.invoices.map(({ tenant_id }) => tenant_id).sort()).toEqual(
      [payer.tenantId, world.buyer.tenantId].sort(),
    )
    expect((await client.adminInvoices.list({ status: 'void' })).data.total).toBe(0)
    expect((await client.adminInvoices.list({ tenant_id: 'tnt_unknown' })).data.total).toBe(0)
    const seen = []
    for await (const one of await client.adminInvoices.list({ limit: 1 })) seen.push(one)
    expect(seen.map(({ invoice_id }) => invoice_id)).toEqual(
      data.invoices.map(({ invoice_id }) => invoice_id),
    )
    const url = `${world.url}/v1/admin/invoices?status=draft`
    expect((await send(url, { token: world.operator.token })).status).toBe(422)
  })

  test.each([
    ['amount', { amount: 499.0000001 }, 422],
    ['amount', { amount: -499 }, 422],
    ['amount', { amount: 1e15 }, 422],
    ['amount', { amount: 250 }, 422],
    ['amount', { amount: 499.000001 }, 422],
    ['amount', { amount: 0 }, 422],
    ['amount', { amount: '499' }, 400],
    ['amount', { amount: undefined }, 400],
    ['currency', { currency: 'EUR' }, 422],
    ['reference', { reference: '' }, 422],
    ['reference', { reference: 'x'.repeat(201) }, 422],
    ['paid_at', { paid_at: '2026-04-30T23:59:59Z' }, 422],
    ['paid_at', { paid_at: '2030-01-01T00:00:00Z' }, 422],
    ['paid_at', { paid_at: 'yesterday' }, 422],
    ['more', { more: 1 }, 400],
  ])('is told that %s is wrong in %j, and nothing is paid', async (field, change, status) => {
    const { invoice_id } = await invoiceOf(payer)
    const answer = await rawPay(invoice_id, change)
    expect(answer.status).toBe(status)
    expect(answer.body.error?.details?.fields?.map((one) => one.field)).toEqual([field])
    expect(await invoiceOf(payer)).toMatchObject({ status: 'open', amount_due: 499, paid_at: null })
  })

  test('records a payment once, and the buyer sees it', async () => {
    const { client } = world.operator
    const invoice = await invoiceOf(payer)
    expect(invoice).toMatchObject({ tenant_name: 'payer Ltd', credited: 0, amount_due: 499 })
    const { invoice_id } = invoice
    const paid_at = invoice.opened_at ?? ''
    const input = payment(invoice_id, { paid_at })
    const key = { idempotencyKey: 'payment-7' }
    const paid = await client.adminInvoices.pay(input, key)
    expect(paid.data).toMatchObject({
      status: 'paid',
      paid_at,
      amount_due: 0,
      payment_reference: 'bank 7',
    })
    expect((await client.adminInvoices.pay(input, key)).data).toEqual(paid.data)
    await expect(client.adminInvoices.pay(input)).rejects.toMatchObject({ status: 409 })
    const reason = 'too late'
    const voided = client.adminInvoices.void({ invoice_id, reason })
    await expect(voided).rejects.toMatchObject({ status: 409 })
    const seen = await payer.client.invoices.get({ invoice_id })
    expect(seen).toMatchObject({ status: 'paid', paid_at, total: 499 })
    await expectBalanced()
  })

  test('gives an open invoice up, once, with a reason', async () => {
    const { client } = world.operator
    const invoice_id = draftId
    const url = `${world.url}/v1/admin/invoices/${invoice_id}/void`
    for (const json of [{}, { reason: '' }, { reason: 'x'.repeat(2_001) }, { reason: 1 }]) {
      const { status } = await send(url, { json, token: world.operator.token })
      expect([400, 422]).toContain(status)
    }
    const { data } = await client.adminInvoices.void({ invoice_id, reason: 'a gift' })
    expect(data).toMatchObject({ status: 'void', amount_due: 0, void_reason: 'a gift' })
    const again = client.adminInvoices.void({ invoice_id, reason: 'a gift' })
    await expect(again).rejects.toMatchObject({ status: 409 })
    const paid = client.adminInvoices.pay(payment(invoice_id, { amount: 49.06 }))
    await expect(paid).rejects.toMatchObject({ status: 409 })
    expect(await world.buyer.client.invoices.get({ invoice_id })).toMatchObject({ status: 'void' })
    await expectBalanced()
  })

  test('finds no unknown invoice and no draft, and nobody else pays or gives up', async () => {
    const { client } = world.operator
    const [draft] = (await world.buyer.client.invoices.list()).items
    for (const invoice_id of ['inv_unknown', draft?.invoice_id ?? '']) {
      const paid = client.adminInvoices.pay(payment(invoice_id))
      await expect(paid).rejects.toMatchObject({ status: 404 })
      const voided = client.adminInvoices.void({ invoice_id, reason: 'x' })
      await expect(voided).rejects.toMatchObject({ status: 404 })
    }
    const { adminInvoices } = world.buyer.client
    const refused = { status: 403 }
    await expect(adminInvoices.pay(payment(draftId))).rejects.toMatchObject(refused)
    const voided = adminInvoices.void({ invoice_id: draftId, reason: 'x' })
    await expect(voided).rejects.toMatchObject(refused)
    await expect(adminInvoices.list()).rejects.toMatchObject(refused)
  })
})

test('the buyer finds the closing and the end of its invoice in its audit', async () => {
  const actions = []
  for await (const entry of await world.buyer.client.audit.list({ target_id: draftId })) {
    actions.push(entry.action)
  }
  expect(actions).toEqual(['invoice.void', 'month.close'])
})
