import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { operations } from '@ipto/contract/operations.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBlobs } from '../../adapters/blobs/open.ts'
import { type Actor, systemActor } from '../../base/call.ts'
import * as catalog from '../catalog/catalog.ts'
import * as objects from '../objects/objects.ts'
import * as payouts from '../payouts/payouts.ts'
import { openWorld, type Use, type World } from './insights.fixture.ts'
import { analyse, analyseDataset, providerDashboard } from './insights.ts'
import { presentAnalytics, presentDatasetAnalytics, presentProviderDashboard } from './wire.ts'

let world: World
let provider: Actor
let buyers: Actor[]
let contracts: Use['dataset']
let invoices: Use['dataset']

beforeAll(async () => {
  world = await openWorld()
  buyers = [await world.addTenant(), await world.addTenant(), await world.addTenant()]
})
beforeEach(async () => {
  world.setTime('2026-04-05T10:00:00Z')
  provider = await world.addTenant()
  contracts = await world.addDataset(provider, 'Contracts')
  invoices = await world.addDataset(provider, 'Invoices')
})
afterAll(() => world.close())

const missing = { code: 'not_found' }
const whole = { datasetId: null, from: null, to: null }
const report = (actor = provider, input: Partial<Parameters<typeof analyse>[2]> = {}) =>
  analyse(world.deps, world.callOf(actor), { ...whole, ...input })
const buyer = () => buyers[0] ?? provider
const askAll = async (text: string, dataset: Use['dataset'], count = 3) => {
  for (const one of buyers.slice(0, count)) await world.search(one, text, [{ dataset }])
}

describe('the dashboard', () => {
  test('counts own datasets and confirmed objects by their review, as the datasets do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ipto-insights-'))
    const { db, callOf } = world
    const { blobs, gateway } = await openBlobs({
      kind: 'folder',
      folder,
      publicUrl: 'http://localhost:4786',
      secret: new Uint8Array(32),
      clock: { now: world.now },
    })
    const deps = { db, blobs, settings: { ...objects.objectDefaults } }
    const start = (body: string) =>
      objects.startUpload(deps, callOf(provider), {
        datasetId: contracts.id,
        filename: 'a.txt',
        contentType: 'text/plain',
        sizeBytes: body.length,
        sha256: null,
        metadata: {},
      })
    const upload = async (body: string) => {
      const { object, address } = await start(body)
      const url = new URL(address.url)
      const token = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
      const query = Object.fromEntries(url.searchParams)
      await gateway?.receive({ token, query, headers: address.headers }, Readable.from([body]))
      await objects.completeUpload(deps, callOf(provider), object.uploadId)
      return object.id
    }
    const decide = (
      objectId: Awaited<ReturnType<typeof upload>>,
      decision: 'approved' | 'rejected',
    ) =>
      db.tx((tx) =>
        objects.decide(
          tx,
          { actor: systemActor(provider.tenantId, 'test'), now: world.now() },
          { tenantId: provider.tenantId, objectId, decision, reason: 'r', isAutomatic: false },
        ),
      )

    await start('never sent')
    await upload('1')
    await decide(await upload('22'), 'approved')
    await decide(await upload('4444'), 'rejected')
    const call = callOf(provider)
    const body = presentProviderDashboard(await providerDashboard(world.deps, call))
    expect(body).toEqual({
      total_datasets: 2,
      total_objects: 3,
      total_storage_bytes: 3,
      objects_pending_review: 1,
      objects_approved: 1,
      objects_rejected: 1,
    })
    expect(operations['provider.dashboard'].output.parse(body)).toEqual(body)
    expect(await catalog.getDataset(world.deps, call, contracts.id)).toMatchObject({
      objectCount: body.total_objects,
      pendingReviewCount: body.objects_pending_review,
      storageBytes: BigInt(body.total_storage_bytes),
    })

    const keyed = callOf(await world.addKey(provider, [invoices.id]))
    expect(await providerDashboard(world.deps, keyed)).toMatchObject({ datasets: 1, objects: 0 })
    await catalog.removeDataset(world.deps, call, contracts.id)
    expect(await providerDashboard(world.deps, call)).toMatchObject({ datasets: 1, objects: 0 })
    await blobs.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('of a tenant without anything is all zeros', async () => {
    const counts = await providerDashboard(world.deps, world.callOf(await world.addTenant()))
    expect(Object.values(counts).map(Number)).toEqual([0, 0, 0, 0, 0, 0])
  })
})

