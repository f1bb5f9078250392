// The integration API `/v2` over HTTP: lists by offset, the states of documents, intents, and how it says
// no (integration-facts 1.3, 1.4, 4.3, 4.7). The market's view of the same objects stands beside it.
import { createHash } from 'node:crypto'
import { documentStates, windowOffsetMax } from '@ipto/contract/integration.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addFiles, approve, ingested, textFile, uploadFile } from './publish.ts'
import { type Answer, type Request, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
/** Documents of the provider by what became of them, each made a minute after the one before. */
let made: Record<
  'done' | 'rejected' | 'failed' | 'reviewRequired' | 'doneAutomatically' | 'new',
  string
>
let leases: string
let letters: string
beforeAll(async () => {
  world = await openWorld()
  const { provider, operator, clock } = world
  leases = (await provider.client.datasets.create({ name: 'Leases' })).dataset_id
  clock.forward(60_000)
  const described = { name: 'Letters', description: 'By post' }
  letters = (await provider.client.datasets.create(described)).dataset_id
  const tenant_id = provider.tenantId
  const upload = (name: string, text = name, datasetId = leases) => {
    clock.forward(60_000)
    return uploadFile(provider, datasetId, textFile(name, text))
  }
  clock.forward(60_000)
  const files = [textFile('lease.txt', 'A lease of the lamp room.')]
  const [done = ''] = await addFiles(world, provider, { datasetId: leases, files })
  const rejected = await upload('rejected.txt')
  await operator.client.review.reject({ tenant_id, object_id: rejected, reason: 'not yours' })
  const failed = await upload('failed.pdf', 'no PDF')
  await approve(world, provider, failed)
  await ingested(provider, failed)
  await operator.client.adminTenants.update({ tenant_id, approved_automatically: true })
  const doneAutomatically = await upload('letter.txt', 'A letter about the tide.', letters)
  await ingested(provider, doneAutomatically)
  await operator.client.adminTenants.update({ tenant_id, approved_automatically: false })
  const reviewRequired = await upload('waiting.txt')
  clock.forward(60_000)
  const upcoming = { filename: 'new.txt', content_type: 'text/plain', size_bytes: 3 }
  const { object_id } = await provider.client.objects.upload({ dataset_id: letters, ...upcoming })
  made = { done, rejected, failed, reviewRequired, doneAutomatically, new: object_id }
}, 240_000)
afterAll(() => world.close())

const call = (path: string, request: Request = {}) =>
  send(world.url + path, { token: world.provider.token, ...request })

interface Listed {
  data: { id: string; [field: string]: unknown }[]
  limit: number
  offset: number
  totalCount: number
}

async function list(query = '', request: Request = {}): Promise<Listed> {
  const { status, text } = await call(`/v2/documents${query}`, request)
  expect([query, status]).toEqual([query, 200])
  return JSON.parse(text)
}

const idsOf = async (query = '', request: Request = {}) =>
  (await list(query, request)).data.map(({ id }) => id)

/** The names of what made them, oldest first. */
const oldestFirst = () => [
  made.done,
  made.rejected,
  made.failed,
  made.doneAutomatically,
  made.reviewRequired,
  made.new,
]

/** A problem is whole in every answer; this is what is its own. */
function expectProblem(answer: Answer, status: number, code: string, pointers?: string[]): void {
  const { headers, body, text } = answer
  expect([answer.status, body.code], text).toEqual([status, code])
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/^[A-Z].*\.$/),
    request_id: headers.get('x-request-id'),
  })
  const { errors } = body as { errors?: { pointer: string }[] }
  expect(errors?.map(({ pointer }) => pointer)).toEqual(pointers)
}

