// What each error says, in the words of the server: one text that anyone may read, and the details that go
// with it where there are any.
import type { ErrorCode } from '../errors.ts'
import type { ErrorExample } from './example.ts'
import { questionExamples } from './questions.ts'

const wrongStatus = { field: 'status', reason: 'must be one of: active, paused, archived' }

export const errorExamples: Record<ErrorCode, ErrorExample> = {
  invalid_request: {
    message: `The field '${wrongStatus.field}' ${wrongStatus.reason}.`,
    fields: [wrongStatus],
  },
  invalid_fields: {
    message: "The field 'name' is required.",
    fields: [{ field: 'name', reason: 'required' }],
  },
  unreadable_body: { message: 'The body is not valid JSON in UTF-8.' },
  bad_cursor: {
    message:
      'The cursor is expired or belongs to another request. Start again from the first page.',
    fields: [{ field: 'cursor', reason: 'is expired or foreign' }],
  },
  unauthorized: { message: 'The credential is missing, unknown, expired or revoked.' },
  budget_exceeded: { message: 'The budget for this month is spent.' },
  forbidden: { message: 'The credential lacks the scope search:query.' },
  not_found: { message: 'There is no such thing, or it belongs to another tenant.' },
  method_not_allowed: { message: 'This path does not take PUT.' },
  conflict: { message: 'The state of things does not allow this.' },
  idempotency_key_reused: {
    message: 'This Idempotency-Key was used with another request. Take a new key.',
  },
  idempotency_in_progress: { message: 'The first request with this key is running.' },
  payload_too_large: { message: 'The body is larger than 1048576 bytes.' },
  rate_limited: { message: 'Too many requests in this minute. Wait and try again.' },
  internal_error: { message: 'Something went wrong on our side. It is safe to retry.' },
  service_unavailable: { message: 'The server is stopping.' },
  search_timeout: { message: 'The search took too long and was stopped. Narrow it.' },
  unsupported_grant_type: { message: 'The grant_type must be client_credentials.' },
  invalid_scope: { message: 'A scope is unknown, or the key does not hold it.' },
  checksum_mismatch: { message: 'The stored bytes differ from what was announced.' },
  no_vectors: { message: 'Nothing in reach has vectors, which dense search needs.' },
  ...questionExamples,
}

/** The token endpoint has other words for these; quotation marks have no place in them (RFC 6749, 5.2). */
export const tokenMessages: Partial<Record<ErrorCode, string>> = {
  invalid_fields: 'The field grant_type is required.',
  unreadable_body: 'The body must be sent as application/x-www-form-urlencoded in UTF-8.',
  unauthorized: 'The client is unknown, or its secret is not valid now.',
}
