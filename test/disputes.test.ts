// Usage that a buyer contests: what buyer, provider and operator see of it, until the money is where it
// belongs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World
/** Four events of 0.03 in April, oldest first. */
let april: string[]

beforeAll(async () => {
  world = await openWorld()
  const rows = ['ship,cargo', 'alpha,herring', 'alpha,salt', 'alpha,wine', 'alpha,oil']
  await publish(world, { files: [textFile('rows.csv', rows.join('\n'))] })
  await world.buyer.client.search.query({ query: 'alpha' })
  april = await usageIds()
  expect(april).toHaveLength(4)
}, 90_000)
afterAll(() => world.close())

async function usageIds(): Promise<string[]> {
  const rows = await world.app.services.db.rows<{ id: string }>`
    select id from usage_events
    where tenant_id = ${world.buyer.tenantId} and amount_micros > 0
    order by occurred_at, id`
  return rows.map(({ id }) => id)
}

const open = (ids: readonly string[], idempotencyKey?: string) =>
  world.buyer.client.disputes.create(
    { usage_event_ids: [...ids], reason: 'The hits were about salt, not about ships.' },
    idempotencyKey === undefined ? {} : { idempotencyKey },
  )
const resolve = (dispute_id: string, resolution: 'refunded' | 'rejected', key?: string) =>
  world.operator.client.adminDisputes.resolve(
    { dispute_id, resolution, note: 'Looked at the stored hits.' },
    key === undefined ? {} : { idempotencyKey: key },
  )
const month = async () => (await world.provider.client.payouts.list()).data.payouts[0]

async function expectBalanced(): Promise<void> {
  const { client } = world.operator
  expect((await client.ledger.trialBalance()).data.total).toBe(0)
  expect((await client.admin.system()).data.unexplained_money).toBe(0)
}

describe('a buyer', () => {
  test.each([
    ['usage_event_ids', { usage_event_ids: [] }],
    ['usage_event_ids', { usage_event_ids: ['ue_1', 'ue_1'] }],
    ['usage_event_ids', { usage_event_ids: Array.from({ length: 101 }, (_, at) => `ue_${at}`) }],
    ['usage_event_ids', { usage_event_ids: 'ue_1' }],
    ['usage_event_ids', { usage_event_ids: undefined }],
    ['reason', { reason: '' }],
    ['reason', { reason: 'x'.repeat(2_001) }],
    ['reason', { reason: undefined }],
    ['more', { more: 1 }],
  ])('is told that %s is wrong', async (field, change) => {
    const json = { usage_event_ids: ['ue_1'], reason: 'wrong', ...change }
    const answer = await send(`${world.url}/v1/disputes`, { json, token: world.buyer.token })
    expect([400, 422]).toContain(answer.status)
    expect(answer.body.error?.details?.fields?.map((one) => one.field)).toEqual([field])
  })

  test('opens a dispute once, and finds it again', async () => {
    const [first = ''] = april
    const made = await open([first], 'dispute-1')
    expect(made).toEqual({
      dispute_id: expect.stringMatching(/^dsp_/),
      status: 'open',
      usage_event_ids: [first],
      amount: 0.03,
      currency: 'USD',
      reason: 'The hits were about salt, not about ships.',
      resolution_note: null,
      created_at: '2026-04-05T10:00:00Z',
      resolved_at: null,
    })
    expect(await open([first], 'dispute-1')).toEqual(made)
    await expect(open([first])).rejects.toMatchObject({ status: 409, code: 'conflict' })
    const { disputes } = world.buyer.client
    expect((await disputes.list()).items).toEqual([made])
    expect(await disputes.get({ dispute_id: made.dispute_id })).toEqual(made)
    expect(await month()).toMatchObject({ status: 'held', held: 0.018, net: 0.072 })
    await expectBalanced()
  })

  test('may not do it with any key, nor for another tenant', async () => {
    const [, second = ''] = april
    const { client } = world.buyer
    const key = await client.apiKeys.create({ name: 'agent', scopes: ['billing:read'] })
    const input = { usage_event_ids: [second], reason: 'wrong' }
    const keyed = world.client({ apiKey: key.secret }).disputes.create(input)
    await expect(keyed).rejects.toMatchObject({ status: 403 })
    for (const other of [world.provider, world.stranger]) {
      await expect(other.client.disputes.create(input)).rejects.toMatchObject({ status: 404 })
      expect((await other.client.disputes.list()).items).toEqual([])
    }
    await expect(open([second, 'ue_unknown'])).rejects.toMatchObject({ status: 404 })
  })
})