describe('the report of a provider', () => {
  test('counts what others did, by kind and by day, with every day of the period', async () => {
    world.setTime('2026-04-03T23:59:59.999Z')
    await world.search(buyer(), 'q', [{ dataset: contracts }, { dataset: contracts }])
    world.setTime('2026-04-04T00:00:00Z')
    await world.use(buyer(), { dataset: invoices, eventType: 'download', micros: 500_001n })
    await world.use(buyers[1] ?? provider, { dataset: invoices, eventType: 'citation' })
    await world.search(provider, 'own', [{ dataset: contracts }])
    world.setTime('2026-04-05T10:00:00Z')
    await world.use(buyer(), { dataset: invoices, eventType: 'outcome', micros: 7n })

    const body = presentAnalytics(
      await report(provider, { from: new Date('2026-04-02T12:00:00Z') }),
    )
    expect(operations['provider.analytics'].output.parse(body)).toEqual(body)
    const none = { retrievals: 0, citations: 0, downloads: 0, outcomes: 0, net: 0 }
    expect(body).toEqual({
      top_keywords: [],
      usage_summary: { retrievals: 2, citations: 1, downloads: 1, outcomes: 1, unique_buyers: 2 },
      // 60 % of 590,008 micros; each part of the platform was rounded down.
      revenue_summary: {
        gross: 0.590008,
        platform_fee: 0.236002,
        net: 0.354006,
        held: 0,
        currency: 'USD',
      },
      series: [
        { date: '2026-04-02', ...none },
        { date: '2026-04-03', ...none, retrievals: 2, net: 0.036 },
        { date: '2026-04-04', ...none, downloads: 1, citations: 1, net: 0.318001 },
        { date: '2026-04-05', ...none, outcomes: 1, net: 0.000005 },
      ],
    })
  })

  test('is half-open, and covers the last 30 days where no time is asked for', async () => {
    world.setTime('2026-03-06T09:59:59.999Z')
    await world.search(buyer(), 'q', [{ dataset: contracts }])
    world.setTime('2026-03-06T10:00:00.001Z')
    await world.search(buyer(), 'q', [{ dataset: contracts }])
    world.setTime('2026-04-05T10:00:00Z')
    await world.search(buyer(), 'q', [{ dataset: contracts }])
    expect((await report()).usage.retrievals).toBe(2)
    const from = new Date('2026-03-06T09:59:59.999Z')
    expect((await report(provider, { from })).usage.retrievals).toBe(3)
    const to = new Date('2026-03-06T10:00:00.001Z')
    expect((await report(provider, { from, to })).usage.retrievals).toBe(1)
  })

  test('of one dataset holds that one alone, of a key those of its list', async () => {
    await world.search(buyer(), 'q', [{ dataset: contracts }])
    await world.search(buyer(), 'q', [{ dataset: invoices }, { dataset: invoices }])
    expect((await report()).usage.retrievals).toBe(3)
    expect((await report(provider, { datasetId: contracts.id })).usage.retrievals).toBe(1)
    const keyed = await world.addKey(provider, [invoices.id])
    expect((await report(keyed)).usage.retrievals).toBe(2)
    const outside = report(keyed, { datasetId: contracts.id })
    await expect(outside).rejects.toMatchObject(missing)
  })

  test('is of own datasets: any other is not found, and a buyer earns nothing', async () => {
    await world.search(buyer(), 'q', [{ dataset: contracts }])
    for (const datasetId of [contracts.id, 'dset_unknown']) {
      await expect(report(buyer(), { datasetId })).rejects.toMatchObject(missing)
    }
    expect((await report(buyer())).usage).toMatchObject({ retrievals: 0, grossMicros: 0n })
    await catalog.removeDataset(world.deps, world.callOf(provider), contracts.id)
    const removed = report(provider, { datasetId: contracts.id })
    await expect(removed).rejects.toMatchObject(missing)
  })

  test.each([
    ['2026-04-05T10:00:00Z', '2026-04-05T10:00:00Z'],
    ['2026-04-04T00:00:00Z', '2026-04-03T00:00:00Z'],
    ['2026-04-06T00:00:00Z', null],
    ['2025-04-01T00:00:00Z', '2026-04-05T00:00:00Z'],
  ])('refuses the period from %s to %s', async (from, to) => {
    const asked = report(provider, { from: new Date(from), to: to ? new Date(to) : null })
    const field = { path: 'from', nature: 'value' }
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request', fields: [field] })
  })

  test('takes a whole year, and an end that lies ahead', async () => {
    const year = { from: new Date('2025-04-05T00:00:00Z'), to: new Date('9999-12-31T23:59:59Z') }
    const { series } = await report(provider, year)
    expect([series[0]?.date, series.at(-1)?.date]).toEqual(['2025-04-05', '2026-04-05'])
    expect(series).toHaveLength(366)
  })

  test('agrees with charges and payouts to the micro, whatever was sold', async () => {
    const use = fc.record({
      eventType: fc.constantFrom('retrieval', 'download', 'citation', 'outcome'),
      name: fc.constantFrom('contracts', 'invoices'),
      by: fc.constantFrom(0, 1, 2),
      day: fc.integer({ min: 1, max: 5 }),
      micros: fc.bigInt({ min: 0n, max: 10n ** 9n }),
      platformBps: fc.constantFrom(3_000n, 4_000n),
    })
    let gross = 0n
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 6 }), async (drawn) => {
        for (const { name, by, day, micros, ...rest } of drawn) {
          world.setTime(`2026-04-0${day}T08:00:00Z`)
          const dataset = { contracts, invoices }[name]
          gross += await world.use(buyers[by] ?? provider, { dataset, micros, ...rest })
        }
        world.setTime('2026-04-05T10:00:00Z')
        const { usage, series } = await report()
        expect(usage.grossMicros).toBe(gross)
        expect(usage.platformMicros + usage.netMicros).toBe(gross)
        expect(series.reduce((sum, day) => sum + day.netMicros, 0n)).toBe(usage.netMicros)
        const earned = await payouts.listPayouts(world.deps, world.callOf(provider), { limit: 9 })
        const sum = earned.items.reduce(
          (all, month) => all + month.grossMicros - month.platformMicros,
          0n,
        )
        expect(sum).toBe(usage.netMicros)
        let byDataset = 0n
        for (const { id } of [contracts, invoices]) {
          byDataset += (await report(provider, { datasetId: id })).usage.netMicros
        }
        expect(byDataset).toBe(usage.netMicros)
      }),
      { numRuns: 8 },
    )
  })
})

