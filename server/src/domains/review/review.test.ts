import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import type { Id } from '../../base/ids.ts'
import { silentLog } from '../../base/log.ts'
import type { Wire } from '../../base/route.ts'
import * as catalog from '../catalog/catalog.ts'
import * as identity from '../identity/identity.ts'
import type { Extractor } from '../ingest/extractor.ts'
import { named, openWorld, type World } from '../objects/objects.fixture.ts'
import { findObject, type StoredObject } from '../objects/objects.ts'
import { removeObject } from '../objects/remove.ts'
import { purgeRefused } from '../objects/sweep.ts'
import { expireOverdue, forgetPurged, forgetText, inspectForgotten } from './inspect.ts'
import { approve, decideMany, inspect, listQueue, open, reject } from './review.ts'
import { changeTenant, listTenants } from './tenants.ts'
import { presentDecisions, presentDetail, presentItem } from './wire.ts'

let world: World
let operator: Actor
let provider: Actor
let other: Actor
let datasetId: Id<'dset'>

// The outside world of these tests: every file is text, except one that is locked, one that breaks it, and
// those that can be drawn: a scan of three pages, with text on the second only, and a photo without any.
let drawings = 0
let whileDrawn = async () => {}
const jpegOf = (page: number) => Buffer.from(`the image of page ${page}`)
const extractor: Extractor = {
  isolated: false,
  extract: async ({ path }) => {
    const text = await readFile(path, 'utf8')
    if (text === 'breaks the extractor') throw new Error('the child died')
    if (text === 'locked') {
      return { kind: 'failed', code: 'password_protected', message: 'It needs a password.' }
    }
    if (text.startsWith('photo')) return { kind: 'failed', code: 'no_text', message: 'No text.' }
    const isScan = text.startsWith('scan')
    const number = isScan ? 2 : 1
    const page = { kind: 'page' as const, number, text, path: [], columns: [], boxes: [] }
    const contentType = isScan ? 'application/pdf' : 'text/plain'
    return { kind: 'extracted', contentType, title: null, language: 'en', pages: [page] }
  },
  draw: async ({ path }) => {
    drawings += 1
    const text = await readFile(path, 'utf8')
    await whileDrawn()
    if (text.startsWith('photo')) return [{ page: 1, jpeg: jpegOf(1) }]
    return text.startsWith('scan') ? [1, 3].map((page) => ({ page, jpeg: jpegOf(page) })) : []
  },
  close: async () => {},
}

let samplePercent = 0
const deps = () => ({
  ...world.deps,
  extractor,
  log: silentLog,
  settings: { ...world.deps.settings, reviewSamplePercent: samplePercent },
})
const call = () => world.callOf(operator)
const look = (object: StoredObject) => inspect(deps(), named(object), world.run())
const stage = async (body: string, actor = provider, dataset = datasetId) => {
  const object = await world.upload(actor, dataset, body)
  await look(object)
  return object
}
const stateOf = async (object: StoredObject) => (await findObject(world.db, object.id))?.reviewState
const everything = { datasetId: null, tenantId: null, risk: null, limit: 100 }
const queue = async (filter = {}) => {
  const page = await listQueue(deps(), call(), { ...everything, datasetId, ...filter })
  return page.items
}
const wire: Wire = {
  time: (date) => date.toISOString(),
  timeOrNull: (date) => date?.toISOString() ?? null,
  cursor: String,
  budgetRemaining: () => undefined,
}

beforeAll(async () => {
  world = await openWorld()
  operator = { ...(await world.addTenant('Platform')), isPlatformAdmin: true }
  provider = await world.addTenant('Provider')
  other = await world.addTenant('Other')
})
afterAll(() => world.close())

