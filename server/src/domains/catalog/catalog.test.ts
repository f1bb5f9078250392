import { operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { asId, type Id, newId } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as jobs from '../jobs/jobs.ts'
import { limitedTo, openWorld, type World, wire } from './catalog.fixture.ts'
import {
  changeDataset,
  createDataset,
  curate,
  curatedOf,
  type DatasetStatus,
  datasetFacts,
  finishRemoval,
  getDataset,
  listDatasets,
  noteIndexed,
  noteUpload,
  removeDataset,
} from './catalog.ts'
import { markDeleted } from './remove.ts'
import { presentChangedDataset, presentDataset } from './wire.ts'

let world: World
let owner: Actor
let other: Actor

beforeAll(async () => {
  world = await openWorld()
})

afterAll(() => world.close())

// Each test has tenants of its own, so that no list holds what another test left.
beforeEach(async () => {
  owner = await world.addTenant('Owner')
  other = await world.addTenant('Other')
})

const get = (id: string, actor = owner) => getDataset(world.deps, world.callOf(actor), id)
const change = (id: string, input: object, actor = owner) =>
  changeDataset(world.deps, world.callOf(actor), { id, ...input })
const remove = (id: string, actor = owner) => removeDataset(world.deps, world.callOf(actor), id)
const finish = (datasetId: Id<'dset'>) =>
  world.db.tx((tx) => finishRemoval(tx, { datasetId, tenantId: owner.tenantId, now: world.now() }))
const list = async (input: object = {}, actor = owner): Promise<string[]> => {
  const filter = { status: null, visibility: null, q: null, limit: 100, ...input }
  const page = await listDatasets(world.deps, world.callOf(actor), filter)
  return page.items.map((dataset) => dataset.id)
}
const use = (id: Id<'dset'>, actor = other) => access.requireUse(world.db, actor, id, world.now())
const searched = async (actor: Actor) =>
  (await access.reachFor(world.db, actor, { datasetIds: null, now: world.now() })).datasets.map(
    (dataset) => dataset.id,
  )
const conflict = { code: 'conflict' }
const notFound = { code: 'not_found' }
const open = { visibility: 'listed', accessPolicy: 'automatic' } as const

describe('a new dataset', () => {
  test('is a private draft with the tenant’s embedding model, its number and its entry', async () => {
    const call = world.callOf(owner)
    const made = await createDataset(world.deps, call, { name: 'Leases', tags: ['a', 'a'] })
    expect(made).toMatchObject({
      status: 'draft',
      visibility: 'private',
      embeddingModel: 'model of Owner',
      tags: ['a'],
      objectCount: 0,
      storageBytes: 0n,
      curated: false,
      createdAt: world.now(),
      removalJobId: null,
    })
    expect(await datasetFacts(world.db, made.id)).toMatchObject({
      tenantId: owner.tenantId,
      name: 'Leases',
      datasetNo: expect.any(Number),
    })
    expect(await createDataset(world.deps, call, { name: 'Leases' })).toEqual(made)
    expect(await world.actionsOn(made.id)).toEqual(['dataset.create'])
    expect(operations['datasets.create'].output.parse(presentDataset(made, wire))).toBeTruthy()
  })

  test('is not made by a key that is limited to others', async () => {
    const call = world.callOf(limitedTo(owner, [asId('dset', 'dset_another')]))
    await expect(createDataset(world.deps, call, { name: 'New' })).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  test('keeps every term that was set, in the shape of the contract', async () => {
    const id = await world.addDataset(owner, {
      description: 'All leases',
      sourceModality: 'records',
      monetizationMode: 'premium',
      pricingModel: 'fixed',
      unitPrices: { retrieval: 100_000n, download: 2_000_000n },
      visibility: 'restricted',
      language: 'de',
      embeddingModel: null,
      license: { terms: 'Quote only.', allowedUses: ['rag'], maxQuoteChars: 300 },
      tags: ['leases', 'law'],
    })
    const body = presentDataset(await get(id), wire)
    expect(body).toMatchObject({
      status: 'active',
      source_modality: 'records',
      unit_prices: { retrieval: 0.1, citation: null, download: 2 },
      access_policy: 'approval',
      embedding_model: null,
      license: { terms: 'Quote only.', allowed_uses: ['rag'], max_quote_chars: 300 },
      tags: ['leases', 'law'],
      created_at: '2026-04-05T10:00:00Z',
    })
    expect(operations['datasets.get'].output.parse(body)).toEqual(body)
  })
})

describe('the way of a dataset', () => {
  const note = {
    upload: (id: Id<'dset'>) =>
      world.db.tx((tx) => noteUpload(tx, id, owner.tenantId, world.now())),
    indexed: (id: Id<'dset'>) =>
      world.db.tx((tx) => noteIndexed(tx, id, owner.tenantId, world.now())),
  }

  test('goes from draft by the first upload and the first indexed object to use', async () => {
    const id = await world.addDataset(owner, open, 'draft')
    await note.indexed(id)
    expect((await get(id)).status).toBe('draft')
    await note.upload(id)
    await note.upload(id)
    expect((await get(id)).status).toBe('ingesting')
    await expect(use(id)).rejects.toMatchObject(notFound)
    await note.indexed(id)
    await note.indexed(id)
    expect((await get(id)).status).toBe('active')
    await expect(use(id)).resolves.toMatchObject({ id })
    expect(await world.actionsOn(id)).toEqual([
      'dataset.create',
      'dataset.update',
      'dataset.update',
    ])
  })

  test('a note about a dataset of another tenant changes nothing', async () => {
    const id = await world.addDataset(owner, open, 'draft')
    await world.db.tx((tx) => noteUpload(tx, id, other.tenantId, world.now()))
    expect((await get(id)).status).toBe('draft')
  })

  test('a paused dataset vanishes from search at once and comes back', async () => {
    const id = await world.addDataset(owner, open)
    expect(await searched(other)).toContain(id)
    expect((await change(id, { status: 'paused' })).status).toBe('paused')
    expect(await searched(other)).not.toContain(id)
    expect(await searched(owner)).not.toContain(id)
    await note.upload(id)
    await note.indexed(id)
    expect((await get(id)).status).toBe('paused')
    await change(id, { status: 'active' })
    expect(await searched(other)).toContain(id)
  })

  test('no status is set by hand but active, paused and the deletion', async () => {
    const asked: DatasetStatus[] = ['draft', 'ingesting', 'active', 'paused', 'pending_deletion']
    const current: DatasetStatus[] = ['draft', 'ingesting', 'active', 'paused', 'suspended']
    for (const from of current) {
      for (const to of asked) {
        const id = await world.addDataset(owner, open, from)
        const isStep = ['active paused', 'paused active'].includes(`${from} ${to}`)
        const isAllowed = from === to || isStep || to === 'pending_deletion'
        const name = `${from} → ${to}`
        if (isAllowed) expect((await change(id, { status: to })).status, name).toBe(to)
        else await expect(change(id, { status: to }), name).rejects.toMatchObject(conflict)
        expect((await get(id)).status, name).toBe(isAllowed ? to : from)
      }
    }
  })
})

describe('a change', () => {
  test('of visibility counts with the next question', async () => {
    const id = await world.addDataset(owner, { visibility: 'private' })
    await expect(use(id)).rejects.toMatchObject(notFound)
    await change(id, { visibility: 'listed' })
    await expect(use(id)).resolves.toBeDefined()
    await change(id, { accessPolicy: 'approval' })
    await expect(use(id)).rejects.toMatchObject({ code: 'forbidden' })
    await change(id, { visibility: 'restricted' })
    await expect(use(id)).rejects.toMatchObject(notFound)
  })

  test('writes what differs into the audit entry, and nothing where nothing does', async () => {
    const id = await world.addDataset(owner, { pricingModel: 'fixed' }, 'draft')
    world.passMs(1_000)
    await change(id, { name: 'Leases', visibility: 'private' })
    expect(await world.actionsOn(id)).toEqual(['dataset.create'])
    expect((await get(id)).updatedAt).not.toEqual(world.now())
    await change(id, { name: 'Rents', unitPrices: { retrieval: 60_000n } })
    expect((await get(id)).updatedAt).toEqual(world.now())
    const entry = await world.db.first<{ changes: object }>`
      select changes from audit_events where target_id = ${id} and action = 'dataset.update'`
    expect(entry?.changes).toEqual({
      name: { before: 'Leases', after: 'Rents' },
      unitPrices: { before: null, after: ['60000', 'null', 'null'] },
    })
  })

  test('that is refused leaves everything as it was', async () => {
    const id = await world.addDataset(owner, open)
    const before = await get(id)
    const wrong = { name: 'Other', pricingModel: 'fixed', unitPrices: { retrieval: 1n } }
    await expect(change(id, wrong)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(change(id, { name: 'Other', status: 'draft' })).rejects.toMatchObject(conflict)
    expect(await get(id)).toEqual(before)
  })
})

describe('a deletion', () => {
  test('starts once, by either door, and both answer the same job', async () => {
    for (const [first, second] of [
      [remove, (id: string) => change(id, { status: 'pending_deletion' })],
      [(id: string) => change(id, { status: 'pending_deletion' }), remove],
    ] as const) {
      const id = await world.addDataset(owner, open)
      const begun = await first(id)
      expect(begun).toMatchObject({ status: 'pending_deletion', removedAt: world.now() })
      const body = presentChangedDataset(begun, wire)
      expect(operations['datasets.delete'].output.parse(body).job_id).toMatch(/^job_/)
      expect((await second(id)).removalJobId).toBe(begun.removalJobId)
      expect((await first(id)).removalJobId).toBe(begun.removalJobId)
      expect((await world.actionsOn(id)).filter((one) => one === 'dataset.delete')).toHaveLength(1)
    }
  })

  test('takes the dataset out of search, lists and discovery at once', async () => {
    const id = await world.addDataset(owner, open)
    await remove(id)
    expect(await searched(other)).not.toContain(id)
    for (const actor of [owner, other]) {
      await expect(use(id, actor)).rejects.toMatchObject(notFound)
      await expect(access.requireManage(world.db, actor, id)).rejects.toMatchObject(notFound)
    }
    expect(await list()).not.toContain(id)
    expect(await list({ status: 'pending_deletion' })).toEqual([id])
    expect((await get(id)).status).toBe('pending_deletion')
    await expect(change(id, { name: 'Back' })).rejects.toMatchObject(conflict)
    await expect(change(id, { status: 'active' })).rejects.toMatchObject(conflict)
    const both = { status: 'pending_deletion', name: 'Back' }
    await expect(change(id, both)).rejects.toMatchObject(conflict)
  })

  test('ends its job when search has let go, and is deleted a grace period later', async () => {
    const id = await world.addDataset(owner, open)
    const { removalJobId } = await remove(id)
    const job = () => jobs.get(world.deps, world.callOf(owner), removalJobId ?? '')
    expect((await job()).status).toBe('pending')
    await finish(id)
    await finish(id)
    expect(await job()).toMatchObject({ status: 'completed', result: { datasetId: id } })

    world.passMs(7 * msPerDay - 1)
    await markDeleted(world.deps, world.run())
    expect((await get(id)).status).toBe('pending_deletion')
    world.passMs(1)
    await markDeleted(world.deps, world.run())
    await markDeleted(world.deps, world.run())
    expect((await get(id)).status).toBe('deleted')
    expect(await list({ status: 'deleted' })).toEqual([id])
    expect(await list()).toEqual([])
    expect((await remove(id)).removalJobId).toBe(removalJobId)
    expect(await world.actionsOn(id)).toContain('dataset.purge')
  })

  test('is not ended for a dataset that nobody deleted, nor for another tenant’s', async () => {
    const id = await world.addDataset(owner, open)
    await finish(id)
    expect((await get(id)).removalFinishedAt).toBeNull()
    await remove(id)
    await world.db.tx((tx) =>
      finishRemoval(tx, { datasetId: id, tenantId: other.tenantId, now: world.now() }),
    )
    expect((await get(id)).removalFinishedAt).toBeNull()
    world.passMs(100 * msPerDay)
    await markDeleted(world.deps, world.run())
    expect((await get(id)).status).toBe('pending_deletion')
  })
})

describe('own datasets', () => {
  test('are nobody else’s to see or change, with the same answer as for an unknown id', async () => {
    const id = await world.addDataset(owner, open)
    const foreign = [other, limitedTo(owner, []), limitedTo(owner, [newId('dset')])]
    for (const actor of foreign) {
      for (const work of [
        get,
        remove,
        (one: string, by: Actor) => change(one, { name: 'X' }, by),
      ]) {
        const denied = await Promise.resolve(work(id, actor)).catch((error: unknown) => error)
        const unknown = await Promise.resolve(work('dset_unknown', actor)).catch(
          (error: unknown) => error,
        )
        expect(denied).toMatchObject(notFound)
        expect(denied).toEqual(unknown)
      }
      expect(await list({}, actor)).toEqual([])
    }
    expect(await list({}, limitedTo(owner, [id]))).toEqual([id])
    expect((await get(id)).name).toBe('Leases')
  })

  test('are filtered by status, visibility and every word, and paged without gap or double', async () => {
    const ids = []
    for (const name of ['Ärzte Leases', 'Rents 2024', 'Rents 2025']) {
      ids.push(await world.addDataset(owner, { name, tags: ['Housing'] }, 'draft'))
    }
    const listed = await world.addDataset(owner, { ...open, description: 'rents of 100%' })
    expect(await list({ q: 'RENTS' })).toEqual([listed, ids[2], ids[1]])
    expect(await list({ q: 'housing 2025' })).toEqual([ids[2]])
    expect(await list({ q: '%' })).toEqual([listed])
    expect(await list({ q: '_' })).toEqual([])
    expect(await list({ q: '  ' })).toHaveLength(4)
    expect(await list({ status: 'draft' })).toEqual([...ids].reverse())
    expect(await list({ visibility: 'listed' })).toEqual([listed])

    const seen = []
    for (let after: string[] | null = null; ; ) {
      const filter = { status: null, visibility: null, q: null, limit: 3 }
      const page = await listDatasets(world.deps, world.callOf(owner, { after }), filter)
      seen.push(...page.items.map((dataset) => dataset.id))
      if (!page.next) break
      after = page.next.map(String)
    }
    expect(seen).toEqual([listed, ...[...ids].reverse()])
  })
})

describe('counters', () => {
  test('follow what objects tell, and the freshest object stays the freshest', async () => {
    const id = await world.addDataset(owner)
    await world.count(owner, id, { objects: 2, pendingReview: 2, storageBytes: 5_000_000_000 })
    await world.count(owner, id, { active: 1, pendingReview: -1, chunks: 12 })
    const freshestObjectAt = world.now()
    world.passMs(60_000)
    await world.count(owner, id, { objects: -1, active: -1, chunks: -12, storageBytes: -1 })
    expect(await get(id)).toMatchObject({
      objectCount: 1,
      activeObjectCount: 0,
      pendingReviewCount: 1,
      chunkCount: 0,
      storageBytes: 4_999_999_999n,
      freshestObjectAt,
    })
    await world.count(other, id, { objects: 7 })
    expect((await get(id)).objectCount).toBe(1)
  })

  test('cannot fall below nothing', async () => {
    const id = await world.addDataset(owner)
    await expect(world.count(owner, id, { objects: -1 })).rejects.toThrow()
    expect((await get(id)).objectCount).toBe(0)
  })
})

describe('the mark of an operator', () => {
  const mark = (tenantId: Id<'tnt'>, datasetIds: Id<'dset'>[]) =>
    world.db.tx((tx) => curate(tx, world.callOf(other), { tenantId, datasetIds }))

  test('stands on exactly the datasets that were named', async () => {
    const [one, two] = [await world.addDataset(owner), await world.addDataset(owner)]
    await mark(owner.tenantId, [one])
    await mark(owner.tenantId, [one, two])
    await mark(owner.tenantId, [two])
    expect(await curatedOf(world.db, [owner.tenantId, other.tenantId])).toEqual(
      new Map([[owner.tenantId, [two]]]),
    )
    expect(
      (await world.actionsOn(one)).filter((action) => action === 'dataset.curate'),
    ).toHaveLength(2)
    expect(
      (await world.actionsOn(two)).filter((action) => action === 'dataset.curate'),
    ).toHaveLength(1)
  })

  test('is not set on a dataset of another tenant, and then on none', async () => {
    const [own, foreign] = [await world.addDataset(owner), await world.addDataset(other)]
    await expect(mark(owner.tenantId, [own, foreign])).rejects.toMatchObject(notFound)
    expect(await curatedOf(world.db, [owner.tenantId, other.tenantId])).toEqual(new Map())
  })
})