describe('what buyers asked', () => {
  test('becomes known as words that three of them used, where they found something', async () => {
    await askAll('Which lease has the VAT dispute?', contracts)
    await askAll('lease merger', contracts, 2)
    for (const one of buyers) await world.search(one, 'unsold', [])
    await world.search(provider, 'merger', [{ dataset: contracts }])
    const { keywords } = await report()
    expect(keywords).toEqual([
      { text: 'lease', count: 5, buyerCount: 3 },
      { text: 'dispute', count: 3, buyerCount: 3 },
      { text: 'vat', count: 3, buyerCount: 3 },
    ])
  })

  test('counts for the dataset that answered, and for no other provider', async () => {
    await askAll('lease', contracts, 2)
    await world.search(buyers[2] ?? provider, 'lease', [{ dataset: invoices }])
    expect((await report()).keywords).toHaveLength(1)
    expect((await report(provider, { datasetId: contracts.id })).keywords).toEqual([])
    expect((await report(await world.addKey(provider, [contracts.id]))).keywords).toEqual([])
    expect((await report(await world.addTenant())).keywords).toEqual([])
  })

  test('is told for whole days: a shorter period does not tell one search apart', async () => {
    world.setTime('2026-04-04T01:00:00Z')
    await askAll('lease', contracts)
    world.setTime('2026-04-05T10:00:00Z')
    const from = new Date('2026-04-04T12:00:00Z')
    const to = new Date('2026-04-04T13:00:00Z')
    const { keywords, usage } = await report(provider, { from, to })
    expect(usage.retrievals).toBe(0)
    expect(keywords).toMatchObject([{ text: 'lease', count: 3 }])
  })
})

describe('the report of one dataset', () => {
  const reportOf = (actor: Actor, id: string) => analyseDataset(world.deps, world.callOf(actor), id)

  test('shows its counters, what it earned and the questions that three buyers share', async () => {
    await askAll('VAT  dispute', contracts)
    await askAll('rare question', contracts, 2)
    await world.use(buyer(), { dataset: contracts, eventType: 'download', micros: 500_000n })
    await world.use(buyer(), { dataset: contracts, eventType: 'citation', micros: 20_000n })
    await world.use(buyer(), { dataset: invoices, eventType: 'download' })
    const body = presentDatasetAnalytics(await reportOf(provider, contracts.id))
    expect(operations['provider.dataset_analytics'].output.parse(body)).toEqual(body)
    expect(body).toEqual({
      dataset_id: contracts.id,
      dataset_name: 'Contracts',
      object_count: 0,
      active_object_count: 0,
      storage_bytes: 0,
      retrievals: 5,
      citations: 1,
      downloads: 1,
      revenue: 0.402,
      currency: 'USD',
      unique_buyers: 3,
      top_queries: [{ query: 'vat dispute', count: 3 }],
    })
  })

  test('is not found for another tenant, outside the list of a key, and once it is removed', async () => {
    await expect(reportOf(buyer(), contracts.id)).rejects.toMatchObject(missing)
    await expect(reportOf(provider, 'dset_unknown')).rejects.toMatchObject(missing)
    const keyed = await world.addKey(provider, [invoices.id])
    await expect(reportOf(keyed, contracts.id)).rejects.toMatchObject(missing)
    await catalog.removeDataset(world.deps, world.callOf(provider), contracts.id)
    await expect(reportOf(provider, contracts.id)).rejects.toMatchObject(missing)
  })
})
