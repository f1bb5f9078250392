// From a request to the parsed input of its operation, and every problem of it at once. The only
// reader of bodies and queries; what passes here is trusted inside.
import { isUtf8 } from 'node:buffer'
import { type Operation, readsQuery } from '@ipto/contract/operation.ts'
import { z } from 'zod'
import { Failure, type FieldProblem } from '../base/errors.ts'
import { decoded, parseJson, unreadable } from './json.ts'

export interface RawRequest {
  params: Record<string, string>
  query: Record<string, string | string[]>
  body: Uint8Array | undefined
  contentType: string | undefined
}

/** Fields as sent: path parameters beside the query (GET, DELETE) or the body (all others). */
export function fieldsOf(op: Operation, raw: RawRequest): Record<string, unknown> {
  const reads = readsQuery(op)
  const sent = reads ? queryFields(op, raw.query) : bodyFields(op, raw)
  const unknown: FieldProblem[] = []
  if (!reads) {
    // Query parameters are for GET only (making-requests): a typing error must not be lost silently.
    for (const name of Object.keys(raw.query).slice(0, problemsMax)) {
      unknown.push({ ...unknownField(name), place: 'query' })
    }
  }
  for (const name of Object.keys(raw.params)) {
    if (Object.hasOwn(sent, name)) unknown.push(unknownField(name))
  }
  const texts: FieldProblem[] = []
  collectBadText(sent, '', texts)
  collectBadText(raw.params, '', texts)
  const fields = { ...sent, ...raw.params }
  if (unknown.length > 0 || texts.length > 0) {
    // Both kinds in one request: the caller is told of all (decisions 2).
    const readable = withoutBadText(fields)
    const others = [...schemaProblems(op.input.safeParse(readable), readable)]
    const named = others.filter(({ nature }) => nature === 'unknown')
    throw invalid(op, [...unknown, ...named, ...texts, ...others])
  }
  return fields
}

export function parseInput(op: Operation, fields: Record<string, unknown>): unknown {
  const parsed = op.input.safeParse(fields)
  if (parsed.success) return parsed.data
  throw invalid(op, schemaProblems(parsed, fields))
}

function* schemaProblems({ error }: z.ZodSafeParseResult<unknown>, fields: unknown) {
  for (const issue of error?.issues ?? []) yield* problemsOf(issue, fields)
}

// Where it stands: in the path, the query or the body, which may be one field as a whole.
function placed(op: Operation, problem: FieldProblem): FieldProblem {
  const { path, place, at = path.split('.') } = problem
  const name = at[0] ?? ''
  if (place) return { ...problem, at }
  if (op.path.includes(`{${name}}`)) return { ...problem, at, place: 'path' }
  if (readsQuery(op)) return { ...problem, at, place: 'query' }
  return { ...problem, at: name === op.bodyField ? at.slice(1) : at }
}

// An answer names so many fields at most: what is sent in one megabyte must not come back as seven.
const problemsMax = 100

// A field is told once, with the first thing that is wrong with it.
function firstOfEach(problems: Iterable<FieldProblem>): FieldProblem[] {
  const byPath = new Map<string, FieldProblem>()
  for (const problem of problems) {
    if (!byPath.has(problem.path)) byPath.set(problem.path, problem)
    if (byPath.size === problemsMax) break
  }
  return [...byPath.values()]
}

function bodyFields(op: Operation, { body, contentType }: RawRequest): Record<string, unknown> {
  if (!body || body.length === 0) return {}
  if (op.bodyMedia === 'form') return formFields(op, body, contentType)
  if (op.bodyField === null) return { ...jsonOf(body, contentType) }
  const isText = op.bodyMedia === 'text'
  return { [op.bodyField]: isText ? textOfBody(body, contentType) : jsonOf(body, contentType) }
}

function textOfBody(body: Uint8Array, contentType: string | undefined): string {
  if (!/^text\/plain\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    throw unreadable('The body must be sent as text/plain in UTF-8.')
  }
  return decoded(body, 'The body is not a text in UTF-8.')
}

function jsonOf(body: Uint8Array, contentType: string | undefined): object {
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    throw unreadable('The body must be sent as application/json in UTF-8.')
  }
  const value = parseJson(body)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unreadable('The body must be a JSON object.')
  }
  return value
}

// As RFC 6749 (3.2) has it: a parameter without a value counts as absent, an unknown one is ignored, and
// none is sent twice.
function formFields(
  op: Operation,
  body: Uint8Array,
  contentType: string | undefined,
): Record<string, unknown> {
  const form = /^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i
  if (!form.test(contentType ?? '')) {
    throw unreadable('The body must be sent as application/x-www-form-urlencoded in UTF-8.')
  }
  if (!isUtf8(body)) throw unreadable('The body is not in UTF-8.')
  const fields: Record<string, unknown> = {}
  for (const [name, value] of new URLSearchParams(Buffer.from(body).toString('utf8'))) {
    if (value === '' || !Object.hasOwn(op.input.shape, name)) continue
    if (Object.hasOwn(fields, name)) throw unreadable(`The parameter ${name} was sent twice.`)
    fields[name] = value
  }
  return fields
}

function queryFields(op: Operation, query: RawRequest['query']): Record<string, unknown> {
  // Without a prototype, so that no name means anything but itself.
  const fields: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(query)) {
    // An empty cursor is the first page (integration-facts 4.6).
    if (name === 'cursor' && value === '') continue
    fields[name] = queryValue(op.input.shape[name], value)
  }
  return fields
}

