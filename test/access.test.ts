// Leave to use a dataset: asking for it, deciding, granting unasked, and every end that it can have.
import type { AccessRequest } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const dayMs = 86_400_000
let count = 0

/** A searchable dataset for which leave is needed, with a word of its own. */
async function onRequest(visibility: 'listed' | 'restricted' = 'listed') {
  const word = `access${++count}word`
  const terms = { name: word, visibility, access_policy: 'approval' as const }
  const { datasetId, objectIds } = await publish(world, {
    terms,
    files: [textFile(`${word}.txt`, `The ${word} is behind a door.`)],
  })
  return { dataset_id: datasetId, word, object_id: objectIds[0] ?? '' }
}

const ask = (dataset_id: string, { client }: Party = world.buyer): Promise<AccessRequest> =>
  client.accessRequests.create({ dataset_id, purpose: 'research', message: 'Please.' })

const hits = async (word: string, { client }: Party = world.buyer) =>
  (await client.search.query({ query: word })).result_count

async function accessOf(dataset_id: string, { client }: Party = world.buyer) {
  return (await client.catalog.get({ dataset_id })).access
}

describe('a request', () => {
  test('is made by the buyer, seen by both, and approved by the provider', async () => {
    const { dataset_id, word } = await onRequest()
    expect(await accessOf(dataset_id)).toBe('request_required')
    const made = await ask(dataset_id)
    expect(made).toMatchObject({
      dataset_id,
      dataset_name: word,
      buyer: { tenant_id: world.buyer.tenantId, name: 'buyer Ltd' },
      purpose: 'research',
      message: 'Please.',
      status: 'pending',
      reason: null,
      expires_at: '2026-04-19T10:00:00Z',
      decided_at: null,
    })
    expect(await accessOf(dataset_id)).toBe('pending')
    const { provider, buyer } = world
    const incoming = await provider.client.accessRequests.list({ status: 'pending' })
    expect(incoming.items[0]).toEqual(made)
    const outgoing = await buyer.client.accessRequests.list({ direction: 'outgoing' })
    expect(outgoing.items[0]).toEqual(made)
    expect((await buyer.client.accessRequests.list()).items).toEqual([])

    expect(await hits(word)).toBe(0)
    const { access_request_id } = made
    const approved = await provider.client.accessRequests.approve({ access_request_id })
    expect(approved).toMatchObject({ status: 'approved', decided_at: '2026-04-05T10:00:00Z' })
    expect(await accessOf(dataset_id)).toBe('granted')
    expect(await hits(word)).toBe(1)
    const { items } = await provider.client.grants.list({ dataset_id })
    expect(items).toMatchObject([
      { tenant_id: buyer.tenantId, tenant_name: 'buyer Ltd', expires_at: null, revoked_at: null },
    ])
  })

  test('that is denied says why, and another one may follow', async () => {
    const { dataset_id, word } = await onRequest()
    const { access_request_id } = await ask(dataset_id)
    const { client } = world.provider
    const denied = await client.accessRequests.deny({ access_request_id, reason: 'Not for you.' })
    expect(denied).toMatchObject({ status: 'denied', reason: 'Not for you.' })
    expect(await hits(word)).toBe(0)
    expect(await accessOf(dataset_id)).toBe('request_required')
    expect((await ask(dataset_id)).status).toBe('pending')
  })

  test('can be taken back by those who made it, while it waits', async () => {
    const { dataset_id } = await onRequest()
    const { access_request_id } = await ask(dataset_id)
    const { client } = world.buyer
    const withdrawn = await client.accessRequests.withdraw({ access_request_id })
    expect(withdrawn.status).toBe('withdrawn')
    const again = (await ask(dataset_id)).access_request_id
    const other = world.provider.client.accessRequests.withdraw({ access_request_id: again })
    await expect(other).rejects.toMatchObject({ status: 404 })
  })

  test('is decided once, and by the owner only', async () => {
    const { dataset_id } = await onRequest()
    const { access_request_id } = await ask(dataset_id)
    const mine = world.buyer.client.accessRequests.approve({ access_request_id })
    await expect(mine).rejects.toMatchObject({ status: 404 })
    const { client } = world.provider
    await client.accessRequests.deny({ access_request_id, reason: 'no' })
    for (const late of [
      () => client.accessRequests.approve({ access_request_id }),
      () => client.accessRequests.deny({ access_request_id, reason: 'no' }),
      () => world.buyer.client.accessRequests.withdraw({ access_request_id }),
    ]) {
      await expect(late()).rejects.toMatchObject({ status: 409, code: 'conflict' })
    }
  })

  test('waits for one decision at a time', async () => {
    const { dataset_id } = await onRequest()
    await ask(dataset_id)
    await expect(ask(dataset_id)).rejects.toMatchObject({ status: 409, code: 'conflict' })
    expect((await ask(dataset_id, world.stranger)).status).toBe('pending')
  })

  test('is refused for what may be used already, and unknown for what may not be discovered', async () => {
    const { datasetId } = await publish(world, { files: [textFile('open.txt', 'open to all')] })
    await expect(ask(datasetId)).rejects.toMatchObject({ status: 409, code: 'conflict' })
    const { dataset_id } = await onRequest('restricted')
    await expect(ask(dataset_id)).rejects.toMatchObject({ status: 404 })
    const own = await onRequest()
    await expect(ask(own.dataset_id, world.provider)).rejects.toMatchObject({ status: 409 })
  })

  test('may be granted for a time, and that time ends by itself', async () => {
    const { dataset_id, word } = await onRequest()
    const { access_request_id } = await ask(dataset_id)
    const { client } = world.provider
    const past = world.clock.now().toISOString()
    const ended = client.accessRequests.approve({ access_request_id, expires_at: past })
    await expect(ended).rejects.toMatchObject({ status: 422 })
    const expires_at = new Date(world.clock.now().getTime() + 3_600_000).toISOString()
    await client.accessRequests.approve({ access_request_id, expires_at })
    expect(await hits(word)).toBe(1)
    world.clock.forward(3_600_000)
    expect(await hits(word)).toBe(0)
    expect(await accessOf(dataset_id)).toBe('request_required')
    expect((await ask(dataset_id)).status).toBe('pending')
  })
})

