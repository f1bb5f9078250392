// Errors in OpenAPI: one answer for each status that the codes of an operation have in its profile, with an
// example of each code. Answers that several operations share are written once.
import { type ErrorCode, errorCodes, errorKinds, statusOf, wordOf } from '@ipto/contract/errors.ts'
import { commonErrors, type Operation, readsQuery } from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { errorExample } from './openapi-examples.ts'
import { headersOf } from './openapi-headers.ts'

type Json = Record<string, unknown>

const all: Operation[] = Object.values(operations)
// Keys of an object are texts to the compiler.
const codes = Object.keys(errorCodes).filter((code): code is ErrorCode => code in errorCodes)

interface ErrorResponse {
  status: number
  codes: ErrorCode[]
}

/** By status, in the order of the table of codes: operations that may answer the same say the same. */
function errorsOf(op: Operation): ErrorResponse[] {
  const may = new Set<string>([...commonErrors(op), ...op.errors])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes.filter((one) => may.has(one))) {
    const status = statusOf(code, op.profile, readsQuery(op) ? 'address' : 'body')
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return [...byStatus]
    .sort(([one], [other]) => one - other)
    .map(([status, codes]) => ({ status, codes }))
}

function errorResponse(op: Operation, { status, codes }: ErrorResponse): Json {
  const [media, schema] = wireOf(op)
  // Several of our codes may be one on the wire, so each example has the name of ours.
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: errorExample(code, op) }]),
  )
  return {
    description: descriptionOf(op, codes),
    headers: headersOf(op, status),
    content: { [media]: { schema: { $ref: `#/components/schemas/${schema}` }, examples } },
  }
}

function wireOf({ profile }: Operation): [media: string, schema: string] {
  if (profile === 'document') return ['application/problem+json', 'Problem']
  return ['application/json', profile === 'token' ? 'OAuthError' : 'Error']
}

// Codes that mean the same are named together.
function descriptionOf(op: Operation, codes: ErrorCode[]): string {
  const meanings = new Map<string, Set<string>>()
  for (const code of codes) {
    const name = wordOf(code, op.profile)
    meanings.set(name, (meanings.get(name) ?? new Set()).add(errorKinds[errorCodes[code].kind]))
  }
  const names = new Map<string, string[]>()
  for (const [name, meant] of meanings) {
    const meaning = [...meant].join('; or: ')
    names.set(meaning, [...(names.get(meaning) ?? []), `\`${name}\``])
  }
  return [...names].map(([meaning, ones]) => `${ones.join(', ')}: ${meaning}.`).join(' ')
}

const phrases: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  402: 'PaymentRequired',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  422: 'Unprocessable',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
}

// An answer that several operations share is written once, by the phrase of its status; the most used
// one has the phrase alone, others a number behind it.
const shared = sharedNames()

function sharedNames(): Map<string, string> {
  const uses = new Map<string, { status: number; count: number }>()
  for (const op of all) {
    for (const response of errorsOf(op)) {
      const text = JSON.stringify(errorResponse(op, response))
      const use = uses.get(text) ?? { status: response.status, count: 0 }
      uses.set(text, { ...use, count: use.count + 1 })
    }
  }
  const names = new Map<string, string>()
  const numbers = new Map<number, number>()
  const often = [...uses].filter(([, { count }]) => count > 1)
  for (const [text, { status }] of often.sort(
    ([, a], [, b]) => a.status - b.status || b.count - a.count,
  )) {
    const number = (numbers.get(status) ?? 0) + 1
    numbers.set(status, number)
    names.set(text, `${phrases[status] ?? `Status${status}`}${number === 1 ? '' : number}`)
  }
  return names
}

export function sharedResponses(): Json {
  return Object.fromEntries([...shared].map(([text, name]) => [name, JSON.parse(text)]))
}

/** Of one operation, by status. */
export function errorResponses(op: Operation): Json {
  return Object.fromEntries(
    errorsOf(op).map((response) => {
      const made = errorResponse(op, response)
      const name = shared.get(JSON.stringify(made))
      return [response.status, name ? { $ref: `#/components/responses/${name}` } : made]
    }),
  )
}
