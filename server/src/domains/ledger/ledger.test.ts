import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { asId } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import {
  accountId,
  balanceOf,
  findTransfers,
  listAccounts,
  listTransfers,
  post,
  type Transfer,
  trialBalance,
  verify,
} from './ledger.ts'
import type { TransferQuery } from './pages.ts'

let db: Db
const now = new Date('2026-04-05T10:00:00Z')
const later = new Date('2026-04-06T10:00:00Z')

beforeAll(async () => {
  db = (await openTestDb()).db
})
beforeEach(async () => {
  await db.run`delete from ledger_transfers`
  await db.run`delete from ledger_accounts`
})
afterAll(() => db.close())

const buyerId = asId('tnt', 'tnt_buyer')
const providerId = asId('tnt', 'tnt_provider')
const receivable = { purpose: 'receivable', tenantId: buyerId } as const
const payable = { purpose: 'payable', tenantId: providerId } as const
const revenue = { purpose: 'revenue', tenantId: buyerId } as const

const sale = (change: Partial<Transfer> = {}): Transfer => ({
  id: 'chg_1:provider',
  debit: receivable,
  credit: payable,
  amountMicros: 18_000n,
  reason: 'use',
  ...change,
})
const postAll = (...transfers: Transfer[]) => db.tx((tx) => post(tx, transfers, now))

describe('a transfer', () => {
  test('counts up where it is debited and down where it is credited', async () => {
    await postAll(sale(), sale({ id: 'chg_1:platform', credit: revenue, amountMicros: 12_000n }))
    expect(await balanceOf(db, receivable)).toBe(30_000n)
    expect(await balanceOf(db, payable)).toBe(-18_000n)
    expect(await balanceOf(db, revenue)).toBe(-12_000n)
    expect(await balanceOf(db, { purpose: 'held', tenantId: providerId })).toBe(0n)
  })

  test('posted again under its id moves nothing, also within one call and at a later time', async () => {
    await postAll(sale(), sale())
    await db.tx((tx) => post(tx, [sale()], later))
    expect(await balanceOf(db, receivable)).toBe(18_000n)
  })

  test.each<[string, Partial<Transfer>]>([
    ['amount', { amountMicros: 18_001n }],
    ['debit', { debit: { purpose: 'receivable', tenantId: providerId } }],
    ['credit', { credit: revenue }],
    ['reason', { reason: 'payout' }],
  ])(
    'with a known id and another %s is a conflict, and all of its call is undone',
    async (_, change) => {
      await postAll(sale())
      const both = postAll(sale({ id: 'chg_2:provider' }), sale(change))
      await expect(both).rejects.toMatchObject({ code: 'conflict' })
      expect(await balanceOf(db, receivable)).toBe(18_000n)
      expect(await verify(db)).toEqual([])
    },
  )

  test('is positive and has two sides', async () => {
    await expect(postAll(sale({ amountMicros: 0n }))).rejects.toThrow('positive')
    await expect(postAll(sale({ amountMicros: -1n }))).rejects.toThrow('positive')
    await expect(postAll(sale({ credit: receivable }))).rejects.toThrow()
    expect((await trialBalance(db)).accounts).toEqual([])
  })
})

