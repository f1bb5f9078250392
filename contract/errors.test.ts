// The table of codes is closed and whole: each code has a kind, each kind a status in every profile.
import { expect, test } from 'vitest'
import {
  type ErrorCode,
  errorCodes,
  errorKinds,
  oauthCode,
  questionCodes,
  statusOf,
  wireCode,
} from './errors.ts'
import { commonErrors, errorBody, type Operation } from './operation.ts'
import { operations } from './operations.ts'

const codes = Object.keys(errorCodes).filter((name): name is ErrorCode => name in errorCodes)
const all: Operation[] = Object.values(operations)

test('every kind is used by a code', () => {
  const used = new Set(codes.map((code) => errorCodes[code].kind))
  expect(Object.keys(errorKinds).filter((kind) => ![...used].some((one) => one === kind))).toEqual(
    [],
  )
})

test('every code has a status in every profile', () => {
  for (const profile of ['market', 'report', 'resource', 'document', 'token'] as const) {
    for (const code of codes) expect(statusOf(code, profile)).toBeGreaterThanOrEqual(400)
  }
})

test('a missing field is 400 in the market and 422 in the resource profile', () => {
  expect(statusOf('invalid_fields', 'market')).toBe(400)
  expect(statusOf('invalid_fields', 'report')).toBe(400)
  expect(statusOf('invalid_fields', 'resource')).toBe(422)
  expect(statusOf('unreadable_body', 'resource')).toBe(400)
  expect(statusOf('bad_cursor', 'resource')).toBe(400)
})

test('in documents a mistake is 400 in the address and 422 in the body, whatever its nature', () => {
  for (const code of ['invalid_fields', 'invalid_request'] as const) {
    expect(statusOf(code, 'document')).toBe(422)
    expect(statusOf(code, 'document', 'address')).toBe(400)
    expect(statusOf(code, 'resource', 'address')).toBe(statusOf(code, 'resource'))
  }
  expect(statusOf('unreadable_body', 'document')).toBe(400)
})

test('what a retry can mend says so, and nothing that needs another request does', () => {
  const retry = codes.filter((code) => errorCodes[code].retry)
  expect(retry.sort()).toEqual([
    'idempotency_in_progress',
    'internal_error',
    'rate_limited',
    'search_timeout',
    'service_unavailable',
  ])
})

test('three of our words are one word on the wire, all others are themselves', () => {
  const renamed = codes.filter((code) => wireCode(code) !== code)
  expect(renamed.sort()).toEqual(['bad_cursor', 'invalid_fields', 'unreadable_body'])
  for (const code of renamed) expect(wireCode(code)).toBe('invalid_request')
})

test('the token endpoint answers with the words of RFC 6749, and one of its own', () => {
  expect([...new Set(codes.map(oauthCode))].sort()).toEqual([
    'invalid_client',
    'invalid_request',
    'invalid_scope',
    'rate_limited',
    'server_error',
    'temporarily_unavailable',
    'unsupported_grant_type',
  ])
  expect(statusOf('invalid_scope', 'token')).toBe(400)
  expect(statusOf('invalid_fields', 'token')).toBe(400)
})

test('every code belongs to an operation, or to every request', () => {
  const used = new Set(all.flatMap((op) => [...commonErrors(op), ...op.errors]))
  // The server answers this one before it knows an operation.
  const alone = codes.filter((code) => !used.has(code))
  expect(alone).toEqual(['method_not_allowed'])
})

test('the codes of a question are 422, and stand in the table once', () => {
  expect(new Set(questionCodes).size).toBe(questionCodes.length)
  for (const code of questionCodes) expect(statusOf(code, 'market')).toBe(422)
})

test('an error body may hold details or a param, and nothing else', () => {
  expect(errorBody.safeParse({ error: { code: 'a', message: 'b', param: 'c' } }).success).toBe(true)
  expect(errorBody.safeParse({ error: { code: 'a', message: 'b', stack: 'c' } }).success).toBe(
    false,
  )
})
