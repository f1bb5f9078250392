// Every error code that ipto can answer with: a closed table. A code has a kind; the route's profile
// turns the kind into a status and a body (integration-facts 4.3). `retry` tells whether the same
// request can succeed later without a change.

export const errorKinds = {
  unreadable: 'The body cannot be read',
  invalid_fields: 'A field is missing or has the wrong type',
  invalid_value: 'The fields are well formed, but a value or the logic is wrong',
  bad_cursor: 'The cursor is unknown, expired or belongs to another request',
  unauthorized: 'No credential, or one that is not valid now',
  payment: 'The budget does not cover the charge',
  forbidden: 'The credential is valid but may not do this',
  not_found: 'It does not exist, as far as this caller may know',
  method: 'The path exists, the method does not',
  conflict: 'The state of things does not allow it',
  too_large: 'The body is over the limit',
  rate_limited: 'Too many requests',
  internal: 'Our mistake',
  unavailable: 'Not now',
} as const

export type ErrorKind = keyof typeof errorKinds

export const errorCodes = {
  invalid_request: { kind: 'invalid_value', retry: false },
  invalid_fields: { kind: 'invalid_fields', retry: false },
  unreadable_body: { kind: 'unreadable', retry: false },
  bad_cursor: { kind: 'bad_cursor', retry: false },
  unauthorized: { kind: 'unauthorized', retry: false },
  budget_exceeded: { kind: 'payment', retry: false },
  forbidden: { kind: 'forbidden', retry: false },
  not_found: { kind: 'not_found', retry: false },
  method_not_allowed: { kind: 'method', retry: false },
  conflict: { kind: 'conflict', retry: false },
  idempotency_key_reused: { kind: 'conflict', retry: false },
  idempotency_in_progress: { kind: 'conflict', retry: true },
  payload_too_large: { kind: 'too_large', retry: false },
  rate_limited: { kind: 'rate_limited', retry: true },
  internal_error: { kind: 'internal', retry: true },
  service_unavailable: { kind: 'unavailable', retry: true },
  search_timeout: { kind: 'unavailable', retry: true },
  unsupported_grant_type: { kind: 'invalid_value', retry: false },
  invalid_scope: { kind: 'invalid_value', retry: false },
  checksum_mismatch: { kind: 'invalid_value', retry: false },
  no_vectors: { kind: 'invalid_value', retry: false },
  query_empty: { kind: 'invalid_value', retry: false },
  query_too_long: { kind: 'invalid_value', retry: false },
  unbalanced_quote: { kind: 'invalid_value', retry: false },
  unbalanced_parenthesis: { kind: 'invalid_value', retry: false },
  missing_operand: { kind: 'invalid_value', retry: false },
  only_negative: { kind: 'invalid_value', retry: false },
  unknown_field: { kind: 'invalid_value', retry: false },
  bad_value: { kind: 'invalid_value', retry: false },
  bad_date: { kind: 'invalid_value', retry: false },
  bad_distance: { kind: 'invalid_value', retry: false },
  near_operand: { kind: 'invalid_value', retry: false },
  near_chained: { kind: 'invalid_value', retry: false },
  slop_unsupported: { kind: 'invalid_value', retry: false },
  wildcard_too_short: { kind: 'invalid_value', retry: false },
  too_deep: { kind: 'invalid_value', retry: false },
  too_many_clauses: { kind: 'invalid_value', retry: false },
  expansion_limit: { kind: 'invalid_value', retry: false },
} as const satisfies Record<string, { kind: ErrorKind; retry: boolean }>

export type ErrorCode = keyof typeof errorCodes

// The codes of a question that cannot be parsed (retrieval, section 9), for operations that search.
export const questionCodes = [
  'query_empty',
  'query_too_long',
  'unbalanced_quote',
  'unbalanced_parenthesis',
  'missing_operand',
  'only_negative',
  'unknown_field',
  'bad_value',
  'bad_date',
  'bad_distance',
  'near_operand',
  'near_chained',
  'slop_unsupported',
  'wildcard_too_short',
  'too_deep',
  'too_many_clauses',
  'expansion_limit',
] as const satisfies readonly ErrorCode[]

// What the wire says. `invalid_fields`, `unreadable_body` and `bad_cursor` are our words for three
// kinds that the source documents call by one code.
export function wireCode(code: ErrorCode): string {
  if (code === 'invalid_fields' || code === 'unreadable_body' || code === 'bad_cursor') {
    return 'invalid_request'
  }
  return code
}

/** What RFC 6749 calls a code. For `rate_limited` it has no word of its own. */
export function oauthCode(code: ErrorCode): string {
  if (code === 'unsupported_grant_type' || code === 'invalid_scope') return code
  const { kind } = errorCodes[code]
  if (kind === 'unauthorized') return 'invalid_client'
  if (kind === 'rate_limited') return code
  if (kind === 'internal') return 'server_error'
  return kind === 'unavailable' ? 'temporarily_unavailable' : 'invalid_request'
}

const marketStatuses = {
  unreadable: 400,
  invalid_fields: 400,
  invalid_value: 422,
  bad_cursor: 400,
  unauthorized: 401,
  payment: 402,
  forbidden: 403,
  not_found: 404,
  method: 405,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

const statuses = {
  market: marketStatuses,
  report: marketStatuses,
  // The template answers 422 for every field that is missing or wrong (integration-facts 4.3).
  resource: { ...marketStatuses, invalid_fields: 422 },
  // In the body; a mistake in the address is 400 whatever its nature.
  document: { ...marketStatuses, invalid_fields: 422 },
  token: { ...marketStatuses, invalid_value: 400 },
} as const satisfies Record<string, Record<ErrorKind, number>>

type Profile = keyof typeof statuses

function isOfField(code: ErrorCode): boolean {
  const { kind } = errorCodes[code]
  return kind === 'invalid_fields' || kind === 'invalid_value'
}

/** The word for a code in the bodies of a profile. */
export function wordOf(code: ErrorCode, profile: Profile): string {
  if (profile === 'token') return oauthCode(code)
  return profile === 'resource' && isOfField(code) ? 'validation_error' : wireCode(code)
}

/** The HTTP status of a code in a profile. `place`: where the mistake stands, if it is one in a field. */
export function statusOf(
  code: ErrorCode,
  profile: Profile,
  place: 'body' | 'address' = 'body',
): number {
  if (profile === 'document' && place === 'address' && isOfField(code)) return 400
  return statuses[profile][errorCodes[code].kind]
}