describe('a list of documents', () => {
  test('has an envelope, and documents in camelCase with milliseconds, newest first', async () => {
    const { data, ...envelope } = await list()
    expect(envelope).toEqual({ limit: 20, offset: 0, totalCount: 6 })
    expect(data.map(({ id }) => id)).toEqual(oldestFirst().reverse())
    const { userId } = world.provider
    expect(data.at(-1)).toEqual({
      id: made.done,
      title: 'lease.txt',
      state: 'done',
      createdAt: '2026-04-05T10:02:00.000Z',
      createdBy: userId,
      updatedAt: '2026-04-05T10:02:00.000Z',
      updatedBy: 'ingest',
      completedAt: '2026-04-05T10:02:00.000Z',
      fileId: createHash('sha256').update('A lease of the lamp room.').digest('hex'),
      projectId: leases,
      externalId: null,
      externalData: {},
    })
    expect(data[0]).toMatchObject({ state: 'new', completedAt: null, fileId: null })
  })

  test('is cut by limit and offset, and counts all matches', async () => {
    expect(await list('?limit=2&offset=1')).toMatchObject({ limit: 2, offset: 1, totalCount: 6 })
    expect(await idsOf('?limit=2&offset=1')).toEqual(oldestFirst().reverse().slice(1, 3))
    expect(await list('?limit=0')).toEqual({ data: [], limit: 0, offset: 0, totalCount: 6 })
    const beyond = { data: [], limit: 20, offset: 600, totalCount: 6 }
    expect(await list('?offset=600')).toEqual(beyond)
    expect(await list('?state=done&limit=0')).toMatchObject({ totalCount: 1 })
  })

  test('lowers a limit above 50 and echoes what it used, where the market refuses one', async () => {
    expect((await list('?limit=500')).limit).toBe(50)
    expect((await list('?limit=50')).limit).toBe(50)
    expect((await call('/v1/datasets?limit=500')).status).toBe(422)
  })

  test.each([
    ['limit=-1', '#/limit'],
    ['limit=x', '#/limit'],
    ['limit=1.5', '#/limit'],
    ['offset=-1', '#/offset'],
    [`offset=${windowOffsetMax + 1}`, '#/offset'],
    ['sort=title', '#/sort'],
    ['sort=%20%20createdAt', '#/sort'],
    ['state=lost', '#/state/0'],
    ['state=done&state=lost', '#/state/1'],
    ['projectId=x', '#/projectId/0'],
    ['projectId=', '#/projectId/0'],
    ['limit=1&limit=2', '#/limit'],
    ['cursor=x', '#/cursor'],
    ['project_id=x', '#/project_id'],
  ])('refuses %s, and says what is wrong', async (query, pointer) => {
    expectProblem(await call(`/v2/documents?${query}`), 400, 'invalid_request', [pointer])
  })

  test('takes the farthest offset', async () => {
    expect(await idsOf(`?offset=${windowOffsetMax}`)).toEqual([])
  })

  test('is sorted by creation or change, either way, also by a plus that came as a space', async () => {
    const oldest = oldestFirst()
    for (const sort of ['createdAt', '+createdAt', '%2BcreatedAt']) {
      expect(await idsOf(`?sort=${sort}`), sort).toEqual(oldest)
    }
    expect(await idsOf('?sort=-createdAt')).toEqual([...oldest].reverse())
    world.clock.forward(60_000)
    await world.provider.client.documents.externalId({ id: made.rejected, externalId: 'R-1' })
    const changed = [...oldest.filter((id) => id !== made.rejected), made.rejected]
    for (const sort of ['updatedAt', '+updatedAt']) {
      expect(await idsOf(`?sort=${sort}`), sort).toEqual(changed)
    }
    expect(await idsOf('?sort=-updatedAt&limit=2')).toEqual(changed.reverse().slice(0, 2))
  })

  test('is filtered by state, and every state of the published list is a filter', async () => {
    for (const [state, id] of Object.entries(made)) {
      expect(await idsOf(`?state=${state}`), state).toEqual([id])
    }
    for (const state of documentStates.filter((state) => !Object.hasOwn(made, state))) {
      expect(await list(`?state=${state}`), state).toMatchObject({ data: [], totalCount: 0 })
    }
    const all = documentStates.map((state) => `state=${state}`).join('&')
    expect(await idsOf(`?${all}`)).toEqual(await idsOf())
  })

  test('is filtered by project and file, where a foreign project adds nothing', async () => {
    const foreign = await world.buyer.client.datasets.create({ name: 'Foreign' })
    await uploadFile(world.buyer, foreign.dataset_id, textFile('b.txt', 'b'))
    const inLetters = [made.new, made.doneAutomatically]
    expect(await idsOf(`?projectId=${letters}`)).toEqual(inLetters)
    expect(await idsOf(`?projectId=${letters}&projectId=${foreign.dataset_id}`)).toEqual(inLetters)
    expect(await idsOf(`?projectId=${letters}&projectId=${leases}`)).toHaveLength(6)
    expect(await list(`?projectId=${foreign.dataset_id}`)).toMatchObject({ totalCount: 0 })
    const [done] = (await list('?state=done')).data
    expect(await idsOf(`?fileId=${done?.fileId}`)).toEqual([made.done])
    expect(await idsOf('?fileId=none')).toEqual([])
  })

  test('comes page by page through the SDK, each document once', async () => {
    const ids: string[] = []
    const page = await world.provider.client.documents.list({ limit: 4, sort: 'createdAt' })
    for await (const { id } of page) ids.push(id)
    expect(ids).toEqual(oldestFirst())
    expect({ ...page }).toMatchObject({ limit: 4, offset: 0, totalCount: 6 })
  })

  test('forgets what is removed, at once, alone or with its dataset', async () => {
    const { client } = world.stranger
    const { dataset_id } = await client.datasets.create({ name: 'Short' })
    const own = { token: world.stranger.token }
    const [one = '', other = ''] = [
      await uploadFile(world.stranger, dataset_id, textFile('one.txt', 'one')),
      await uploadFile(world.stranger, dataset_id, textFile('other.txt', 'other')),
    ]
    await client.documents.title({ id: one, title: 'Gone soon' })
    await client.objects.delete({ object_id: one })
    expect(await idsOf('', own)).toEqual([other])
    for (const path of ['', '/states']) {
      expectProblem(await call(`/v2/documents/${one}${path}`, own), 404, 'not_found')
    }
    const title = { ...own, raw: 'x', headers: { 'content-type': 'text/plain' } }
    expectProblem(await call(`/v2/documents/${one}/title`, title), 404, 'not_found')
    await client.datasets.delete({ dataset_id })
    expect(await idsOf('', own)).toEqual([])
    expect((await call(`/v2/documents/${other}`, own)).status).toBe(404)
    expect((await call(`/v2/projects/${dataset_id}`, own)).status).toBe(404)
    expect(JSON.parse((await call('/v2/projects', own)).text)).toMatchObject({ totalCount: 0 })
  })
})

