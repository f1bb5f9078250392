// From a JSON Schema to the text of a TypeScript type. Knows the part of JSON Schema that the contract
// uses, and throws at anything else rather than guess.
import { enumName } from './enums.ts'
import { componentOf, type JsonSchema } from './schemas.ts'

/** `input`: an optional field may also be undefined, which JSON leaves out. */
export function typeOf(schema: JsonSchema, side: 'input' | 'output', indent = ''): string {
  if (schema.$ref) return componentOf(schema.$ref)
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum) return enumName(schema.enum) ?? schema.enum.map(literal).join(' | ')
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map((one) => typeOf(one, side, indent)))].join(' | ')
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => typeOf({ ...schema, type }, side, indent)).join(' | ')
  }
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      return arrayOf(schema, side, indent)
    case 'object':
      return objectOf(schema, side, indent)
    case undefined:
      return 'unknown'
    default:
      throw new Error(`no TypeScript for ${JSON.stringify(schema)}`)
  }
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value)
}

function arrayOf(schema: JsonSchema, side: 'input' | 'output', indent: string): string {
  if (schema.prefixItems) {
    return `[${schema.prefixItems.map((one) => typeOf(one, side, indent)).join(', ')}]`
  }
  const item = schema.items ? typeOf(schema.items, side, indent) : 'unknown'
  return isUnion(schema.items || {}) && item.includes(' | ') ? `(${item})[]` : `${item}[]`
}

function isUnion({ anyOf, oneOf, enum: words, type }: JsonSchema): boolean {
  return Boolean(anyOf ?? oneOf ?? words) || Array.isArray(type)
}

function objectOf(schema: JsonSchema, side: 'input' | 'output', indent: string): string {
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length === 0) {
    const value = schema.additionalProperties
    if (typeof value !== 'object') return 'Record<string, never>'
    return `Record<string, ${typeOf(value, side, indent)}>`
  }
  const required = new Set(schema.required)
  const lines = fields.map(([name, field]) => {
    const type = typeOf(field, side, `${indent}  `)
    if (required.has(name)) return `${indent}  ${name}: ${type}\n`
    return `${indent}  ${name}?: ${type}${side === 'input' ? ' | undefined' : ''}\n`
  })
  return `{\n${lines.join('')}${indent}}`
}