describe('a grant', () => {
  test('may be given unasked, by id or by name, and settles what was asked', async () => {
    const { dataset_id, word, object_id } = await onRequest('restricted')
    const { provider, buyer, stranger } = world
    const grant = await provider.client.grants.create({ dataset_id, tenant_id: buyer.tenantId })
    expect(await hits(word)).toBe(1)
    expect((await buyer.client.objects.download({ object_id })).charged_amount).toBe(0.5)
    expect(await hits(word, stranger)).toBe(0)
    const { grant_id } = grant
    const revoked = await provider.client.grants.revoke({ dataset_id, grant_id })
    expect(revoked.revoked_at).toBe('2026-04-05T11:00:00Z')
    expect(await provider.client.grants.revoke({ dataset_id, grant_id })).toEqual(revoked)
    const download = buyer.client.objects.download({ object_id })
    await expect(download).rejects.toMatchObject({ status: 404 })
    await expect(buyer.client.catalog.get({ dataset_id })).rejects.toMatchObject({ status: 404 })

    const { access_request_id, ...asked } = await onRequest().then(({ dataset_id: id }) => ask(id))
    const unique = await world.signUp('unique')
    await provider.client.grants.create({ dataset_id, tenant_name: 'unique Ltd' })
    expect(await hits(word, unique)).toBe(1)
    await provider.client.grants.create({ dataset_id: asked.dataset_id, tenant_id: buyer.tenantId })
    const { items } = await buyer.client.accessRequests.list({ direction: 'outgoing', limit: 1 })
    expect(items[0]).toMatchObject({ access_request_id, status: 'approved' })
  })

  test('goes to one tenant that exists, once, and never to the owner', async () => {
    const { dataset_id } = await onRequest()
    const { client, tenantId } = world.provider
    const tenant_id = world.buyer.tenantId
    const cases: [object, number][] = [
      [{}, 422],
      [{ tenant_id, tenant_name: 'buyer Ltd' }, 422],
      [{ tenant_id: 'tnt_unknown' }, 404],
      [{ tenant_name: 'Nobody Ltd' }, 404],
      [{ tenant_id: tenantId }, 409],
      [{ tenant_id, expires_at: '2020-01-01T00:00:00Z' }, 422],
    ]
    for (const [input, status] of cases) {
      const refused = client.grants.create({ dataset_id, ...input })
      await expect(refused, JSON.stringify(input)).rejects.toMatchObject({ status })
    }
    await client.grants.create({ dataset_id, tenant_id })
    const twice = client.grants.create({ dataset_id, tenant_id })
    await expect(twice).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('on a private dataset is a conflict, and sleeps while a dataset is private', async () => {
    const { dataset_id, word } = await onRequest('restricted')
    const { client } = world.provider
    await client.grants.create({ dataset_id, tenant_id: world.buyer.tenantId })
    await client.datasets.update({ dataset_id, visibility: 'private' })
    expect(await hits(word)).toBe(0)
    const again = client.grants.create({ dataset_id, tenant_id: world.stranger.tenantId })
    await expect(again).rejects.toMatchObject({ status: 409, code: 'conflict' })
    await client.datasets.update({ dataset_id, visibility: 'restricted' })
    expect(await hits(word)).toBe(1)
  })
})

test('a request that nobody decides is over after fourteen days', async () => {
  const { dataset_id } = await onRequest()
  const { access_request_id } = await ask(dataset_id)
  world.clock.forward(14 * dayMs)
  for (const party of [world.provider, world.buyer, world.operator]) await world.logIn(party)
  const { items } = await world.buyer.client.accessRequests.list({
    direction: 'outgoing',
    limit: 1,
  })
  expect(items[0]).toMatchObject({ access_request_id, status: 'expired', decided_at: null })
  const late = world.provider.client.accessRequests.approve({ access_request_id })
  await expect(late).rejects.toMatchObject({ status: 409, code: 'conflict' })
  expect((await ask(dataset_id)).status).toBe('pending')
})

describe('a role', () => {
  test('decides about requests, and a key needs admin:* in its place', async () => {
    const { dataset_id } = await onRequest()
    const { client } = world.buyer
    const weak = await client.apiKeys.create({ name: 'weak', scopes: ['datasets:read'] })
    const strong = await client.apiKeys.create({ name: 'strong', scopes: ['admin:*'] })
    const asked = (apiKey: string) =>
      world.client({ apiKey }).accessRequests.create({ dataset_id, purpose: 'research' })
    await expect(asked(weak.secret)).rejects.toMatchObject({ status: 403 })
    expect((await asked(strong.secret)).status).toBe('pending')
  })
})
