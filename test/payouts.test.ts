// From a month's earnings to money at the bank, as providers and operators see it, with every wrong turn.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let datasetId: string
let payoutId: string
/** Earns less than the minimum. */
let small: Party
let smallId: string

const csv = (word: string, rows: number) =>
  textFile(
    'rows.csv',
    ['ship,cargo', ...Array.from({ length: rows }, (_, at) => `${word} ${at},herring`)].join('\n'),
  )

beforeAll(async () => {
  world = await openWorld()
  small = await world.signUp('small')
  await publish(world, { by: small, files: [csv('beta', 1)] })
  const terms = { name: 'Ships’ logs', unit_prices: { retrieval: 0.15 } }
  datasetId = (await publish(world, { terms, files: [csv('alpha', 100)] })).datasetId
  await world.buyer.client.search.query({ query: 'alpha', top_k: 100 })
  await world.buyer.client.search.query({ query: 'beta' })
  const [running] = (await world.provider.client.payouts.list()).data.payouts
  payoutId = running?.payout_id ?? ''
  expect(running).toMatchObject({ status: 'pending', gross: 15, platform_fee: 6, net: 9 })
  const early = world.provider.client.payouts.statement({ payout_id: payoutId })
  await expect(early).rejects.toMatchObject({ status: 409, code: 'conflict' })
  await closeMonth(world)
  await world.logIn(small)
  smallId = (await made(small)).payout_id
  await made(world.provider)
}, 120_000)
afterAll(() => world.close())

async function allOf({ tenantId }: Party) {
  const { data } = await world.operator.client.adminPayouts.list({ tenant_id: tenantId })
  return data.payouts
}

/** Waits until the clock has made it. */
async function made(party: Party) {
  await until(async () => (await allOf(party)).length > 0)
  const [payout] = await allOf(party)
  if (!payout) throw new Error('there is no payout')
  return payout
}

const raw = (path: string, json: object, token = world.operator.token) =>
  send(`${world.url}/v1/admin/payouts/${path}`, { json, token })

async function expectBalanced(): Promise<void> {
  const { client } = world.operator
  expect((await client.ledger.trialBalance()).data.total).toBe(0)
  expect((await client.admin.system()).data.unexplained_money).toBe(0)
}

describe('a provider', () => {
  test('has the payout under the id of its running month, with every line', async () => {
    const { data } = await world.provider.client.payouts.get({ payout_id: payoutId })
    expect(data).toEqual({
      payout_id: payoutId,
      period_start: '2026-04-01T00:00:00Z',
      period_end: '2026-04-30T23:59:59Z',
      status: 'pending',
      gross: 15,
      platform_fee: 6,
      held: 0,
      net: 9,
      currency: 'USD',
      release_at: '2026-05-15T00:00:00Z',
      carried_forward: false,
      paid_at: null,
      bank_reference: null,
      lines: [
        {
          dataset_id: datasetId,
          dataset_name: 'Ships’ logs',
          event_type: 'retrieval',
          quantity: 100,
          gross: 15,
          net: 9,
        },
      ],
    })
    expect((await world.provider.client.payouts.list()).data).toMatchObject({
      payouts: [data],
      total: 1,
    })
  })

  test('has its statement as PDF, the same bytes each time', async () => {
    const { payouts } = world.provider.client
    const bytes = await payouts.statement({ payout_id: payoutId })
    expect(Buffer.from(bytes.slice(0, 5)).toString()).toBe('%PDF-')
    expect(await payouts.statement({ payout_id: payoutId })).toEqual(bytes)
    const other = world.buyer.client.payouts.statement({ payout_id: payoutId })
    await expect(other).rejects.toMatchObject({ status: 404 })
  })

  test('needs billing:read, and finds nothing of another tenant', async () => {
    const { client } = world.provider
    const key = await client.apiKeys.create({ name: 'agent', scopes: ['usage:read'] })
    const weak = world.client({ apiKey: key.secret }).payouts.get({ payout_id: payoutId })
    await expect(weak).rejects.toMatchObject({ status: 403 })
    for (const payout_id of [payoutId, 'pay_unknown', 'x']) {
      const hidden = world.buyer.client.payouts.get({ payout_id })
      await expect(hidden).rejects.toMatchObject({ status: 404 })
    }
    expect((await world.buyer.client.payouts.list()).data).toMatchObject({ payouts: [], total: 0 })
  })
})

