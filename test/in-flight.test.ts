// Every way in which a right can end while a request that stands on it runs: the request is held in the
// middle of its work, the right ends, and the request goes on. It is refused, shows nothing and leaves
// nothing behind. The very next request is refused as well.
import { randomUUID } from 'node:crypto'
import type { Scope } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { meanwhile, openGate } from './gate.ts'
import { issueToken, join } from './matrix-callers.ts'
import { addFiles, publish, textFile } from './publish.ts'
import { type Answer, send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let objectId: string
const gate = openGate()
beforeAll(async () => {
  world = await openWorld({ wrapDb: gate.wrap })
  const files = [textFile('lamp.txt', 'The lamp of the tower burns all night.')]
  objectId = (await publish(world, { files })).objectIds[0] ?? ''
  await world.buyer.client.search.query({ query: 'lamp' })
}, 240_000)
afterAll(() => world.close())

// Of a search and a citation: hits are read just before they are charged.
const beforeCharge = /from chunks join objects/
const atIdempotencyKey = /insert into idempotency_records/

/** A right that ends, and what a request that stands on it gets then. */
interface Ending {
  token: string
  end(): Promise<unknown>
  /** The tenant on which nothing may be left behind. */
  owner: Party
}

const buyer = () => world.signUp('short-lived')
const scopes: Scope[] = ['search:query', 'datasets:read', 'keys:write', 'usage:read']
const keyOf = ({ client }: Party) => client.apiKeys.create({ name: 'agent', scopes })

async function memberOf(owner: Party) {
  const member = await join(world, owner, 'buyer_manager')
  const { items } = await owner.client.members.list()
  const member_id = items.find(({ user_id }) => user_id === member.userId)?.member_id ?? ''
  const { members } = owner.client
  return {
    member,
    remove: () => members.remove({ member_id }),
    narrow: () => members.update({ member_id, roles: ['operator'] }),
  }
}

const endings: [name: string, status: 401 | 403, open: () => Promise<Ending>][] = [
  [
    'a key is revoked',
    401,
    async () => {
      const owner = await buyer()
      const { secret: token, api_key_id } = await keyOf(owner)
      return { owner, token, end: () => owner.client.apiKeys.revoke({ api_key_id }) }
    },
  ],
  [
    'the key of an access token is revoked',
    401,
    async () => {
      const owner = await buyer()
      const { secret, api_key_id } = await keyOf(owner)
      const token = await issueToken(world, secret, scopes.join(' '))
      return { owner, token, end: () => owner.client.apiKeys.revoke({ api_key_id }) }
    },
  ],
  [
    'a session logs out',
    401,
    async () => {
      const owner = await buyer()
      const { token, client } = owner
      await world.logIn(owner)
      return { owner, token, end: () => client.auth.logout() }
    },
  ],
  [
    'another session takes a new password',
    401,
    async () => {
      const owner = await buyer()
      const { token, password } = owner
      await world.logIn(owner)
      const change = { current_password: password, new_password: 'a new password' }
      return { owner, token, end: () => owner.client.me.password(change) }
    },
  ],
  [
    'a member is removed',
    401,
    async () => {
      const owner = await buyer()
      const { member, remove } = await memberOf(owner)
      return { owner, token: member.token, end: remove }
    },
  ],
  [
    'who made a key is removed',
    403,
    async () => {
      const owner = await buyer()
      const { member, remove } = await memberOf(owner)
      return { owner, token: (await keyOf(member)).secret, end: remove }
    },
  ],
  [
    'a member gets a smaller role',
    403,
    async () => {
      const owner = await buyer()
      const { member, narrow } = await memberOf(owner)
      return { owner, token: member.token, end: narrow }
    },
  ],
  [
    'who made the key of an access token gets a smaller role',
    403,
    async () => {
      const owner = await buyer()
      const { member, narrow } = await memberOf(owner)
      const token = await issueToken(world, (await keyOf(member)).secret, scopes.join(' '))
      return { owner, token, end: narrow }
    },
  ],
  [
    'a key is narrowed',
    403,
    async () => {
      const owner = await buyer()
      const { secret: token, api_key_id } = await keyOf(owner)
      const change = { api_key_id, scopes: ['billing:read' as const] }
      return { owner, token, end: () => owner.client.apiKeys.update(change) }
    },
  ],
  [
    'the tenant is suspended',
    401,
    async () => {
      const owner = await buyer()
      const { tenantId: tenant_id, token } = owner
      const { adminTenants } = world.operator.client
      return { owner, token, end: () => adminTenants.update({ tenant_id, suspended: true }) }
    },
  ],
]

const requests: [name: string, gate: RegExp, ask: (token: string) => Promise<Answer>][] = [
  [
    'a look',
    /from api_keys\s+where tenant_id/,
    (token) => send(`${world.url}/v1/api-keys`, { token }),
  ],
  [
    'a write',
    atIdempotencyKey,
    (token) =>
      send(`${world.url}/v1/api-keys`, {
        token,
        json: { name: 'late', scopes: ['keys:write'] },
        headers: { 'idempotency-key': randomUUID() },
      }),
  ],
  [
    'a search',
    beforeCharge,
    (token) => send(`${world.url}/v1/search`, { token, json: { query: 'lamp' } }),
  ],
  [
    'a download',
    /from price_books/,
    (token) => send(`${world.url}/v1/objects/${objectId}/download`, { token }),
  ],
]

/** What a tenant has to show for its requests, as the database has it. */
async function tracesOf({ tenantId }: Party) {
  return world.app.services.db.first`
    select
      (select count(*)::int from api_keys where tenant_id = ${tenantId} and name = 'late') as keys,
      (select count(*)::int from usage_events where tenant_id = ${tenantId}) as uses,
      (select count(*)::int from charges where tenant_id = ${tenantId}) as charges,
      (select count(*)::int from search_activities where tenant_id = ${tenantId}) as searches`
}
const nothing = { keys: 0, uses: 0, charges: 0, searches: 0 }

function expectRefused(status: 401 | 403, answer: Answer): void {
  const code = status === 401 ? 'unauthorized' : 'forbidden'
  expect([answer.status, answer.body]).toEqual([
    status,
    { error: { code, message: expect.any(String) } },
  ])
}

describe.each(endings)('while %s,', (name, status, open) => {
  // Every role may download, and read what was used.
  const isRole = name.includes('smaller role')

  test.each(isRole ? requests.slice(0, 3) : requests)(
    '%s shows nothing and does nothing',
    async (_, at, ask) => {
      const { owner, token, end } = await open()
      expectRefused(status, await meanwhile(gate, at, { request: () => ask(token), end }))
      expect(await tracesOf(owner)).toEqual(nothing)
      expectRefused(status, await ask(token))
    },
  )

  test('a remembered answer is not given again', async () => {
    const { token, end } = await open()
    const headers = { 'idempotency-key': randomUUID() }
    const json = { name: 'early', scopes: ['keys:write'] }
    const request = () => send(`${world.url}/v1/api-keys`, { token, json, headers })
    expect((await request()).status).toBe(201)
    expectRefused(status, await meanwhile(gate, atIdempotencyKey, { request, end }))
    expectRefused(status, await request())
  })

  if (!isRole)
    test('a stream of rows breaks off', async () => {
      const { owner, token, end } = await open()
      await addUses(owner, 250)
      const first = gate.hold(/from usage_events/)
      const stream = rowsOf(token)
      await first.reached
      // The first page is still read; the second one is not shown any more.
      const second = gate.hold(/from usage_events/)
      first.release()
      await second.reached
      await end()
      second.release()
      expect(await stream).toEqual({ isWhole: false, rows: 100 })
      expect((await send(`${world.url}/v1/usage-events`, { token })).status).toBe(status)
    })
})

describe('while the datasets or the budget of a key change,', () => {
  const list: (typeof requests)[number] = [
    'a list of datasets',
    /from datasets/,
    (token) => send(`${world.url}/v1/datasets`, { token }),
  ]

  test.each([...requests.slice(2), list])(
    '%s shows nothing and does nothing',
    async (_, at, ask) => {
      const { datasetId } = await publish(world, {
        files: [textFile('other.txt', 'Another tower.')],
      })
      const owner = await buyer()
      const { secret: token, api_key_id } = await keyOf(owner)
      const fewer = { dataset_access_mode: 'allow_list' as const, dataset_ids: [datasetId] }
      const end = () => owner.client.apiKeys.update({ api_key_id, ...fewer })
      expectRefused(403, await meanwhile(gate, at, { request: () => ask(token), end }))
      expect(await tracesOf(owner)).toEqual(nothing)
      const { body } = await send(`${world.url}/v1/search`, { token, json: { query: 'lamp' } })
      expect(body).toMatchObject({ result_count: 0 })
    },
  )

  test('a budget that was lowered holds', async () => {
    const owner = await buyer()
    const { secret: token, api_key_id } = await keyOf(owner)
    const budget = { amount: 0.000001, currency: 'USD' as const }
    const end = () => owner.client.apiKeys.update({ api_key_id, budget })
    const request = () => send(`${world.url}/v1/search`, { token, json: { query: 'lamp' } })
    const answer = await meanwhile(gate, beforeCharge, { request, end })
    expect([answer.status, answer.body.error?.code]).toEqual([402, 'budget_exceeded'])
    expect(await tracesOf(owner)).toEqual(nothing)
  })

  test('one that is widened goes on', async () => {
    const { datasetId } = await publish(world, { files: [textFile('wide.txt', 'A wide beacon.')] })
    const owner = await buyer()
    const { client } = owner
    const few = { dataset_access_mode: 'allow_list' as const, dataset_ids: [datasetId] }
    const made = await client.apiKeys.create({ name: 'wide', scopes, ...few })
    const { secret: token, api_key_id } = made
    const all = { api_key_id, dataset_access_mode: 'all_available' as const }
    const end = () => client.apiKeys.update(all)
    const json = { query: 'beacon' }
    const request = () => send(`${world.url}/v1/search`, { token, json })
    const { body } = await meanwhile(gate, beforeCharge, { request, end })
    expect(body).toMatchObject({ result_count: 1 })
  })
})

/** Copies of a use that really was. */
async function addUses({ tenantId }: Party, count: number): Promise<void> {
  await world.app.services.db.run`
    insert into usage_events (id, charge_id, tenant_id, provider_tenant_id, event_type, dataset_id,
      dataset_name, object_id, principal_id, quantity, unit_price_micros, amount_micros,
      platform_micros, billable, price_book_version, price_inputs, occurred_at)
    select 'ue_' || ${tenantId} || n, charge_id, ${tenantId}, provider_tenant_id, 'citation',
      dataset_id, dataset_name, object_id, principal_id, quantity, unit_price_micros, amount_micros,
      platform_micros, billable, price_book_version, price_inputs, occurred_at
    from (select * from usage_events where tenant_id = ${world.buyer.tenantId} limit 1) as used,
      generate_series(1, ${count}::int) as n`
}

async function rowsOf(token: string): Promise<{ isWhole: boolean; rows: number }> {
  const response = await fetch(`${world.url}/v1/usage-events`, {
    headers: { accept: 'text/csv', authorization: `Bearer ${token}` },
  })
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const part of response.body ?? []) text += decoder.decode(part)
    return { isWhole: true, rows: text.split('\r\n').length - 2 }
  } catch {
    return { isWhole: false, rows: text.split('\r\n').length - 2 }
  }
}