describe('an inspection', () => {
  beforeAll(async () => {
    datasetId = await world.addDataset(provider)
  })

  test('shows text and what was found in it, with masked samples', async () => {
    const object = await stage('Write to jane.doe@example.com about IBAN DE89370400440532013000.')
    const { item, preview } = await open(deps(), call(), named(object))
    expect(item).toMatchObject({ tenantName: 'Provider', datasetName: 'Contracts', risk: 'low' })
    expect(item.findings).toEqual([
      { kind: 'email', severity: 'low', count: 1, sample: 'j***@e***.com' },
      { kind: 'iban', severity: 'low', count: 1, sample: 'DE** **** 00' },
    ])
    expect(preview.text).toContain('Write to')
    expect(preview.pages).toEqual([{ page: 1, imageUrl: null }])
    const body = presentDetail({ item, preview }, wire)
    expect(body.findings[0]?.sample_masked).toBe('j***@e***.com')
    expect(body.preview.pages).toEqual([{ page: 1, image_url: null }])
  })

  test('keeps 5,000 characters of text, and looks beyond them', async () => {
    const object = await stage(`${'word '.repeat(2_000)} jane.doe@example.com`)
    const { item, preview } = await open(deps(), call(), named(object))
    expect(preview.text).toHaveLength(5_000)
    expect(item.findings).toMatchObject([{ kind: 'email' }])
  })

  test('tells copies of the same tenant, and never those of another', async () => {
    const body = 'The same bytes.'
    await stage(body, other, await world.addDataset(other))
    const first = await stage(body)
    const second = await stage(body)
    const kindsOf = async (object: StoredObject) =>
      (await open(deps(), call(), named(object))).item.findings.map((finding) => finding.kind)
    expect(await kindsOf(first)).toEqual([])
    expect(await kindsOf(second)).toEqual(['duplicate'])
  })

  test('of a file that nobody can open is a high risk', async () => {
    const { item } = await open(deps(), call(), named(await stage('locked')))
    expect(item).toMatchObject({ risk: 'high', findings: [{ kind: 'encrypted' }] })
  })

  test('is made once, and only for what is in review', async () => {
    const object = await stage('Once.')
    world.passMs(1_000)
    await look(object)
    await reject(deps(), call(), { ...named(object), reason: 'No.' })
    const { item } = await open(deps(), call(), named(object))
    expect(item.inspectedAt).toEqual(new Date(world.clock.now().getTime() - 1_000))
    const decided = await world.upload(provider, datasetId, 'Decided before.')
    await world.judge(decided, 'approved')
    await look(decided)
    expect(await world.db.rows`select * from inspections where object_id = ${decided.id}`).toEqual(
      [],
    )
  })

  test('that was lost is made by the watchdog, also where another one cannot be made', async () => {
    const broken = await world.upload(provider, datasetId, 'breaks the extractor')
    const lost = await world.upload(provider, datasetId, 'Lost.')
    await inspectForgotten(deps(), world.run())
    expect((await open(deps(), call(), named(lost))).item.inspectedAt).toBeNull()
    world.passMs(60_001)
    await expect(inspectForgotten(deps(), world.run())).rejects.toThrow('could not be inspected')
    expect((await open(deps(), call(), named(lost))).item.inspectedAt).not.toBeNull()

    const { item } = await open(deps(), call(), named(broken))
    expect(presentItem(item, wire)).toMatchObject({
      risk: 'high',
      findings: [{ kind: 'not_inspected', severity: 'high' }],
    })
    await reject(deps(), call(), { ...named(broken), reason: 'Unreadable.' })
  })

  test('shows no text any more once the bytes were purged', async () => {
    const object = await stage('Secret of jane@example.com.')
    await reject(deps(), call(), { ...named(object), reason: 'Personal.' })
    await forgetPurged(deps(), world.run())
    expect((await open(deps(), call(), named(object))).preview.text).toContain('Secret')
    await purgeRefused(world.deps, named(object), world.run())
    await forgetPurged(deps(), world.run())
    const { item, preview } = await open(deps(), call(), named(object))
    expect(preview).toEqual({ text: '', pages: [] })
    expect(item.findings).toEqual([{ kind: 'email', severity: 'low', count: 1, sample: null }])
  })
})

