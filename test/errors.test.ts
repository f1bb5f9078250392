// Every kind of error in every profile, held against one table: real requests wherever one can bring
// the error about, and the profile itself for our own mistakes and for maintenance.
import { type ErrorKind, errorCodes, errorKinds, wireCode } from '@ipto/contract/errors.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { market } from '../server/src/http/profiles/market.ts'
import { report } from '../server/src/http/profiles/report.ts'
import { resource } from '../server/src/http/profiles/resource.ts'
import { publish, textFile, uploadFile } from './publish.ts'
import { type Answer, type ErrorFields, type Request, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

type Profile = 'market' | 'report' | 'resource'
type Expected = { status: number } & Partial<ErrorFields>

/** integration-facts 4.3. `market` and `report` are alike. */
const table: Record<ErrorKind, { market: Expected; resource: Expected }> = {
  unreadable: {
    market: { status: 400, code: 'invalid_request' },
    resource: { status: 400, code: 'invalid_request' },
  },
  invalid_fields: {
    market: { status: 400, code: 'invalid_request', details: { fields: expect.anything() } },
    resource: { status: 422, code: 'validation_error', param: 'colour' },
  },
  invalid_value: {
    market: { status: 422, code: 'invalid_request', details: { fields: expect.anything() } },
    resource: { status: 422, code: 'validation_error', param: 'limit' },
  },
  bad_cursor: {
    market: { status: 400, code: 'invalid_request', details: { fields: expect.anything() } },
    resource: { status: 400, code: 'invalid_request', param: 'cursor' },
  },
  unauthorized: both({ status: 401, code: 'unauthorized' }),
  payment: both({ status: 402, code: 'budget_exceeded' }),
  forbidden: both({ status: 403, code: 'forbidden' }),
  not_found: both({ status: 404, code: 'not_found' }),
  method: both({ status: 405, code: 'method_not_allowed' }),
  conflict: both({ status: 409, code: 'conflict' }),
  too_large: both({ status: 413, code: 'payload_too_large' }),
  rate_limited: both({ status: 429, code: 'rate_limited' }),
  internal: both({ status: 500, code: 'internal_error' }),
  unavailable: both({ status: 503, code: 'service_unavailable' }),
}

function both(expected: Expected): { market: Expected; resource: Expected } {
  return { market: expected, resource: expected }
}

const kinds = Object.keys(errorKinds) as ErrorKind[]

/** Whatever its kind: these keys and no others. */
function expectError(
  { status, body }: Pick<Answer, 'status' | 'body'>,
  profile: Profile,
  kind: ErrorKind,
) {
  const { status: expectedStatus, ...error } =
    table[kind][profile === 'resource' ? profile : 'market']
  expect({ status, error: { code: body.error?.code } }).toEqual({
    status: expectedStatus,
    error: { code: error.code },
  })
  expect(body.error).toMatchObject(error)
  expect(Object.keys(body)).toEqual(['error'])
  const optional = profile === 'resource' ? 'param' : 'details'
  expect(['code', 'message', optional]).toEqual(
    expect.arrayContaining(Object.keys(body.error ?? {})),
  )
  expect(body.error?.message).toMatch(/^[A-Z].*\.$/)
}

describe('by a request', () => {
  /** What brings a kind about on a route of a profile. */
  type Cause = [
    kind: ErrorKind,
    path: string,
    request?: Request | (() => Request | Promise<Request>),
  ]
  const wide = 'x'.repeat(1_048_577)

  const causes: Record<Profile, Cause[]> = {
    market: [
      ['unreadable', '/v1/datasets', { raw: '{' }],
      ['invalid_fields', '/v1/datasets', { json: {} }],
      ['invalid_value', '/v1/datasets?limit=500'],
      ['bad_cursor', '/v1/datasets?cursor=x'],
      ['unauthorized', '/v1/datasets', { token: 'sess_x' }],
      ['forbidden', '/v1/search', keyWithout],
      ['not_found', '/v1/datasets/dset_x'],
      ['method', '/v1/datasets', { method: 'PUT' }],
      ['conflict', '/v1/auth/signup', signUpAgain],
      ['too_large', '/v1/datasets', { raw: wide }],
      ['payment', '/v1/search', searchOverBudget],
    ],
    report: [
      ['unreadable', '/v1/admin/review/bulk', () => asOperator({ raw: '{' })],
      ['invalid_fields', '/v1/agent/spend?colour=red'],
      ['invalid_value', '/v1/agent/activity/searches?limit=500'],
      ['bad_cursor', '/v1/provider/payouts?cursor=x'],
      ['unauthorized', '/v1/agent/spend', { token: 'sess_x' }],
      ['forbidden', '/v1/admin/system'],
      ['not_found', '/v1/provider/datasets/dset_x/analytics'],
      ['method', '/v1/agent/spend', { method: 'PUT' }],
      ['conflict', 'the approved object', () => asOperator({ json: {} })],
      ['too_large', '/v1/admin/review/bulk', () => asOperator({ raw: wide })],
    ],
    resource: [
      ['invalid_fields', '/v1/jobs?colour=red'],
      ['invalid_value', '/v1/jobs?limit=500'],
      ['bad_cursor', '/v1/jobs?cursor=x'],
      ['unauthorized', '/v1/jobs', { token: 'sess_x' }],
      ['not_found', '/v1/jobs/job_x'],
      ['method', '/v1/jobs', { method: 'DELETE' }],
    ],
  }

  const rows = Object.entries(causes).flatMap(([profile, list]) =>
    list.map(([kind, path, request = {}]) => ({
      profile: profile as Profile,
      kind,
      path,
      request,
    })),
  )
  test.each(rows)('$kind, $profile', async ({ profile, kind, path, request }) => {
    const made = typeof request === 'function' ? await request() : request
    const at = path.startsWith('/') ? path : await approvedObject()
    const answer = await send(world.url + at, { token: world.provider.token, ...made })
    expectError(answer, profile, kind)
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  })

  async function keyWithout(): Promise<Request> {
    const { client } = world.provider
    const { secret } = await client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
    return { token: secret, json: { query: 'x' } }
  }

  function signUpAgain(): Request {
    const { email, password } = world.provider
    return { json: { email, password, display_name: 'Again', tenant_name: 'Again' } }
  }

  async function searchOverBudget(): Promise<Request> {
    await publish(world, { files: [textFile('lamp.txt', 'A lamp in the tower.')] })
    return { token: world.buyer.token, json: { query: 'lamp', max_amount: 0.01 } }
  }

  function asOperator(request: Request): Request {
    return { ...request, token: world.operator.token }
  }

  async function approvedObject(): Promise<string> {
    const { client, tenantId } = world.provider
    const { dataset_id } = await client.datasets.create({ name: 'Reviewed' })
    const object_id = await uploadFile(world.provider, dataset_id, textFile('a.txt', 'approved'))
    await world.operator.client.review.approve({ tenant_id: tenantId, object_id })
    return `/v1/admin/review/objects/${tenantId}/${object_id}/approve`
  }

  test('an offset is refused where lists have cursors, by its own name', async () => {
    const { token } = world.provider
    const jobs = await send(`${world.url}/v1/jobs?offset=1`, { token })
    expect(jobs.status).toBe(400)
    expect(jobs.body.error).toMatchObject({ code: 'invalid_request', param: 'offset' })
    const datasets = await send(`${world.url}/v1/datasets?offset=1`, { token })
    expect(datasets.status).toBe(400)
    expect(datasets.body.error?.details?.fields?.[0]?.field).toBe('offset')
  })

  test('a resource names the first field that is wrong, and only that', async () => {
    const { token } = world.provider
    const { status, body } = await send(`${world.url}/v1/jobs?status=odd&limit=0`, { token })
    expect(status).toBe(422)
    expect(body.error).toEqual({
      code: 'validation_error',
      message: 'Validation failed for 2 fields.',
      param: expect.stringMatching(/^(status|limit)$/),
    })
  })
})

describe('by its profile', () => {
  const profiles = { market, report, resource }
  const codes = Object.entries(errorCodes).map(([code, { kind }]) => ({
    code: code as keyof typeof errorCodes,
    kind,
  }))

  test.each(codes)('$code has the status of its kind everywhere', ({ code, kind }) => {
    for (const [name, profile] of Object.entries(profiles)) {
      const path = { invalid_fields: 'colour', invalid_value: 'limit', bad_cursor: 'cursor' }[
        kind as string
      ]
      const fields = path ? [{ path, reason: 'is wrong', nature: 'value' as const }] : []
      const told = { details: undefined, policies: [], requestId: 'req_1' }
      const error = { code, kind, message: 'It went wrong.', fields, ...told }
      const { status, body } = profile.presentError(error)
      const row = table[kind][name === 'resource' ? 'resource' : 'market']
      expect(status).toBe(row.status)
      const isOwn = name !== 'resource' || row.code !== 'validation_error'
      expect(body).toMatchObject({
        error: { code: isOwn ? wireCode(code) : 'validation_error', message: 'It went wrong.' },
      })
    }
  })

  test('every kind has a code', () => {
    expect([...new Set(codes.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort())
  })
})