describe('an operator', () => {
  test('sees who disputes with whom, and rejects', async () => {
    const { adminDisputes } = world.operator.client
    const { data } = await adminDisputes.list({ status: 'open' })
    expect(data).toMatchObject({
      total: 1,
      disputes: [
        {
          tenant_id: world.buyer.tenantId,
          tenant_name: 'buyer Ltd',
          providers: [{ tenant_id: world.provider.tenantId, tenant_name: 'provider Ltd' }],
        },
      ],
    })
    const dispute_id = data.disputes[0]?.dispute_id ?? ''
    const done = (await resolve(dispute_id, 'rejected', 'resolve-1')).data
    expect(done).toMatchObject({
      status: 'rejected',
      resolution_note: 'Looked at the stored hits.',
      resolved_at: '2026-04-05T10:00:00Z',
    })
    expect((await resolve(dispute_id, 'rejected', 'resolve-1')).data).toEqual(done)
    await expect(resolve(dispute_id, 'refunded')).rejects.toMatchObject({ status: 409 })
    expect(await month()).toMatchObject({ status: 'pending', held: 0, net: 0.072 })
    expect((await adminDisputes.list({ tenant_id: world.provider.tenantId })).data.total).toBe(0)
    await expectBalanced()
  })

  test('alone resolves, with a note and one of two outcomes', async () => {
    const { dispute_id } = await open([april[1] ?? ''])
    const url = `${world.url}/v1/admin/disputes/${dispute_id}/resolve`
    const json = { resolution: 'refunded', note: 'x' }
    for (const wrong of [{ note: 'x' }, { ...json, note: '' }, { ...json, resolution: 'open' }]) {
      const { status } = await send(url, { json: wrong, token: world.operator.token })
      expect([400, 422]).toContain(status)
    }
    for (const { token } of [world.buyer, world.provider]) {
      expect((await send(url, { json, token })).status).toBe(403)
    }
    await expect(resolve('dsp_unknown', 'refunded')).rejects.toMatchObject({ status: 404 })
  })

  test('refunds after the month is closed: credit note, smaller payout, money back', async () => {
    await closeMonth(world)
    const { operator, buyer, provider } = world
    const payouts = async () =>
      (await operator.client.adminPayouts.list({ tenant_id: provider.tenantId })).data.payouts
    await until(async () => (await payouts()).length > 0)
    const [payout] = await payouts()
    expect(payout).toMatchObject({ status: 'held', held: 0.018, net: 0.072, open_disputes: 1 })
    const payout_id = payout?.payout_id ?? ''
    const approved = operator.client.adminPayouts.approve({ payout_id })
    await expect(approved).rejects.toMatchObject({ status: 409, code: 'conflict' })

    const [dispute] = (await buyer.client.disputes.list()).items
    await resolve(dispute?.dispute_id ?? '', 'refunded')
    expect(await payouts()).toMatchObject([
      { status: 'pending', gross: 0.09, platform_fee: 0.036, net: 0.054, held: 0 },
    ])
    const invoices = (await buyer.client.invoices.list()).items
    expect(invoices.find((one) => one.credits_invoice_id !== null)).toMatchObject({ total: -0.03 })
    expect(
      await buyer.client.disputes.get({ dispute_id: dispute?.dispute_id ?? '' }),
    ).toMatchObject({ status: 'refunded', resolved_at: '2026-05-01T00:00:00Z' })
    await expectBalanced()
  }, 60_000)

  test('gets one dispute of an event, however many are opened at once', async () => {
    const ids = april.slice(2)
    const answers = await Promise.allSettled(Array.from({ length: 16 }, () => open(ids)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of answers) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 409 })
    }
    await expectBalanced()
  })
})

test('what is over its hold window is disputed no more', async () => {
  await world.buyer.client.search.query({ query: 'alpha' })
  const [late = ''] = (await usageIds()).slice(-1)
  const now = world.clock.now().getTime()
  world.clock.forward(Date.parse('2026-06-15T00:00:00Z') - now)
  await world.logIn(world.buyer)
  await expect(open([late])).rejects.toMatchObject({ status: 409, code: 'conflict' })
})

test('a key for other datasets neither opens a dispute nor sees one', async () => {
  await world.logIn(world.provider)
  const { client } = await world.signUp('narrow')
  await client.search.query({ query: 'alpha', top_k: 1 })
  const { items } = await client.usageEvents.list()
  const other = await world.provider.client.datasets.create({ name: 'Other', visibility: 'listed' })
  const key = await client.apiKeys.create({
    name: 'narrow',
    scopes: ['billing:read', 'search:query', 'admin:*'],
    dataset_access_mode: 'allow_list',
    dataset_ids: [other.dataset_id],
  })
  const narrow = world.client({ apiKey: key.secret })
  const body = { usage_event_ids: [items[0]?.usage_event_id ?? ''], reason: 'about salt' }
  await expect(narrow.disputes.create(body)).rejects.toMatchObject({ status: 404 })
  const { dispute_id } = await client.disputes.create(body)
  await expect(narrow.disputes.get({ dispute_id })).rejects.toMatchObject({ status: 404 })
  expect((await narrow.disputes.list()).items).toEqual([])
  expect((await client.disputes.list()).items).toHaveLength(1)
})