/** A tenant whose objects are approved by rule, and a dataset of it. */
async function addTrusted(name: string) {
  const trusted = await world.addTenant(name)
  const dataset = await world.addDataset(trusted)
  const change = { tenantId: trusted.tenantId, approvedAutomatically: true }
  await world.db.tx((tx) => identity.adminChangeTenant(tx, call(), change))
  return { trusted, dataset }
}

describe('the images of an inspection', () => {
  beforeAll(async () => {
    datasetId = await world.addDataset(provider)
  })
  beforeEach(() => {
    drawings = 0
    whileDrawn = async () => {}
  })

  const pagesOf = async (object: StoredObject) =>
    (await open(deps(), call(), named(object))).preview.pages
  const drawnOf = async (object: StoredObject) =>
    (await pagesOf(object)).map(({ page, imageUrl }) => [page, imageUrl !== null])
  const blobOf = ({ id }: StoredObject, page: number) =>
    world.blobs.inspect(`previews/${id}/${page}`)
  const keptOf = async (object: StoredObject) => {
    const pages = Array.from({ length: 10 }, (_, index) => index + 1)
    const blobs = await Promise.all(pages.map((page) => blobOf(object, page)))
    return pages.filter((_, index) => blobs[index])
  }
  const purge = async (object: StoredObject) => {
    await reject(deps(), call(), { ...named(object), reason: 'No.' })
    await purgeRefused(world.deps, named(object), world.run())
  }
  /** Dies after so many images. */
  const dying = (after: number) => {
    let left = after
    const put: typeof world.blobs.put = (...args) => {
      left -= 1
      return left < 0 ? Promise.reject(new Error('died')) : world.blobs.put(...args)
    }
    return { ...deps(), blobs: { ...world.blobs, put } }
  }

  test('are kept of the pages that could be drawn, also of those without text', async () => {
    const scan = await stage('scan of a lease')
    expect(await drawnOf(scan)).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ])
    expect(await blobOf(scan, 3)).toMatchObject({ sizeBytes: jpegOf(3).length })
    expect(await keptOf(scan)).toEqual([1, 3])
    expect(await drawnOf(await stage('photo of a cat'))).toEqual([[1, true]])
  })

  test('are shown for ten minutes from the time of the call', async () => {
    const scan = await stage('scan for a while')
    const now = new Date(world.clock.now().getTime() + 5_000)
    const { preview } = await open(deps(), { ...call(), now }, named(scan))
    const address = new URL(preview.pages[0]?.imageUrl ?? '')
    expect(address.searchParams.get('type')).toBe('image/jpeg')
    expect(Number(address.searchParams.get('expires'))).toBe(now.getTime() + 600_000)
  })

  test('are not asked for where the file was read as text, nor twice', async () => {
    const text = await stage('Words.')
    expect(drawings).toBe(0)
    expect(await drawnOf(text)).toEqual([[1, false]])
    const scan = await stage('scan, twice')
    await look(scan)
    expect(drawings).toBe(1)
  })

  test('are missing where the inspection is from before, and nothing else is', async () => {
    const scan = await stage('scan of before')
    await world.db.run`
      update inspections set preview_pages = '[{"page": 1}]' where object_id = ${scan.id}`
    expect(await pagesOf(scan)).toEqual([{ page: 1, imageUrl: null }])
  })

  test('come with the next run where the first one died, and the inspection stands', async () => {
    const scan = await world.upload(provider, datasetId, 'scan, at the second try')
    await expect(inspect(dying(1), named(scan), world.run())).rejects.toThrow('died')
    const { item, preview } = await open(deps(), call(), named(scan))
    expect(item.inspectedAt).not.toBeNull()
    expect(preview).toEqual({
      text: 'scan, at the second try',
      pages: [{ page: 2, imageUrl: null }],
    })
    await look(scan)
    expect(await drawnOf(scan)).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ])
  })

  test.each(['task', 'watchdog'])(
    'go with the bytes (%s), also where nobody came to name them',
    async (by) => {
      const scan = await stage(`scan to refuse (${by})`)
      const dead = await world.upload(provider, datasetId, `scan of a dead worker (${by})`)
      await expect(inspect(dying(1), named(dead), world.run())).rejects.toThrow('died')
      expect([await keptOf(scan), await keptOf(dead)]).toEqual([[1, 3], [1]])
      for (const object of [scan, dead]) {
        await purge(object)
        if (by === 'task') await forgetText(deps(), named(object))
      }
      if (by === 'watchdog') await forgetPurged(deps(), world.run())
      for (const object of [scan, dead]) {
        expect(await keptOf(object)).toEqual([])
        expect(await pagesOf(object)).toEqual([])
      }
    },
  )

  test('stay listed for the watchdog until they are gone', async () => {
    const scan = await stage('scan on a disk that fails')
    await purge(scan)
    const remove = () => Promise.reject(new Error('no disk'))
    const blobs = { ...world.blobs, remove }
    await expect(forgetText({ ...deps(), blobs }, named(scan))).rejects.toThrow('no disk')
    await forgetPurged(deps(), world.run())
    expect(await keptOf(scan)).toEqual([])
  })

  test.each([true, false])(
    'leave nothing where the object is purged while they are drawn (forgotten: %s)',
    async (isForgotten) => {
      const scan = await world.upload(provider, datasetId, `scan in a race (${isForgotten})`)
      whileDrawn = async () => {
        await purge(scan)
        if (isForgotten) await forgetText(deps(), named(scan))
      }
      await look(scan)
      expect(drawings).toBe(1)
      expect(await keptOf(scan)).toEqual([])
      expect((await pagesOf(scan)).filter((page) => page.imageUrl)).toEqual([])
    },
  )

  test('that came after the purge, from a worker that died, go when its task runs again', async () => {
    const scan = await world.upload(provider, datasetId, 'scan of a late worker')
    whileDrawn = async () => {
      await purge(scan)
      await forgetText(deps(), named(scan))
    }
    await expect(inspect(dying(1), named(scan), world.run())).rejects.toThrow('died')
    expect(await keptOf(scan)).toEqual([1])
    await look(scan)
    expect(await keptOf(scan)).toEqual([])
  })

  test('are no error where the bytes went before they were drawn', async () => {
    const scan = await world.upload(provider, datasetId, 'scan that is gone')
    await expect(inspect(dying(0), named(scan), world.run())).rejects.toThrow('died')
    whileDrawn = async () => {
      await purge(scan)
      throw new Error('the file is gone')
    }
    await look(scan)
    expect(await keptOf(scan)).toEqual([])
  })

  test('are made of what a person decides on: not of what a rule approved, but for the sample', async () => {
    const { trusted, dataset } = await addTrusted('Drawn by rule')
    const unseen = await stage('scan that nobody looks at', trusted, dataset)
    samplePercent = 100
    const sampled = await stage('scan of the sample', trusted, dataset)
    samplePercent = 0
    expect([await keptOf(unseen), await keptOf(sampled)]).toEqual([[], [1, 3]])
  })
})