describe('one document', () => {
  test('shows what was extracted, and its states as they happened', async () => {
    const { client } = world.provider
    const one = await client.documents.get({ id: made.done })
    const { data } = await list('?state=done')
    const { entities, ...listed } = one
    expect(listed).toEqual(data[0])
    expect(entities).toMatchObject({ chunkCount: 1 })
    expect(await client.documents.states({ id: made.done })).toEqual(
      ['new', 'reviewRequired', 'processing', 'done'].map((state) => ({
        state,
        updatedAt: '2026-04-05T10:02:00.000Z',
      })),
    )
    const last = async (id: string) => (await client.documents.states({ id })).at(-1)?.state
    for (const [state, id] of Object.entries(made)) expect(await last(id)).toBe(state)
  })

  test('that failed and is tried again tells both times', async () => {
    const { client, tenantId } = world.provider
    // However often its labels were set before.
    await world.app.services.db.run`
      insert into audit_events (id, tenant_id, actor_id, actor_type, action, target_id, changes,
        occurred_at)
      select 'aud_' || lpad(n::text, 26, '0'), ${tenantId}, 'key_1', 'api_key', 'object.set_title',
        ${made.failed}, '{}', now()
      from generate_series(1, 1000) n`
    await client.objects.retry({ object_id: made.failed })
    await ingested(world.provider, made.failed)
    const states = (await client.documents.states({ id: made.failed })).map(({ state }) => state)
    const once = ['processing', 'failed']
    expect(states).toEqual(['new', 'reviewRequired', ...once, ...once])
  })
})

const intent = (name: string, raw: string, more: Request = {}) =>
  call(`/v2/documents/${made.done}/${name}`, { raw, ...more })
const asText = { headers: { 'content-type': 'text/plain; charset=utf-8' } }
const shown = () => world.provider.client.documents.get({ id: made.done })

