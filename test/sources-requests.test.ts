// "Making Requests", run as it stands: its commands, its scripts, its example bodies, its table of
// statuses and what it says beside them. Only host and token are replaced.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from './gate.ts'
import { type Answer, send } from './send.ts'
import {
  type Curl,
  curlCommands,
  haveSources,
  jsonExamples,
  readSource,
  scripts,
  shapeProblems,
  statusTable,
} from './source-texts.ts'
import { stripTypeScriptTypes } from './strip-types.ts'
import { openWorld, type World } from './world.ts'

const text = readSource('making-requests')
const suite = haveSources
  ? '"Making Requests"'
  : '"Making Requests" (skipped: ../shared/spec/seeds is not there)'

const host = 'https://api.ipto.ai'
const exampleCursor = 'eyJpZCI6MTIzfQ=='

let world: World
const gate = openGate()

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld({ wrapDb: gate.wrap })
  })
  afterAll(() => world.close())

  const [oneExample, listExample, errorExample, fieldsExample] = jsonExamples(text)
  const [createCommand, firstPage, nextPage] = curlCommands(text)

  async function run(curl: Curl | undefined, change: (value: string) => string = (value) => value) {
    if (!curl) throw new Error('the document has no such command')
    const headers = Object.entries(curl.headers).map(([name, value]) => [
      name,
      change(value).replace('$TOKEN', world.provider.token).replace('$(uuidgen)', randomUUID()),
    ])
    return send(change(curl.url).replace(host, world.url), {
      method: curl.method,
      headers: Object.fromEntries(headers),
      ...(curl.body !== undefined && { raw: change(curl.body) }),
    })
  }

  /** Runs a script of the document; answers the named variables. */
  async function runScript(
    code: string | undefined,
    names: string,
  ): Promise<Record<string, unknown>> {
    if (!code) throw new Error('the document has no such script')
    const AsyncFunction = (async () => {}).constructor as new (
      ...texts: string[]
    ) => (...values: unknown[]) => Promise<Record<string, unknown>>
    const body = `${stripTypeScriptTypes(code)}\nreturn { ${names} }`
    const toUs: typeof fetch = (url, options) =>
      fetch(String(url).replace(host, world.url), options)
    return new AsyncFunction('fetch', 'token', body)(toUs, world.provider.token)
  }

  describe('creates and lists datasets', () => {
    test('by its command, and the answer looks like its example', async () => {
      const answer = await run(createCommand)
      expect(answer.status).toBe(201)
      expect(shapeProblems(oneExample ?? null, JSON.parse(answer.text))).toEqual([])
      expect(answer.body).toMatchObject({
        name: 'Q4 Invoices',
        description: 'Scanned invoice PDFs from Q4 2025',
        source_modality: 'document',
      })
    })

    test('by its script', async () => {
      const { res } = await runScript(scripts(text)[0], 'res')
      expect((res as Response).status).toBe(201)
    })

    test('page by page, by its commands, and a page looks like its example', async () => {
      for (let at = 0; at < 15; at++)
        await world.provider.client.datasets.create({ name: `D${at}` })
      const first = await run(firstPage)
      expect(first.body.items).toHaveLength(10)
      expect(shapeProblems(listExample ?? null, JSON.parse(first.text))).toEqual([])
      expect(Object.keys(first.body).sort()).toEqual(['has_more', 'items', 'next_cursor'])
      const next = await run(nextPage, (value) =>
        value.replace(exampleCursor, encodeURIComponent(String(first.body.next_cursor))),
      )
      expect(next.status).toBe(200)
      expect(next.body.items).not.toEqual(first.body.items)
    })

    test('to the end, by its loop', async () => {
      const { allDatasets } = await runScript(scripts(text)[1], 'allDatasets')
      const all = new Set<string>()
      for await (const one of await world.provider.client.datasets.list()) all.add(one.dataset_id)
      const ids = (allDatasets as { dataset_id: string }[]).map((one) => one.dataset_id)
      expect(ids).toHaveLength(all.size)
      expect(new Set(ids)).toEqual(all)
    })

    test('from the first page again, where a cursor has expired or is a made-up one', async () => {
      const made = await run(nextPage)
      expect(made.status).toBe(400)
      expect(made.body.error?.code).toBe('invalid_request')
    })
  })

  describe('is answered with the errors of its examples', () => {
    test('for one missing field, word for word', async () => {
      const answer = await run(createCommand, (value) =>
        value.replace('"name": "Q4 Invoices",', ''),
      )
      expect(answer.status).toBe(400)
      expect({ error: { ...answer.body.error, details: undefined } }).toEqual({
        ...(errorExample as object),
      })
    })

    test('for two fields, with their reasons', async () => {
      const answer = await run(createCommand, (value) =>
        value.replace('"name": "Q4 Invoices",', '').replace('"document"', '"smell"'),
      )
      expect(shapeProblems(fieldsExample ?? null, JSON.parse(answer.text))).toEqual([])
      const { error } = fieldsExample as {
        error: {
          code: string
          message: string
          details: { fields: { field: string; reason: string }[] }
        }
      }
      expect(answer.body.error).toMatchObject({ code: error.code, message: error.message })
      const fields = answer.body.error?.details?.fields ?? []
      expect(fields.map(({ field }) => field)).toEqual(
        error.details.fields.map(({ field }) => field),
      )
      for (const [at, { reason }] of error.details.fields.entries()) {
        // Modalities were added since; those of the example still come first.
        expect(fields[at]?.reason.startsWith(reason)).toBe(true)
      }
    })
  })

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
    test.each(statusTable(text).filter((status) => status !== 503))('%i', async (status) => {
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
      for (let at = 0; at < 10; at++)
        await world.provider.client.datasets.create({ name: `E${at}` })
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
    const names = [...text.matchAll(/^(X-RateLimit-\w+|Retry-After) /gm)].map(
      ([, name]) => name ?? '',
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