describe('the queue', () => {
  beforeAll(async () => {
    datasetId = await world.addDataset(provider)
  })

  test('is oldest first, over pages, with a total, filtered', async () => {
    const objects: StoredObject[] = []
    for (const body of ['First.', 'locked', 'Third.']) {
      objects.push(await stage(body))
      world.passMs(1_000)
    }
    const ids = objects.map((object) => object.id)
    expect((await queue()).map((item) => item.id)).toEqual(ids)
    expect((await queue({ risk: 'high' })).map((item) => item.id)).toEqual([ids[1]])
    expect(await queue({ tenantId: other.tenantId })).toEqual([])

    const page = await listQueue(deps(), call(), { ...everything, datasetId, limit: 2 })
    expect(page).toMatchObject({ total: 3, items: [{ id: ids[0] }, { id: ids[1] }] })
    const next = { ...call(), after: page.next }
    const last = await listQueue(deps(), next, { ...everything, datasetId, limit: 2 })
    expect(last).toMatchObject({ total: 3, items: [{ id: ids[2] }], next: null })
  })

  test('holds what is looked at, and not what was decided or deleted', async () => {
    const [looked, approved, deleted] = [await stage('a'), await stage('b'), await stage('c')]
    await open(deps(), call(), named(looked))
    await approve(deps(), call(), named(approved))
    await removeObject(world.deps, world.callOf(provider), deleted.id)
    const ids = (await queue()).map((item) => item.id)
    expect(ids).toContain(looked.id)
    expect(ids).not.toContain(approved.id)
    expect(ids).not.toContain(deleted.id)
  })

  test('shows an object that was not inspected yet, as the highest risk', async () => {
    const object = await world.upload(provider, datasetId, 'Just now.')
    const item = (await queue({ risk: 'high' })).find((one) => one.id === object.id)
    expect(item && presentItem(item, wire).findings).toMatchObject([{ kind: 'not_inspected' }])
  })
})

