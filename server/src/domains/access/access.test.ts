import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { asId, type Id } from '../../base/ids.ts'
import { limitedTo, openWorld, type World } from './access.fixture.ts'
import {
  accessOf,
  grant,
  narrowReach,
  reachFor,
  requireManage,
  requireNameable,
  requireUse,
  revokeGrant,
} from './access.ts'
import type { AccessPolicy, Visibility } from './rules.ts'

// The table of decisions 3, for a tenant that is not the owner: what it may discover and use without and
// with a live grant. The owner may do everything with its own.
const table: readonly (readonly [Visibility, AccessPolicy, Row, Row])[] = [
  ['private', 'automatic', 'nothing', 'nothing'],
  ['private', 'approval', 'nothing', 'nothing'],
  ['listed', 'automatic', 'use', 'use'],
  ['listed', 'approval', 'discover', 'use'],
  ['restricted', 'automatic', 'nothing', 'use'],
  ['restricted', 'approval', 'nothing', 'use'],
]
type Row = 'nothing' | 'discover' | 'use'

const grants = ['none', 'for ever', 'with an end', 'expired', 'revoked'] as const

interface Case {
  id: Id<'dset'>
  name: string
  visibility: Visibility
  accessPolicy: AccessPolicy
  given: (typeof grants)[number]
  openForUse: boolean
  discoverable: boolean
  mayOther: Row
}

let world: World
let owner: Actor
let other: Actor
let cases: Case[]

beforeAll(async () => {
  world = await openWorld()
  owner = await world.addTenant('Owner')
  other = await world.addTenant('Other')
  cases = []
  for (const [visibility, accessPolicy, without, withGrant] of table) {
    for (const given of grants) {
      const id = await world.addDataset(owner, { visibility: 'listed', accessPolicy })
      await give(id, given)
      cases.push(
        ...(await inEveryState({ id, visibility, accessPolicy, given, without, withGrant })),
      )
    }
  }
  // Now what had an end of a day ago has expired.
  world.passMs(2 * msPerDay)
}, 120_000)

afterAll(() => world.close())

async function give(datasetId: Id<'dset'>, given: (typeof grants)[number]): Promise<void> {
  if (given === 'none') return
  const days = { 'with an end': 30, expired: 1, 'for ever': null, revoked: null }[given]
  const expiresAt = days === null ? null : new Date(world.now().getTime() + days * msPerDay)
  const input = { datasetId, tenantId: other.tenantId, tenantName: null, expiresAt }
  const made = await grant(world.deps, world.callOf(owner), input)
  if (given !== 'revoked') return
  await revokeGrant(world.deps, world.callOf(owner), { datasetId, grantId: made.id })
}

async function inEveryState(at: {
  id: Id<'dset'>
  visibility: Visibility
  accessPolicy: AccessPolicy
  given: (typeof grants)[number]
  without: Row
  withGrant: Row
}): Promise<Case[]> {
  const { id: first, visibility, accessPolicy, given } = at
  const hasGrant = given === 'for ever' || given === 'with an end'
  const made: Case[] = []
  for (const openForUse of [true, false]) {
    for (const discoverable of [true, false]) {
      // The first keeps its grant; each further state needs a dataset with a grant of its own.
      const isFirst = made.length === 0
      const id = isFirst ? first : await world.addDataset(owner, { accessPolicy })
      if (!isFirst) await give(id, given)
      const policy = { datasetId: id, visibility, accessPolicy, openForUse, discoverable }
      await world.addDataset(owner, policy)
      const mayOther = discoverable ? (hasGrant ? at.withGrant : at.without) : 'nothing'
      const name = `${visibility} ${accessPolicy}, grant ${given}, ${openForUse ? 'open' : 'closed'}${discoverable ? '' : ', removed'}`
      made.push({ id, name, visibility, accessPolicy, given, openForUse, discoverable, mayOther })
    }
  }
  return made
}

