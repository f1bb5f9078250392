import { operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { newId } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import * as invoices from '../invoices/invoices.ts'
import type * as metering from '../metering/metering.ts'
import { openWorld, type World, wire } from './insights.fixture.ts'
import { listUsage, spendSeries } from './insights.ts'
import type { SpendQuery } from './series.ts'
import { listSold, type UsageQuery } from './usage.ts'
import { presentSpendSeries, presentUsageEvent } from './wire.ts'

type Dataset = Awaited<ReturnType<World['addDataset']>>

let world: World
let buyer: Actor
let agent: Actor
let provider: Actor
let first: Dataset
let second: Dataset

// Marches and Aprils of use: two datasets, one key, own use, every kind.
beforeAll(async () => {
  world = await openWorld()
  world.setTime('2026-03-30T23:59:59.999Z')
  provider = await world.addTenant()
  buyer = await world.addTenant()
  first = await world.addDataset(provider, 'First')
  second = await world.addDataset(provider, 'Second')
  await world.search(buyer, 'march', [{ dataset: first }, { dataset: second, micros: 33_333n }])
  world.setTime('2026-04-01T00:00:00.000Z')
  agent = await world.addKey(buyer)
  await world.search(agent, 'april', [{ dataset: first }])
  world.setTime('2026-04-05T10:00:00Z')
  await world.use(buyer, { dataset: second, eventType: 'download', micros: 500_000n })
  await world.use(buyer, { dataset: first, eventType: 'citation', micros: 0n })
  const own = await world.addDataset(buyer, 'Own')
  await world.search(buyer, 'own', [{ dataset: own }])
})
afterAll(() => world.close())

const all: UsageQuery = {
  eventType: null,
  datasetId: null,
  apiKeyId: null,
  resourceId: null,
  from: null,
  to: null,
  invoiceId: null,
  lineId: null,
  payoutId: null,
  limit: 100,
}
const ask = (query: Partial<UsageQuery> = {}, actor = buyer) =>
  listUsage(world.deps, world.callOf(actor), { ...all, ...query })
const events = async (query: Partial<UsageQuery> = {}, actor = buyer) =>
  (await ask(query, actor)).items
const sumOf = (some: metering.UsageEvent[]) => some.reduce((sum, one) => sum + one.amountMicros, 0n)
const problemOf = (path: string) => ({ code: 'invalid_request', fields: [{ path }] })

describe('usage events', () => {
  test('are those of the tenant, newest first, with all that anyone needs to work them out again', async () => {
    const items = await events()
    expect(items).toHaveLength(6)
    const times = items.map((event) => event.occurredAt.toISOString())
    expect(times).toEqual([...times].sort().reverse())
    for (const event of items) {
      const body = presentUsageEvent(event, wire)
      expect(operations['usage_events.list'].output.parse(body)).toEqual(body)
      const { base, factor_ppm, share_platform_bps } = body.price_inputs
      const micros = (value: number | null) => BigInt(Math.round((value ?? 0) * 1e6))
      const exact = BigInt(body.quantity) * micros(base) * BigInt(factor_ppm ?? 0)
      const amount = body.billable ? (exact + 500_000n) / 1_000_000n : 0n
      expect(micros(body.amount)).toBe(amount)
      expect(micros(body.platform_amount)).toBe((amount * BigInt(share_platform_bps)) / 10_000n)
    }
    expect(await events({}, await world.addTenant())).toEqual([])
  })

  test('have every field, in the order of the columns', async () => {
    const [event] = await events({ eventType: 'download' })
    if (!event) throw new Error('it was sold')
    const body = presentUsageEvent(event, wire)
    expect(body).toEqual({
      usage_event_id: event.id,
      event_type: 'download',
      occurred_at: '2026-04-05T10:00:00Z',
      dataset_id: second.id,
      dataset_name: 'Second',
      object_id: event.objectId,
      api_key_id: null,
      resource_id: null,
      search_activity_id: null,
      quantity: 1,
      unit_price: 0.5,
      amount: 0.5,
      currency: 'USD',
      price_book_version: 1,
      billable: true,
      platform_amount: 0.2,
      price_inputs: {
        model: 'fixed',
        base: 0.5,
        factor_ppm: 1_000_000,
        price_book_version: 1,
        price_point_id: null,
        d7: null,
        d28: null,
        age_days: null,
        half_life_days: null,
        value: null,
        events_total: null,
        bps_before: null,
        bps_after: null,
        share_platform_bps: 4_000,
      },
    })
    const { shape } = operations['usage_events.list'].output
    expect(Object.keys(body)).toEqual(Object.keys(shape))
    expect(Object.keys(body.price_inputs)).toEqual(Object.keys(shape.price_inputs.shape))
  })

  test('of an outcome show the value and the part of it', async () => {
    const reporter = await world.addTenant()
    const price: metering.OutcomePrice = {
      model: 'outcome',
      valueMicros: 1_000_001n,
      eventsTotal: 3n,
      bpsBefore: 500n,
      bpsAfter: 1_500n,
      priceBookVersion: 1,
      platformBps: 3_000n,
    }
    await world.charge(reporter, [
      {
        eventType: 'outcome',
        datasetId: first.id,
        datasetName: 'First',
        objectId: null,
        chunkNo: null,
        searchActivityId: null,
        quantity: 2n,
        price,
        providerTenantId: provider.tenantId,
        isBillable: true,
      },
    ])
    const [event] = await events({}, reporter)
    const body = event && presentUsageEvent(event, wire)
    expect(body).toMatchObject({
      object_id: null,
      unit_price: 0,
      amount: 0.033333,
      platform_amount: 0.009999,
      price_inputs: {
        model: 'outcome',
        base: null,
        factor_ppm: null,
        value: 1.000001,
        events_total: 3,
        bps_before: 500,
        bps_after: 1_500,
        share_platform_bps: 3_000,
      },
    })
  })

  test('are narrowed by each filter, and by all together', async () => {
    expect(await events({ eventType: 'retrieval' })).toHaveLength(4)
    expect(await events({ datasetId: second.id })).toHaveLength(2)
    expect(await events({ datasetId: 'dset_unknown' })).toEqual([])
    expect(await events({ apiKeyId: agent.keyId })).toHaveLength(1)
    expect(await events({ resourceId: 'res_unknown' })).toEqual([])
    const april = new Date('2026-04-01T00:00:00Z')
    expect(await events({ from: april })).toHaveLength(4)
    expect(await events({ to: april })).toHaveLength(2)
    expect(await events({ from: april, to: april })).toEqual([])
    const both = { eventType: 'retrieval', datasetId: first.id, from: april }
    expect(await events(both)).toHaveLength(1)
  })

  test('come once each over any pages, also where many have the same time', async () => {
    const whole = await events()
    for (const limit of [1, 2, 4]) {
      const seen: string[] = []
      let after: Position | null = null
      do {
        const call = { ...world.callOf(buyer), after }
        const page = await listUsage(world.deps, call, { ...all, limit })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        seen.push(...page.items.map((event) => event.id))
        after = page.next
      } while (after)
      expect(seen).toEqual(whole.map((event) => event.id))
    }
  })

  test('of a key are those of the datasets on its list', async () => {
    const limited = await world.addKey(buyer, [second.id])
    expect(await events({}, limited)).toHaveLength(2)
    expect(await events({ datasetId: first.id }, limited)).toEqual([])
  })

  test('are not asked for by filters that do not fit together', async () => {
    const [from, to] = [new Date(1), new Date(0)]
    await expect(ask({ from, to })).rejects.toMatchObject(problemOf('from'))
    await expect(ask({ lineId: 'line_x' })).rejects.toMatchObject(problemOf('line_id'))
    const payoutId = 'pay_x'
    await expect(ask({ payoutId, invoiceId: 'inv_x' })).rejects.toMatchObject(
      problemOf('payout_id'),
    )
    await expect(ask({ payoutId, apiKeyId: 'k' })).rejects.toMatchObject(problemOf('api_key_id'))
    await expect(ask({ payoutId, resourceId: 'r' })).rejects.toMatchObject(problemOf('resource_id'))
  })
})

describe('the usage behind an invoice', () => {
  const invoiceOf = async (index: number) => {
    const { items } = await invoices.listInvoices(world.deps, world.callOf(buyer), { limit: 10 })
    const invoice = items[index]
    if (!invoice) throw new Error('there is a draft for each month')
    return invoice
  }

  test('adds up to it, line by line, while it is a draft and once it is issued', async () => {
    for (const isClosed of [false, true]) {
      if (isClosed) {
        const run = { now: new Date('2026-05-01T00:00:01Z'), signal: new AbortController().signal }
        await invoices.closeMonths(world.deps, run)
      }
      const all = await Promise.all([0, 1].map(invoiceOf))
      for (const invoice of all.filter(({ lines }) => lines.length > 0)) {
        const behind = await events({ invoiceId: invoice.id })
        expect(sumOf(behind)).toBe(invoice.totalMicros)
        expect(behind.every((event) => event.billable && event.amountMicros > 0n)).toBe(true)
        for (const line of invoice.lines) {
          const behindLine = await events({ invoiceId: invoice.id, lineId: line.id })
          expect(sumOf(behindLine)).toBe(line.amountMicros)
          expect(behindLine.every(({ datasetId }) => datasetId === line.datasetId)).toBe(true)
        }
      }
    }
  })

  test('is narrowed further by the other filters, also to nothing', async () => {
    const { items } = await invoices.listInvoices(world.deps, world.callOf(buyer), { limit: 10 })
    const march = items.find(({ periodStart }) => periodStart.getUTCMonth() === 2)
    const invoiceId = march?.id ?? ''
    const lineId = march?.lines.find((line) => line.datasetId === first.id)?.id ?? ''
    expect(await events({ invoiceId, datasetId: second.id })).toHaveLength(1)
    expect(await events({ invoiceId, lineId, datasetId: second.id })).toEqual([])
    expect(await events({ invoiceId, lineId, eventType: 'download' })).toEqual([])
    expect(await events({ invoiceId, from: new Date('2026-04-01T00:00:00Z') })).toEqual([])
    const limited = await world.addKey(buyer, [second.id])
    expect(await events({ invoiceId }, limited)).toHaveLength(1)
  })

  test('is not found for an unknown invoice or line, nor for another tenant', async () => {
    const { id } = await invoiceOf(0)
    const missing = { code: 'not_found' }
    await expect(ask({ invoiceId: newId('inv') })).rejects.toMatchObject(missing)
    await expect(ask({ invoiceId: id, lineId: 'line_x' })).rejects.toMatchObject(missing)
    await expect(ask({ invoiceId: id }, provider)).rejects.toMatchObject(missing)
  })
})

describe('what was sold', () => {
  const filter: metering.UsageFilter = {
    eventType: null,
    datasetId: null,
    onlyDatasetIds: null,
    apiKeyId: null,
    resourceId: null,
    from: null,
    to: null,
    isCharged: false,
    onlyIds: null,
    exceptIds: [],
  }
  const sold = async (change: Partial<metering.UsageFilter> = {}, actor = provider) =>
    (await listSold(world.db, world.callOf(actor), { ...filter, ...change }, 100)).items

  test('is shown to its provider without who bought it', async () => {
    const items = (await sold()).map((event) => presentUsageEvent(event, wire))
    expect(items.length).toBeGreaterThan(4)
    for (const item of items) {
      expect(item).toMatchObject({ api_key_id: null, resource_id: null, search_activity_id: null })
    }
    const text = JSON.stringify(items)
    for (const secret of [buyer.tenantId, buyer.id, agent.id]) expect(text).not.toContain(secret)
  })

  test('is narrowed by datasets and time, and never by who bought', async () => {
    expect(await sold({ datasetId: second.id })).toHaveLength(2)
    expect(await sold({ onlyDatasetIds: [second.id] })).toHaveLength(2)
    expect(await sold({ to: new Date('2026-04-01T00:00:00Z') })).toHaveLength(2)
    expect(await sold({ apiKeyId: 'key_unknown' })).toEqual(await sold())
    // Use of one's own dataset is no sale.
    expect(await sold({}, buyer)).toEqual([])
  })

  test('is not found for a payout that the provider does not have', async () => {
    const asked = ask({ payoutId: newId('pay') }, provider)
    await expect(asked).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('spend over time', () => {
  const march = new Date('2026-03-01T00:00:00Z')
  const may = new Date('2026-05-01T00:00:00Z')
  const series = async (query: Partial<SpendQuery> = {}, actor = buyer) => {
    const asked = { from: march, to: may, interval: 'month', groupBy: null, ...query } as const
    const body = presentSpendSeries(await spendSeries(world.deps, world.callOf(actor), asked), wire)
    expect(operations['spend.timeseries'].output.parse(body)).toEqual(body)
    return body
  }

  test('adds up by month, day and hour in UTC, without empty intervals', async () => {
    expect(await series()).toEqual({
      series: [
        {
          period_start: '2026-03-01T00:00:00Z',
          period_end: '2026-03-31T23:59:59Z',
          group: null,
          amount: 0.063333,
          events: 2,
        },
        {
          period_start: '2026-04-01T00:00:00Z',
          period_end: '2026-04-30T23:59:59Z',
          group: null,
          amount: 0.53,
          events: 3,
        },
      ],
      currency: 'USD',
      total: 0.593333,
    })
    const days = await series({ interval: 'day' })
    expect(days.series.map((row) => [row.period_start, row.period_end])).toEqual([
      ['2026-03-30T00:00:00Z', '2026-03-30T23:59:59Z'],
      ['2026-04-01T00:00:00Z', '2026-04-01T23:59:59Z'],
      ['2026-04-05T00:00:00Z', '2026-04-05T23:59:59Z'],
    ])
    const hours = await series({ interval: 'hour' })
    expect(hours.series[0]).toMatchObject({
      period_start: '2026-03-30T23:00:00Z',
      period_end: '2026-03-30T23:59:59Z',
    })
    for (const { total } of [days, hours]) expect(total).toBe(0.593333)
  })

  test('is grouped by dataset, key, resource or kind, and the groups add up to the whole', async () => {
    const groupsOf = async (groupBy: SpendQuery['groupBy']) => {
      const { series: rows, total } = await series({ groupBy })
      const micros = rows.reduce((sum, row) => sum + Math.round(row.amount * 1e6), 0)
      expect(micros).toBe(Math.round(total * 1e6))
      return [...new Set(rows.map((row) => row.group))].sort()
    }
    expect(await groupsOf('dataset')).toEqual([first.id, second.id].sort())
    expect(await groupsOf('api_key')).toEqual([agent.keyId, null].sort())
    expect(await groupsOf('resource')).toEqual([null])
    expect(await groupsOf('event_type')).toEqual(['citation', 'download', 'retrieval'])
  })

  test('is half-open, covers the last 30 days unless said otherwise, and a moment is empty', async () => {
    const april = new Date('2026-04-01T00:00:00Z')
    expect((await series({ to: april })).total).toBe(0.063333)
    expect((await series({ from: april })).total).toBe(0.53)
    expect(await series({ from: april, to: april })).toMatchObject({ series: [], total: 0 })
    expect((await series({ from: null, to: null })).total).toBe(0.593333)
    await expect(series({ from: may, to: march })).rejects.toMatchObject(problemOf('from'))
  })

  test('is the tenant’s own, and of a key that of its datasets', async () => {
    expect((await series({}, provider)).series).toEqual([])
    const limited = await world.addKey(buyer, [second.id])
    expect((await series({ groupBy: 'dataset' }, limited)).total).toBe(0.533333)
  })

  test('of more than 10,000 intervals is refused with a hint, and 10,000 are shown', async () => {
    const crowded = await world.addTenant()
    const fill = (count: number, offset: number) => world.db.run`
      insert into usage_events (id, charge_id, tenant_id, provider_tenant_id, event_type, dataset_id,
        dataset_name, object_id, principal_id, quantity, unit_price_micros, amount_micros,
        platform_micros, billable, price_book_version, price_inputs, occurred_at)
      select 'ue_crowd' || (n + ${offset}), 'chg_crowd', ${crowded.tenantId}, ${provider.tenantId},
        'citation', 'dset_' || (n + ${offset}), 'Crowd', 'obj_x', 'usr_x', 1, 1, 1, 0, true, 1, '{}',
        ${new Date('2026-04-02T00:00:00Z')}
      from generate_series(1, ${count}::int) as n`
    await fill(10_000, 0)
    const asked = { groupBy: 'dataset' } as const
    expect((await series(asked, crowded)).series).toHaveLength(10_000)
    await fill(1, 10_000)
    await expect(series(asked, crowded)).rejects.toMatchObject(problemOf('from'))
    expect((await series({}, crowded)).series).toEqual([
      expect.objectContaining({ events: 10_001 }),
    ])
  })
})