describe('the books', () => {
  const account = fc.record({
    purpose: fc.constantFrom('receivable', 'payable', 'held', 'revenue', 'cash', 'refunds'),
    tenantId: fc.constantFrom('tnt_a', 'tnt_b', 'tnt_c').map((id) => asId('tnt', id)),
  })
  const transfer = fc
    .record({
      debit: account,
      credit: account,
      amountMicros: fc.bigInt({ min: 1n, max: 10n ** 12n }),
    })
    .filter(({ debit, credit }) => accountId(debit) !== accountId(credit))

  test('sum to zero after any transfers, and every balance is explained by them', async () => {
    let round = 0
    const calls = fc.array(fc.array(transfer, { maxLength: 6 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(calls, async (batches) => {
        for (const batch of batches) {
          round++
          const named = batch.map((one, index) => ({
            ...one,
            id: `t${round}:${index}`,
            reason: '',
          }))
          await postAll(...named)
          expect((await trialBalance(db)).totalMicros).toBe(0n)
        }
        expect(await verify(db)).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  test('show the stripes of a platform account as one', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => asId('tnt', `tnt_${index}`))
    const stripes = new Set(ids.map((tenantId) => accountId({ purpose: 'revenue', tenantId })))
    expect(stripes.size).toBeGreaterThan(4)
    await postAll(
      ...ids.map((tenantId) =>
        sale({ id: tenantId, credit: { purpose: 'revenue', tenantId }, amountMicros: 5n }),
      ),
    )
    expect(await trialBalance(db)).toEqual({
      accounts: [
        { account: 'receivable:tnt_buyer', tenantId: buyerId, balanceMicros: 100n },
        { account: 'revenue', tenantId: null, balanceMicros: -100n },
      ],
      totalMicros: 0n,
    })
  })

  test('tell a balance that nobody posted', async () => {
    await postAll(sale())
    await db.run`
      update ledger_accounts set balance_micros = balance_micros - 7
      where id = ${accountId(payable)}`
    expect(await verify(db)).toEqual([
      { account: 'payable:tnt_provider', balanceMicros: -18_007n, transfersMicros: -18_000n },
    ])
    expect((await trialBalance(db)).totalMicros).toBe(-7n)
  })

  test('tell two wrong balances that hide each other from the sum', async () => {
    await postAll(sale())
    await db.run`
      update ledger_accounts
      set balance_micros = balance_micros + case when purpose = 'payable' then 7 else -7 end`
    expect((await trialBalance(db)).totalMicros).toBe(0n)
    expect(await verify(db)).toHaveLength(2)
  })
})

describe('pages of operators', () => {
  const callAfter = (after: Position | null): Call => ({
    actor: systemActor(buyerId, 'operator'),
    requestId: 'req_1',
    chargeKey: 'req_1',
    isRepeat: false,
    address: '',
    now,
    signal: new AbortController().signal,
    after,
  })
  const whole: TransferQuery = { account: null, tenantId: null, from: null, to: null, limit: 100 }
  const transfers = async (query: Partial<TransferQuery> = {}) => {
    const page = await listTransfers({ db }, callAfter(null), { ...whole, ...query })
    expect(page.total).toBe(page.items.length)
    return page.items.map((item) => item.id)
  }
  const postAt = (at: Date, ...some: Transfer[]) => db.tx((tx) => post(tx, some, at))

  beforeEach(async () => {
    await postAt(now, sale({ id: 'a' }), sale({ id: 'b', credit: revenue }))
    const other = { purpose: 'revenue', tenantId: providerId } as const
    const held = { purpose: 'held', tenantId: providerId } as const
    await postAt(later, sale({ id: 'c', debit: payable, credit: held, amountMicros: 1n }))
    await postAt(later, sale({ id: 'd', debit: held, credit: other, amountMicros: 1n }))
  })

  test('show accounts by name, stripes as one, and what they hold', async () => {
    expect(accountId(revenue)).not.toBe(accountId({ purpose: 'revenue', tenantId: providerId }))
    const seen = []
    let after: Position | null = null
    do {
      const filter = { tenantId: null, purpose: null, limit: 1 }
      const page = await listAccounts({ db }, callAfter(after), filter)
      expect(page.total).toBe(4)
      seen.push(...page.items)
      after = page.next
    } while (after)
    const tenantId = providerId
    expect(seen).toEqual([
      { account: 'held:tnt_provider', tenantId, purpose: 'held', balanceMicros: 0n },
      { account: 'payable:tnt_provider', tenantId, purpose: 'payable', balanceMicros: -17_999n },
      {
        account: 'receivable:tnt_buyer',
        tenantId: buyerId,
        purpose: 'receivable',
        balanceMicros: 36_000n,
      },
      { account: 'revenue', tenantId: null, purpose: 'revenue', balanceMicros: -18_001n },
    ])
    const accounts = async (filter: { tenantId: string | null; purpose: 'held' | null }) => {
      const page = await listAccounts({ db }, callAfter(null), { ...filter, limit: 10 })
      return [page.total, ...page.items.map((item) => item.account)]
    }
    expect(await accounts({ tenantId: 'tnt_buyer', purpose: null })).toEqual([
      1,
      'receivable:tnt_buyer',
    ])
    expect(await accounts({ tenantId: null, purpose: 'held' })).toEqual([1, 'held:tnt_provider'])
    expect(await accounts({ tenantId: 'tnt_buyer', purpose: 'held' })).toEqual([0])
  })

  test('show transfers newest first, and once each over the pages', async () => {
    const seen = []
    let after: Position | null = null
    do {
      const page = await listTransfers({ db }, callAfter(after), { ...whole, limit: 1 })
      seen.push(...page.items)
      after = page.next
    } while (after)
    expect(seen.map((item) => item.id)).toEqual(['d', 'c', 'b', 'a'])
    expect(seen[0]).toEqual({
      id: 'd',
      debitAccount: 'held:tnt_provider',
      creditAccount: 'revenue',
      amountMicros: 1n,
      currency: 'USD',
      reason: 'use',
      postedAt: later,
    })
  })

  test('narrow transfers by account, tenant and time', async () => {
    expect(await transfers({ account: 'revenue' })).toEqual(['d', 'b'])
    expect(await transfers({ account: 'receivable:tnt_buyer' })).toEqual(['b', 'a'])
    expect(await transfers({ account: 'receivable' })).toEqual([])
    expect(await transfers({ tenantId: 'tnt_provider' })).toEqual(['d', 'c', 'a'])
    expect(await transfers({ tenantId: 'tnt_provider', account: 'revenue' })).toEqual(['d'])
    expect(await transfers({ from: later })).toEqual(['d', 'c'])
    expect(await transfers({ to: later })).toEqual(['b', 'a'])
    expect(await transfers({ tenantId: 'tnt_none' })).toEqual([])
    const wrong = transfers({ from: later, to: now })
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('find transfers by their ids', async () => {
    expect([...(await findTransfers(db, ['a', 'c', 'none'])).keys()].sort()).toEqual(['a', 'c'])
  })
})