function mayOf(one: Case, actor: Actor): Row {
  if (actor.tenantId !== owner.tenantId) return one.mayOther
  return one.discoverable ? 'use' : 'nothing'
}

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: { code?: string }) => error.code ?? String(error),
  )

async function eachCase(check: (one: Case, actor: Actor, may: Row) => Promise<void>) {
  for (const actor of [owner, other]) {
    for (const one of cases) await check(one, actor, mayOf(one, actor))
  }
}

describe('the table of permissions', () => {
  test('all without names reaches exactly what may be used and is open, for both tenants', async () => {
    for (const actor of [owner, other]) {
      const reach = await reachFor(world.db, actor, { datasetIds: null, now: world.now() })
      const expected = cases.filter((one) => one.openForUse && mayOf(one, actor) === 'use')
      const named = new Set(reach.datasets.map((dataset) => dataset.id))
      const found = cases.filter((one) => named.has(one.id)).map((one) => one.name)
      expect(found).toEqual(expected.map((one) => one.name))
      expect(reach.datasets).toHaveLength(expected.length)
      const numbers = reach.datasets.map((dataset) => dataset.no)
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(new Set(reach.datasets.map((dataset) => dataset.isOwned)).size).toBe(1)
    }
  })

  test('a named dataset is not found, forbidden, left out or reached, as the table says', async () => {
    await eachCase(async (one, actor, may) => {
      const work = reachFor(world.db, actor, { datasetIds: [one.id, one.id], now: world.now() })
      const code = { nothing: 'not_found', discover: 'forbidden', use: 'ok' }[may]
      expect(await codeOf(work), one.name).toBe(code)
      if (may !== 'use') return
      const ids = (await work).datasets.map((dataset) => dataset.id)
      expect(ids, one.name).toEqual(one.openForUse ? [one.id] : [])
    })
  })

  test('a download needs the same, and another tenant finds nothing that is closed', async () => {
    await eachCase(async (one, actor, may) => {
      const isHidden = may === 'use' && !one.openForUse && actor === other
      const code = isHidden
        ? 'not_found'
        : { nothing: 'not_found', discover: 'forbidden', use: 'ok' }[may]
      expect(await codeOf(requireUse(world.db, actor, one.id, world.now())), one.name).toBe(code)
    })
  })

  test('a dataset can be named for a key where it may be used, open or not', async () => {
    await eachCase(async (one, actor, may) => {
      const code = { nothing: 'not_found', discover: 'forbidden', use: 'ok' }[may]
      const work = requireNameable(world.db, actor, [one.id], world.now())
      expect(await codeOf(work), one.name).toBe(code)
    })
  })

  test('only the owner manages, and nobody what is being deleted', async () => {
    await eachCase(async (one, actor) => {
      const code = actor === owner && one.discoverable ? 'ok' : 'not_found'
      expect(await codeOf(requireManage(world.db, actor, one.id)), one.name).toBe(code)
    })
  })

  test('the catalog says how one stands, and nothing of what may not be discovered', async () => {
    const ids = cases.map((one) => one.id)
    for (const actor of [owner, other]) {
      const kinds = await accessOf(world.db, actor, ids, world.now())
      for (const one of cases) {
        expect(kinds.get(one.id), one.name).toBe(expectedKind(one, actor))
      }
    }
  })

  function expectedKind(one: Case, actor: Actor): string | undefined {
    const may = mayOf(one, actor)
    if (may === 'nothing') return undefined
    if (actor === owner) return 'owned'
    if (may === 'discover') return 'request_required'
    const hasGrant = one.given === 'for ever' || one.given === 'with an end'
    return hasGrant ? 'granted' : 'available'
  }

  test('a key with a list reaches what its tenant may use and the list names, and no more', async () => {
    for (const actor of [owner, other]) {
      const listed = cases.filter((_, index) => index % 3 !== 0)
      const limited = limitedTo(
        actor,
        listed.map((one) => one.id),
      )
      const reach = await reachFor(world.db, limited, { datasetIds: [], now: world.now() })
      const expected = listed.filter((one) => one.openForUse && mayOf(one, actor) === 'use')
      expect(reach.datasets.map((dataset) => dataset.id)).toEqual(expected.map((one) => one.id))
    }
  })

  test('outside the list of a key: forbidden where the tenant may know of it, else not found', async () => {
    await eachCase(async (one, actor, may) => {
      const key = limitedTo(actor, [asId('dset', 'dset_another')])
      const code = may === 'nothing' ? 'not_found' : 'forbidden'
      const named = { datasetIds: [one.id], now: world.now() }
      expect(await codeOf(reachFor(world.db, key, named)), one.name).toBe(code)
      expect(await codeOf(requireUse(world.db, key, one.id, world.now())), one.name).toBe(code)
      expect(await codeOf(requireNameable(world.db, key, [one.id], world.now()))).toBe(code)
      expect(await codeOf(requireManage(world.db, key, one.id)), one.name).toBe('not_found')
    })
  })

  test('an empty list of a key reaches nothing at all', async () => {
    const reach = await reachFor(world.db, limitedTo(owner, []), {
      datasetIds: null,
      now: world.now(),
    })
    expect(reach.datasets).toEqual([])
  })
})