// The schema tells what a text of the query stands for; what does not fit stays text and is refused.
function queryValue(schema: z.ZodType | undefined, value: string | string[]): unknown {
  const inner = schema ? unwrap(schema) : undefined
  if (inner instanceof z.ZodArray) return Array.isArray(value) ? value : [value]
  if (Array.isArray(value)) return value
  if (inner instanceof z.ZodNumber) return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (inner instanceof z.ZodBoolean)
    return value === 'true' ? true : value === 'false' ? false : value
  // An unescaped `+` in a query arrives as a space.
  if (inner instanceof z.ZodEnum && value.startsWith(' ')) {
    const signed = `+${value.slice(1)}`
    return inner.options.includes(signed) ? signed : value
  }
  return value
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.unwrap()
  }
  return inner instanceof z.ZodType ? inner : schema
}

const depthMax = 32

function collectBadText(value: unknown, path: string, problems: FieldProblem[], depth = 0): void {
  if (typeof value === 'string') {
    const reason = badText(value)
    if (reason) problems.push({ path, reason, nature: 'value' })
  } else if (typeof value === 'object' && value !== null) {
    if (depth > depthMax) {
      problems.push({ path, reason: `is nested deeper than ${depthMax}`, nature: 'value' })
      return
    }
    const keys = new Set<string>()
    for (const [key, inner] of Object.entries(value)) {
      if (problems.length >= problemsMax) return
      // Some readers drop this name without a word, and a filter must not be lost.
      if (key === '__proto__') problems.push(unknownField(path ? `${path}.${key}` : key))
      const place = path ? `${path}.${key}` : key
      collectBadText(key, place, problems, depth + 1)
      // Text is kept in NFC: of two keys that become one the first would be lost.
      if (!Array.isArray(value) && !badText(key)) {
        const kept = key.normalize('NFC')
        if (keys.has(kept)) {
          const reason = 'differs from another key in composition alone'
          problems.push({ path: place, reason, nature: 'value' })
        }
        keys.add(kept)
      }
      collectBadText(inner, place, problems, depth + 1)
    }
  }
}

// What schemas may look at: they put the marks of a text in order, which can take minutes.
function withoutBadText(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return badText(value) ? '' : value
  if (typeof value !== 'object' || value === null) return value
  if (depth > depthMax) return null
  if (Array.isArray(value)) return value.map((inner) => withoutBadText(inner, depth + 1))
  const entries = Object.entries(value).filter(([key]) => !badText(key))
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutBadText(inner, depth + 1)]))
}

// Far more than any script writes on one letter, and where Unicode's own rules draw the line (UAX 15,
// section 13). Marks are put in order by moving them one by one: a megabyte of them takes minutes.
const marksMax = 30

function badText(text: string): string | undefined {
  if (text.includes('\0') || !text.isWellFormed()) return 'holds NUL or a lone surrogate'
  for (const [marks] of text.matchAll(/\p{M}+/gu)) {
    if (marks.length > marksMax && [...marks].length > marksMax) {
      return `holds more than ${marksMax} combining marks in a row`
    }
  }
  return undefined
}

function unknownField(path: string): FieldProblem {
  return { path, reason: 'is not a field of this request', nature: 'unknown' }
}

function problemsOf(issue: z.core.$ZodIssue, fields: unknown): FieldProblem[] {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, problemsMax)
      .map((key) => ({ ...unknownField([...at, key].join('.')), at: [...at, key] }))
  }
  const path = at.join('.')
  const value = valueAt(fields, at)
  if (value === undefined) return [{ path, at, reason: 'required', nature: 'missing' }]
  if (issue.code === 'invalid_type') {
    return [{ path, at, reason: `must be ${article(issue.expected)}`, nature: 'type' }]
  }
  if (issue.code === 'invalid_value') {
    const reason = `must be one of: ${issue.values.map(String).join(', ')}`
    // A number where a word is asked for is a wrong type; an unknown word is a wrong value.
    const fits = issue.values.some((one) => typeof one === typeof value)
    return [{ path, at, reason, nature: fits ? 'value' : 'type' }]
  }
  if (issue.code === 'invalid_union')
    return [{ path, at, reason: 'has the wrong type', nature: 'type' }]
  return [{ path, at, reason: reasonOf(issue), nature: 'value' }]
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unitOf(issue.origin)}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`
  return issue.message
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' entries long'
  return origin === 'string' ? ' characters long' : ''
}

function article(expected: string): string {
  const word = { int: 'integer', record: 'object' }[expected] ?? expected
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`
}

function valueAt(value: unknown, path: string[]): unknown {
  let inner: unknown = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined
  }
  return inner
}

/** Missing, wrong type or unknown anywhere: `invalid_fields`; only wrong values: `invalid_request`. */
function invalid(op: Operation, all: Iterable<FieldProblem>): Failure {
  const problems = firstOfEach(all).map((problem) => placed(op, problem))
  const isShape = problems.some((one) => one.nature !== 'value')
  return new Failure(isShape ? 'invalid_fields' : 'invalid_request', textOf(problems), {
    fields: problems,
  })
}

function textOf(problems: FieldProblem[]): string {
  const [first] = problems
  if (!first || problems.length > 1) {
    const count = problems.length < problemsMax ? problems.length : `at least ${problemsMax}`
    return `Validation failed for ${count} fields.`
  }
  return first.nature === 'missing'
    ? `The field '${first.path}' is required.`
    : `The field '${first.path}' ${first.reason}.`
}
