// A wire profile: how one thing, a page and an error look on a family of routes. Chosen by the route,
// never by a header, a host or the kind of key (architecture 4).
import type { ErrorCode, ErrorKind } from '@ipto/contract/errors.ts'
import type { FieldProblem } from '../../base/errors.ts'
import type { Window } from '../../base/page.ts'

export interface Answer {
  requestId: string
  now: Date
}

export interface WirePage {
  items: unknown[]
  nextCursor: string | null
  total: number | null
  window: Window | null
}

export interface WireError {
  code: ErrorCode
  kind: ErrorKind
  message: string
  fields: FieldProblem[]
  details: Record<string, unknown> | undefined
  /** Quotas that are spent. */
  policies: readonly string[]
  requestId: string
}

export interface ProfileRecord {
  presentOne(body: unknown, answer: Answer): unknown
  presentPage(page: WirePage, plural: string, answer: Answer): unknown
  presentError(error: WireError): { status: number; body: unknown }
  time(date: Date): string
  /** Of a success that is JSON. */
  mediaType: string
  errorMediaType: string
  /** What a 401 says about the credential that it wants. */
  challenge: string
  /** What a 403 says about the scope that the credential lacks (RFC 6750), where it says it in a header. */
  refusal: ((scope: string | undefined) => string) | null
  /** On every answer. */
  headers: Record<string, string>
  /** The older rate headers: the end of the window as a time, or the seconds until then. */
  rates: 'epoch' | 'to_go'
}

/** What most routes tell alike in headers. */
export const plainHeaders = {
  mediaType: 'application/json; charset=utf-8',
  errorMediaType: 'application/json; charset=utf-8',
  challenge: 'Bearer realm="ipto"',
  refusal: null,
  headers: {},
  rates: 'epoch',
} as const

/** ISO 8601 in UTC, to the second. */
export function toSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

export function toMilliseconds(date: Date): string {
  return date.toISOString()
}
