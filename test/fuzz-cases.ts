// Requests before they are made: who calls, what of a good call is changed, and what is odd about its HTTP.
// Ids stay open until then, so a seed chooses the same cases in every run.
import { type InputSchema, inputSchema, type Operation } from '@ipto/contract/operation.ts'
import fc from 'fast-check'
import {
  fitting,
  hardAddressParts,
  hardTexts,
  longAddressParts,
  oddValue,
  schemaOf,
} from './fuzz-values.ts'

export const callers = ['owner', 'operator', 'key', 'token', 'stranger', 'nobody', 'wrong'] as const
export type Caller = (typeof callers)[number]

export type Fields = Record<string, unknown>

/** One step away from a good call. `place` counts through all that the fields hold, at any depth. */
export type Change =
  | { kind: 'put'; path: string[]; value: unknown }
  | { kind: 'replace'; place: number; value: unknown }
  | { kind: 'drop'; place: number }
  | { kind: 'add'; name: string; value: unknown }

export const twists = [
  ...[
    'keyed',
    'hard key',
    'csv',
    'wrong type',
    'broken',
    'no UTF-8',
    'empty',
    'twice',
    'more query',
  ],
  ...['tail', 'wrong method'],
] as const
export type Twist = (typeof twists)[number] | 'none'

export interface Case {
  op: Operation
  caller: Caller
  /** From a call that its owner may make, from its schema alone, or from both. */
  start: 'good' | 'made' | 'mixed'
  made: Fields
  changes: Change[]
  twist: Twist
}

const inputs = new Map<string, InputSchema>()

function inputOf(op: Operation): InputSchema {
  const known = inputs.get(op.id) ?? inputSchema(op)
  inputs.set(op.id, known)
  return known
}

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('replace'), place: fc.nat(50), value: oddValue }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), place: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add'),
      name: fc.constantFrom(
        'colour',
        '__proto__',
        'constructor',
        'toString',
        '',
        'a.b',
        'tenant_id',
        'limit',
        'offset',
      ),
      value: oddValue,
    }),
  },
)

export function caseOf(op: Operation): fc.Arbitrary<Case> {
  return fc.record({
    op: fc.constant(op),
    caller: fc.oneof(
      { weight: 7, arbitrary: fc.constant('owner') },
      { weight: 6, arbitrary: fc.constantFrom(...callers) },
    ),
    start: fc.constantFrom('good', 'made', 'mixed'),
    made: fitting(inputOf(op)).map((value) => ({ ...schemaOf(value) })),
    changes: fc.oneof(
      { weight: 1, arbitrary: fc.constant<Change[]>([]) },
      { weight: 2, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
    ),
    twist: fc.oneof(
      { weight: 3, arbitrary: fc.constant('none') },
      { weight: 1, arbitrary: fc.constantFrom(...twists) },
    ),
  })
}

/** The good call of an operation as it is. */
export function goodCase(op: Operation): Case {
  return { op, caller: 'owner', start: 'good', made: {}, changes: [], twist: 'none' }
}

/** Every hard text in every text field of an operation, otherwise as its owner may call it. */
export function hardCases(op: Operation): Case[] {
  return textPlaces(inputOf(op)).flatMap((path) =>
    hardValuesFor(op, path).map(
      (value): Case => ({
        ...goodCase(op),
        changes: [{ kind: 'put', path, value }],
      }),
    ),
  )
}

export function isInAddress(op: Operation, name: string): boolean {
  return op.path.includes(`{${name}}`) || op.method === 'GET' || op.method === 'DELETE'
}

function hardValuesFor(op: Operation, [name = '']: string[]): unknown[] {
  if (isInAddress(op, name)) return [...hardAddressParts, ...longAddressParts]
  if (op.bodyMedia === 'form') return [...hardAddressParts, ...longAddressParts, '\0', '\u{1f4d7}']
  return hardTexts
}

function textPlaces(schema: InputSchema, path: string[] = []): string[][] {
  const inside = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
      textPlaces(schemaOf(field), [...path, name]),
    ),
    ...(schema.items ? textPlaces(schemaOf(schema.items), [...path, '0']) : []),
    ...(schema.propertyNames
      ? textPlaces(schemaOf(schema.additionalProperties), [...path, 'k'])
      : []),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) =>
      textPlaces(schemaOf(branch), path),
    ),
  ]
  const isText = [schema.type].flat().includes('string')
  const places = isText ? [path, ...inside] : inside
  return [...new Map(places.map((place) => [place.join('.'), place])).values()]
}

/** The fields of a case, from a good call of its owner. */
export function fieldsOf({ start, made, changes }: Case, good: Fields): Fields {
  const begun = { good, made, mixed: { ...made, ...good } }[start]
  // Names that a path needs are kept: without them there is no such operation to ask.
  const fields: Fields = structuredCloneOf(start === 'made' ? { ...idsOf(good), ...begun } : begun)
  return changes.reduce(changed, fields)
}

function idsOf(good: Fields): Fields {
  return Object.fromEntries(Object.entries(good).filter(([name]) => /(^|_)id$/.test(name)))
}

function structuredCloneOf(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, copied(value)]))
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  return isPlain(value) ? structuredCloneOf(value) : value
}

function isPlain(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const above = Object.getPrototypeOf(value)
  return above === Object.prototype || above === null
}

function changed(fields: Fields, one: Change): Fields {
  if (one.kind === 'put') return { ...fields, ...schemaOf(put(fields, one.path, one.value)) }
  // Defined, not assigned: `__proto__` is to be a field as any other.
  if (one.kind === 'add') return withField(fields, one.name, one.value)
  const places = placesIn(fields)
  const place = places[one.place % Math.max(1, places.length)]
  if (place === undefined) return fields
  const { within, name } = place
  if (one.kind === 'replace') Reflect.set(within, name, one.value)
  else if (Array.isArray(within)) within.splice(Number(name), 1)
  else Reflect.deleteProperty(within, name)
  return fields
}

function withField(fields: Fields, name: string, value: unknown): Fields {
  return Object.defineProperty({ ...fields }, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function put(within: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value
  if (name === '0') return [put(Array.isArray(within) ? within[0] : undefined, rest, value)]
  const fields = isPlain(within) ? within : {}
  return { ...fields, [name]: put(fields[name], rest, value) }
}

function placesIn(value: unknown): { within: object; name: string }[] {
  if (!Array.isArray(value) && !isPlain(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    { within: value, name },
    ...placesIn(inner),
  ])
}
