// The money of the platform as operators see it: accounts, transfers, and the check of the books over a
// market in which somebody changed a row behind our back.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
  await publish(world, { files: [textFile('a.txt', 'Herring and salt in the old harbour.')] })
  await world.buyer.client.search.query({ query: 'herring' })
}, 60_000)
afterAll(() => world.close())

const ledger = () => world.operator.client.ledger
const books = () => world.operator.client.books

test('the books were checked with the start of the day, and are sound', async () => {
  await until(async () => (await books().get()).data.checked_at !== null)
  const { data } = await books().get()
  expect(data).toEqual({ checked_at: '2026-04-05T10:00:00Z', sound: true, findings: [] })
})

test('accounts and transfers show every movement, page by page', async () => {
  const accounts = []
  for await (const account of await ledger().accounts({ limit: 1 })) accounts.push(account)
  expect(accounts).toEqual([
    {
      account: `payable:${world.provider.tenantId}`,
      tenant_id: world.provider.tenantId,
      purpose: 'payable',
      balance: -0.018,
    },
    {
      account: `receivable:${world.buyer.tenantId}`,
      tenant_id: world.buyer.tenantId,
      purpose: 'receivable',
      balance: 0.03,
    },
    { account: 'revenue', tenant_id: null, purpose: 'revenue', balance: -0.012 },
  ])
  const transfers = []
  for await (const transfer of await ledger().transfers({ limit: 1 })) transfers.push(transfer)
  expect(transfers.map(({ amount }) => amount).sort()).toEqual([0.012, 0.018])
  for (const transfer of transfers) {
    expect(transfer).toMatchObject({
      transfer_id: expect.stringMatching(/^chg_/),
      debit_account: `receivable:${world.buyer.tenantId}`,
      currency: 'USD',
      posted_at: '2026-04-05T10:00:00Z',
    })
  }
  const revenue = await ledger().transfers({ account: 'revenue' })
  expect(revenue.data).toMatchObject({ total: 1, transfers: [{ amount: 0.012 }] })
  const none = await ledger().transfers({ tenant_id: world.stranger.tenantId })
  expect(none.data).toMatchObject({ total: 0, transfers: [], has_more: false })
  const wrong = ledger().transfers({ from: '2026-05-01T00:00:00Z', to: '2026-04-01T00:00:00Z' })
  await expect(wrong).rejects.toMatchObject({ status: 422 })
})

test('a check that is asked for names what was changed, and is sound again when it is mended', async () => {
  const { db } = world.app.services
  const row = await db.first<{ id: string }>`select id from usage_events`
  const id = row?.id ?? ''
  await db.run`update usage_events set amount_micros = amount_micros + 1 where id = ${id}`
  const key = { idempotencyKey: 'check-1' }
  const { data } = await books().check({}, key)
  expect(data.sound).toBe(false)
  expect(data.findings.map(({ kind }) => kind)).toEqual([
    'charge',
    'transfer_wrong',
    'usage_event',
    'usage_event',
  ])
  expect(data.findings.at(-1)).toMatchObject({ kind: 'usage_event', subject: id })
  expect((await world.operator.client.admin.system()).data.unexplained_money).toBeGreaterThan(0)
  expect((await books().get()).data).toEqual(data)
  expect((await books().check({}, key)).data).toEqual(data)

  await db.run`update usage_events set amount_micros = amount_micros - 1 where id = ${id}`
  expect((await books().check()).data).toMatchObject({ sound: true, findings: [] })
  expect((await world.operator.client.admin.system()).data.unexplained_money).toBe(0)
})

test('the check of the night comes by itself, once a day', async () => {
  const { checked_at } = (await books().get()).data
  world.clock.forward(14 * 3_600_000)
  await world.restart()
  await world.logIn(world.operator)
  await until(async () => (await books().get()).data.checked_at !== checked_at)
  expect((await books().get()).data).toMatchObject({
    checked_at: '2026-04-06T00:00:00Z',
    sound: true,
  })
})

test('nobody but operators sees any of it', async () => {
  await world.logIn(world.stranger)
  const { books, ledger, priceBooks } = world.stranger.client
  const refused = { status: 403 }
  await expect(books.get()).rejects.toMatchObject(refused)
  await expect(books.check()).rejects.toMatchObject(refused)
  await expect(ledger.accounts()).rejects.toMatchObject(refused)
  await expect(ledger.transfers()).rejects.toMatchObject(refused)
  await expect(priceBooks.list()).rejects.toMatchObject(refused)
})
