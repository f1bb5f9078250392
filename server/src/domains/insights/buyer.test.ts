import { operations } from '@ipto/contract/operations.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import { openWorld, type Use, type World, wire } from './insights.fixture.ts'
import { buyerDashboard, listAccesses, listSearches, spendOf } from './insights.ts'
import {
  presentAccess,
  presentBuyerDashboard,
  presentSearchActivity,
  presentSpend,
} from './wire.ts'

let world: World
let provider: Actor
let buyer: Actor
let contracts: Use['dataset']
let invoices: Use['dataset']

beforeAll(async () => {
  world = await openWorld()
  provider = await world.addTenant()
  contracts = await world.addDataset(provider, 'Contracts')
  invoices = await world.addDataset(provider, 'Invoices')
})
beforeEach(async () => {
  world.setTime('2026-04-05T10:00:00Z')
  buyer = await world.addTenant()
})
afterAll(() => world.close())

const all = { limit: 100 }

describe('the dashboard', () => {
  test('counts all keys of the tenant, and those that are not revoked', async () => {
    const keys = [await world.addKey(buyer), await world.addKey(buyer), await world.addKey(buyer)]
    await identity.revokeKey(world.deps, world.callOf(buyer), keys[0]?.id ?? '')
    await world.addKey(provider)
    const body = presentBuyerDashboard(await buyerDashboard(world.deps, world.callOf(buyer)))
    expect(body).toEqual({ api_key_count: 3, active_api_key_count: 2 })
    expect(operations['buyer.dashboard'].output.parse(body)).toEqual(body)
  })
})

describe('searches', () => {
  test('show what was asked, what was found and what it cost, newest first', async () => {
    await world.search(buyer, 'first', [])
    world.setTime('2026-04-05T10:01:00Z')
    const id = await world.search(buyer, 'VAT dispute', [
      { dataset: contracts, micros: 1n },
      { dataset: invoices, micros: 80_000n },
    ])
    const page = await listSearches(world.deps, world.callOf(buyer), all)
    expect(page.total).toBe(2)
    expect(page.items.map((item) => item.queryText)).toEqual(['VAT dispute', 'first'])
    const bodies = page.items.map((item) => presentSearchActivity(item, wire))
    expect(bodies[0]).toEqual({
      search_activity_id: id,
      query_text: 'VAT dispute',
      dataset_ids: [contracts.id, invoices.id],
      result_count: 2,
      charged_amount: 0.080001,
      currency: 'USD',
      occurred_at: '2026-04-05T10:01:00Z',
    })
    for (const body of bodies) operations['activity.searches'].output.parse(body)
  })

  test('of another tenant are not seen', async () => {
    await world.search(provider, 'mine', [])
    expect(await listSearches(world.deps, world.callOf(buyer), all)).toEqual({
      items: [],
      next: null,
      total: 0,
    })
  })

  test('come page by page without gap or repetition, with the total of all', async () => {
    for (const text of ['1', '2', '3', '4', '5']) await world.search(buyer, text, [])
    const call = world.callOf(buyer)
    const seen: string[] = []
    for (let after: typeof call.after = null, left = true; left; left = after !== null) {
      const page = await listSearches(world.deps, { ...call, after }, { limit: 2 })
      expect(page.total).toBe(5)
      seen.push(...page.items.map((item) => item.id))
      after = page.next
    }
    expect(new Set(seen).size).toBe(5)
    expect([...seen].sort().reverse()).toEqual(seen)
  })
})

