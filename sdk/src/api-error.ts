// The one error of the SDK. `status` is 0 where no answer came: then `code` is `timeout` or
// `network_error`. A call that its caller aborted rejects with the reason of the signal instead.

import { apiCodes } from './codes.ts'

type ApiCode = (typeof apiCodes)[number]

/**
 * What the API calls its errors, and our own words where it said nothing that we know: `http_<status>` for
 * the answer of a proxy, or for a code that is younger than this SDK.
 */
export type ErrorCode =
  | ApiCode
  | 'timeout'
  | 'network_error'
  | 'unreadable_answer'
  | `http_${number}`

export interface ApiErrorFacts {
  status: number
  code: ErrorCode
  message: string
  details?: Record<string, unknown> | undefined
  requestId?: string | undefined
  /** How long the server asks to wait: `Retry-After`, or else `t` of `RateLimit`. */
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

export class ApiError extends Error {
  readonly status: number
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(facts: ApiErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'ApiError'
    this.status = facts.status
    this.code = facts.code
    this.details = facts.details
    this.requestId = facts.requestId
    this.retryAfterSeconds = facts.retryAfterSeconds
  }
}

/** Reads the error body of any profile; a body that is none of ours (a proxy's page) becomes `http_502`. */
export function errorOf(status: number, headers: Headers, text: string): ApiError {
  const body = objectIn(parsed(text))
  const error = errorIn(body)
  const param = typeof error.param === 'string' ? { param: error.param } : undefined
  return new ApiError({
    status,
    code: apiCodes.find((one) => one === error.code) ?? `http_${status}`,
    message: typeof error.message === 'string' ? error.message : `The server answered ${status}.`,
    details: error.details === undefined ? param : { ...objectIn(error.details), ...param },
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfterOf(status, headers),
  })
}

function errorIn(body: Record<string, unknown>): Record<string, unknown> {
  // RFC 6749, section 5.2.
  if (typeof body.error === 'string') return { code: body.error, message: body.error_description }
  if (body.error !== undefined) return objectIn(body.error)
  // Problem details, RFC 9457.
  const { errors } = body
  return { code: body.code, message: body.detail, details: errors && { errors } }
}

/** Seconds to wait as told by the server: `Retry-After` wins, then `t` of `RateLimit` on a 429. */
function retryAfterOf(status: number, headers: Headers): number | undefined {
  const retryAfter = headers.get('retry-after')
  if (retryAfter !== null) {
    if (/^\d+$/.test(retryAfter.trim())) return Number(retryAfter)
    // An HTTP date is compared with the server's own clock, so that a wrong clock here is harmless.
    const ms = Date.parse(retryAfter) - Date.parse(headers.get('date') ?? '')
    if (Number.isFinite(ms)) return Math.max(0, Math.ceil(ms / 1_000))
  }
  if (status !== 429) return undefined
  const reset = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')
  return reset ? Number(reset[1]) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A page of a proxy, or nothing at all: the status says enough.
    return undefined
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
