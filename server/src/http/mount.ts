// One pipeline for every operation: profile → authenticate → limit → scope → idempotency → parse →
// route → still live? → present → headers (architecture 4). Nothing else builds a body or a header.
import { Readable } from 'node:stream'
import { type ErrorCode, errorCodes } from '@ipto/contract/errors.ts'
import { toMajor } from '@ipto/contract/money.ts'
import { answersNothing, type Operation, takesKey } from '@ipto/contract/operation.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Actor, type Call, systemActor } from '../base/call.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Failure } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Page } from '../base/page.ts'
import type { AnyRoute, Wire } from '../base/route.ts'
import {
  authenticateCounted,
  type Caller,
  requestsPerMinuteOf,
  unauthorized,
} from '../domains/identity/identity.ts'
import type { Counters } from './counters.ts'
import { readClient, readCredential } from './credential.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { exportOf, exportRowsAtOnce, streamOf } from './export.ts'
import * as idempotency from './idempotency.ts'
import { fieldsOf, parseInput } from './input.ts'
import {
  addressPerMinuteMax,
  decide,
  limitHeaders,
  rateLimited,
  type Subject,
  windowStart,
} from './limits.ts'
import { decidesItself, guarded, requireStillAllowed } from './live.ts'
import { requirePermission } from './permission.ts'
import { document } from './profiles/document.ts'
import { market } from './profiles/market.ts'
import type { ProfileRecord } from './profiles/profile.ts'
import { report } from './profiles/report.ts'
import { resource } from './profiles/resource.ts'
import { token } from './profiles/token.ts'

const profiles = { market, report, resource, document, token } as const

export function profileOf(op: Operation): ProfileRecord {
  return profiles[op.profile]
}

/** Every operation's request, as the router hands it over. */
export interface ApiRoute {
  Params: Record<string, string>
  Querystring: Record<string, string | string[]>
}
type ApiRequest = FastifyRequest<ApiRoute>
type ApiReply = FastifyReply<ApiRoute>

export interface MountDeps {
  db: Db
  clock: Clock
  log: Log
  counters: Counters
  secretKey: Uint8Array
  /** `off` only in tests, benches and the demo; a running server has no way to say so. */
  limits: 'on' | 'off'
  /** Sees every answer; tests hold it against the contract. */
  observe: ((op: Operation, status: number, body: unknown) => void) | null
}

interface Answered {
  status: number
  body: string | Uint8Array | Readable
  headers: Record<string, string>
  /** Of a body that is a stream. */
  mediaType?: string
}

export function mount<D extends { db: Db }>(
  deps: MountDeps,
  services: D,
  op: Operation,
  route: AnyRoute<D>,
) {
  return async (request: ApiRequest, reply: ApiReply): Promise<ApiReply> => {
    const requestId = requestIdOf(request)
    const headers: Record<string, string> = {}
    const answered = await answer(deps, services, { op, route, request, reply, requestId, headers })
    const { status, body } = answered
    if (!(body instanceof Readable)) deps.observe?.(op, status, shownBody(answered))
    const profile = profileOf(op)
    reply.code(status).headers({ ...profile.headers, ...headers, ...answered.headers })
    if (body === '') return reply.send()
    // As bytes: a text would get a charset that its media type may not have.
    const sent = typeof body === 'string' ? Buffer.from(body) : body
    return reply.type(answered.mediaType ?? mediaTypeOf(profile, answered)).send(sent)
  }
}

function shownBody({ body }: Answered): unknown {
  if (body === '') return undefined
  return typeof body === 'string' ? JSON.parse(body) : body
}

function mediaTypeOf(profile: ProfileRecord, { status, body }: Answered): string {
  if (typeof body !== 'string') return 'application/pdf'
  return status < 400 ? profile.mediaType : profile.errorMediaType
}

interface Step<D> {
  op: Operation
  route: AnyRoute<D>
  request: ApiRequest
  reply: ApiReply
  requestId: ReturnType<typeof requestIdOf>
  /** Collected on the way: they hold for errors as well. */
  headers: Record<string, string>
}

async function answer<D extends { db: Db }>(
  deps: MountDeps,
  services: D,
  step: Step<D>,
): Promise<Answered> {
  try {
    return await proceed(deps, services, step)
  } catch (error) {
    return presentFailure(deps.log, profileOf(step.op), error, step.requestId)
  }
}