describe('accesses', () => {
  const accesses = async (actor = buyer) =>
    (await listAccesses(world.deps, world.callOf(actor), all)).items

  test('count passages and files by dataset, the latest first', async () => {
    await world.search(buyer, 'q', [{ dataset: invoices }, { dataset: invoices }])
    world.setTime('2026-04-05T11:00:00Z')
    await world.use(buyer, { dataset: contracts, eventType: 'download' })
    world.setTime('2026-04-05T12:00:00Z')
    await world.use(buyer, { dataset: invoices, eventType: 'citation' })
    await world.use(buyer, { dataset: invoices, eventType: 'outcome' })
    const bodies = (await accesses()).map((item) => presentAccess(item, wire))
    expect(bodies).toEqual([
      {
        dataset_id: contracts.id,
        dataset_name: 'Contracts',
        access_count: 1,
        last_accessed_at: '2026-04-05T11:00:00Z',
      },
      {
        dataset_id: invoices.id,
        dataset_name: 'Invoices',
        access_count: 2,
        last_accessed_at: '2026-04-05T10:00:00Z',
      },
    ])
    for (const body of bodies) operations['activity.accesses'].output.parse(body)
  })

  test('hold the use of own datasets as well', async () => {
    const own = await world.addDataset(buyer, 'Own')
    await world.search(buyer, 'q', [{ dataset: own }])
    expect(await accesses()).toMatchObject([{ datasetName: 'Own', accessCount: 1 }])
  })

  test('tell the name as it was at the last access', async () => {
    await world.search(buyer, 'q', [{ dataset: { ...contracts, name: 'Old' } }])
    world.setTime('2026-04-05T11:00:00Z')
    await world.search(buyer, 'q', [{ dataset: { ...contracts, name: 'New' } }])
    expect(await accesses()).toMatchObject([{ datasetName: 'New', accessCount: 2 }])
  })

  test('are narrowed to the list of a key', async () => {
    await world.search(buyer, 'q', [{ dataset: contracts }, { dataset: invoices }])
    const call = world.callOf(await world.addKey(buyer, [invoices.id]))
    const page = await listAccesses(world.deps, call, all)
    expect(page).toMatchObject({ items: [{ datasetId: invoices.id }], total: 1 })
  })

  test('come page by page, also where several were at one moment', async () => {
    const datasets = []
    for (let index = 0; index < 4; index++) datasets.push(await world.addDataset(provider))
    await world.search(
      buyer,
      'q',
      datasets.map((dataset) => ({ dataset })),
    )
    world.setTime('2026-04-05T11:00:00Z')
    await world.search(buyer, 'q', [{ dataset: contracts }])
    const call = world.callOf(buyer)
    const seen: string[] = []
    for (let after: typeof call.after = null, left = true; left; left = after !== null) {
      const page = await listAccesses(world.deps, { ...call, after }, { limit: 2 })
      expect(page.total).toBe(5)
      seen.push(...page.items.map((item) => item.datasetId))
      after = page.next
    }
    expect(seen[0]).toBe(contracts.id)
    expect(new Set(seen).size).toBe(5)
  })
})

describe('spend', () => {
  const spend = async (actor = buyer) => spendOf(world.deps, world.callOf(actor))

  test('is that of the calendar month in UTC, with the plan fee outside the total', async () => {
    world.setTime('2026-03-31T23:59:59.999Z')
    await world.use(buyer, { dataset: contracts, eventType: 'download', micros: 500_000n })
    world.setTime('2026-04-01T00:00:00Z')
    await world.search(buyer, 'q', [{ dataset: contracts, micros: 98_420_000n }])
    world.setTime('2026-04-30T23:59:59.999Z')
    await world.use(buyer, { dataset: contracts, eventType: 'download', micros: 27_000_000n })
    await world.use(buyer, { dataset: contracts, eventType: 'citation', micros: 200_000n })
    await world.use(buyer, { dataset: contracts, eventType: 'outcome', micros: 50_000n })
    const body = presentSpend(await spend({ ...buyer, plan: 'pro' }), wire)
    expect(body).toEqual({
      total_spend: 125.67,
      currency: 'USD',
      period_start: '2026-04-01T00:00:00Z',
      period_end: '2026-04-30T23:59:59Z',
      search_spend: 98.42,
      retrieval_spend: 27.25,
      plan_fee: 49,
    })
    expect(operations['spend.get'].output.parse(body)).toEqual(body)
    world.setTime('2026-05-01T00:00:00Z')
    expect(await spend()).toMatchObject({ totalMicros: 0n, planFeeMicros: 0n })
  })

  test('equals what was charged and what is owed, to the micro, whatever was bought', async () => {
    const own = await world.addDataset(buyer, 'Own')
    const use = fc.record({
      eventType: fc.constantFrom('retrieval', 'download', 'citation', 'outcome'),
      dataset: fc.constantFrom('contracts', 'invoices', 'own'),
      micros: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    })
    let searched = 0n
    let other = 0n
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 6 }), async (drawn) => {
        for (const { eventType, dataset: name, micros } of drawn) {
          const dataset = { contracts, invoices, own }[name]
          const paid = dataset === own ? 0n : micros
          if (eventType === 'retrieval') {
            await world.search(buyer, 'q', [{ dataset, micros }])
            searched += paid
          } else {
            expect(await world.use(buyer, { dataset, eventType, micros })).toBe(paid)
            other += paid
          }
        }
        const told = await spend()
        expect(told).toMatchObject({ searchMicros: searched, retrievalMicros: other })
        const receivable = { purpose: 'receivable', tenantId: buyer.tenantId } as const
        expect(await ledger.balanceOf(world.db, receivable)).toBe(told.totalMicros)
      }),
      { numRuns: 8 },
    )
  })
})
