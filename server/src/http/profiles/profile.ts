// A wire profile: how one thing, a page and an error look on a family of routes. Chosen by the route,
// never by a header, a host or the kind of key (architecture 4).
import type { ErrorCode, ErrorKind } from '@ipto/contract/errors.ts'
import type { FieldProblem } from '../../base/errors.ts'

export interface Answer {
  requestId: string
  now: Date
}

export interface WirePage {
  items: unknown[]
  nextCursor: string | null
  total: number | null
}

export interface WireError {
  code: ErrorCode
  kind: ErrorKind
  message: string
  fields: FieldProblem[]
  details: Record<string, unknown> | undefined
}

export interface ProfileRecord {
  presentOne(body: unknown, answer: Answer): unknown
  presentPage(page: WirePage, plural: string, answer: Answer): unknown
  presentError(error: WireError): { status: number; body: unknown }
  time(date: Date): string
}

/** ISO 8601 in UTC, to the second. */
export function toSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

export function toMilliseconds(date: Date): string {
  return date.toISOString()
}