describe('an operator', () => {
  test('sees the payouts of all providers, by state and provider', async () => {
    const { adminPayouts } = world.operator.client
    const { data } = await adminPayouts.list({ status: 'pending' })
    expect(data.payouts.map(({ payout_id }) => payout_id).sort()).toEqual(
      [payoutId, smallId].sort(),
    )
    expect(await allOf(world.provider)).toMatchObject([
      { tenant_id: world.provider.tenantId, tenant_name: 'provider Ltd', open_disputes: 0 },
    ])
    expect((await adminPayouts.list({ status: 'paid' })).data.total).toBe(0)
    const seen = []
    for await (const one of await adminPayouts.list({ limit: 1 })) seen.push(one)
    expect(seen).toEqual(data.payouts)
    const url = `${world.url}/v1/admin/payouts?status=draft`
    expect((await send(url, { token: world.operator.token })).status).toBe(422)
  })

  test.each([
    ['hold', {}],
    ['hold', { reason: '' }],
    ['hold', { reason: 'x'.repeat(2_001) }],
    ['reverse', { reason: 1 }],
    ['pay', {}],
    ['pay', { bank_reference: '' }],
    ['pay', { bank_reference: 'x'.repeat(201) }],
    ['approve', { more: 1 }],
    ['release', { more: 1 }],
  ])('is told what is wrong with %s of %j, and nothing moves', async (act, body) => {
    expect([400, 422]).toContain((await raw(`${payoutId}/${act}`, body)).status)
    expect(await allOf(world.provider)).toMatchObject([{ status: 'pending' }])
  })

  test('cannot move what is not there, and nobody else can move anything', async () => {
    const bodies = {
      approve: {},
      release: {},
      hold: { reason: 'x' },
      reverse: { reason: 'x' },
      pay: { bank_reference: 'x' },
    }
    for (const [act, body] of Object.entries(bodies)) {
      expect((await raw(`pay_unknown/${act}`, body)).status).toBe(404)
      expect((await raw(`${payoutId}/${act}`, body, world.provider.token)).status).toBe(403)
    }
  })

  test('holds a payout back, and releases it', async () => {
    const { adminPayouts } = world.operator.client
    const payout_id = payoutId
    const reason = 'the account looks odd'
    expect((await adminPayouts.hold({ payout_id, reason })).data).toMatchObject({ status: 'held' })
    const { data } = await world.provider.client.payouts.get({ payout_id })
    expect(data).toMatchObject({ status: 'held', held: 0, net: 9 })
    const refused = { status: 409, code: 'conflict' }
    await expect(adminPayouts.hold({ payout_id, reason })).rejects.toMatchObject(refused)
    await expect(adminPayouts.approve({ payout_id })).rejects.toMatchObject(refused)
    expect((await adminPayouts.release({ payout_id })).data).toMatchObject({ status: 'pending' })
    await expect(adminPayouts.release({ payout_id })).rejects.toMatchObject(refused)
  })

  test('approves by hand, and pays once, after the hold window', async () => {
    const { adminPayouts } = world.operator.client
    const payout_id = payoutId
    await adminPayouts.approve({ payout_id })
    const bank_reference = 'bank 7'
    const early = adminPayouts.pay({ payout_id, bank_reference })
    await expect(early).rejects.toMatchObject({ status: 409, code: 'conflict' })
    world.clock.forward(14 * 24 * 3_600_000)
    for (const party of [world.provider, world.buyer, world.operator, small]) {
      await world.logIn(party)
    }
    const again = world.operator.client.adminPayouts
    const key = { idempotencyKey: 'payout-7' }
    const paid = await again.pay({ payout_id, bank_reference }, key)
    expect(paid.data).toMatchObject({ status: 'paid', bank_reference, net: 9 })
    expect((await again.pay({ payout_id, bank_reference }, key)).data).toEqual(paid.data)
    const twice = again.pay({ payout_id, bank_reference })
    await expect(twice).rejects.toMatchObject({ status: 409, code: 'conflict' })
    const seen = await world.provider.client.payouts.get({ payout_id })
    expect(seen.data).toMatchObject({ status: 'paid', paid_at: paid.data.paid_at, bank_reference })
    await expectBalanced()
  })

  test('records that a payment came back, and pays again', async () => {
    const { adminPayouts } = world.operator.client
    const payout_id = payoutId
    const reversed = await adminPayouts.reverse({ payout_id, reason: 'no such account' })
    expect(reversed.data).toMatchObject({ status: 'reversed' })
    await adminPayouts.approve({ payout_id })
    const paid = await adminPayouts.pay({ payout_id, bank_reference: 'bank 8' })
    expect(paid.data).toMatchObject({ status: 'paid', bank_reference: 'bank 8' })
    await expectBalanced()
  })
})

test('too little is carried forward, and approved together with what comes later', async () => {
  await until(async () => (await made(small)).carried_forward)
  expect(await made(small)).toMatchObject({ status: 'pending', net: 0.018 })
  const terms = { unit_prices: { retrieval: 0.15 } }
  await publish(world, { by: small, terms, files: [csv('gamma', 100)] })
  await world.buyer.client.search.query({ query: 'gamma', top_k: 100 })
  await world.buyer.client.search.query({ query: 'gamma', top_k: 100 })
  await closeMonth(world)
  world.clock.forward(14 * 24 * 3_600_000)
  await world.logIn(world.operator)
  await until(async () => (await allOf(small)).every(({ status }) => status === 'approved'))
  expect(await allOf(small)).toMatchObject([
    { net: 18, carried_forward: false },
    { net: 0.018, carried_forward: false },
  ])
}, 120_000)

test('the provider finds in its audit what was done with its payout, and by whom', async () => {
  await world.logIn(world.provider)
  const entries = []
  for await (const one of await world.provider.client.audit.list({ target_id: payoutId })) {
    entries.unshift(`${one.actor_type} ${one.action}`)
  }
  expect(entries).toEqual([
    'system payout.make',
    'user payout.hold',
    'user payout.release',
    'user payout.approve',
    'user payout.pay',
    'user payout.reverse',
    'user payout.approve',
    'user payout.pay',
  ])
})