async function proceed<D extends { db: Db }>(
  deps: MountDeps,
  services: D,
  step: Step<D>,
): Promise<Answered> {
  const { op, request } = step
  // `/v1/datasets/` is no dataset without an id: it is no path at all.
  if (Object.values(request.params).includes('')) throw noSuchPath()
  const now = deps.clock.now()
  const caller = await identify(deps, op, request, now).catch(async (error: unknown) => {
    if (isUnauthorized(error)) await refuseFlood(deps, request, now)
    throw error
  })
  await applyLimit(deps, step, caller, now)
  const actor = caller?.actor
  if (actor) requirePermission(op, actor)

  const fields = fieldsWithClient(op, request)
  const key = takesKey(op) ? idempotency.readKey(request.headers['idempotency-key']) : undefined
  const calling = { fields, actor, now, isRepeat: false }
  if (key === undefined) return run(deps, services, step, { ...calling, chargeKey: step.requestId })

  const begun = await idempotency.begin(deps.db, deps.secretKey, {
    caller: actor?.tenantId ?? addressOf(request),
    operation: op.id,
    principalId: actor?.id ?? '',
    key,
    fields,
    now,
  })
  // A replayed search is presented again from its stored hits, under the reach of now (decisions 2).
  if (begun.replay && !(op.charges && begun.replay.status < 300)) {
    if (actor) await requireStillAllowed(deps.db, { op, actor, now: deps.clock.now() })
    return { ...begun.replay, headers: { 'idempotency-replayed': 'true' } }
  }
  const answered = await runKeyed(deps, services, step, {
    ...calling,
    chargeKey: begun.recordId,
    isRepeat: begun.isRepeat,
  })
  return begun.replay
    ? { ...answered, headers: { ...answered.headers, 'idempotency-replayed': 'true' } }
    : answered
}

function fieldsWithClient(op: Operation, request: ApiRequest): Record<string, unknown> {
  const fields = fieldsOf(op, rawOf(request))
  return op.auth === 'client'
    ? { ...fields, ...readClient(request.raw.headersDistinct, fields) }
    : fields
}

interface Calling {
  fields: Record<string, unknown>
  actor: Actor | undefined
  chargeKey: string
  isRepeat: boolean
  now: Date
}

async function runKeyed<D extends { db: Db }>(
  deps: MountDeps,
  services: D,
  step: Step<D>,
  calling: Calling,
): Promise<Answered> {
  const { log, db, secretKey } = deps
  const answered = await run(deps, services, step, calling).catch((error: unknown) =>
    presentFailure(log, profileOf(step.op), error, step.requestId),
  )
  await idempotency.finish(db, secretKey, {
    recordId: calling.chargeKey,
    status: answered.status,
    // A sale is presented again from what was stored with it, never from a remembered body.
    body:
      typeof answered.body !== 'string' || (step.op.charges && answered.status < 300)
        ? ''
        : answered.body,
    now: calling.now,
  })
  return answered
}

async function run<D extends { db: Db }>(
  deps: MountDeps,
  services: D,
  step: Step<D>,
  { fields, actor, chargeKey, isRepeat, now }: Calling,
): Promise<Answered> {
  const { op, route, request, requestId } = step
  const profile = profileOf(op)
  const input = parseInput(op, fields)
  const cursor = cursorScope(deps, op, actor, fields, now)
  const after = typeof fields.cursor === 'string' ? readCursor(cursor, fields.cursor) : null
  const call: Call = {
    actor: actor ?? nobody,
    requestId,
    chargeKey,
    isRepeat,
    address: request.ip,
    now,
    signal: abortOf(step.reply),
    after,
  }
  const wire: Wire = {
    time: profile.time,
    timeOrNull: (date) => date && profile.time(date),
    cursor: (position) => writeCursor(cursor, position),
    budgetRemaining: (micros) => {
      if (micros !== null) step.headers['x-ipto-budget-remaining'] = String(toMajor(micros))
    },
  }
  const requireLive = async () => {
    if (actor) await requireStillAllowed(deps.db, { op, actor, now: deps.clock.now() })
  }
  const served = actor ? guarded(services, { op, actor, clock: deps.clock }) : services
  const told = { requestId, now }
  let body: unknown
  if (route.kind === 'one') {
    const result = await route.handle(served, call, input, wire)
    // A file has no envelope.
    body = result instanceof Uint8Array ? result : profile.presentOne(result, told)
  } else {
    const format = exportOf(op, request.headers.accept)
    if (format) {
      const whole = parseInput(op, { ...fields, limit: exportRowsAtOnce })
      const pages = (after: Call['after']): Promise<Page<unknown>> =>
        route.handle(served, { ...call, after }, whole, wire)
      const rows = await streamOf(format, pages, { after, requireLive })
      // The answer has begun: all that is left is to cut it off, and to say why in the log.
      rows.once('error', (error) => {
        if (!(error instanceof Failure)) {
          deps.log.error({ err: error, request_id: requestId }, 'a list broke off')
        }
      })
      return { status: op.status, body: rows, headers: {}, mediaType: format.mediaType }
    }
    const page = await route.handle(served, call, input, wire)
    const nextCursor = page.next && wire.cursor(page.next)
    body = profile.presentPage(
      { items: page.items, nextCursor, total: page.total, window: page.window ?? null },
      op.plural,
      told,
    )
  }
  if (!decidesItself(op)) await requireLive()
  return { status: op.status, body: writtenBody(op, body), headers: {} }
}