describe('while the leave to use a dataset ends,', () => {
  let count = 0

  /** A dataset with one passage that says its word, and a buyer who may use it for now. */
  async function openLeave(visibility: 'listed' | 'restricted') {
    const word = `leave${++count}word`
    const { datasetId: dataset_id, objectIds } = await publish(world, {
      terms: { name: word, visibility, access_policy: 'approval' },
      files: [textFile(`${word}.txt`, `The ${word} is behind a door.`)],
    })
    const owner = await buyer()
    const { datasets, grants } = world.provider.client
    const grant = { dataset_id, tenant_id: owner.tenantId }
    const { grant_id } = await grants.create(grant)
    return {
      owner,
      word,
      objectId: objectIds[0] ?? '',
      ask: (path: string, json?: object) => send(world.url + path, { token: owner.token, json }),
      search: { query: word, dataset_ids: [dataset_id] },
      ends: {
        grant: () => grants.revoke({ dataset_id, grant_id }),
        pause: () => datasets.update({ dataset_id, status: 'paused' }),
        removal: () => datasets.delete({ dataset_id }),
      },
    }
  }

  const ways = ['grant', 'pause', 'removal'] as const

  test.each(ways)('a search sells nothing (%s)', async (way) => {
    const { owner, word, ask, search, ends } = await openLeave('restricted')
    const end = ends[way]
    const request = () => ask('/v1/search', search)
    const answer = await meanwhile(gate, beforeCharge, { request, end })
    expect(answer.body).toMatchObject({ result_count: 0, charged_amount: 0, results: [] })
    expect(answer.text).not.toContain(`The ${word}`)
    expect(await tracesOf(owner)).toMatchObject({ uses: 0 })
    const next = await request()
    if (way === 'pause') expect(next.body).toMatchObject({ result_count: 0 })
    else expect(next.status).toBe(404)
  })

  // Where the dataset is removed the quote finds nothing any more, and promises no price of it.
  test.each(['grant', 'pause'] as const)('a quote promises nothing (%s)', async (way) => {
    const { ask, search, ends } = await openLeave('listed')
    const request = () => ask('/v1/search/quote', search)
    const answer = await meanwhile(gate, beforeCharge, { request, end: ends[way] })
    expect([answer.status, answer.body.error?.code]).toEqual([503, 'service_unavailable'])
    expect(Object.keys(answer.body)).toEqual(['error'])
  })

  test.each(ways)('a download is not charged, and gives no address (%s)', async (way) => {
    const { owner, objectId: object, ask, ends } = await openLeave('listed')
    const request = () => ask(`/v1/objects/${object}/download`)
    const answer = await meanwhile(gate, /from price_books/, { request, end: ends[way] })
    expect(answer.status).toBe(way === 'grant' ? 403 : 404)
    expect(answer.text).not.toContain('download_url')
    expect(await tracesOf(owner)).toEqual(nothing)
  })

  test.each(ways)(
    'a citation is not charged, and says nothing of the passage (%s)',
    async (way) => {
      const { owner, word, ask, search, ends } = await openLeave('listed')
      const { results } = await owner.client.search.query(search)
      const { retrieval_event_id } = results[0] ?? {}
      const cited = { retrieval_event_id, output_text: `The ${word} is behind a door.` }
      const request = () => ask('/v1/citations', cited)
      const answer = await meanwhile(gate, /from price_books/, { request, end: ends[way] })
      expect(answer.status).toBe({ grant: 403, pause: 409, removal: 404 }[way])
      expect(answer.body).not.toHaveProperty('verified')
      expect(await tracesOf(owner)).toMatchObject({ uses: 1, charges: 1 })
    },
  )

  test('the next page of a search stays unsold', async () => {
    const { owner, word, ask, search, ends } = await openLeave('restricted')
    const files = [textFile('more.txt', `Another ${word}.`)]
    await addFiles(world, world.provider, { datasetId: search.dataset_ids[0] ?? '', files })
    const first = await owner.client.search.query({ ...search, top_k: 1 })
    const request = () => ask('/v1/search', { ...search, top_k: 1, cursor: first.next_cursor })
    const answer = await meanwhile(gate, beforeCharge, { request, end: ends.grant })
    expect(answer.body).toMatchObject({ result_count: 0, charged_amount: 0, has_more: false })
    expect(await tracesOf(owner)).toMatchObject({ uses: 1 })
  })
})
