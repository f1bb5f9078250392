// docs/openapi.json: OpenAPI 3.1 of every operation, made from the contract alone. Paths, parameters and
// bodies come from the input, answers from the output with the envelope of its profile, errors from the
// codes that the operation lists.

import {
  type ErrorCode,
  errorCodes,
  errorKinds,
  oauthCode,
  statusOf,
  wireCode,
} from '@ipto/contract/errors.ts'
import {
  answersNothing,
  commonErrors,
  type Operation,
  readsQuery,
  takesKey,
} from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { requestName } from './names.ts'
import { type ContractSchemas, contractSchemas, type JsonSchema } from './schemas.ts'

type Json = Record<string, unknown>

const all: Operation[] = Object.values(operations)

export function openapiText(version: string): string {
  return `${JSON.stringify(openapi(version), null, 2)}\n`
}

/** The document as a value; pure, so that a server may make it at start as well. */
export function openapi(version: string): Json {
  const schemas = contractSchemas()
  const requests: Record<string, JsonSchema> = {}
  const paths: Record<string, Json> = {}
  for (const op of all) {
    const body = requestBodyOf(op, schemas)
    if (body) requests[requestName(op.id)] = body
    paths[op.path] = { ...paths[op.path], [op.method.toLowerCase()]: described(op, schemas, body) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ipto',
      version,
      summary: 'A self-hostable marketplace for private data, sold by retrieval',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(all.map((op) => op.tag))].map((name) => ({ name })),
    paths,
    webhooks: Object.fromEntries(
      Object.entries(schemas.messages).map(([type, message]) => [type, toldBy(message)]),
    ),
    components: {
      securitySchemes,
      parameters: { IdempotencyKey: idempotencyKey },
      headers,
      responses: sharedResponses(),
      schemas: {
        ...schemas.components,
        ...requests,
        Error: errorSchema,
        OAuthError: oauthErrorSchema,
        Problem: problemSchema,
      },
    },
  }
}

function described(op: Operation, schemas: ContractSchemas, body: JsonSchema | undefined): Json {
  return {
    operationId: op.id,
    tags: [op.tag],
    summary: op.summary,
    description: leaveOf(op),
    'x-profile': op.profile,
    ...(op.scope ? { 'x-scope': op.scope } : {}),
    security: securityOf(op),
    parameters: parametersOf(op, schemas),
    ...(body
      ? {
          requestBody: {
            required: op.bodyField !== null || (body.required ?? []).length > 0,
            content: {
              [requestMediaOf(op)]: {
                schema: { $ref: `#/components/schemas/${requestName(op.id)}` },
              },
            },
          },
        }
      : {}),
    responses: {
      [op.status]: {
        description: successes[op.status],
        headers: headersOf(op, op.status),
        ...(answersNothing(op) ? {} : { content: contentOf(op, schemas) }),
      },
      ...errorResponses(op),
    },
  }
}

const requestMedia = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain',
}

function requestMediaOf(op: Operation): string {
  return requestMedia[op.bodyMedia]
}

// Sent by us to an endpoint of a tenant, signed in the headers of Standard Webhooks.
function toldBy(message: JsonSchema): Json {
  return {
    post: {
      tags: ['Webhooks'],
      description:
        'At least once, in any order. Signed in `webhook-signature`, over `webhook-id` and `webhook-timestamp` as well, and in `X-Signature`.',
      requestBody: { required: true, content: json(message) },
      responses: { '2XX': { description: 'Taken. Anything else is sent again, five times.' } },
    },
  }
}

const successes = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; the work goes on',
  204: 'Done; there is no body',
}

function contentOf(op: Operation, schemas: ContractSchemas): Json {
  if (op.media === 'pdf') return pdf
  const body = json(schemas.bodies[op.id] ?? {})
  if (op.media === 'ndjson') return { ...body, ...ndjson }
  return op.media === 'csv' ? { ...body, ...csv } : body
}

function leaveOf(op: Operation): string {
  const leave = {
    none: 'Needs no credential.',
    any: op.scope ? `Needs the scope \`${op.scope}\`.` : 'Needs a credential, with any scope.',
    session: 'Needs a session; keys and access tokens are refused.',
    client: 'Needs an API key as an OAuth client: id and secret in Basic, or in the body.',
    operator: 'Needs the session of an operator of the platform.',
  }[op.auth]
  const roles = op.roles.map((role) => `\`${role}\``).join(', ')
  const charge = op.charges ? ' May charge the tenant.' : ''
  return leave + (roles ? ` In a session also one of the roles: ${roles}.` : '') + charge
}