describe('an intent', () => {
  test('is accepted with an empty body, and done', async () => {
    for (const answer of [
      await intent('title', 'Lease of the lamp room — 2026', asText),
      await intent('external-id', 'L-7', asText),
      await intent('external-data', '{"internal_id":7,"isOpen":true,"id":"x"}'),
    ]) {
      expect([answer.status, answer.text]).toEqual([202, ''])
      expect(answer.headers.get('content-type')).toBeNull()
    }
    expect(await shown()).toMatchObject({
      title: 'Lease of the lamp room — 2026',
      externalId: 'L-7',
      externalData: { internal_id: 7, isOpen: true, id: 'x' },
      updatedBy: world.provider.userId,
    })
    const { items } = await world.provider.client.audit.list({ target_id: made.done, limit: 3 })
    expect(items.map(({ action, changes }) => [action, changes])).toEqual([
      [
        'object.set_external_data',
        { externalData: { before: {}, after: { internal_id: 7, isOpen: true, id: 'x' } } },
      ],
      ['object.set_external_id', { externalId: { before: null, after: 'L-7' } }],
      [
        'object.set_title',
        { givenTitle: { before: null, after: 'Lease of the lamp room — 2026' } },
      ],
    ])
  })

  test.each(['title', 'external-id'])('%s is a text of 1 to 256 characters', async (name) => {
    const long = 'é'.repeat(256)
    expect((await intent(name, long, asText)).status).toBe(202)
    expectProblem(await intent(name, `${long}x`, asText), 422, 'invalid_request', ['#'])
    expectProblem(await intent(name, ' ', asText), 422, 'invalid_request', ['#'])
    const empty = { method: 'POST', ...asText }
    expectProblem(await intent(name, '', empty), 422, 'invalid_request', ['#'])
    expectProblem(await intent(name, '"x"'), 400, 'invalid_request')
    const latin = { headers: { 'content-type': 'text/plain; charset=latin1' } }
    expectProblem(await intent(name, 'x', latin), 400, 'invalid_request')
    const bytes = { raw: new Uint8Array([0xff]), ...asText }
    expectProblem(await intent(name, '', bytes), 400, 'invalid_request')
    expectProblem(await intent(name, 'x'.repeat(1_048_577), asText), 413, 'payload_too_large')
    expectProblem(await intent(`${name}?x=1`, 'x', asText), 400, 'invalid_request', ['#/x'])
  })

  test('replaces all external data, and clears it with an empty object', async () => {
    await intent('external-data', '{"a":"1","b":"2"}')
    await intent('external-data', '{"c":"3"}')
    expect((await shown()).externalData).toEqual({ c: '3' })
    await intent('external-data', '{}')
    expect((await shown()).externalData).toEqual({})
  })

  test('drops keys of more than 50 characters, and keeps 20 pairs', async () => {
    const pairs = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`key ${at}`, at]))
    const long = 'k'.repeat(51)
    expect((await intent('external-data', JSON.stringify({ ...pairs, [long]: 1 }))).status).toBe(
      202,
    )
    expect((await shown()).externalData).toEqual(pairs)
    const many = await intent('external-data', JSON.stringify({ ...pairs, more: 1 }))
    expectProblem(many, 422, 'invalid_request', ['#'])
    expect((await shown()).externalData).toEqual(pairs)
  })

  test.each([
    ['{"PO":"1","po":"2"}', '#/po'],
    // Composed and decomposed.
    ['{"\u00e9":"1","e\u0301":"2"}', '#/e%CC%81'],
    ['{"\u01f0":"1","J\u030c":"2"}', '#/J%CC%8C'],
    ['{"a.b":{"c":1}}', '#/a.b'],
    ['{"a/b~":null}', '#/a~1b~0'],
    ['{"x":[1]}', '#/x'],
    ['{"":1}', '#/'],
    [`{"x":"${'y'.repeat(501)}"}`, '#/x'],
  ])('refuses external data that is not flat, or would lose a key: %s', async (raw, pointer) => {
    expectProblem(await intent('external-data', raw), 422, 'invalid_request', [pointer])
  })

  test.each(['[]', '"x"', '{'])('refuses external data that is no object: %s', async (raw) => {
    expectProblem(await intent('external-data', raw), 400, 'invalid_request')
  })

  test('is repeated under its key without a second effect, and never with another body', async () => {
    const keyed = { headers: { ...asText.headers, 'idempotency-key': '"set once"' } }
    const first = await intent('title', 'Once', keyed)
    await intent('title', 'Twice', asText)
    const again = await intent('title', 'Once', keyed)
    expect([first.status, again.status, again.text]).toEqual([202, 202, ''])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await shown()).title).toBe('Twice')
    expectProblem(await intent('title', 'Other', keyed), 409, 'idempotency_key_reused')
    const long = { headers: { ...asText.headers, 'idempotency-key': 'k'.repeat(256) } }
    expectProblem(await intent('title', 'x', long), 400, 'invalid_request', ['#/Idempotency-Key'])
  })

  test('that changes nothing leaves no entry', async () => {
    await intent('title', 'Same', asText)
    const before = await world.provider.client.audit.list({ target_id: made.done })
    await intent('title', 'Same', asText)
    const after = await world.provider.client.audit.list({ target_id: made.done })
    expect(after.items).toEqual(before.items)
  })
})