function writtenBody(op: Operation, body: unknown): string | Uint8Array {
  if (answersNothing(op)) return ''
  return body instanceof Uint8Array ? body : JSON.stringify(body)
}

async function identify(
  { db, counters }: MountDeps,
  op: Operation,
  request: FastifyRequest,
  now: Date,
): Promise<Caller | undefined> {
  if (op.auth === 'none' || op.auth === 'client') return undefined
  const credential = readCredential(request.raw.headersDistinct)
  if (!credential) throw unauthorized()
  const counted = counters.isShared ? windowStart(now) : null
  return authenticateCounted(db, credential, { now, windowStart: counted })
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Failure && errorCodes[error.code].kind === 'unauthorized'
}

/**
 * Wrong credentials are counted by address, apart from the calls that need none: an agent that goes on with
 * a revoked key must not keep its neighbours from logging in. The count is not shown: it may be another's.
 */
async function refuseFlood(
  { counters, limits }: MountDeps,
  request: ApiRequest,
  now: Date,
): Promise<void> {
  const decision = await decide(counters, subjectOfAddress(`credential:${request.ip}`, now))
  if (decision.isOver && limits === 'on') throw rateLimited(decision, now)
}

/** A name among callers and counts, where tenants stand under their id. */
const addressOf = (request: FastifyRequest) => `address:${request.ip}`

async function applyLimit<D>(
  { counters, limits, clock }: MountDeps,
  { headers, request, op }: Step<D>,
  caller: Caller | undefined,
  now: Date,
): Promise<void> {
  const decision = await decide(counters, subjectOf(request, caller, now))
  Object.assign(headers, limitHeaders(decision, clock.now(), profileOf(op).rates))
  if (decision.isOver && limits === 'on') throw rateLimited(decision, now)
}

function subjectOfAddress(id: string, now: Date): Subject {
  return { policy: 'address', id, limit: addressPerMinuteMax, now, count: null }
}

function subjectOf(request: FastifyRequest, caller: Caller | undefined, now: Date): Subject {
  if (!caller) return subjectOfAddress(addressOf(request), now)
  const { actor, requestCount: count } = caller
  return { policy: 'tenant', id: actor.tenantId, limit: requestsPerMinuteOf(actor), now, count }
}

/** Never reaches a use case that asks for an actor: those operations have `auth: 'none'` or `'client'`. */
const nobody: Actor = systemActor('tnt_nobody', 'nobody')

function cursorScope(
  { secretKey }: MountDeps,
  op: Operation,
  actor: Actor | undefined,
  fields: Record<string, unknown>,
  now: Date,
) {
  const { cursor: _, limit: __, ...filter } = fields
  return {
    key: secretKey,
    operationId: op.id,
    principalId: actor ? `${actor.tenantId} ${actor.id}` : '',
    filter: Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1)),
    now,
  }
}

function rawOf(request: ApiRequest) {
  return {
    params: request.params,
    query: request.query,
    body: request.body instanceof Uint8Array ? request.body : undefined,
    contentType: request.headers['content-type'],
  }
}

// A caller that hangs up is not worth a search.
function abortOf(reply: ApiReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

const requestIds = new WeakMap<object, ReturnType<typeof makeRequestId>>()
const makeRequestId = () => newId('req')

/** One id for a request, in its log lines, its header and its body. */
export function requestIdOf(request: object) {
  const id = requestIds.get(request) ?? makeRequestId()
  requestIds.set(request, id)
  return id
}

export function noSuchPath(): Failure {
  return new Failure('not_found', 'There is no such path.')
}

/** Any error as an answer. What is no `Failure` is our mistake: logged, and not shown. */
export function presentFailure(
  log: Log,
  profile: ProfileRecord,
  error: unknown,
  requestId: string,
): Answered {
  const failure =
    error instanceof Failure
      ? error
      : new Failure('internal_error', 'Something went wrong on our side. It is safe to retry.', {
          cause: error,
        })
  const code: ErrorCode = failure.code
  if (code === 'internal_error' || failure.cause !== undefined) {
    log.error({ err: failure.cause, request_id: requestId, code }, 'a request failed')
  }
  const { status, body } = profile.presentError({
    code,
    kind: errorCodes[code].kind,
    message: failure.message,
    fields: failure.fields ?? [],
    details: failure.details,
    policies: failure.policies,
    requestId,
  })
  return { status, body: JSON.stringify(body), headers: failureHeaders(profile, failure) }
}

function failureHeaders(profile: ProfileRecord, failure: Failure): Record<string, string> {
  const headers: Record<string, string> = {}
  const { kind } = errorCodes[failure.code]
  const waitMs = failure.retryAfterMs ?? (kind === 'unavailable' ? 1_000 : undefined)
  if (waitMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(waitMs / 1_000)))
  if (kind === 'unauthorized') headers['www-authenticate'] = profile.challenge
  if (kind === 'forbidden' && profile.refusal) {
    headers['www-authenticate'] = profile.refusal(failure.scope)
  }
  return headers
}
