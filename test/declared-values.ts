// For any operation a request in which one field has the right type and a wrong value, found by the JSON
// schema of its input: one over the limit, a word that is none of those, a form that does not fit.
import type { Operation } from '@ipto/contract/operation.ts'

type Inner = NonNullable<ReturnType<Operation['input']['toJSONSchema']>['properties']>[string]

export interface Wrong {
  input: Record<string, unknown>
  /** The field. */
  names: string
}

export function wrongValueOf(op: Operation, input: Record<string, unknown>): Wrong | undefined {
  const { properties = {} } = op.input.toJSONSchema({ io: 'input', unrepresentable: 'any' })
  const isInPath = (name: string) => op.path.includes(`{${name}}`)
  const names = Object.keys(properties).sort((a, b) => Number(isInPath(a)) - Number(isInPath(b)))
  for (const name of names) {
    for (const value of wrongValues(properties[name])) {
      const spoilt = { ...input, [name]: value }
      if (hasOnlyWrongValues(op, spoilt)) return { input: spoilt, names: name }
    }
  }
  return undefined
}

const strange = 'no such word'

function* wrongValues(schema: Inner | undefined): Generator<unknown> {
  if (typeof schema !== 'object') return
  for (const inner of schema.anyOf ?? []) yield* wrongValues(inner)
  if (schema.enum ?? schema.const ?? schema.format ?? schema.pattern) yield strange
  if (schema.type === 'string') {
    if (schema.maxLength !== undefined) yield 'x'.repeat(schema.maxLength + 1)
    if (schema.minLength) yield ''
  }
  if (schema.type === 'integer' && schema.maximum !== undefined) yield schema.maximum + 1
  // No whole count of micro-units.
  if (schema.type === 'number') yield 0.000_000_1
  if (schema.type === 'array' && !Array.isArray(schema.items)) {
    for (const value of wrongValues(schema.items)) yield [value]
    if (schema.minItems) yield []
  }
  // Of a record: any name will do.
  const inner = { ...schema.properties, key: schema.additionalProperties }
  for (const [name, property] of Object.entries(inner)) {
    for (const value of wrongValues(property)) yield { [name]: value }
  }
}

const ofValues = ['too_small', 'too_big', 'custom', 'invalid_format', 'invalid_value']

function hasOnlyWrongValues(op: Operation, input: object): boolean {
  const { error } = op.input.safeParse(input)
  return error?.issues.every(({ code }) => ofValues.includes(code)) ?? false
}
