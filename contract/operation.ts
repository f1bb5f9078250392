// One operation is one constant: what a request may hold, what an answer holds, who may call it and
// how it can fail. Routes, validation, OpenAPI and the SDK are made from these.
import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { Role, Scope } from './scopes.ts'

export type Profile = 'market' | 'report' | 'resource' | 'document' | 'token'
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/**
 * `session`: a signed-in user; `operator`: a platform administrator; `any`: also keys; `client`: an API
 * key as an OAuth client, whose id and secret the operation itself looks at.
 */
export type Auth = 'none' | 'any' | 'session' | 'operator' | 'client'

export interface Operation<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
  Listing extends 'one' | 'list' = 'one' | 'list',
> {
  id: string
  method: Method
  /** With `{name}` for path parameters; each is a field of `input`. */
  path: string
  profile: Profile
  tag: string
  summary: string
  auth: Auth
  scope: Scope | null
  /** A session needs one of these, or owner, or admin; a key needs `admin:*` (decisions 9). */
  roles: readonly Role[]
  input: Input
  /** Of one thing, or of each item where `listing` is `list`. */
  output: Output
  listing: Listing
  /** Name of the list inside `data`, for the report profile. */
  plural: string
  status: 200 | 201 | 202 | 204
  /** Beyond those that every operation may answer (see `commonErrors`). */
  errors: readonly ErrorCode[]
  /** What the body of a request is made of. */
  bodyMedia: 'json' | 'form' | 'text'
  /** The field of `input` that is the whole body, where the body is not the fields themselves. */
  bodyField: string | null
  /**
   * What a success is made of. A list of `csv` also answers as CSV, by `Accept: text/csv`; one of `ndjson`
   * as an object a line, by `Accept: application/x-ndjson`.
   */
  media: 'json' | 'csv' | 'ndjson' | 'pdf'
  /** Liveness of the credential is decided inside the charging transaction (architecture 4). */
  charges: boolean
}

interface Declared<Input extends z.ZodObject, Output extends z.ZodType> {
  id: string
  method: Method
  path: string
  profile?: Profile
  tag: string
  summary: string
  auth?: Auth
  scope?: Scope
  roles?: readonly Role[]
  input?: Input
  output: Output
  status?: 200 | 201 | 202 | 204
  errors?: readonly ErrorCode[]
  bodyMedia?: 'json' | 'form' | 'text'
  bodyField?: string
  media?: 'json' | 'csv' | 'ndjson' | 'pdf'
  charges?: boolean
}

const nothing = z.strictObject({})

function complete<I extends z.ZodObject, O extends z.ZodType, L extends 'one' | 'list'>(
  declared: Declared<I, O>,
  listing: L,
  plural: string,
): Operation<I, O, L> {
  return {
    profile: 'market',
    auth: 'any',
    scope: null,
    roles: [],
    status: 200,
    errors: [],
    bodyMedia: 'json',
    bodyField: null,
    media: 'json',
    charges: false,
    ...declared,
    input: (declared.input ?? nothing) as I,
    listing,
    plural,
  } as Operation<I, O, L>
}

/** An operation that answers one thing. */
export function operation<I extends z.ZodObject = typeof nothing, O extends z.ZodType = z.ZodType>(
  declared: Declared<I, O>,
): Operation<I, O, 'one'> {
  return complete(declared, 'one', '')
}

/** An operation that answers a page of things; `output` is one of them. */
export function listing<I extends z.ZodObject, O extends z.ZodType>(
  declared: Declared<I, O> & { plural?: string },
): Operation<I, O, 'list'> {
  const { plural = 'items', ...rest } = declared
  return complete(rest as Declared<I, O>, 'list', plural)
}

/** Its input beside the path is the query; else it is the body. */
export function readsQuery({ method }: Pick<Operation, 'method'>): boolean {
  return method === 'GET' || method === 'DELETE'
}

/** Whether `Idempotency-Key` counts. Login and the token endpoint answer a fresh secret each time. */
export function takesKey({ id, method, auth }: Operation): boolean {
  return !readsQuery({ method }) && id !== 'auth.login' && auth !== 'client'
}