// A bearer is a session token, an access token or an API key; `X-API-Key` takes keys only.
const securitySchemes = {
  oauth2: {
    type: 'oauth2',
    description: 'An access token for an API key, sent as a bearer.',
    flows: {
      clientCredentials: {
        tokenUrl: '/auth/token',
        scopes: Object.fromEntries(scopes.map((scope) => [scope, `The scope \`${scope}\`.`])),
      },
    },
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A session token, an access token or an API key (`ipto_{prefix}_{secret}`).',
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'An API key as an OAuth client: `ipto_{prefix}` is its id, the rest its secret.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
}

function securityOf(op: Operation): Json[] {
  if (op.auth === 'none') return []
  if (op.auth === 'client') return [{ client: [] }, {}]
  const needed = op.scope ? [op.scope] : []
  if (op.auth !== 'any') return [{ bearer: needed }]
  const all = [{ bearer: needed }, { apiKey: needed }]
  return op.profile === 'document' ? [{ oauth2: needed }, ...all] : all
}

function pathNames(op: Operation): string[] {
  return [...op.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}

function hasBody(op: Operation): boolean {
  return !readsQuery(op)
}

function parametersOf(op: Operation, schemas: ContractSchemas): Json[] {
  const { properties = {}, required = [] } = schemas.inputs[op.id] ?? {}
  const inPath = pathNames(op)
  const inQuery = hasBody(op)
    ? []
    : Object.keys(properties).filter((name) => !inPath.includes(name))
  return [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] })),
    ...inQuery.map((name) => ({
      name,
      in: 'query',
      required: required.includes(name),
      schema: properties[name],
    })),
    ...(takesKey(op) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
}

/** The input without its path parts, where it is a body and has a field. */
function requestBodyOf(op: Operation, schemas: ContractSchemas): JsonSchema | undefined {
  if (!hasBody(op)) return undefined
  const input = schemas.inputs[op.id] ?? {}
  const inPath = pathNames(op)
  const fields = Object.entries(input.properties ?? {}).filter(([name]) => !inPath.includes(name))
  if (fields.length === 0) return undefined
  if (op.bodyField !== null) return input.properties?.[op.bodyField]
  const required = (input.required ?? []).filter((name) => !inPath.includes(name))
  const { required: _, ...rest } = input
  return {
    ...rest,
    properties: Object.fromEntries(fields),
    ...(required.length > 0 ? { required } : {}),
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes a retry safe for 24 hours: the same key and body get the first answer again, the same key with another body is 409.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const whole = { type: 'integer' }
const headers = {
  'X-Request-Id': {
    description: 'Names this request in logs and reports.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description:
      'What is left of the policy that is nearest to its end, such as `"tenant";r=412;t=23`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Quota and window in seconds, such as `"tenant";q=600;w=60`.',
    schema: { type: 'string' },
  },
  'X-RateLimit-Limit': { description: 'Requests allowed in the current window.', schema: whole },
  'X-RateLimit-Remaining': { description: 'Requests left in the current window.', schema: whole },
  'X-RateLimit-Reset': {
    description: 'When the window ends, in seconds since 1970 (UTC).',
    schema: whole,
  },
  'Policy-X-RateLimit-Limit': {
    description: 'Requests allowed in the current window, then the policy, such as `60, 60;w=60`.',
    schema: { type: 'string' },
  },
  'Policy-X-RateLimit-Reset': { description: 'Seconds until the window ends.', schema: whole },
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: whole },
  'Idempotency-Replayed': {
    description: '`true` where an earlier answer is given again.',
    schema: { type: 'string', const: 'true' },
  },
}

// These profiles write the older rate headers with the policy, and the seconds to go.
function tellsPolicy({ profile }: Operation): boolean {
  return profile === 'token' || profile === 'document'
}

// 401 tells a stranger nothing about a tenant's traffic, so it carries no counters.
function headersOf(op: Operation, status: number): Json {
  const names = ['X-Request-Id']
  if (status !== 401) {
    names.push('RateLimit', 'RateLimit-Policy')
    names.push('X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset')
  }
  if (status === 429 || status === 503) names.push('Retry-After')
  if (status < 300 && takesKey(op)) names.push('Idempotency-Replayed')
  return Object.fromEntries(
    names.map((name) => {
      const isOwn = tellsPolicy(op) && Object.hasOwn(headers, `Policy-${name}`)
      return [name, { $ref: `#/components/headers/${isOwn ? 'Policy-' : ''}${name}` }]
    }),
  )
}

const errorSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', description: 'For programs.' },
        message: { type: 'string', description: 'For people.' },
        details: { type: 'object', additionalProperties: true },
        param: { type: 'string', description: 'The first field that is wrong (resource profile).' },
      },
      required: ['code', 'message'],
      additionalProperties: false,
    },
  },
  required: ['error'],
  additionalProperties: false,
}

// RFC 6749, section 5.2.
const oauthErrorSchema = {
  type: 'object',
  properties: {
    error: { type: 'string', description: 'For programs.' },
    error_description: { type: 'string', description: 'For people.' },
  },
  required: ['error', 'error_description'],
  additionalProperties: false,
}

