import { operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { newId } from '../../base/ids.ts'
import * as invoices from '../invoices/invoices.ts'
import { checkBooksNightly } from './books.ts'
import { openWorld, type Use, type World, wire } from './insights.fixture.ts'
import { checkBooks, checkBooksNow, lastBookCheck } from './insights.ts'
import { presentBooks } from './wire.ts'

let world: World
let buyer: Actor
let provider: Actor
let dataset: Use['dataset']

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant()
  buyer = await world.addTenant()
  dataset = await world.addDataset(provider)
})
afterAll(() => world.close())

const tables = [
  (db: World['db']) => db.run`delete from usage_events`,
  (db: World['db']) => db.run`delete from charges`,
  (db: World['db']) => db.run`delete from ledger_transfers`,
  (db: World['db']) => db.run`delete from ledger_accounts`,
  (db: World['db']) => db.run`delete from invoice_lines`,
  (db: World['db']) => db.run`delete from invoices`,
  (db: World['db']) => db.run`delete from invoice_months`,
  (db: World['db']) => db.run`delete from closed_months`,
  (db: World['db']) => db.run`delete from closed_use_months`,
  (db: World['db']) => db.run`delete from budgets`,
  (db: World['db']) => db.run`delete from book_checks`,
]
beforeEach(async () => {
  world.setTime('2026-04-05T10:00:00Z')
  for (const clear of tables) await clear(world.db)
  await world.search(buyer, 'q', [{ dataset, micros: 33_333n }, { dataset }])
  await world.use(buyer, { dataset, eventType: 'download', micros: 500_001n })
  await world.search(provider, 'own', [{ dataset }])
  await world.search(buyer, 'nothing found', [])
})

const run = (time: string) => ({ now: new Date(time), signal: new AbortController().signal })
const closeApril = () => invoices.closeMonths(world.deps, run('2026-05-01T00:00:01Z'))
const found = async () => {
  const findings = await checkBooks(world.db)
  return findings.map(({ kind, targetId }) => `${kind} ${targetId}`)
}
const downloadOf = async () => {
  const row = await world.db.first<{ id: string; chargeId: string }>`
    select id, charge_id from usage_events where event_type = 'download'`
  if (!row) throw new Error('it was sold')
  return { id: row.id, chargeId: row.chargeId, transferId: `${row.chargeId}:${provider.tenantId}` }
}

test('sound books have no findings, with free and empty charges and a closed month', async () => {
  expect(await found()).toEqual([])
  await closeApril()
  world.setTime('2026-05-01T00:00:02Z')
  await world.use(buyer, { dataset, micros: 1n })
  expect(await found()).toEqual([])
})

