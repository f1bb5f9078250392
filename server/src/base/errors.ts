// The two ways to fail. `Failure`: the caller can act; its text may be shown to anyone. `assert`: we
// are wrong; it is answered as `internal_error` and logged. Neither knows a status: the profile does.
import type { ErrorCode } from '@ipto/contract/errors.ts'

/** One field that the caller must mend. `path` is dotted, as the caller wrote it. */
export interface FieldProblem {
  path: string
  /** The same part by part, from the start of the body: a key may hold a dot. */
  at?: readonly string[]
  /** Where it stands, if not in the body. */
  place?: 'path' | 'query' | 'header'
  reason: string
  nature: 'missing' | 'type' | 'value' | 'unknown'
}

export interface FailureOptions {
  /** Public, machine-readable facts beside the text. */
  details?: Record<string, unknown>
  fields?: FieldProblem[]
  /** Quotas that are spent. */
  policies?: readonly string[]
  /** What the credential lacks. */
  scope?: string
  /** When a retry can help, in milliseconds from now. */
  retryAfterMs?: number
  /** What only operators may see. Never leaves the log. */
  cause?: unknown
}

export class Failure extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  readonly fields: FieldProblem[] | undefined
  readonly policies: readonly string[]
  readonly scope: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, publicText: string, options: FailureOptions = {}) {
    super(publicText, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.details = options.details
    this.fields = options.fields
    this.policies = options.policies ?? []
    this.scope = options.scope
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The one text for everything that the caller may not know of, so that no two answers differ. */
export function notFound(): Failure {
  return new Failure('not_found', 'There is no such thing, or it belongs to another tenant.')
}

export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`)
}
