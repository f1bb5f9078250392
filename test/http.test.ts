// What arrives at the edge: bodies, queries, paths, methods and headers, right and wrong. Whatever is
// wrong gets its documented answer and never an internal error.
import { request as rawRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Request, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const bodyBytesMax = 1_048_576

/** A call of the provider. */
function call(path: string, request: Request = {}): Promise<Answer> {
  return send(world.url + path, { token: world.provider.token, ...request })
}

const create = (json: unknown) => call('/v1/datasets', { json })
const createRaw = (raw: Request['raw'], headers: Record<string, string> = {}) =>
  call('/v1/datasets', { ...(raw !== undefined && { raw }), headers, method: 'POST' })

const fieldsOf = ({ body }: Answer) => body.error?.details?.fields

describe('a body that cannot be read', () => {
  const name = '{"name":"x"}'
  test.each([
    ['broken JSON', '{"name":', {}],
    ['an array', '[]', {}],
    ['null', 'null', {}],
    ['a text', '"name"', {}],
    ['two values', `${name}${name}`, {}],
    ['bytes that are no UTF-8', Buffer.from([...Buffer.from('{"name":"'), 0xff, 0x22, 0x7d]), {}],
    ['UTF-16', Buffer.from(name, 'utf16le'), {}],
    ['plain text', name, { 'content-type': 'text/plain' }],
    ['a form', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', name, { 'content-type': 'application/json; charset=latin1' }],
    ['a charset twice', name, { 'content-type': 'application/json; charset=utf-8; charset=x' }],
    ['a compressed body', gzipSync(name), { 'content-encoding': 'gzip' }],
  ])('is refused: %s', async (_, raw, headers) => {
    const answer = await createRaw(raw, headers)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({ code: 'invalid_request' })
    expect(answer.body.error?.details).toBeUndefined()
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
  ])('is not one that comes as %s', async (type) => {
    expect((await createRaw(name, { 'content-type': type })).status).toBe(201)
  })

  test('is not a missing one: then the fields are missing', async () => {
    const answer = await createRaw(undefined)
    expect(answer.status).toBe(400)
    expect(answer.body.error?.message).toBe("The field 'name' is required.")
  })

  test('may nest as deep as it likes without harm', async () => {
    for (const depth of [40, 100_000]) {
      const nested = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
      const answer = await createRaw(`{"name":"x","license":${nested}}`)
      expect([400, 422]).toContain(answer.status)
      const list = `${'['.repeat(depth)}${']'.repeat(depth)}`
      expect([400, 422]).toContain((await createRaw(`{"name":"x","tags":${list}}`)).status)
    }
  })
})

describe('a body of 1 MB', () => {
  const padded = (bytes: number) => {
    const [head, tail] = ['{"name":"Large"', '}']
    return head + ' '.repeat(bytes - head.length - tail.length) + tail
  }

  test('is read to its last byte', async () => {
    expect((await createRaw(padded(bodyBytesMax))).status).toBe(201)
  })

  test('is refused with one byte more', async () => {
    const answer = await createRaw(padded(bodyBytesMax + 1))
    expect(answer.status).toBe(413)
    expect(answer.body.error?.code).toBe('payload_too_large')
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('is refused with one byte more, also where nobody says how long it is', async () => {
    const answer = await chunked('/v1/datasets', padded(bodyBytesMax + 1))
    expect(answer.status).toBe(413)
  })
})

/** A POST without Content-Length. */
function chunked(path: string, body: string): Promise<{ status: number | undefined }> {
  return new Promise((resolve, reject) => {
    const outgoing = rawRequest(
      world.url + path,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.provider.token}`,
          'content-type': 'application/json',
          'transfer-encoding': 'chunked',
        },
      },
      (incoming) => {
        incoming.resume()
        resolve({ status: incoming.statusCode })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('a field', () => {
  type Row = [what: string, body: unknown, status: 400 | 422, fields: [string, string][]]
  const rows: Row[] = [
    ['missing', {}, 400, [['name', 'required']]],
    ['of the wrong type', { name: 7 }, 400, [['name', 'must be a string']]],
    ['null where nothing may be', { name: null }, 400, [['name', 'must be a string']]],
    ['empty', { name: '' }, 422, [['name', 'must not be empty']]],
    ['blank', { name: ' \t' }, 422, [['name', 'must not be empty']]],
    ['too long', { name: 'n'.repeat(201) }, 422, [['name', 'must have at most 200 characters']]],
    [
      'of an unknown word',
      { name: 'x', source_modality: 'smell' },
      422,
      [['source_modality', 'must be one of: document, image, audio, video, records, mixed']],
    ],
    ['unknown', { name: 'x', colour: 1 }, 400, [['colour', 'is not a field of this request']]],
    [
      'unknown inside',
      { name: 'x', license: { colour: 1 } },
      400,
      [['license.colour', 'is not a field of this request']],
    ],
    ['wrong in a list', { name: 'x', tags: ['a', 1] }, 400, [['tags.1', 'must be a string']]],
    ['with NUL', { name: 'a\0b' }, 422, [['name', 'holds NUL or a lone surrogate']]],
    [
      'with half a character',
      { name: 'x', tags: ['\ud800'] },
      422,
      [['tags.0', 'holds NUL or a lone surrogate']],
    ],
    [
      // To put them in order would take minutes.
      'with a quarter of a million marks on one letter',
      { name: `a${'\u0301\u0323'.repeat(125_000)}` },
      422,
      [['name', 'holds more than 30 combining marks in a row']],
    ],
    [
      'with a price that is no whole count of micros',
      { name: 'x', pricing_model: 'fixed', unit_prices: { retrieval: 0.0300001 } },
      422,
      [['unit_prices.retrieval', 'must have at most six decimals and fifteen digits']],
    ],
    [
      'out of its range',
      { name: 'x', pricing_model: 'time_decay', half_life_days: 0 },
      422,
      [['half_life_days', 'must be at least 1']],
    ],
  ]
  test.each(rows)('%s is named, with the reason', async (_, body, status, fields) => {
    const answer = await create(body)
    expect(answer.status).toBe(status)
    expect(answer.body.error?.code).toBe('invalid_request')
    expect(fieldsOf(answer)).toEqual(fields.map(([field, reason]) => ({ field, reason })))
  })

  test('of a wrong kind makes the answer 400, and every other wrong one is listed beside it', async () => {
    const answer = await create({ source_modality: 'smell', tags: 3, colour: 1 })
    expect(answer.status).toBe(400)
    expect(answer.body.error?.message).toBe('Validation failed for 4 fields.')
    const named = fieldsOf(answer)?.map(({ field }) => field)
    expect(named?.sort()).toEqual(['colour', 'name', 'source_modality', 'tags'])
  })

  test('that two of which have wrong values only makes the answer 422', async () => {
    const answer = await create({ name: '', source_modality: 'smell' })
    expect(answer.status).toBe(422)
    expect(fieldsOf(answer)).toHaveLength(2)
  })

  test('is measured in characters, after they were composed', async () => {
    // Each is two code points before NFC and one after; the flag is two UTF-16 units and one code point.
    for (const name of ['e\u0301'.repeat(200), '\u{1f4d7}'.repeat(200)]) {
      const answer = await create({ name })
      expect(answer.status).toBe(201)
      expect(answer.body.name).toBe(name.normalize('NFC'))
    }
    expect((await create({ name: '\u{1f4d7}'.repeat(201) })).status).toBe(422)
  })

  test('is never one of the language', async () => {
    for (const raw of [
      '{"name":"x","__proto__":{"visibility":"listed"}}',
      '{"name":"x","constructor":{"prototype":{}}}',
      '{"__proto__":{"name":"x"}}',
    ]) {
      expect((await createRaw(raw)).status).toBe(400)
    }
  })

  test('of a path cannot be sent a second time in the body or the query', async () => {
    const { dataset_id } = await world.provider.client.datasets.create({ name: 'Path' })
    const other = await world.provider.client.datasets.create({ name: 'Other' })
    const patched = await call(`/v1/datasets/${dataset_id}`, {
      method: 'PATCH',
      json: { dataset_id: other.dataset_id, name: 'Taken' },
    })
    expect(patched.status).toBe(400)
    const read = await call(`/v1/datasets/${dataset_id}?dataset_id=${other.dataset_id}`)
    expect(read.status).toBe(400)
  })
})

describe('a query', () => {
  test.each([
    ['an unknown parameter', '/v1/datasets?colour=red', 400, 'colour'],
    ['an offset', '/v1/datasets?offset=1', 400, 'offset'],
    ['a limit that is no number', '/v1/datasets?limit=ten', 400, 'limit'],
    ['an empty limit', '/v1/datasets?limit=', 400, 'limit'],
    ['a limit in another notation', '/v1/datasets?limit=1e1', 400, 'limit'],
    ['half a limit', '/v1/datasets?limit=1.5', 400, 'limit'],
    ['a limit of nothing', '/v1/datasets?limit=0', 422, 'limit'],
    ['a limit over 100', '/v1/datasets?limit=101', 422, 'limit'],
    ['a limit twice', '/v1/datasets?limit=1&limit=2', 400, 'limit'],
    ['an unknown status', '/v1/datasets?status=nope', 422, 'status'],
    ['NUL', '/v1/datasets?q=a%00b', 422, 'q'],
    ['a limit of a report', '/v1/agent/activity/searches?limit=101', 422, 'limit'],
    ['an unknown parameter of a report', '/v1/agent/spend?month=4', 400, 'month'],
    ['a time that is none', '/v1/audit?from=yesterday', 422, 'from'],
  ])('is refused with %s', async (_, path, status, field) => {
    const answer = await call(path)
    expect(answer.status).toBe(status)
    expect(answer.body.error?.code).toBe('invalid_request')
    expect(fieldsOf(answer)?.map((one) => one.field)).toEqual([field])
  })

  test('is no place for what belongs into a body', async () => {
    const answer = await call('/v1/datasets?name=x', { json: {} })
    expect(answer.status).toBe(400)
    expect(fieldsOf(answer)?.[0]).toEqual({
      field: 'name',
      reason: 'is not a field of this request',
    })
  })

  test('needs no Content-Type, and takes one', async () => {
    expect((await call('/v1/datasets')).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    expect((await call('/v1/datasets', { headers })).status).toBe(200)
  })
})

describe('a path', () => {
  test.each(['/v1/nothing', '/v3/documents', '/', '/v1//datasets', '/V1/datasets'])(
    'that is none is not found, with and without a credential: %s',
    async (path) => {
      for (const token of [world.provider.token, undefined]) {
        const answer = await send(world.url + path, { token })
        expect(answer.status).toBe(404)
        expect(answer.body.error?.code).toBe('not_found')
      }
    },
  )

  test.each([
    ['/v1/datasets', 'PUT', ['GET', 'POST']],
    ['/v1/datasets/dset_x', 'POST', ['DELETE', 'GET', 'PATCH']],
    ['/v1/search', 'GET', ['POST']],
    ['/v1/agent/spend', 'DELETE', ['GET']],
    ['/v1/jobs/job_x', 'DELETE', ['GET']],
    ['/v1/datasets', 'OPTIONS', ['GET', 'POST']],
  ])('%s takes no %s and says what it takes', async (path, method, allowed) => {
    const answer = await call(path, { method })
    expect(answer.status).toBe(405)
    expect(answer.body.error?.code).toBe('method_not_allowed')
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allowed)
  })

  test('asked for its head answers without a body', async () => {
    const answer = await call('/v1/datasets', { method: 'HEAD' })
    expect(answer.status).toBe(405)
    expect(answer.text).toBe('')
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('with characters that are none is an unknown thing', async () => {
    for (const id of ['%00', '%ff', '%', '..%2f..', 'x'.repeat(1_000), '%ED%A0%80', "'--"]) {
      const { status } = await call(`/v1/datasets/${id}`)
      expect([400, 404, 422], id).toContain(status)
    }
  })
})

describe('credentials', () => {
  test('may come as a key in either header, and as both when they are the same', async () => {
    const { secret } = await world.provider.client.apiKeys.create({
      name: 'both',
      scopes: ['datasets:read'],
    })
    for (const one of [{ token: secret }, { apiKey: secret }, { token: secret, apiKey: secret }]) {
      const answer = await send(`${world.url}/v1/me`, one)
      expect(answer.body).toMatchObject({ principal_type: 'api_key', user_id: null })
    }
    const scheme = { authorization: `bearer ${secret}` }
    expect((await send(`${world.url}/v1/me`, { headers: scheme })).status).toBe(200)
  })

  test('that differ are refused', async () => {
    const { secret } = await world.provider.client.apiKeys.create({
      name: 'k',
      scopes: ['usage:read'],
    })
    const answer = await call('/v1/me', { apiKey: secret })
    expect(answer.status).toBe(400)
    expect(answer.body.error?.code).toBe('invalid_request')
  })

  test.each(['Basic abc', 'Bearer', 'Bearer ', 'Bearer a b', 'sess_x', ''])(
    'that are none are unauthorized: %j',
    async (authorization) => {
      const answer = await send(`${world.url}/v1/me`, { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.body.error?.code).toBe('unauthorized')
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="ipto"')
    },
  )

  test('as X-API-Key are keys only', async () => {
    const apiKey = world.provider.token
    expect((await send(`${world.url}/v1/me`, { apiKey })).status).toBe(401)
  })
})

describe('every answer', () => {
  const paths = [
    '/v1/me',
    '/v1/agent/spend',
    '/v1/jobs',
    '/v1/datasets/none',
    '/v1/none',
    '/healthz',
  ]

  test('carries a request id of its own, which no caller chooses', async () => {
    const ids = new Set<string>()
    for (const path of paths) {
      const answer = await call(path, { headers: { 'x-request-id': 'req_mine' } })
      const id = answer.headers.get('x-request-id') ?? ''
      expect(id).toMatch(/^req_[0-9a-z]{26}$/)
      ids.add(id)
      if (path === '/v1/agent/spend') expect(answer.body.request_id).toBe(id)
    }
    expect(ids.size).toBe(paths.length)
  })

  test('is safe to show in a browser, and is not stored', async () => {
    for (const path of paths) {
      const { headers } = await call(path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
      expect(headers.get('strict-transport-security')).toContain('max-age=')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
  })
})

test('headers that are too large are refused in the shape of the API', async () => {
  const answer = await call('/v1/me', { headers: { 'x-large': 'x'.repeat(20_000) } })
  expect(answer.status).toBe(431)
  expect(answer.body.error).toMatchObject({ code: 'invalid_request' })
  expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
})

describe('for those who run it', () => {
  test('the server says that it lives, and that all it needs is there', async () => {
    expect((await send(`${world.url}/healthz`)).body).toEqual({ status: 'ok' })
    const ready = await send(`${world.url}/readyz`)
    expect(ready.status).toBe(200)
    expect(ready.body).toEqual({
      status: 'ready',
      checks: { database: 'ok', blobs: 'ok', engine: 'ok' },
    })
  })

  test('metrics count requests by route, and name no id', async () => {
    await call('/v1/datasets/dset_secret')
    const { status, headers, text } = await send(`${world.url}/metrics`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('text/plain')
    expect(text).toContain('route="/v1/datasets/:dataset_id",status="404"')
    expect(text).toContain('ipto_queue_waiting_tasks')
    expect(text).not.toContain('dset_secret')
  })

  test('the contract can be read, as a document and as a page that fetches nothing elsewhere', async () => {
    const document = await send(`${world.url}/openapi.json`)
    expect(document.status).toBe(200)
    expect(document.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
    const page = await send(`${world.url}/docs/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(page.text).not.toMatch(/(src|href)="https?:/)
  })
})