describe('a decision of an operator', () => {
  test('approves or rejects once; looking takes it under review', async () => {
    const [first, second] = [await stage('Good.'), await stage('Bad.')]
    await open(deps(), call(), named(first))
    expect(await stateOf(first)).toBe('under_review')
    expect(await approve(deps(), call(), named(first))).toMatchObject({ reviewState: 'approved' })
    const rejected = await reject(deps(), call(), { ...named(second), reason: 'Bad.' })
    expect(rejected).toMatchObject({ reviewState: 'rejected', reviewReason: 'Bad.' })
    for (const object of [first, second]) {
      await expect(approve(deps(), call(), named(object))).rejects.toMatchObject({
        code: 'conflict',
      })
      const again = reject(deps(), call(), { ...named(object), reason: 'Bad.' })
      await expect(again).rejects.toMatchObject({ code: 'conflict' })
    }
    await open(deps(), call(), named(first))
    expect(await stateOf(first)).toBe('approved')
  })

  test('needs an object and its own tenant', async () => {
    const object = await stage('Pair.')
    for (const name of [
      { ...named(object), tenantId: other.tenantId },
      { tenantId: object.tenantId, objectId: 'obj_unknown' },
      { tenantId: 'x', objectId: 'y' },
    ]) {
      const gone = { code: 'not_found' }
      await expect(open(deps(), call(), name)).rejects.toMatchObject(gone)
      await expect(approve(deps(), call(), name)).rejects.toMatchObject(gone)
      await expect(reject(deps(), call(), { ...name, reason: 'x' })).rejects.toMatchObject(gone)
    }
    expect(await stateOf(object)).toBe('staged')
  })

  test('in bulk stands for itself: each has its own result', async () => {
    const [good, bad, done, unsaid] = [
      await stage('good'),
      await stage('bad'),
      await stage('done'),
      await stage('unsaid'),
    ]
    await approve(deps(), call(), named(done))
    const decision = (
      object: StoredObject,
      which: 'approved' | 'rejected',
      reason: string | null,
    ) => ({
      ...named(object),
      decision: which,
      reason,
    })
    const results = await decideMany(deps(), call(), [
      decision(good, 'approved', null),
      decision(done, 'approved', null),
      decision({ ...good, tenantId: other.tenantId }, 'approved', null),
      decision(unsaid, 'rejected', null),
      decision(bad, 'rejected', 'Bad.'),
    ])
    expect(presentDecisions(results).results.map(({ ok, error }) => [ok, error?.code])).toEqual([
      [true, undefined],
      [false, 'conflict'],
      [false, 'not_found'],
      [false, 'invalid_request'],
      [true, undefined],
    ])
    expect([await stateOf(good), await stateOf(bad), await stateOf(unsaid)]).toEqual([
      'approved',
      'rejected',
      'staged',
    ])
  })
})