describe('a reach', () => {
  test('one undiscoverable name hides what would be said of the others', async () => {
    const forbidden = await world.addDataset(owner, { accessPolicy: 'approval' })
    const unknown = asId('dset', 'dset_nobody')
    const both = { datasetIds: [forbidden, unknown], now: world.now() }
    const failure = await reachFor(world.db, other, both).catch((error: unknown) => error)
    const alone = { datasetIds: [unknown], now: world.now() }
    await expect(reachFor(world.db, other, alone)).rejects.toEqual(failure)
    expect(failure).toMatchObject({ code: 'not_found' })
  })

  test('an unknown dataset and a private one of another tenant get the same answer', async () => {
    const hidden = await world.addDataset(owner, { visibility: 'private' })
    const answers = await Promise.all(
      [hidden, asId('dset', 'dset_unknown'), asId('dset', "' or 1=1 --")].map((id) =>
        requireUse(world.db, other, id, world.now()).catch((error: unknown) => error),
      ),
    )
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  test('can only become smaller', async () => {
    const id = await world.addDataset(owner, { accessPolicy: 'automatic' })
    const reach = await reachFor(world.db, other, { datasetIds: null, now: world.now() })
    const narrow = narrowReach(reach, (dataset) => dataset.id === id)
    expect(narrow.datasets).toEqual([
      { id, no: expect.any(Number), ownerTenantId: owner.tenantId, isOwned: false },
    ])
    expect(narrowReach(narrow, () => true).datasets).toHaveLength(1)
  })

  test('a dataset keeps its number whatever becomes of its policy', async () => {
    const id = await world.addDataset(owner)
    const before = await requireUse(world.db, owner, id, world.now())
    await world.addDataset(owner, { datasetId: id, visibility: 'private', openForUse: false })
    expect(await requireUse(world.db, owner, id, world.now())).toEqual(before)
  })

  test('a policy cannot be taken over by another tenant', async () => {
    const id = await world.addDataset(owner, { visibility: 'private' })
    await world.addDataset(other, {
      datasetId: id,
      visibility: 'listed',
      accessPolicy: 'automatic',
    })
    await expect(requireUse(world.db, other, id, world.now())).rejects.toMatchObject({
      code: 'not_found',
    })
    await requireManage(world.db, owner, id)
  })

  test('a grant ends by the clock, to the moment', async () => {
    const id = await world.addDataset(owner, { visibility: 'restricted' })
    const expiresAt = new Date(world.now().getTime() + 1_000)
    const input = { datasetId: id, tenantId: other.tenantId, tenantName: null, expiresAt }
    await grant(world.deps, world.callOf(owner), input)
    const before = new Date(expiresAt.getTime() - 1)
    await expect(requireUse(world.db, other, id, before)).resolves.toMatchObject({ id })
    await expect(requireUse(world.db, other, id, expiresAt)).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