// RFC 9457.
const problemSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string', description: 'The same for every problem of the type.' },
    status: whole,
    detail: { type: 'string', description: 'For people.' },
    code: { type: 'string', description: 'For programs.' },
    request_id: { type: 'string', description: 'As in `X-Request-Id`.' },
    errors: {
      type: 'array',
      description: 'Every field that is wrong.',
      items: {
        type: 'object',
        properties: {
          detail: { type: 'string' },
          pointer: {
            type: 'string',
            description: 'A JSON Pointer into the body, or the name of a parameter behind `#/`.',
          },
        },
        required: ['detail', 'pointer'],
        additionalProperties: false,
      },
    },
    'violated-policies': {
      type: 'array',
      description: 'The quotas that are spent, named as in `RateLimit-Policy`.',
      items: { type: 'string' },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  additionalProperties: false,
}

/** What the wire calls a code in a profile (integration-facts 4.3). */
function codeOnWire(code: ErrorCode, op: Operation): string {
  if (op.profile === 'token') return oauthCode(code)
  const { kind } = errorCodes[code]
  const isField = kind === 'invalid_fields' || kind === 'invalid_value'
  return op.profile === 'resource' && isField ? 'validation_error' : wireCode(code)
}

interface ErrorResponse {
  status: number
  /** Wire code → what it means. Two codes of ours may be one on the wire. */
  meanings: Map<string, string>
}

function errorsOf(op: Operation): ErrorResponse[] {
  const byStatus = new Map<number, Map<string, string>>()
  for (const code of new Set([...commonErrors(op), ...op.errors])) {
    const status = statusOf(code, op.profile, readsQuery(op) ? 'address' : 'body')
    const meanings = byStatus.get(status) ?? new Map<string, string>()
    byStatus.set(status, meanings)
    const name = codeOnWire(code, op)
    const meaning = errorKinds[errorCodes[code].kind]
    const before = meanings.get(name)
    meanings.set(name, before && before !== meaning ? `${before}; or: ${meaning}` : meaning)
  }
  return [...byStatus]
    .sort(([one], [other]) => one - other)
    .map(([status, meanings]) => ({ status, meanings }))
}

function errorResponse(op: Operation, { status, meanings }: ErrorResponse): Json {
  return {
    description: descriptionOf(meanings),
    headers: headersOf(op, status),
    content: errorContent(op),
  }
}

function errorContent({ profile }: Operation): Json {
  const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  if (profile === 'document') return { 'application/problem+json': { schema: schema('Problem') } }
  return json(schema(profile === 'token' ? 'OAuthError' : 'Error'))
}

// Codes that mean the same are named together.
function descriptionOf(meanings: Map<string, string>): string {
  const codes = new Map<string, string[]>()
  for (const [code, meaning] of meanings) {
    codes.set(meaning, [...(codes.get(meaning) ?? []), `\`${code}\``])
  }
  return [...codes].map(([meaning, names]) => `${names.join(', ')}: ${meaning}.`).join(' ')
}

const phrases: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  402: 'PaymentRequired',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  422: 'Unprocessable',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
}

// An answer that several operations share is written once, by the phrase of its status; the most used
// one has the phrase alone, others a number behind it.
const shared = sharedNames()

function sharedNames(): Map<string, string> {
  const uses = new Map<string, { status: number; count: number }>()
  for (const op of all) {
    for (const response of errorsOf(op)) {
      const text = JSON.stringify(errorResponse(op, response))
      const use = uses.get(text) ?? { status: response.status, count: 0 }
      uses.set(text, { ...use, count: use.count + 1 })
    }
  }
  const names = new Map<string, string>()
  const numbers = new Map<number, number>()
  const often = [...uses].filter(([, { count }]) => count > 1)
  for (const [text, { status }] of often.sort(
    ([, a], [, b]) => a.status - b.status || b.count - a.count,
  )) {
    const number = (numbers.get(status) ?? 0) + 1
    numbers.set(status, number)
    names.set(text, `${phrases[status] ?? `Status${status}`}${number === 1 ? '' : number}`)
  }
  return names
}

function sharedResponses(): Json {
  return Object.fromEntries([...shared].map(([text, name]) => [name, JSON.parse(text)]))
}

function errorResponses(op: Operation): Json {
  return Object.fromEntries(
    errorsOf(op).map((response) => {
      const made = errorResponse(op, response)
      const name = shared.get(JSON.stringify(made))
      return [response.status, name ? { $ref: `#/components/responses/${name}` } : made]
    }),
  )
}

// All pages at once, a column for each field (RFC 4180).
const csv = { 'text/csv': { schema: { type: 'string' } } }
// All pages at once, an item of the list a line.
const ndjson = { 'application/x-ndjson': { schema: { type: 'string' } } }
const pdf = { 'application/pdf': { schema: { type: 'string', format: 'binary' } } }

function json(schema: unknown): Json {
  return { 'application/json': { schema } }
}
