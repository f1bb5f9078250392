// The document profile of `/v2`: camelCase, `{ data, limit, offset, totalCount }`, milliseconds, and
// errors as problem details (RFC 9457), a superset of the published error body (integration-facts 4.3).
import { STATUS_CODES } from 'node:http'
import { statusOf, wireCode } from '@ipto/contract/errors.ts'
import { assert, type FieldProblem } from '../../base/errors.ts'
import { type ProfileRecord, plainHeaders, toMilliseconds, type WireError } from './profile.ts'

export const document: ProfileRecord = {
  ...plainHeaders,
  presentOne: (body) => body,
  presentPage: ({ items, total, window }) => {
    assert(window, 'a list of documents is a window')
    return { data: items, limit: window.limit, offset: window.offset, totalCount: total }
  },
  presentError: (error) => {
    const { code, message, fields, policies, requestId } = error
    const isInAddress = fields.some(({ place }) => place !== undefined)
    const status = statusOf(code, 'document', isInAddress ? 'address' : 'body')
    return {
      status,
      body: {
        ...kindOfProblem(error, status),
        status,
        detail: message,
        code: wireCode(code),
        request_id: requestId,
        ...(fields.length > 0 && { errors: fields.map(problemOfField) }),
        ...(policies.length > 0 && { 'violated-policies': policies }),
      },
    }
  },
  time: toMilliseconds,
  errorMediaType: 'application/problem+json',
  refusal: (scope) =>
    `${plainHeaders.challenge}, error="insufficient_scope"${scope ? `, scope="${scope}"` : ''}`,
  rates: 'to_go',
}

// A quota has a type of its own (draft-ietf-httpapi-ratelimit-headers); for all else the status and the
// code say enough, and the title is the phrase of the status.
function kindOfProblem({ policies }: WireError, status: number): { type: string; title: string } {
  if (policies.length === 0) {
    return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error' }
  }
  return {
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Request cannot be satisfied as assigned quota has been exceeded',
  }
}

// The pointer is a JSON Pointer as a fragment; a parameter is pointed at as if it stood in a body.
function problemOfField({ path, reason, at = path.split('.') }: FieldProblem) {
  const parts = at.map((part) =>
    encodeURIComponent(part.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')),
  )
  return { detail: reason, pointer: ['#', ...parts].join('/') }
}