export type InputSchema = z.core.JSONSchema.BaseSchema

/** What a request may hold, path parts included, as JSON Schema. */
export function inputSchema({ input }: Operation): InputSchema {
  return z.toJSONSchema(input, { io: 'input' })
}

/** What any operation may answer, whatever it does. */
export function commonErrors(op: Operation): ErrorCode[] {
  const codes: ErrorCode[] = ['internal_error', 'service_unavailable', 'rate_limited']
  if (op.auth !== 'none') codes.push('unauthorized')
  if (op.scope || op.roles.length > 0 || op.auth === 'session' || op.auth === 'operator') {
    codes.push('forbidden')
  }
  codes.push('invalid_fields')
  // Where there is no field, no value of one can be wrong.
  if (Object.keys(op.input.shape).length > 0) codes.push('invalid_request')
  // Also two credentials at once, which any request that brings one can hold.
  if (!readsQuery(op) || op.auth !== 'none') codes.push('unreadable_body')
  // A body of DELETE means nothing, and is read all the same.
  if (op.method !== 'GET') codes.push('payload_too_large')
  if (takesKey(op)) codes.push('idempotency_key_reused', 'idempotency_in_progress')
  if (op.listing === 'list' && op.profile !== 'document') codes.push('bad_cursor')
  if (op.path.includes('{')) codes.push('not_found')
  return codes
}

/** The bytes of a PDF. */
export const pdfBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** No body at all. */
export const nothingBody = z.void()

export function answersNothing({ output }: Operation): boolean {
  return output === nothingBody
}

/** A success is neither a file nor empty. */
export function answersJson(op: Operation): boolean {
  return op.media !== 'pdf' && !answersNothing(op)
}

/** The whole body of a success, with the envelope of the operation's profile. */
export function bodySchema(op: Operation): z.ZodType {
  if (op.media === 'pdf') return pdfBytes
  if (op.profile === 'token') return op.output
  if (op.profile === 'resource') {
    if (op.listing === 'one') return op.output
    return z.strictObject({
      object: z.literal('list'),
      data: z.array(op.output),
      hasMore: z.boolean(),
      nextCursor: z.string().nullable(),
    })
  }
  if (op.profile === 'document') {
    if (op.listing === 'one') return op.output
    return z.strictObject({
      data: z.array(op.output),
      limit: z.int(),
      offset: z.int(),
      totalCount: z.int(),
    })
  }
  const page = { next_cursor: z.string().nullable(), has_more: z.boolean() }
  if (op.profile === 'market') {
    if (op.listing === 'one') return op.output
    return z.strictObject({ items: z.array(op.output), ...page })
  }
  const data =
    op.listing === 'one'
      ? op.output
      : z.strictObject({ [op.plural]: z.array(op.output), total: z.int(), ...page })
  return z.strictObject({ data, request_id: z.string(), timestamp: z.string() })
}

const forPrograms = z.string().describe('For programs.')
const forPeople = z.string().describe('For people.')

export const errorBody = z.strictObject({
  error: z.strictObject({
    code: forPrograms,
    message: forPeople,
    details: z.record(z.string(), z.unknown()).optional(),
    param: z.string().optional().describe('The first field that is wrong (resource profile).'),
  }),
})

const fieldProblem = z.strictObject({
  detail: z.string(),
  pointer: z
    .string()
    .describe('A JSON Pointer into the body, or the name of a parameter behind `#/`.'),
})

/** Problem details (RFC 9457). */
export const problemBody = z.strictObject({
  type: z.string().meta({ format: 'uri-reference' }),
  title: z.string().describe('The same for every problem of the type.'),
  status: z.int(),
  detail: forPeople,
  code: forPrograms,
  request_id: z.string().describe('As in `X-Request-Id`.'),
  errors: z.array(fieldProblem).optional().describe('Every field that is wrong.'),
  'violated-policies': z
    .array(z.string())
    .optional()
    .describe('The quotas that are spent, named as in `RateLimit-Policy`.'),
})

/** RFC 6749, section 5.2. */
export const oauthErrorBody = z.strictObject({
  error: forPrograms,
  error_description: forPeople.regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/),
})