describe('projects and companies', () => {
  const read = async (path: string) => JSON.parse((await call(path)).text)

  test('are the datasets and the tenant', async () => {
    const project = {
      id: letters,
      name: 'Letters',
      note: 'By post',
      isLive: true,
      createdAt: '2026-04-05T10:01:00.000Z',
      updatedAt: expect.stringMatching(/\.000Z$/),
    }
    expect(await read(`/v2/projects/${letters}`)).toEqual(project)
    const projects = await read('/v2/projects')
    expect(projects).toMatchObject({ limit: 20, offset: 0, totalCount: 2 })
    expect(projects.data[0]).toEqual(project)
    const oldest = await read('/v2/projects?sort=+createdAt&limit=1&offset=1')
    expect(oldest).toMatchObject({ data: [{ id: letters }], limit: 1, offset: 1, totalCount: 2 })
    expect(await read('/v2/projects?search=post')).toMatchObject({ totalCount: 1 })
    expect(await read('/v2/projects?search=nothing')).toMatchObject({ data: [], totalCount: 0 })
    const company = {
      id: world.provider.tenantId,
      name: 'provider Ltd',
      active: true,
      createdAt: '2026-04-05T10:00:00.000Z',
    }
    const companies = { data: [company], limit: 20, offset: 0, totalCount: 1 }
    expect(await read('/v2/companies')).toEqual(companies)
    expect(await read(`/v2/companies/${company.id}`)).toEqual(company)
    expect(await read('/v2/companies?offset=1')).toMatchObject({ data: [], totalCount: 1 })
  })
})

