// Every kind of error in every profile, held against one table: real requests wherever one can bring
// the error about, and the profile itself for our own mistakes and for maintenance.
import {
  type ErrorKind,
  errorCodes,
  errorKinds,
  oauthCode,
  wireCode,
} from '@ipto/contract/errors.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { document } from '../server/src/http/profiles/document.ts'
import { market } from '../server/src/http/profiles/market.ts'
import { report } from '../server/src/http/profiles/report.ts'
import { resource } from '../server/src/http/profiles/resource.ts'
import { token } from '../server/src/http/profiles/token.ts'
import { publish, textFile, uploadFile } from './publish.ts'
import { type Answer, type ErrorFields, type Request, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** `document` answers a mistake in the body, `query` one in the query of the same profile. */
type Column = 'market' | 'resource' | 'document' | 'query' | 'token'
type Profile = 'report' | Column
type Expected = { status: number } & Partial<ErrorFields>

const fields = { fields: expect.anything() }

/** integration-facts 4.3, with RFC 6749 for the token endpoint. `market` and `report` are alike. */
const table: Record<ErrorKind, Record<Column, Expected>> = {
  unreadable: row(400, 'invalid_request'),
  invalid_fields: {
    ...row(400, 'invalid_request'),
    market: { status: 400, code: 'invalid_request', details: fields },
    resource: { status: 422, code: 'validation_error', param: 'colour' },
    document: { status: 422, code: 'invalid_request' },
  },
  invalid_value: {
    ...row(400, 'invalid_request'),
    market: { status: 422, code: 'invalid_request', details: fields },
    resource: { status: 422, code: 'validation_error', param: 'limit' },
    document: { status: 422, code: 'invalid_request' },
  },
  bad_cursor: {
    ...row(400, 'invalid_request'),
    market: { status: 400, code: 'invalid_request', details: fields },
    resource: { status: 400, code: 'invalid_request', param: 'cursor' },
  },
  unauthorized: row(401, 'unauthorized', 'invalid_client'),
  payment: row(402, 'budget_exceeded'),
  forbidden: row(403, 'forbidden'),
  not_found: row(404, 'not_found'),
  method: row(405, 'method_not_allowed'),
  conflict: row(409, 'conflict'),
  too_large: row(413, 'payload_too_large'),
  rate_limited: row(429, 'rate_limited', 'rate_limited'),
  internal: row(500, 'internal_error', 'server_error'),
  unavailable: row(503, 'service_unavailable', 'temporarily_unavailable'),
}

function row(status: number, code: string, oauth = 'invalid_request'): Record<Column, Expected> {
  const same = { status, code }
  return {
    market: same,
    resource: same,
    document: same,
    query: same,
    token: { status, code: oauth },
  }
}

const kinds = Object.keys(errorKinds) as ErrorKind[]

const expectedOf = (kind: ErrorKind, profile: Profile) =>
  table[kind][profile === 'report' ? 'market' : profile]

/** Whatever its kind: these keys and no others. */
function expectError(answer: Answer, profile: Profile, kind: ErrorKind) {
  if (profile === 'document' || profile === 'query') return expectProblem(answer, profile, kind)
  if (profile === 'token') return expectOauthError(answer, kind)
  const { status, body } = answer
  const { status: expectedStatus, ...error } = expectedOf(kind, profile)
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

function expectProblem({ status, body, headers }: Answer, column: Column, kind: ErrorKind) {
  const expected = table[kind][column]
  expect({ status, code: body.code }).toEqual(expected)
  expect(headers.get('content-type')).toBe('application/problem+json')
  const members = ['type', 'title', 'status', 'detail', 'code', 'request_id']
  const hasFields = kind === 'invalid_fields' || kind === 'invalid_value'
  expect(Object.keys(body)).toEqual([...members, ...(hasFields ? ['errors'] : [])])
  expect(body).toMatchObject({
    type: 'about:blank',
    status,
    detail: expect.stringMatching(/^[A-Z].*\.$/),
    request_id: headers.get('x-request-id'),
  })
  const challenge = headers.get('www-authenticate')
  if (kind === 'unauthorized') expect(challenge).toMatch(/^Bearer /)
  else if (kind === 'forbidden') expect(challenge).toContain('error="insufficient_scope"')
  else expect(challenge).toBeNull()
}

function expectOauthError({ status, body, headers }: Answer, kind: ErrorKind) {
  expect({ status, code: body.error }).toEqual(table[kind].token)
  expect(Object.keys(body)).toEqual(['error', 'error_description'])
  expect(headers.get('cache-control')).toBe('no-store')
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
    document: [
      ['unreadable', '/v2/documents/obj_x/title', { raw: '"x"' }],
      ['invalid_fields', '/v2/documents/obj_x/external-data', { json: { x: null } }],
      ['invalid_value', '/v2/documents/obj_x/external-data', { json: { x: 'y'.repeat(501) } }],
      ['unauthorized', '/v2/documents/obj_x/title', { token: 'sess_x', raw: 'x' }],
      ['forbidden', '/v2/documents/obj_x/title', keyWithout],
      ['not_found', '/v2/documents/obj_x/external-data', { json: {} }],
      ['method', '/v2/documents/obj_x/title'],
      ['too_large', '/v2/documents/obj_x/title', { raw: wide }],
    ],
    query: [
      ['invalid_fields', '/v2/documents?colour=red'],
      ['invalid_value', '/v2/documents?limit=-1'],
      ['unauthorized', '/v2/documents', { token: 'sess_x' }],
      ['forbidden', '/v2/documents', async () => ({ token: (await keyWithout()).token })],
      ['not_found', '/v2/documents/obj_x'],
      ['not_found', '/v2/nothing'],
      ['method', '/v2/documents', { method: 'DELETE' }],
    ],
    token: [
      ['unreadable', '/auth/token', { json: {} }],
      ['invalid_fields', '/auth/token', asForm('scope=x')],
      ['invalid_value', '/auth/token', asForm(`grant_type=${'x'.repeat(201)}`)],
      ['unauthorized', '/v2/auth/token', asForm('grant_type=client_credentials')],
      ['method', '/v2/auth/token'],
      ['too_large', '/auth/token', asForm(wide)],
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

  function asForm(raw: string): Request {
    // Without the session that all others bring: the client says in the form who it is.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { token: undefined, raw, headers }
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
  const profiles = { market, report, resource, document, token }
  const codes = Object.entries(errorCodes).map(([code, { kind }]) => ({
    code: code as keyof typeof errorCodes,
    kind,
  }))
  type Code = (typeof codes)[number]

  const fieldsOf = (kind: ErrorKind) => {
    const paths: Partial<Record<ErrorKind, string>> = {
      invalid_fields: 'colour',
      invalid_value: 'limit',
      bad_cursor: 'cursor',
    }
    return paths[kind] ? [{ path: paths[kind], reason: 'is wrong', nature: 'value' as const }] : []
  }

  function rendered(name: keyof typeof profiles, { code, kind }: Code, place?: 'query') {
    const fields = fieldsOf(kind).map((field) => ({ ...field, ...(place && { place }) }))
    const told = { details: undefined, policies: [], requestId: 'req_1' }
    const error = { code, kind, message: 'It went wrong.', fields, ...told }
    return profiles[name].presentError(error)
  }

  test.each(codes)('$code has the status of its kind everywhere', (code) => {
    for (const name of ['market', 'report', 'resource'] as const) {
      const { status, body } = rendered(name, code)
      const expected = expectedOf(code.kind, name)
      expect(status).toBe(expected.status)
      const isOwn = name !== 'resource' || expected.code !== 'validation_error'
      expect(body).toMatchObject({
        error: {
          code: isOwn ? wireCode(code.code) : 'validation_error',
          message: 'It went wrong.',
        },
      })
    }
    for (const [column, place] of [['document'], ['query', 'query']] as const) {
      const { status } = table[code.kind][fieldsOf(code.kind).length > 0 ? column : 'document']
      const problem = rendered('document', code, place)
      expect(problem.status).toBe(status)
      expect(problem.body).toEqual({
        type: 'about:blank',
        title: expect.stringMatching(/^[A-Z]/),
        status,
        detail: 'It went wrong.',
        code: wireCode(code.code),
        request_id: 'req_1',
        ...(fieldsOf(code.kind).length > 0 && {
          errors: fieldsOf(code.kind).map(({ path }) => ({
            detail: 'is wrong',
            pointer: `#/${path}`,
          })),
        }),
      })
    }
    const refused = rendered('token', code)
    expect(refused.status).toBe(table[code.kind].token.status)
    expect(refused.body).toEqual({
      error: oauthCode(code.code),
      error_description: 'It went wrong.',
    })
  })

  test('the token endpoint names each kind as RFC 6749 does', () => {
    for (const { code, kind } of codes) {
      if (code === 'unsupported_grant_type' || code === 'invalid_scope') continue
      expect([code, oauthCode(code)]).toEqual([code, table[kind].token.code])
    }
  })

  test('every kind has a code', () => {
    expect([...new Set(codes.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort())
  })
})
