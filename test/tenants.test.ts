// Every operation, called by those who must not: without a credential, with one that holds too little,
// by a stranger who knows the ids, and with a key that is limited to another dataset. What a stranger
// may not know of is answered byte by byte like what does not exist.
import { idPrefixes } from '@ipto/contract/ids.ts'
import type { Operation } from '@ipto/contract/operation.ts'
import { type OperationId, operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { type Answer, codeOf, requestOf, send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let seed: Seed
beforeAll(async () => {
  // An hour before the end of a month, so that sessions outlive its closing.
  world = await openWorld({ startsAt: new Date('2026-03-31T23:00:00Z') })
  seed = await openSeed(world)
}, 60_000)
afterAll(() => world.close())

// The table is complete for the compiler; here its rows are all alike.
type Row = { op: Operation; call: OwnerCall<OperationId> }
const rows = Object.entries(operations).map(([id, op]) => ({
  id,
  op: op as unknown as Operation,
  call: ownerCalls[id as OperationId] as unknown as Row['call'],
}))

/** `me.get`, `tenant.get` and jobs serve any live credential. */
function hasDemands({ auth, scope }: Operation): boolean {
  return auth === 'session' || auth === 'operator' || scope !== null
}

type Credential = { token?: string; apiKey?: string }

async function ask(op: Operation, input: object, credential: Credential): Promise<Answer> {
  const { path, request } = requestOf(op, input)
  return send(world.url + path, { ...request, ...credential })
}

function ownerOf({ by = 'provider' }: Row['call']): Party | undefined {
  return by === 'nobody' ? undefined : world[by]
}

/** A well-formed id of the same kind that nothing has. */
function unknownLike(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unknownLike)
  const [prefix = '', body = ''] = String(value).split('_')
  expect(Object.keys(idPrefixes)).toContain(prefix)
  return `${prefix}_${body.slice(0, 10)}${'0123456789abcdef'.slice(0, body.length - 10)}`
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

/** All but what names the request itself. */
function comparable({ status, body, headers }: Answer) {
  const { request_id: _, timestamp: __, ...rest } = body
  const header = (name: string) => headers.get(name)
  return {
    status,
    text: JSON.stringify(rest),
    headers: ['content-type', 'content-length', 'www-authenticate', 'retry-after'].map(header),
  }
}

describe.each(rows)('$id', ({ op, call }) => {
  // An OAuth client brings its credential in the input: oauth.test.ts takes it away.
  if (op.auth !== 'none' && op.auth !== 'client')
    test('tells nothing to those who bring no credential', async () => {
      const input = await call.input(seed)
      const none = await ask(op, input, {})
      expect(none.status).toBe(401)
      expect(codeOf(none)).toBe('unauthorized')
      expect(none.headers.get('www-authenticate')).toContain('Bearer')
      for (const token of ['sess_unknown', 'ipto_unknown_unknown', 'nonsense']) {
        expect(comparable(await ask(op, input, { token }))).toEqual(comparable(none))
      }
      expect(comparable(await ask(op, { wrong: 1 }, {})).text).toBe(comparable(none).text)
    })

  if (hasDemands(op))
    test('refuses a credential that holds too little', async () => {
      for (const weak of await weakCredentials(op)) {
        const refused = await ask(op, await call.input(seed), weak)
        expect(refused.status).toBe(403)
        expect(codeOf(refused)).toBe('forbidden')
        // Before the body is read: a wrong one changes nothing.
        const wrong = await ask(op, { ...(await call.input(seed)), no_such_field: 1 }, weak)
        expect(comparable(wrong)).toEqual(comparable(refused))
      }
    })

  if (call.names)
    test('answers a stranger as if nothing were there', async () => {
      const stranger = { token: world.stranger.token }
      const input = { ...(await call.input(seed)), ...call.hidden?.(seed) }
      const real = await ask(op, input, stranger)
      const expected = { operator: 403, nobody: 0, provider: 404, buyer: 404 }[
        call.by ?? 'provider'
      ]
      if (op.id === 'audit.list') expect(real.body.items).toEqual([])
      else expect(real.status).toBe(expected)
      expectNoSecrets(real)
      const unknown = await ask(op, withNames(call, input, unknownLike), stranger)
      expect(comparable(unknown)).toEqual(comparable(real))
      const malformed = withNames(call, input, (value) => (Array.isArray(value) ? ['x'] : 'x'))
      expect(comparable(await ask(op, malformed, stranger))).toEqual(comparable(real))
    })

  if (!call.names && op.auth === 'any')
    test("shows a stranger nothing but the stranger's own", async () => {
      const answer = await ask(op, await call.input(seed), { token: world.stranger.token })
      expect(answer.status).toBe(op.status)
      expectNoSecrets(answer)
    })

  if (call.inDataset)
    test('is closed to a key that is limited to another dataset', async () => {
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

  test('serves its owner', async () => {
    const input = await call.input(seed)
    const owner = ownerOf(call)
    const answer = await ask(op, input, owner ? { token: owner.token } : {})
    expect(answer.body).not.toHaveProperty('error.message')
    expect(answer.status).toBe(op.status)
    // Logging out and a new password end sessions, so the next operation needs a fresh one.
    if (owner && op.auth === 'session') await world.logIn(owner)
  })
})

// Ids and names that nobody but the provider may learn.
function expectNoSecrets({ text }: Answer): void {
  for (const secret of [seed.privateId, seed.objectId, seed.keyId, seed.jobId, 'Hidden tides']) {
    expect(text).not.toContain(secret)
  }
}

/** All that is wrong with a credential for this operation, one at a time. */
async function weakCredentials(op: Operation): Promise<Credential[]> {
  const { client, token } = world.provider
  const weak: Credential[] = []
  if (op.auth === 'session' || op.auth === 'operator') {
    const key = await client.apiKeys.create({ name: 'all', scopes: [...scopes] })
    weak.push({ apiKey: key.secret })
  }
  if (op.auth === 'operator') weak.push({ token })
  if (op.scope !== null) {
    const others = scopes.filter((scope) => scope !== op.scope && scope !== 'admin:*')
    const key = await client.apiKeys.create({ name: 'others', scopes: others })
    weak.push({ apiKey: key.secret }, { token: key.secret })
  }
  if (op.scope !== null && op.roles.length > 0) {
    const key = await client.apiKeys.create({ name: 'no role', scopes: [op.scope] })
    weak.push({ apiKey: key.secret })
  }
  return weak
}

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

test("a stranger's calls leave no trace with the owner", async () => {
  for await (const entry of await world.provider.client.audit.list({ limit: 100 })) {
    expect(entry.actor_id).not.toBe(world.stranger.userId)
  }
})
