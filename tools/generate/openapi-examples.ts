// Examples in docs/openapi.json: what stands in contract/examples, in the envelope of each profile.

import { STATUS_CODES } from 'node:http'
import { type ErrorCode, oauthCode, statusOf, wireCode, wordOf } from '@ipto/contract/errors.ts'
import { examples } from '@ipto/contract/examples/all.ts'
import { errorExamples, tokenMessages } from '@ipto/contract/examples/errors.ts'
import { ids, times } from '@ipto/contract/examples/story.ts'
import { type Operation, readsQuery } from '@ipto/contract/operation.ts'

const byId: Readonly<Record<string, { input: object; output: unknown }>> = examples

function exampleOf({ id }: Operation): { input: object; output: unknown } {
  const example = byId[id]
  if (!example) throw new Error(`${id} has no example`)
  return example
}

/** The value of a part of the path, or of a parameter of the query. */
export function parameterExample(op: Operation, name: string): { example?: unknown } {
  const fields: Record<string, unknown> = { ...exampleOf(op).input }
  const example = fields[name]
  return example === undefined ? {} : { example }
}

/** The body of a request: one field, or the input without what stands in the path. */
export function bodyExample(op: Operation): unknown {
  const fields = Object.entries<unknown>({ ...exampleOf(op).input })
  if (op.bodyField !== null) return new Map(fields).get(op.bodyField)
  return Object.fromEntries(fields.filter(([name]) => !op.path.includes(`{${name}}`)))
}

/** The whole body of a success. */
export function answerExample(op: Operation): unknown {
  const { output } = exampleOf(op)
  if (op.profile === 'resource') {
    if (op.listing === 'one') return output
    return { object: 'list', data: [output], hasMore: false, nextCursor: null }
  }
  if (op.profile === 'document' && op.listing === 'list') {
    return { data: [output], limit: 20, offset: 0, totalCount: 1 }
  }
  const page = { next_cursor: null, has_more: false }
  if (op.profile !== 'report') return op.listing === 'one' ? output : { items: [output], ...page }
  const data = op.listing === 'one' ? output : { [op.plural]: [output], total: 1, ...page }
  return { data, request_id: ids.request, timestamp: times.later }
}

/** The same item as a line below its columns (RFC 4180). */
export function csvExample(op: Operation): string {
  const item = Object.entries({ ...Object(exampleOf(op).output) })
  const cells = item.map(([, value]) => cellOf(value))
  return `${item.map(([name]) => name).join(',')}\r\n${cells.join(',')}\r\n`
}

/** The same item as a line of JSON. */
export function ndjsonExample(op: Operation): string {
  return `${JSON.stringify(exampleOf(op).output)}\n`
}

function cellOf(value: unknown): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The body of an error as the operation's profile shows it. */
export function errorExample(code: ErrorCode, op: Operation): object {
  const { message, fields = [], details } = errorExamples[code]
  if (op.profile === 'token') {
    return { error: oauthCode(code), error_description: tokenMessages[code] ?? plain(message) }
  }
  const named = { code: wordOf(code, op.profile), message }
  if (op.profile === 'document') return problem(code, op)
  if (op.profile === 'resource') {
    const [first] = fields
    return { error: { ...named, ...(first && { param: first.field }) } }
  }
  const all = { ...details, ...(fields.length > 0 && { fields }) }
  return { error: { ...named, ...(Object.keys(all).length > 0 && { details: all }) } }
}

// Problem details (RFC 9457). A quota has a type of its own.
function problem(code: ErrorCode, op: Operation): object {
  const { message, fields = [] } = errorExamples[code]
  const status = statusOf(code, op.profile, readsQuery(op) ? 'address' : 'body')
  const isQuota = code === 'rate_limited'
  const errors = fields.map(({ field, reason }) => ({ detail: reason, pointer: `#/${field}` }))
  return {
    type: isQuota
      ? 'https://iana.org/assignments/http-problem-types#quota-exceeded'
      : 'about:blank',
    title: isQuota
      ? 'Request cannot be satisfied as assigned quota has been exceeded'
      : STATUS_CODES[status],
    status,
    detail: message,
    code: wireCode(code),
    request_id: ids.request,
    ...(errors.length > 0 && { errors }),
    ...(isQuota && { 'violated-policies': ['tenant'] }),
  }
}

function plain(text: string): string {
  return text.replaceAll(/["\\]/g, '')
}
