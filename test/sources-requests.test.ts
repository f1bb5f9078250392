// "Making Requests": its blocks, run as they stand, its table of statuses and what it says beside them.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from './gate.ts'
import { type Answer, send } from './send.ts'
import { haveSources, type Json, readDocument, rowsOf } from './sources/documents.ts'
import { runBlocks } from './sources/run-blocks.ts'
import { openWorld, type World } from './world.ts'

const text = readDocument('making-requests')
const suite = haveSources
  ? '"Making Requests"'
  : '"Making Requests" (skipped: ../shared/spec/seeds is not there)'

let world: World
const gate = openGate()

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld({ wrapDb: gate.wrap })
    // More than two pages of its examples, so that the second has a next one too.
    for (let at = 0; at < 25; at++) await world.provider.client.datasets.create({ name: `D${at}` })
  }, 180_000)
  afterAll(() => world.close())

  const create = (json: object) =>
    send(`${world.url}/v1/datasets`, { token: world.provider.token, json })
  const { at } = runBlocks('making-requests', {
    url: () => world.url,
    token: () => world.provider.token,
    values: {
      'eyJpZCI6MTIzfQ==': async () => {
        const { next_cursor } = await world.provider.client.datasets.list({ limit: 10 })
        return next_cursor ?? ''
      },
    },
    cases: {
      'a dataset without a name': async () => bodyOf(await create({}), 400),
      'a dataset without a name, of a modality that there is not': async () =>
        bodyOf(await create({ source_modality: 'smell' }), 400),
    },
  })

  describe('creates and lists datasets', () => {
    test('as each of its blocks asks for them', async () => {
      for (const line of [39, 48, 63]) {
        expect(at(line).body).toMatchObject({
          name: 'Q4 Invoices',
          description: 'Scanned invoice PDFs from Q4 2025',
          source_modality: 'document',
        })
      }
      const { items } = await world.provider.client.datasets.list({ limit: 100 })
      expect(items.filter(({ name }) => name === 'Q4 Invoices')).toHaveLength(3)
    })

    test('page after page, by its commands', () => {
      const [first, next] = [152, 156].map((line) => pageAt(line))
      expect(Object.keys(first ?? {}).sort()).toEqual(['has_more', 'items', 'next_cursor'])
      expect([first?.items.length, next?.items.length]).toEqual([10, 10])
      const ids = [...(first?.items ?? []), ...(next?.items ?? [])].map((one) => one.dataset_id)
      expect(new Set(ids).size).toBe(20)
    })

    test('to the end, by its loops', async () => {
      const all: string[] = []
      for await (const one of await world.provider.client.datasets.list()) all.push(one.dataset_id)
      expect(all.length).toBeGreaterThan(20)
      for (const line of [159, 180]) {
        const found = at(line).body as { dataset_id: string }[]
        expect(found.map(({ dataset_id }) => dataset_id)).toEqual(all)
      }
    })

    test('from the first page again, where a cursor has expired or is a made-up one', async () => {
      const path = '/v1/datasets?limit=10&cursor=eyJpZCI6MTIzfQ=='
      const made = await send(world.url + path, { token: world.provider.token })
      expect(made.status).toBe(400)
      expect(made.body.error?.code).toBe('invalid_request')
    })

    function pageAt(line: number) {
      return at(line).body as { items: { dataset_id: string }[]; next_cursor: string }
    }
  })

  test('says of a wrong value which ones there are', async () => {
    const { body } = await create({ name: 'x', source_modality: 'smell' })
    // Modalities were added since; those of the example still come first.
    const [, reason] = /"source_modality", "reason": "(.*)"/.exec(text) ?? []
    expect(body.error?.details?.fields).toEqual([
      { field: 'source_modality', reason: expect.stringMatching(new RegExp(`^${reason}`)) },
    ])
  })

  function bodyOf({ status, text: body }: Answer, expected: number): Json {
    expect(status).toBe(expected)
    return JSON.parse(body)
  }

  describe('is answered with the statuses of its table', () => {
    const get = (path: string, token = world.provider.token) => send(world.url + path, { token })
    const post = (json: unknown, key: string = randomUUID()) =>
      send(`${world.url}/v1/datasets`, {
        token: world.provider.token,
        json,
        headers: { 'idempotency-key': key },
      })

    const cases: Record<number, { code: string | undefined; ask: () => Promise<Answer> }[]> = {
      200: [{ code: undefined, ask: () => get('/v1/datasets') }],
      201: [{ code: undefined, ask: () => post({ name: 'x' }) }],
      400: [
        { code: 'invalid_request', ask: () => post({}) },
        { code: 'invalid_request', ask: () => post({ name: 1 }) },
        {
          code: 'invalid_request',
          ask: () => send(`${world.url}/v1/datasets`, { token: world.provider.token, raw: '{' }),
        },
      ],
      401: [
        { code: 'unauthorized', ask: () => get('/v1/datasets', 'sess_expired') },
        { code: 'unauthorized', ask: () => get('/v1/datasets', 'ipto_wrong_key') },
        { code: 'unauthorized', ask: () => send(`${world.url}/v1/datasets`) },
      ],
      403: [{ code: 'forbidden', ask: lackingScope }],
      404: [
        { code: 'not_found', ask: () => get('/v1/datasets/dset_x') },
        { code: 'not_found', ask: anothersDataset },
      ],
      409: [
        { code: 'idempotency_key_reused', ask: reuseKey },
        { code: 'conflict', ask: forbiddenTransition },
      ],
      422: [{ code: 'invalid_request', ask: () => post({ name: 'x', source_modality: 'smell' }) }],
      429: [{ code: 'rate_limited', ask: tooManyLogins }],
      500: [{ code: 'internal_error', ask: ourMistake }],
    }

    // Maintenance cannot be asked for; the form of its answer is held in errors.test.ts.
    const statuses = rowsOf('making-requests', 'statuses').flatMap(
      (row) => row.match(/^\d{3}/) ?? [],
    )
    test.each(statuses.map(Number).filter((status) => status !== 503))('%i', async (status) => {
      const asked = cases[status]
      expect(asked).toBeDefined()
      for (const { code, ask } of asked ?? []) {
        const answer = await ask()
        expect(answer.status).toBe(status)
        expect(answer.body.error?.code).toBe(code)
        if (code) expect(answer.body.error?.message).toMatch(/^[A-Z].*\.$/)
      }
    })

    async function lackingScope(): Promise<Answer> {
      const { client } = world.provider
      const { secret } = await client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
      return get('/v1/datasets', secret)
    }

    async function anothersDataset(): Promise<Answer> {
      const { dataset_id } = await world.stranger.client.datasets.create({ name: 'Not yours' })
      return get(`/v1/datasets/${dataset_id}`)
    }

    async function reuseKey(): Promise<Answer> {
      const key = randomUUID()
      const first = await post({ name: 'Once' }, key)
      const again = await post({ name: 'Once' }, key)
      expect(again.text).toBe(first.text)
      return post({ name: 'Other' }, key)
    }

    async function forbiddenTransition(): Promise<Answer> {
      const { dataset_id } = await world.provider.client.datasets.create({ name: 'Draft' })
      return send(`${world.url}/v1/datasets/${dataset_id}`, {
        method: 'PATCH',
        token: world.provider.token,
        json: { status: 'active' },
      })
    }

    async function tooManyLogins(): Promise<Answer> {
      const json = { email: 'nobody@example.com', password: 'wrong' }
      const login = () => send(`${world.url}/v1/auth/login`, { json })
      for (let attempt = 0; attempt < 10; attempt++) await login()
      const answer = await login()
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      return answer
    }

    // A failure of ours, and what the document says of it: the same request is safe to send again.
    async function ourMistake(): Promise<Answer> {
      const key = randomUUID()
      gate.fail(/from price_books/)
      const answer = await post({ name: 'Retried' }, key)
      // The world counts it among its problems, rightly; here it was meant.
      world.problems.length = 0
      const again = await post({ name: 'Retried' }, key)
      expect(again.status).toBe(201)
      expect(answer.text).not.toContain('gate')
      return answer
    }
  })

  describe('says of requests', () => {
    test('that a limit is 20 by default and 100 at most', async () => {
      const { token } = world.provider
      const { body } = await send(`${world.url}/v1/datasets`, { token })
      expect(body.items).toHaveLength(20)
      expect((await send(`${world.url}/v1/datasets?limit=100`, { token })).status).toBe(200)
      expect((await send(`${world.url}/v1/datasets?limit=101`, { token })).status).toBe(422)
    })

    test('that every path stands under /v1, and that keys come in X-API-Key as well', async () => {
      const { secret } = await world.provider.client.apiKeys.create({
        name: 'k',
        scopes: ['datasets:read'],
      })
      expect(secret).toMatch(/^ipto_[A-Za-z0-9]+_[A-Za-z0-9]+$/)
      expect((await send(`${world.url}/v1/datasets`, { apiKey: secret })).status).toBe(200)
      expect((await send(`${world.url}/datasets`, { apiKey: secret })).status).toBe(404)
    })

    test('that times are UTC in ISO 8601, both ways', async () => {
      const { client } = world.provider
      const expires_at = '2026-12-31T10:00:00Z'
      const key = await client.apiKeys.create({ name: 'k', scopes: ['usage:read'], expires_at })
      expect(key.expires_at).toBe(expires_at)
      expect(key.created_at).toBe('2026-04-05T10:00:00Z')
    })

    test('that bodies end at 1 MB and that parameters of a POST belong into the body', async () => {
      const { token } = world.provider
      const raw = `{"name":"${'x'.repeat(1_048_576)}"}`
      expect((await send(`${world.url}/v1/datasets`, { token, raw })).status).toBe(413)
      const query = await send(`${world.url}/v1/datasets?name=x`, { method: 'POST', token })
      expect(query.status).toBe(400)
    })
  })
})

describe.skipIf(!haveSources)(`${suite}, rate limiting`, () => {
  let limited: World
  beforeAll(async () => {
    limited = await openWorld({ limits: 'on' })
  })
  afterAll(() => limited.close())

  test('sends the headers of its table, and Retry-After with 429 only', async () => {
    const { token } = limited.provider
    const get = () => send(`${limited.url}/v1/datasets`, { token })
    const names = rowsOf('making-requests', 'headers').flatMap(
      (row) => row.match(/^[\w-]*-[\w-]*/) ?? [],
    )
    expect(names).toHaveLength(4)
    const first = await get()
    const present = names.filter((name) => first.headers.has(name))
    expect(present).toEqual(names.filter((name) => name !== 'Retry-After'))
    const many = await Promise.all(Array.from({ length: 60 }, get))
    const over = many.find(({ status }) => status === 429)
    expect(over?.body.error?.code).toBe('rate_limited')
    expect(names.filter((name) => over?.headers.has(name))).toEqual(names)
    const reset = Number(over?.headers.get('x-ratelimit-reset')) * 1_000
    expect(reset).toBe(
      limited.clock.now().getTime() + Number(over?.headers.get('retry-after')) * 1_000,
    )
  })
})