describe('an access token', () => {
  async function tokenOf(scopes: 'datasets:read'[], datasetIds?: string[]) {
    const { client } = world.provider
    const list = { dataset_access_mode: 'allow_list' as const, dataset_ids: datasetIds ?? [] }
    const key = await client.apiKeys.create({ name: 'k', scopes, ...(datasetIds && list) })
    const id = `ipto_${key.key_prefix}`
    const basic = Buffer.from(`${id}:${key.key.slice(id.length + 1)}`).toString('base64')
    const { body } = await send(`${world.url}/v2/auth/token`, {
      raw: 'grant_type=client_credentials&scope=documents.read',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${basic}`,
      },
    })
    return { keyId: key.api_key_id, token: String(body.access_token) }
  }

  test('sees no more datasets than its key, in any list', async () => {
    const { token } = await tokenOf(['datasets:read'], [letters])
    expect(await idsOf('', { token })).toEqual([made.new, made.doneAutomatically])
    expect(await list(`?projectId=${leases}`, { token })).toMatchObject({ totalCount: 0 })
    const projects = await call('/v2/projects', { token })
    expect(JSON.parse(projects.text)).toMatchObject({ data: [{ id: letters }], totalCount: 1 })
    for (const path of [`documents/${made.done}`, `projects/${leases}`]) {
      const hidden = await call(`/v2/${path}`, { token })
      expectProblem(hidden, 404, 'not_found')
      const unknown = await call(`/v2/${path.slice(0, -4)}0000`, { token })
      const apart = ({ body: { request_id: _, ...rest } }: Answer) => rest
      expect(apart(unknown)).toEqual(apart(hidden))
    }
  })

  test('reads and writes no further than its scopes, and is told what it lacks', async () => {
    const { token } = await tokenOf(['datasets:read'])
    expect(await idsOf('?limit=1', { token })).toHaveLength(1)
    const refused = await intent('title', 'x', { ...asText, token })
    expectProblem(refused, 403, 'forbidden')
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer realm="ipto", error="insufficient_scope", scope="objects:write"',
    )
  })

  test('ends with its key, on the next call', async () => {
    const { token, keyId } = await tokenOf(['datasets:read'])
    expect((await call('/v2/documents', { token })).status).toBe(200)
    await world.provider.client.apiKeys.revoke({ api_key_id: keyId })
    const ended = await call('/v2/documents', { token })
    expectProblem(ended, 401, 'unauthorized')
    expect(ended.headers.get('www-authenticate')).toBe('Bearer realm="ipto"')
    expect(ended.headers.has('x-ratelimit-limit')).toBe(false)
  })
})

describe('a path', () => {
  test.each(['/v2', '/v2/', '/v2/files', '/v2/documents/', '/v2/%zz', '/v2/documents/%zz'])(
    '%s that is none is a problem like any other',
    async (path) => {
      expectProblem(await call(path), 404, 'not_found')
    },
  )

  test('takes its own methods, and names them', async () => {
    for (const [path, method, allow] of [
      ['/v2/documents', 'DELETE', 'GET'],
      [`/v2/documents/${made.done}/title`, 'GET', 'POST'],
    ] as const) {
      const answer = await call(path, { method })
      expectProblem(answer, 405, 'method_not_allowed')
      expect(answer.headers.get('allow')).toBe(allow)
    }
  })

  test('beside it stays as it was', async () => {
    expect((await call('/v20/documents')).body.error?.code).toBe('not_found')
    expect((await call('/v2/auth/token')).body.error).toBe('invalid_request')
  })

  test('/v2/openapi.json holds these operations, under the version of the product', async () => {
    const { status, text } = await send(`${world.url}/v2/openapi.json`)
    expect(status).toBe(200)
    const { info, paths } = JSON.parse(text)
    expect(info.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(info.license).toMatchObject({ identifier: 'Apache-2.0' })
    expect(Object.keys(paths)).toContain('/v2/documents/{id}/external-data')
    expect(Object.keys(paths).every((path) => path.startsWith('/v2/'))).toBe(true)
  })
})

describe('the rate of a tenant', () => {
  test('ends at one moment, in the form of each prefix', async () => {
    const { headers: market } = await call('/v1/datasets')
    const { headers } = await call('/v2/documents')
    const toGo = Number(headers.get('x-ratelimit-reset'))
    const now = world.clock.now().getTime() / 1_000
    expect(Math.abs(Number(market.get('x-ratelimit-reset')) - now - toGo)).toBeLessThanOrEqual(1)
    expect(headers.get('ratelimit')).toMatch(new RegExp(`;t=${toGo}$`))
    expect(headers.get('x-ratelimit-limit')).toBe('60, 60;w=60')
    expect(market.get('x-ratelimit-limit')).toBe('60')
    expect(headers.get('ratelimit-policy')).toBe(market.get('ratelimit-policy'))
  })

  test('that is spent is a problem of its own type, with the time to wait', async () => {
    await world.restart({ limits: 'on' })
    // Counts in a database outlive the process.
    world.clock.forward(60_000)
    const answers: Answer[] = []
    for (let count = 0; count < 61; count++) answers.push(await call('/v2/companies'))
    const spent = answers.at(-1)
    expect(answers[59]?.status).toBe(200)
    expect(spent && [spent.status, spent.headers.get('x-ratelimit-remaining')]).toEqual([429, '0'])
    expect(spent?.headers.get('retry-after')).toBe(spent?.headers.get('x-ratelimit-reset'))
    expect(spent?.body).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Request cannot be satisfied as assigned quota has been exceeded',
      status: 429,
      detail: 'Too many requests in this minute. Wait and try again.',
      code: 'rate_limited',
      request_id: spent?.headers.get('x-request-id'),
      'violated-policies': ['tenant'],
    })
  })
})
