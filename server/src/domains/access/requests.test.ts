import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { asId, type Id, newId } from '../../base/ids.ts'
import { limitedTo, openWorld, type World } from './access.fixture.ts'
import {
  accessOf,
  decideRequest,
  grant,
  listGrants,
  listRequests,
  requestAccess,
  requireUse,
  revokeGrant,
  withdrawRequest,
} from './access.ts'
import { createKey, updateKey } from './keys.ts'
import { expireRequests } from './requests.ts'

let world: World
let owner: Actor
let buyer: Actor
let stranger: Actor
let datasetId: Id<'dset'>

beforeAll(async () => {
  world = await openWorld()
  owner = await world.addTenant('Owner')
  buyer = await world.addTenant('Buyer')
  stranger = await world.addTenant('Stranger')
})

afterAll(() => world.close())

beforeEach(async () => {
  datasetId = await world.addDataset(owner)
})

const ask = (actor = buyer, chargeKey = newId('req')) =>
  requestAccess(world.deps, world.callOf(actor, chargeKey), {
    datasetId,
    datasetName: 'Leases',
    purpose: 'Answer questions',
    message: null,
  })
const approve = (requestId: string, expiresAt: Date | null = null, actor = owner) =>
  decideRequest(world.deps, world.callOf(actor), { requestId, decision: 'approved', expiresAt })
const deny = (requestId: string, actor = owner) =>
  decideRequest(world.deps, world.callOf(actor), { requestId, decision: 'denied', reason: 'No.' })
const withdraw = (requestId: string, actor = buyer) =>
  withdrawRequest(world.deps, world.callOf(actor), requestId)
const give = (tenantId: string, expiresAt: Date | null = null, chargeKey = newId('req')) =>
  grant(world.deps, world.callOf(owner, chargeKey), {
    datasetId,
    tenantId,
    tenantName: null,
    expiresAt,
  })
const takeBack = (grantId: string, actor = owner) =>
  revokeGrant(world.deps, world.callOf(actor), { datasetId, grantId })
const inDays = (days: number) => new Date(world.now().getTime() + days * msPerDay)
const use = (actor = buyer) => requireUse(world.db, actor, datasetId, world.now())
const kindFor = async (actor: Actor) =>
  (await accessOf(world.db, actor, [datasetId], world.now())).get(datasetId)
const list = async (
  actor: Actor,
  isIncoming: boolean,
  status: 'expired' | 'pending' | null = null,
) =>
  (
    await listRequests(world.deps, world.callOf(actor), { isIncoming, status, limit: 100 })
  ).items.filter((request) => request.datasetId === datasetId)
const conflict = { code: 'conflict' }
const notFound = { code: 'not_found' }