describe('a deadline', () => {
  test('ends a review that nobody ended, and a decision afterwards is a conflict', async () => {
    const [late, decided] = [await stage('Late.'), await stage('Decided.')]
    await approve(deps(), call(), named(decided))
    await expireOverdue(deps(), world.run())
    expect(await stateOf(late)).toBe('staged')
    world.passMs(72 * 3_600_000)
    await expect(approve(deps(), call(), named(late))).rejects.toMatchObject({ code: 'conflict' })
    await expireOverdue(deps(), world.run())
    expect([await stateOf(late), await stateOf(decided)]).toEqual(['expired', 'approved'])
    await expect(approve(deps(), call(), named(late))).rejects.toMatchObject({ code: 'conflict' })
    await expireOverdue(deps(), world.run())
  })
})

describe('a tenant that is approved automatically', () => {
  test('is approved by rule after the inspection, and the chain says by what', async () => {
    const { trusted, dataset } = await addTrusted('Trusted')
    const object = await stage('Trusted text.', trusted, dataset)
    expect(await findObject(world.db, object.id)).toMatchObject({
      reviewState: 'approved',
      indexState: 'queued',
      approvedAutomatically: true,
    })
    const entries = await world.db.rows`
      select actor_type, actor_id from audit_events
      where target_id = ${object.id} and action = 'object.approved'`
    expect(entries).toEqual([{ actorType: 'system', actorId: 'review.approve-by-rule' }])
  })
})

describe('tenants', () => {
  const nothing = {
    plan: undefined,
    suspended: undefined,
    approvedAutomatically: undefined,
    curatedDatasetIds: undefined,
  }

  test('are listed newest first, with their curated datasets', async () => {
    const dataset = await world.addDataset(other)
    const changed = await changeTenant(deps(), call(), {
      ...nothing,
      tenantId: other.tenantId,
      plan: 'pro',
      suspended: true,
      curatedDatasetIds: [dataset],
    })
    expect(changed).toMatchObject({
      tenant: { plan: 'pro', suspendedAt: world.clock.now(), approvedAutomatically: false },
      curatedDatasetIds: [dataset],
    })
    const page = await listTenants(deps(), call(), { q: null, limit: 2 })
    expect(page.items).toHaveLength(2)
    expect(page.total).toBeGreaterThan(2)
    const found = await listTenants(deps(), call(), { q: 'other', limit: 10 })
    expect(found.items).toMatchObject([{ tenant: { name: 'Other' }, curatedDatasetIds: [dataset] }])
    expect(found.total).toBe(1)

    const back = { ...nothing, tenantId: other.tenantId, suspended: false, curatedDatasetIds: [] }
    expect(await changeTenant(deps(), call(), back)).toMatchObject({
      tenant: { plan: 'pro', suspendedAt: null },
      curatedDatasetIds: [],
    })
  })

  test('of which there are none do not change, nor do datasets of another', async () => {
    const unknown = { ...nothing, tenantId: 'tnt_unknown', plan: 'pro' as const }
    await expect(changeTenant(deps(), call(), unknown)).rejects.toMatchObject({ code: 'not_found' })
    const foreign = await world.addDataset(provider)
    const change = { ...nothing, tenantId: other.tenantId, suspended: true }
    const wrong = changeTenant(deps(), call(), { ...change, curatedDatasetIds: [foreign] })
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' })
    expect((await identity.findTenant(world.db, other.tenantId))?.suspendedAt).toBeNull()
    const curated = await catalog.curatedOf(world.db, [other.tenantId])
    expect(curated.get(other.tenantId) ?? []).toEqual([])
  })
})
