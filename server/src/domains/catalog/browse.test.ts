import { operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { type Id, newId } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as metering from '../metering/metering.ts'
import { askForAccess } from './ask.ts'
import { limitedTo, openWorld, type World, wire } from './catalog.fixture.ts'
import {
  browse,
  changeDataset,
  curate,
  getListing,
  offersFor,
  removeDataset,
  unitPriceOf,
} from './catalog.ts'
import { recomputePrices } from './prices.ts'
import { presentGrant, presentListing, presentRequest } from './wire.ts'

let world: World
let owner: Actor
let buyer: Actor
let stranger: Actor

beforeAll(async () => {
  world = await openWorld()
  owner = await world.addTenant('Owner')
  buyer = await world.addTenant('Buyer')
  stranger = await world.addTenant('Stranger')
})

afterAll(() => world.close())

const filterOf = (change: Partial<Parameters<typeof browse>[2]> = {}) => ({
  q: null,
  modality: null,
  monetizationMode: null,
  maxMicros: null,
  sort: 'newest' as const,
  limit: 100,
  ...change,
})
const list = async (actor: Actor, change = {}) =>
  (await browse(world.deps, world.callOf(actor), filterOf(change))).items
const idsOf = async (actor: Actor, change = {}) =>
  (await list(actor, change)).map((listing) => listing.dataset.id)
const listing = (id: string, actor = buyer) => getListing(world.deps, world.callOf(actor), id)
const give = (datasetId: Id<'dset'>, expiresAt: Date | null = null) =>
  access.grant(world.deps, world.callOf(owner), {
    datasetId,
    tenantId: buyer.tenantId,
    tenantName: null,
    expiresAt,
  })
const notFound = { code: 'not_found' }

describe('the catalog', () => {
  test('shows each tenant what it may discover and buy now, and how it stands', async () => {
    const q = 'visible'
    const terms = { name: 'visible' }
    const make = (
      visibility: 'private' | 'listed' | 'restricted',
      accessPolicy: 'automatic' | 'approval',
    ) => world.addDataset(owner, { ...terms, visibility, accessPolicy })
    const hidden = await make('private', 'automatic')
    const free = await make('listed', 'automatic')
    const asked = await make('listed', 'approval')
    const waiting = await make('listed', 'approval')
    const closed = await make('restricted', 'approval')
    const granted = await make('restricted', 'approval')
    await give(granted)
    await askForAccess(world.deps, world.callOf(buyer), {
      datasetId: waiting,
      purpose: 'p',
      message: null,
    })
    const kindsFor = async (actor: Actor) =>
      (await list(actor, { q })).map((one) => [one.dataset.id, one.access])
    expect(await kindsFor(buyer)).toEqual([
      [granted, 'granted'],
      [waiting, 'pending'],
      [asked, 'request_required'],
      [free, 'available'],
    ])
    expect(await kindsFor(stranger)).toEqual([
      [waiting, 'request_required'],
      [asked, 'request_required'],
      [free, 'available'],
    ])
    expect(await kindsFor(owner)).toEqual(
      [granted, closed, waiting, asked, free].map((id) => [id, 'owned']),
    )
    // A key's list restricts use, not what its tenant may discover.
    expect(await kindsFor(limitedTo(buyer, [free]))).toEqual(await kindsFor(buyer))
    for (const id of [hidden, closed, 'dset_unknown']) {
      await expect(listing(id)).rejects.toMatchObject(notFound)
    }
    expect((await listing(granted)).access).toBe('granted')
  })

  test('hides a restricted dataset the moment its grant ends', async () => {
    const make = () => world.addDataset(owner, { name: 'ending', visibility: 'restricted' })
    const [revoked, expired] = [await make(), await make()]
    const grantId = (await give(revoked)).id
    await give(expired, new Date(world.now().getTime() + 1_000))
    expect(await idsOf(buyer, { q: 'ending' })).toEqual([expired, revoked])
    await access.revokeGrant(world.deps, world.callOf(owner), { datasetId: revoked, grantId })
    expect(await idsOf(buyer, { q: 'ending' })).toEqual([expired])
    world.passMs(1_000)
    expect(await idsOf(buyer, { q: 'ending' })).toEqual([])
    for (const id of [revoked, expired]) await expect(listing(id)).rejects.toMatchObject(notFound)
  })

  test('holds neither drafts nor what is paused, suspended or being deleted', async () => {
    const terms = { name: 'unfinished', visibility: 'listed' } as const
    for (const status of ['draft', 'ingesting', 'paused', 'suspended'] as const) {
      await world.addDataset(owner, terms, status)
    }
    const gone = await world.addDataset(owner, terms)
    await removeDataset(world.deps, world.callOf(owner), gone)
    for (const actor of [owner, buyer]) {
      expect(await list(actor, { q: 'unfinished' })).toEqual([])
    }
    await expect(listing(gone)).rejects.toMatchObject(notFound)
  })

  test('presents a dataset as the contract says, counting indexed objects only', async () => {
    const id = await world.addDataset(owner, {
      visibility: 'listed',
      monetizationMode: 'outcome_share',
      license: { allowedUses: ['rag'] },
    })
    await world.count(owner, id, { objects: 5, active: 2, pendingReview: 3, chunks: 40 })
    const body = presentListing(await listing(id), wire)
    expect(operations['catalog.get'].output.parse(body)).toEqual(body)
    expect(body).toMatchObject({
      provider: { tenant_id: owner.tenantId, name: 'Owner' },
      object_count: 2,
      chunk_count: 40,
      current_prices: {
        retrieval: 0.01,
        citation: 0.01,
        download: 0.25,
        outcome_percent: 5,
        currency: 'USD',
      },
      price_history: [{ date: wire.time(world.now()).slice(0, 10), retrieval: 0.01 }],
      freshest_object_at: wire.time(world.now()),
      access: 'request_required',
    })
  })

  test('is filtered by words, modality, mode and the price of a retrieval', async () => {
    const make = (name: string, terms: object) =>
      world.addDataset(owner, { name: `filter ${name}`, visibility: 'listed', ...terms })
    const image = await make('image', { sourceModality: 'image', description: 'Old MAPS' })
    const premium = await make('premium', { monetizationMode: 'premium', tags: ['Maps'] })
    const cheap = await make('cheap', { pricingModel: 'fixed', unitPrices: { retrieval: 6_000n } })
    expect(await idsOf(buyer, { q: 'maps filter' })).toEqual([premium, image])
    const q = 'filter'
    expect(await idsOf(buyer, { q, modality: 'image' })).toEqual([image])
    expect(await idsOf(buyer, { q, monetizationMode: 'premium' })).toEqual([premium])
    expect(await idsOf(buyer, { q, maxMicros: 30_000n })).toEqual([cheap, image])
    expect(await idsOf(buyer, { q, maxMicros: 29_999n })).toEqual([cheap])
    expect(await idsOf(buyer, { q, maxMicros: 5_999n })).toEqual([])
    await changeDataset(world.deps, world.callOf(owner), { id: cheap, unitPrices: null })
    expect(await idsOf(buyer, { q, maxMicros: 29_999n })).toEqual([])
  })

  test('is paged in both orders without gap or double', async () => {
    const names = ['b sort', 'A sort', 'c sort', 'a sort', 'B sort']
    const ids = []
    for (const name of names)
      ids.push(await world.addDataset(owner, { name, visibility: 'listed' }))
    const walk = async (sort: 'newest' | 'name') => {
      const seen = []
      for (let after: (string | number)[] | null = null; ; ) {
        const call = world.callOf(buyer, { after })
        const page = await browse(world.deps, call, filterOf({ q: 'sort', sort, limit: 2 }))
        seen.push(...page.items.map((one) => one.dataset.id))
        if (!page.next) return seen
        after = [...page.next]
      }
    }
    expect(await walk('newest')).toEqual([...ids].reverse())
    const [b, A, c, a, B] = ids
    expect(await walk('name')).toEqual([a, A, B, b, c])
  })
})

describe('prices', () => {
  const demandTerms = { visibility: 'listed', accessPolicy: 'automatic' } as const
  const offerOf = async (id: Id<'dset'>, now = world.now(), actor = buyer) => {
    const offer = (await offersFor(world.db, actor, [id], now)).get(id)
    if (!offer) throw new Error('there is an offer')
    return offer
  }
  const priceOf = async (id: Id<'dset'>, now = world.now()) =>
    unitPriceOf(await offerOf(id, now), { eventType: 'retrieval', indexedAt: now, now })

  test('follow demand with the hourly round, and stay as they were for a search that began before', async () => {
    const id = await world.addDataset(owner, demandTerms)
    const began = world.now()
    const before = await priceOf(id)
    expect(before).toMatchObject({ baseMicros: 30_000n, factorPpm: 1_000_000, d7: 0, d28: 0 })
    world.passMs(60_000)
    await world.sell(buyer, owner, { datasetId: id, times: 3 })
    await world.sell(owner, owner, { datasetId: id, times: 50 })
    world.passMs(60_000)
    expect(await priceOf(id)).toEqual(before)
    await recomputePrices(world.deps, world.run())
    const after = await priceOf(id)
    // (1 + 3) / (1 + 3/4) is over 2, so the root of 2.
    expect(after).toMatchObject({ factorPpm: 1_414_214, d7: 3, d28: 3, platformBps: 4_000n })
    expect(after.pricePointId).not.toBe(before.pricePointId)
    expect(metering.rate(after, 1n)).toBe(42_426n)
    expect(await priceOf(id, began)).toEqual(before)
    expect((await listing(id)).prices.retrieval).toBe(42_426n)

    world.passMs(8 * msPerDay)
    await recomputePrices(world.deps, world.run())
    expect(await priceOf(id)).toMatchObject({ d7: 0, d28: 3, factorPpm: 755_929 })
  })

  test('write no point where nothing moved', async () => {
    const id = await world.addDataset(owner, demandTerms)
    const before = await priceOf(id)
    world.passMs(3_600_000)
    await recomputePrices(world.deps, world.run())
    await recomputePrices(world.deps, world.run())
    expect(await priceOf(id)).toEqual(before)
  })

  test('of a fixed or ageing dataset do not follow demand', async () => {
    const unitPrices = { retrieval: 90_000n }
    const fixed = await world.addDataset(owner, {
      ...demandTerms,
      pricingModel: 'fixed',
      unitPrices,
    })
    const decay = await world.addDataset(owner, { ...demandTerms, pricingModel: 'time_decay' })
    for (const id of [fixed, decay]) await world.sell(buyer, owner, { datasetId: id, times: 5 })
    world.passMs(3_600_000)
    await recomputePrices(world.deps, world.run())
    expect(await priceOf(fixed)).toMatchObject({
      baseMicros: 90_000n,
      pricePointId: null,
      d7: null,
    })
    const indexedAt = new Date(world.now().getTime() - 180 * msPerDay)
    const aged = unitPriceOf(await offerOf(decay), {
      eventType: 'download',
      indexedAt,
      now: world.now(),
    })
    expect(aged).toMatchObject({ factorPpm: 500_000, ageDays: 180, halfLifeDays: 180 })
    expect((await listing(decay)).prices.download).toBe(500_000n)
  })

  test('of a changed model count at once, with the demand that is there', async () => {
    const id = await world.addDataset(owner, { ...demandTerms, pricingModel: 'fixed' })
    await world.sell(buyer, owner, { datasetId: id, times: 4 })
    world.passMs(1_000)
    await changeDataset(world.deps, world.callOf(owner), { id, pricingModel: 'demand_curve' })
    expect(await priceOf(id)).toMatchObject({ model: 'demand_curve', d7: 4, factorPpm: 1_414_214 })
    expect((await listing(id)).history.at(-1)?.retrievalMicros).toBe(42_426n)
  })

  test('are kept for 30 days, day by day in UTC, the last one carried forward', async () => {
    const id = await world.addDataset(owner, { ...demandTerms, pricingModel: 'fixed' })
    const first = wire.time(world.now()).slice(0, 10)
    expect((await listing(id)).history).toEqual([{ date: first, retrievalMicros: 30_000n }])
    world.passMs(3 * msPerDay)
    const unitPrices = { retrieval: 60_000n }
    await changeDataset(world.deps, world.callOf(owner), { id, unitPrices })
    world.passMs(2 * msPerDay)
    const { history } = await listing(id)
    expect(history.map((day) => day.retrievalMicros)).toEqual([
      30_000n,
      30_000n,
      30_000n,
      60_000n,
      60_000n,
      60_000n,
    ])
    world.passMs(60 * msPerDay)
    const later = (await listing(id)).history
    expect(later).toHaveLength(30)
    expect(later.at(-1)?.date).toBe(wire.time(world.now()).slice(0, 10))
    expect(new Set(later.map((day) => day.retrievalMicros))).toEqual(new Set([60_000n]))
  })

  test('carry the share of the platform, the licence and whose dataset it is', async () => {
    const id = await world.addDataset(owner, {
      ...demandTerms,
      name: 'Curated',
      monetizationMode: 'outcome_share',
      license: { allowedUses: ['rag', 'training'] },
    })
    const tenantId = owner.tenantId
    await world.db.tx((tx) => curate(tx, world.callOf(stranger), { tenantId, datasetIds: [id] }))
    expect(await offerOf(id)).toMatchObject({
      datasetName: 'Curated',
      providerTenantId: tenantId,
      isOwned: false,
      allowedUses: ['rag', 'training'],
      outcomeBps: 500,
    })
    expect((await priceOf(id)).platformBps).toBe(3_000n)
    expect((await offerOf(id, world.now(), owner)).isOwned).toBe(true)
    expect(await offersFor(world.db, buyer, [newId('dset')], world.now())).toEqual(new Map())
  })
})

describe('asking by name', () => {
  test('tells the owner the name as it was, and the contract’s bodies fit', async () => {
    const id = await world.addDataset(owner, {
      name: 'Before',
      visibility: 'listed',
      accessPolicy: 'approval',
    })
    const input = { datasetId: id, purpose: 'Search', message: 'Please' }
    const request = await askForAccess(world.deps, world.callOf(buyer), input)
    await changeDataset(world.deps, world.callOf(owner), { id, name: 'After' })
    const body = presentRequest(request, wire)
    expect(operations['access_requests.create'].output.parse(body)).toEqual(body)
    expect(body).toMatchObject({
      dataset_name: 'Before',
      buyer: { tenant_id: buyer.tenantId, name: 'Buyer' },
      status: 'pending',
      expires_at: wire.time(new Date(world.now().getTime() + 14 * msPerDay)),
      decided_at: null,
    })
    const expiresAt = new Date(world.now().getTime() + msPerDay)
    const decision = { requestId: request.id, decision: 'approved', expiresAt } as const
    const approved = await access.decideRequest(world.deps, world.callOf(owner), decision)
    expect(presentRequest(approved, wire).expires_at).toBe(wire.time(expiresAt))
    const page = await access.listGrants(world.deps, world.callOf(owner), {
      datasetId: id,
      limit: 1,
    })
    for (const grant of page.items) {
      const shown = presentGrant(grant, wire)
      expect(operations['grants.create'].output.parse(shown)).toEqual(shown)
    }
  })

  test('does not find what may not be discovered', async () => {
    const hidden = await world.addDataset(owner, { visibility: 'private' })
    for (const datasetId of [hidden, 'dset_unknown']) {
      const input = { datasetId, purpose: 'Search', message: null }
      const work = askForAccess(world.deps, world.callOf(buyer), input)
      await expect(work).rejects.toMatchObject(notFound)
    }
  })
})