describe('a check of the books names', () => {
  test('a balance that was changed, and that all of them are not zero', async () => {
    await world.db.run`
      update ledger_accounts set balance_micros = balance_micros + 5 where purpose = 'receivable'`
    expect(await found()).toEqual([`balance receivable:${buyer.tenantId}`, 'trial_balance ledger'])
  })

  test('two balances that hide each other', async () => {
    await world.db.run`
      update ledger_accounts set balance_micros = balance_micros + 5 where purpose = 'receivable'`
    await world.db.run`
      update ledger_accounts set balance_micros = balance_micros - 5 where purpose = 'payable'`
    expect(await found()).toEqual([
      `balance payable:${provider.tenantId}`,
      `balance receivable:${buyer.tenantId}`,
    ])
  })

  test('a transfer that is missing, though its balances are as if it were not', async () => {
    const { transferId } = await downloadOf()
    await world.db.run`delete from ledger_transfers where id = ${`${transferId}:provider`}`
    expect(await found()).toEqual([
      `balance payable:${provider.tenantId}`,
      `balance receivable:${buyer.tenantId}`,
      `transfer_missing ${transferId}:provider`,
    ])
  })

  test('a transfer of another amount', async () => {
    const { transferId } = await downloadOf()
    await world.db.run`
      update ledger_transfers set amount_micros = amount_micros + 1
      where id = ${`${transferId}:provider`}`
    expect(await found()).toContain(`transfer_wrong ${transferId}:provider`)
  })

  test('a transfer between other accounts', async () => {
    const { transferId } = await downloadOf()
    await world.db.run`
      update ledger_transfers set debit_account_id = ${`payable:${provider.tenantId}`}
      where id = ${`${transferId}:platform`}`
    expect(await found()).toContain(`transfer_wrong ${transferId}:platform`)
  })

  test('a transfer in the name of a charge that nothing asks for', async () => {
    const { chargeId } = await downloadOf()
    for (const id of ['chg_none:tnt_x:provider', `${chargeId}:tnt_x:platform`]) {
      await world.db.run`
        insert into ledger_transfers (id, debit_account_id, credit_account_id, amount_micros, reason,
          posted_at)
        values (${id}, ${`receivable:${buyer.tenantId}`}, ${`payable:${provider.tenantId}`}, 1, 'x',
          ${world.now()})`
      expect(await found()).toContain(`transfer_wrong ${id}`)
    }
  })

  test('a charge whose amount is not the sum of its usage events', async () => {
    const { chargeId } = await downloadOf()
    await world.db.run`update charges set amount_micros = amount_micros + 1 where id = ${chargeId}`
    expect(await found()).toEqual([`charge ${chargeId}`])
  })

  test('usage without its charge', async () => {
    const { id, chargeId, transferId } = await downloadOf()
    await world.db.run`delete from charges where id = ${chargeId}`
    expect(await found()).toEqual([
      `transfer_wrong ${transferId}:platform`,
      `transfer_wrong ${transferId}:provider`,
      `usage_event ${id}`,
    ])
  })

  test('a usage event whose amount was changed, in each of the books that it stands in', async () => {
    await closeApril()
    const { id, chargeId, transferId } = await downloadOf()
    await world.db.run`update usage_events set amount_micros = amount_micros + 1 where id = ${id}`
    const findings = await checkBooks(world.db)
    const [invoice] = await world.db.rows<{ id: string }>`
      select id from invoices where tenant_id = ${buyer.tenantId}`
    expect(findings.map(({ kind, targetId }) => [kind, targetId])).toEqual([
      ['charge', chargeId],
      ['transfer_wrong', `${transferId}:provider`],
      ['usage_event', id],
      ['usage_event', id],
      ['invoice', invoice?.id],
    ])
  })

  test.each([
    [
      'its dataset',
      (id: string) => world.db.run`
      update usage_events set dataset_name = 'Other' where id = ${id}`,
    ],
    [
      'its buyer’s key',
      (id: string) => world.db.run`
      update usage_events set api_key_id = 'key_x' where id = ${id}`,
    ],
    [
      'its time',
      (id: string) => world.db.run`
      update usage_events set occurred_at = occurred_at + interval '1 second' where id = ${id}`,
    ],
    [
      'whether it costs',
      (id: string) => world.db.run`
      update usage_events set billable = false where id = ${id}`,
    ],
    [
      'its price',
      (id: string) => world.db.run`
      update usage_events
      set price_inputs = jsonb_set(price_inputs, '{baseMicros}', '"500000"') where id = ${id}`,
    ],
    [
      'its price, to no price at all',
      (id: string) => world.db.run`
      update usage_events set price_inputs = '{"model": "fixed", "baseMicros": "x"}'
      where id = ${id}`,
    ],
  ])('a usage event that was changed in %s', async (_, change) => {
    const { id } = await downloadOf()
    await change(id)
    expect(await found()).toContain(`usage_event ${id}`)
  })

  test('an amount that does not follow from its price, also where there is no digest', async () => {
    const { id } = await downloadOf()
    await world.db.run`update usage_events set digest = null where id = ${id}`
    expect(await found()).toEqual([])
    await world.db.run`
      update usage_events set platform_micros = platform_micros - 1 where id = ${id}`
    expect(await found()).toContain(`usage_event ${id}`)
  })

  test('an invoice whose line was changed', async () => {
    await closeApril()
    const [line] = await world.db.rows<{ invoiceId: string }>`
      update invoice_lines set amount_micros = amount_micros + 1
      where event_type = 'download' returning invoice_id`
    const once = `invoice ${line?.invoiceId}`
    // The total, and the usage that the lines should stand for.
    expect(await found()).toEqual([once, once])
  })
})