describe('a request', () => {
  test('that is approved lets its buyer in at once, and nobody else', async () => {
    const request = await ask()
    expect(request).toMatchObject({ status: 'pending', tenantName: 'Buyer', lapsesAt: inDays(14) })
    expect(await kindFor(buyer)).toBe('pending')
    await expect(use()).rejects.toMatchObject({ code: 'forbidden' })

    const end = inDays(90)
    const approved = await approve(request.id, end)
    expect(approved).toMatchObject({
      status: 'approved',
      grantExpiresAt: end,
      decidedAt: world.now(),
    })
    await expect(use()).resolves.toMatchObject({ id: datasetId })
    await expect(use(stranger)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await kindFor(buyer)).toBe('granted')
    expect(await world.actionsOn(request.id)).toEqual([
      'access_request.create',
      'access_request.approve',
    ])
  })

  test('that is denied carries the reason, lets nobody in, and may be followed by another', async () => {
    const request = await ask()
    expect(await deny(request.id)).toMatchObject({ status: 'denied', reason: 'No.' })
    await expect(use()).rejects.toMatchObject({ code: 'forbidden' })
    expect((await ask()).status).toBe('pending')
  })

  test('that was withdrawn may be followed by another', async () => {
    const request = await ask()
    expect(await withdraw(request.id)).toMatchObject({ status: 'withdrawn' })
    expect(await kindFor(buyer)).toBe('request_required')
    await ask()
  })

  test('is refused while one waits, and only for that buyer', async () => {
    await ask()
    await expect(ask()).rejects.toMatchObject(conflict)
    await ask(stranger)
  })

  test('is refused for what may be used already, and for one’s own', async () => {
    await expect(ask(owner)).rejects.toMatchObject(conflict)
    await give(buyer.tenantId)
    await expect(ask()).rejects.toMatchObject(conflict)
    await world.addDataset(owner, { datasetId, accessPolicy: 'automatic' })
    await expect(ask(stranger)).rejects.toMatchObject(conflict)
  })

  test('does not find what may not be discovered', async () => {
    for (const policy of [
      { visibility: 'private' },
      { visibility: 'restricted' },
      { discoverable: false },
    ] as const) {
      datasetId = await world.addDataset(owner, policy)
      await expect(ask()).rejects.toMatchObject(notFound)
    }
    datasetId = asId('dset', 'dset_nobody')
    await expect(ask()).rejects.toMatchObject(notFound)
  })

  test('repeated after a crash is the same request', async () => {
    const chargeKey = newId('req')
    const first = await ask(buyer, chargeKey)
    expect(await ask(buyer, chargeKey)).toEqual(first)
  })

  test('leaves every state but pending for good', async () => {
    const ends = {
      approved: (id: string) => approve(id),
      denied: (id: string) => deny(id),
      withdrawn: (id: string) => withdraw(id),
    }
    for (const [status, end] of Object.entries(ends)) {
      datasetId = await world.addDataset(owner)
      const request = await ask()
      expect((await end(request.id)).status).toBe(status)
      for (const again of Object.values(ends)) {
        await expect(again(request.id), status).rejects.toMatchObject(conflict)
      }
    }
  })

  test('expires after 14 days by itself, and the schedule only writes it down', async () => {
    const request = await ask()
    world.passMs(14 * msPerDay - 1)
    expect((await list(owner, true))[0]?.status).toBe('pending')
    world.passMs(1)
    expect((await list(owner, true, 'pending')).length).toBe(0)
    expect((await list(buyer, false, 'expired'))[0]?.status).toBe('expired')
    expect(await kindFor(buyer)).toBe('request_required')
    await expect(approve(request.id)).rejects.toMatchObject(conflict)
    await expect(withdraw(request.id)).rejects.toMatchObject(conflict)

    const before = await list(buyer, false)
    await expireRequests(world.deps, world.run())
    await expireRequests(world.deps, world.run())
    expect(await list(buyer, false)).toEqual(before)
    expect(await world.actionsOn(request.id)).toEqual([
      'access_request.create',
      'access_request.expire',
    ])
  })

  test('that has expired may be followed by another before the schedule ran', async () => {
    await ask()
    world.passMs(14 * msPerDay)
    const next = await ask()
    expect((await list(buyer, false)).map((request) => request.status)).toEqual([
      'pending',
      'expired',
    ])
    expect(next.status).toBe('pending')
  })

  test('is decided by its owner alone and withdrawn by its buyer alone', async () => {
    const request = await ask()
    for (const actor of [buyer, stranger]) {
      await expect(approve(request.id, null, actor)).rejects.toMatchObject(notFound)
      await expect(deny(request.id, actor)).rejects.toMatchObject(notFound)
    }
    for (const actor of [owner, stranger]) {
      await expect(withdraw(request.id, actor)).rejects.toMatchObject(notFound)
    }
    await expect(approve(request.id, null, limitedTo(owner, []))).rejects.toMatchObject(notFound)
    expect(await list(stranger, true)).toEqual([])
    expect(await list(stranger, false)).toEqual([])
    expect(await list(buyer, true)).toEqual([])
    expect(await list(limitedTo(owner, []), true)).toEqual([])
    expect((await list(owner, true)).map((one) => one.id)).toEqual([request.id])
    expect((await list(buyer, false)).map((one) => one.id)).toEqual([request.id])
  })

  test('cannot be approved once the dataset is private, nor with an end that has passed', async () => {
    const request = await ask()
    await expect(approve(request.id, world.now())).rejects.toMatchObject({
      code: 'invalid_request',
      fields: [{ path: 'expires_at' }],
    })
    await world.addDataset(owner, { datasetId, visibility: 'private' })
    await expect(approve(request.id)).rejects.toMatchObject(conflict)
    expect((await list(buyer, false))[0]?.status).toBe('pending')
  })

  test('of two buyers are decided apart', async () => {
    const [one, two] = [await ask(buyer), await ask(stranger)]
    await approve(one.id)
    await deny(two.id)
    await expect(use(buyer)).resolves.toBeDefined()
    await expect(use(stranger)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('are listed page by page, newest first, each once', async () => {
    const made = []
    for (let index = 0; index < 5; index++) {
      datasetId = await world.addDataset(owner)
      made.push((await ask(stranger)).id)
    }
    const seen = []
    let after: Id<'arq'> | null = null
    for (;;) {
      const call = { ...world.callOf(stranger), after: after && [after] }
      const page = await listRequests(world.deps, call, {
        isIncoming: false,
        status: null,
        limit: 2,
      })
      seen.push(...page.items.map((request) => request.id))
      if (!page.next) break
      after = asId('arq', String(page.next[0]))
    }
    expect(seen.slice(0, 5)).toEqual(made.reverse())
    expect(new Set(seen).size).toBe(seen.length)
  })
})

describe('a grant', () => {
  test('given unasked lets its tenant in, and its revocation is there with the next question', async () => {
    datasetId = await world.addDataset(owner, { visibility: 'restricted' })
    await expect(use()).rejects.toMatchObject(notFound)
    const made = await give(buyer.tenantId)
    expect(made).toMatchObject({ tenantName: 'Buyer', expiresAt: null, revokedAt: null })
    await expect(use()).resolves.toBeDefined()

    const revoked = await takeBack(made.id)
    expect(revoked.revokedAt).toEqual(world.now())
    await expect(use()).rejects.toMatchObject(notFound)
    world.passMs(1_000)
    expect(await takeBack(made.id)).toEqual(revoked)
    expect(await world.actionsOn(made.id)).toEqual(['grant.create', 'grant.revoke'])
  })

  test('approves the request that waits, so that it cannot be decided otherwise', async () => {
    const request = await ask()
    const made = await give(buyer.tenantId, inDays(5))
    expect(await list(buyer, false)).toMatchObject([
      { id: request.id, status: 'approved', grantId: made.id, grantExpiresAt: inDays(5) },
    ])
    await expect(deny(request.id)).rejects.toMatchObject(conflict)
  })

  test('is refused on a private dataset, to oneself, and while another is open', async () => {
    await give(buyer.tenantId)
    await expect(give(buyer.tenantId)).rejects.toMatchObject(conflict)
    await expect(give(owner.tenantId)).rejects.toMatchObject(conflict)
    datasetId = await world.addDataset(owner, { visibility: 'private' })
    await expect(give(buyer.tenantId)).rejects.toMatchObject(conflict)
  })

  test('may follow one that was revoked and one that has expired', async () => {
    await takeBack((await give(buyer.tenantId)).id)
    await give(buyer.tenantId, inDays(1))
    world.passMs(msPerDay)
    await expect(use()).rejects.toMatchObject({ code: 'forbidden' })
    await give(buyer.tenantId)
    await expect(use()).resolves.toBeDefined()
    const page = await listGrants(world.deps, world.callOf(owner), { datasetId, limit: 10 })
    expect(page.items).toHaveLength(3)
  })

  test('names one tenant by id or by a name that only it has', async () => {
    const byName = (input: { tenantId: string | null; tenantName: string | null }) =>
      grant(world.deps, world.callOf(owner), { datasetId, expiresAt: null, ...input })
    await expect(byName({ tenantId: null, tenantName: null })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const both = { tenantId: buyer.tenantId, tenantName: 'Buyer' }
    await expect(byName(both)).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(byName({ tenantId: null, tenantName: 'Nobody' })).rejects.toMatchObject(notFound)
    await expect(byName({ tenantId: 'tnt_nobody', tenantName: null })).rejects.toMatchObject(
      notFound,
    )
    await world.addTenant('Twins')
    await world.addTenant('Twins')
    await expect(byName({ tenantId: null, tenantName: 'Twins' })).rejects.toMatchObject(notFound)
    const made = await byName({ tenantId: null, tenantName: 'Buyer' })
    expect(made.tenantId).toBe(buyer.tenantId)
  })

  test('repeated after a crash is the same grant', async () => {
    const chargeKey = newId('req')
    const first = await give(buyer.tenantId, null, chargeKey)
    expect(await give(buyer.tenantId, null, chargeKey)).toEqual(first)
  })

  test('is for nobody but the owner to give, see and revoke', async () => {
    const made = await give(buyer.tenantId)
    const input = { datasetId, tenantId: buyer.tenantId, tenantName: null, expiresAt: null }
    for (const actor of [buyer, stranger, limitedTo(owner, [])]) {
      const call = world.callOf(actor)
      await expect(grant(world.deps, call, input)).rejects.toMatchObject(notFound)
      await expect(listGrants(world.deps, call, { datasetId, limit: 1 })).rejects.toMatchObject(
        notFound,
      )
      await expect(takeBack(made.id, actor)).rejects.toMatchObject(notFound)
    }
    const another = await world.addDataset(owner)
    const foreign = { datasetId: another, grantId: made.id }
    await expect(revokeGrant(world.deps, world.callOf(owner), foreign)).rejects.toMatchObject(
      notFound,
    )
    await expect(takeBack('grt_nobody')).rejects.toMatchObject(notFound)
    await expect(use()).resolves.toBeDefined()
  })

  test('sleeps while its dataset is private and wakes with it', async () => {
    await give(buyer.tenantId)
    await world.addDataset(owner, { datasetId, visibility: 'private' })
    await expect(use()).rejects.toMatchObject(notFound)
    await world.addDataset(owner, { datasetId, visibility: 'restricted' })
    await expect(use()).resolves.toBeDefined()
  })
})

describe('the list of a key', () => {
  const plain = { name: 'agent', scopes: [], budgetMicros: null, expiresAt: null }
  const make = (actor: Actor, datasetIds: Id<'dset'>[] | null) =>
    createKey(world.deps, world.callOf(actor), { ...plain, datasetIds })

  test('names only what the tenant may use', async () => {
    await expect(make(buyer, [datasetId])).rejects.toMatchObject({ code: 'forbidden' })
    const hidden = await world.addDataset(owner, { visibility: 'private' })
    await expect(make(buyer, [hidden])).rejects.toMatchObject(notFound)
    await give(buyer.tenantId)
    expect((await make(buyer, [datasetId])).key.datasetIds).toEqual([datasetId])
  })

  test('of a key made by a key stays within its maker’s', async () => {
    await give(buyer.tenantId)
    const maker = limitedTo(buyer, [datasetId])
    const own = await world.addDataset(buyer)
    await expect(make(maker, [own])).rejects.toMatchObject({ code: 'forbidden' })
    expect((await make(maker, null)).key.datasetIds).toEqual([datasetId])
  })

  test('is checked again when it changes', async () => {
    const { key } = await make(buyer, null)
    const same = {
      name: undefined,
      scopes: undefined,
      budgetMicros: undefined,
      expiresAt: undefined,
    }
    const change = (datasetIds: Id<'dset'>[] | null) =>
      updateKey(world.deps, world.callOf(buyer), { ...same, id: key.id, datasetIds })
    await expect(change([datasetId])).rejects.toMatchObject({ code: 'forbidden' })
    await give(buyer.tenantId)
    expect((await change([datasetId])).datasetIds).toEqual([datasetId])
    expect((await change(null)).datasetIds).toBeNull()
  })
})
