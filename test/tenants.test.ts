// Keys that are limited to some datasets, before every operation that names something in another one; and
// what of one tenant's doings stays with it. Who may call what at all: matrix.test.ts; ids of another
// tenant: foreign.test.ts.
import type { Operation } from '@ipto/contract/operation.ts'
import { type OperationId, operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { type Answer, comparable, requestOf, send, unknownLike } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let seed: Seed
beforeAll(async () => {
  // An hour before the end of a month, so that sessions outlive its closing.
  world = await openWorld({ startsAt: new Date('2026-03-31T23:00:00Z') })
  seed = await openSeed(world)
}, 240_000)
afterAll(() => world.close())

// The table is complete for the compiler; here its rows are all alike.
type Row = { op: Operation; call: OwnerCall<OperationId> }
const rows = Object.entries(operations).map(([id, op]) => ({
  id,
  op: op as unknown as Operation,
  call: ownerCalls[id as OperationId] as unknown as Row['call'],
}))

type Credential = { token?: string; apiKey?: string }

async function ask(op: Operation, input: object, credential: Credential): Promise<Answer> {
  const { path, request } = requestOf(op, input)
  return send(world.url + path, { ...request, ...credential })
}

function ownerOf({ by = 'provider' }: Row['call']): Party | undefined {
  return by === 'nobody' ? undefined : world[by]
}

function withNames(
  { names = [] }: Row['call'],
  input: Record<string, unknown>,
  change: (value: unknown) => unknown,
) {
  const changed = { ...input }
  for (const name of names) changed[name] = change(input[name])
  return changed
}

describe('a key that is limited to another dataset finds closed', () => {
  test.each(rows.filter(({ call }) => call.inDataset))('$id', async ({ op, call }) => {
    const owner = ownerOf(call) ?? world.provider
    const key = await limitedKey(owner)
    const input = await call.input(seed)
    const refused = await ask(op, input, { apiKey: key })
    expect([403, 404]).toContain(refused.status)
    if (refused.status === 404) {
      const unknown = await ask(op, withNames(call, input, unknownLike), { apiKey: key })
      expect(comparable(unknown)).toEqual(comparable(refused))
    }
  })
})

const limitedKeys = new Map<Party, string>()

/** Every scope, and a list with one empty dataset of its own. */
async function limitedKey(party: Party): Promise<string> {
  const known = limitedKeys.get(party)
  if (known) return known
  const { dataset_id } = await party.client.datasets.create({ name: 'Allowed' })
  const { secret } = await party.client.apiKeys.create({
    name: 'limited',
    scopes: [...scopes],
    dataset_access_mode: 'allow_list',
    dataset_ids: [dataset_id],
  })
  limitedKeys.set(party, secret)
  return secret
}

describe('a key with a list of datasets', () => {
  test('sees only those of its list, in every list that names datasets', async () => {
    const apiKey = await limitedKey(world.provider)
    const paths = [
      '/v1/datasets',
      '/v1/catalog/datasets',
      '/v1/access-requests',
      '/v1/provider/dashboard',
      '/v1/provider/analytics',
      '/v1/agent/activity/accesses',
    ]
    for (const path of paths) {
      const answer = await send(world.url + path, { apiKey })
      expect(answer.status).toBe(200)
      for (const hidden of [seed.privateId, seed.listedId]) {
        expect(answer.text, path).not.toContain(hidden)
      }
    }
    const { body } = await send(`${world.url}/v1/datasets`, { apiKey })
    expect(body.items).toHaveLength(1)
    const dashboard = await send(`${world.url}/v1/provider/dashboard`, { apiKey })
    expect(dashboard.body.data).toMatchObject({ total_datasets: 1, total_objects: 0 })
  })

  test('finds nothing outside it, also where no dataset is named', async () => {
    const found = await world
      .client({ apiKey: await limitedKey(world.provider) })
      .search.query({ query: 'harbour' })
    expect(found.results).toEqual([])
    const own = await world.provider.client.search.query({ query: 'harbour' })
    expect(own.results.length).toBeGreaterThan(0)
  })

  test('cannot make a key that reaches further, nor widen itself', async () => {
    const client = world.client({ apiKey: await limitedKey(world.provider) })
    const child = await client.apiKeys.create({ name: 'child', scopes: ['search:query'] })
    expect(child).toMatchObject({ dataset_access_mode: 'allow_list' })
    const wider = { dataset_access_mode: 'allow_list' as const, dataset_ids: [seed.privateId] }
    const made = client.apiKeys.create({ name: 'wide', scopes: ['search:query'], ...wider })
    await expect(made).rejects.toMatchObject({ status: 403 })
    const { api_key_id } = child
    const changed = client.apiKeys.update({ api_key_id, ...wider })
    await expect(changed).rejects.toMatchObject({ status: 403 })
    const opened = await client.apiKeys.update({ api_key_id, dataset_access_mode: 'all_available' })
    expect(opened.dataset_ids).toEqual(child.dataset_ids)
  })

  test('may name a listed dataset only with the right to use it, and none that it may not know', async () => {
    const { client } = world.buyer
    const asked = (id: string) =>
      client.apiKeys.create({
        name: 'list',
        scopes: ['search:query'],
        dataset_access_mode: 'allow_list',
        dataset_ids: [id],
      })
    await expect(asked(seed.listedId)).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    await expect(asked(seed.privateId)).rejects.toMatchObject({ status: 404, code: 'not_found' })
  })
})

describe("a stranger's own dataset", () => {
  test('does not open what lies in another one', async () => {
    const { client } = world.stranger
    const { dataset_id } = await client.datasets.create({ name: 'Mine', visibility: 'restricted' })
    const { grant_id } = await world.provider.client.grants.create({
      dataset_id: seed.listedId,
      tenant_id: world.buyer.tenantId,
    })
    const revoked = client.grants.revoke({ dataset_id, grant_id })
    await expect(revoked).rejects.toMatchObject({ status: 404 })
    const filters = { object_ids: [seed.objectId] }
    const found = await client.search.query({ query: 'harbour', filters })
    expect(found).toMatchObject({ result_count: 0, charged_amount: 0 })
  })
})

test('a key with a list of datasets reads no audit log and has no webhooks: they tell of all', async () => {
  const apiKey = await limitedKey(world.provider)
  for (const path of ['/v1/audit', '/v1/webhooks']) {
    expect((await send(world.url + path, { apiKey })).status, path).toBe(403)
  }
})

test("a stranger's calls leave no trace with the owner", async () => {
  for await (const entry of await world.provider.client.audit.list({ limit: 100 })) {
    expect(entry.actor_id).not.toBe(world.stranger.userId)
  }
})