test('what is sold while it reads is never taken for a mistake', async () => {
  const sales = Array.from({ length: 40 }, (_, index) =>
    world.search(buyer, 'busy', [{ dataset, micros: BigInt(index) }, { dataset }]),
  )
  const checks = Array.from({ length: 5 }, () => checkBooks(world.db))
  await Promise.all(sales)
  for (const findings of await Promise.all(checks)) expect(findings).toEqual([])
})

test('at most a thousand findings are kept, and none of a kind hides the others', async () => {
  const uses = Array.from({ length: 300 }, () => ({ dataset, micros: 10n }))
  await world.search(buyer, 'many', uses)
  await world.db.run`update usage_events set dataset_name = 'Other'`
  await closeApril()
  await world.db.run`update invoices set total_micros = total_micros + 1`
  const findings = await checkBooks(world.db)
  expect(findings.length).toBeLessThanOrEqual(1_000)
  expect(findings.filter(({ kind }) => kind === 'usage_event')).toHaveLength(125)
  expect(findings.map(({ kind }) => kind)).toContain('invoice')
})

test('goes through more rows than are read at once', async () => {
  for (let charge = 0; charge < 12; charge += 1) {
    const uses = Array.from({ length: 100 }, () => ({ dataset, micros: 10n }))
    await world.search(buyer, 'many', uses)
  }
  for (let charge = 0; charge < 520; charge += 1) await world.charge(buyer, [])
  expect(await found()).toEqual([])
  const [last] = await world.db.rows<{ id: string }>`
    select max(id) as id from usage_events`
  await world.db.run`update usage_events set dataset_name = 'x' where id = ${last?.id ?? ''}`
  const [lastCharge] = await world.db.rows<{ id: string }>`select max(id) as id from charges`
  await world.db.run`update charges set amount_micros = 1 where id = ${lastCharge?.id ?? ''}`
  expect(await found()).toEqual([`charge ${lastCharge?.id}`, `usage_event ${last?.id}`])
}, 60_000)

describe('the last check', () => {
  const call = () => world.callOf(buyer)
  const shown = async () => presentBooks(await lastBookCheck(world.deps, call()), wire)

  test('is unknown before the first', async () => {
    const body = await shown()
    expect(operations['books.get'].output.parse(body)).toEqual(body)
    expect(body).toEqual({ checked_at: null, sound: null, findings: [] })
  })

  test('comes once a night, however often it is looked for', async () => {
    for (const time of ['00:00:01', '00:10:01', '23:59:59']) {
      await checkBooksNightly(world.deps, run(`2026-04-05T${time}Z`))
      expect(await shown()).toMatchObject({ checked_at: '2026-04-05T00:00:01Z', sound: true })
    }
    await checkBooksNightly(world.deps, run('2026-04-06T00:00:00Z'))
    expect(await shown()).toMatchObject({ checked_at: '2026-04-06T00:00:00Z' })
  })

  test('of a night that finds something is kept, and fails so that it is told', async () => {
    const { chargeId } = await downloadOf()
    await world.db.run`update charges set amount_micros = 1 where id = ${chargeId}`
    const checked = checkBooksNightly(world.deps, run('2026-04-05T00:00:01Z'))
    await expect(checked).rejects.toThrow('1 findings')
    const body = await shown()
    expect(operations['books.get'].output.parse(body)).toEqual(body)
    expect(body).toEqual({
      checked_at: '2026-04-05T00:00:01Z',
      sound: false,
      findings: [
        {
          kind: 'charge',
          subject: chargeId,
          text: 'The charge is 1 micros, its usage events make 500001.',
        },
      ],
    })
  })

  test('is made now where an operator asks, once for each call, and stands in the audit', async () => {
    const asked = { ...call(), chargeKey: newId('req') }
    const first = await checkBooksNow(world.deps, asked)
    await world.db.run`update charges set amount_micros = amount_micros + 1`
    expect(await checkBooksNow(world.deps, asked)).toEqual(first)
    expect((await checkBooksNow(world.deps, call())).findings).not.toEqual([])
    expect(await shown()).toMatchObject({ sound: false })
    const entries = await world.db.rows`
      select 1 from audit_events where action = 'books.check' and tenant_id = ${buyer.tenantId}`
    expect(entries).toHaveLength(2)
  })
})
