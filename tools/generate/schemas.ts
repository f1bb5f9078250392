// JSON Schemas of the contract, with names that read well: an answer is a component of its own, a
// request is written out. What zod adds and nobody needs (safe-integer bounds, the pattern of a time)
// is taken away.
import {
  answersJson,
  bodySchema,
  errorBody,
  inputSchema,
  type Operation,
  oauthErrorBody,
  problemBody,
} from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { webhookEventTypes, webhookMessage } from '@ipto/contract/webhooks.ts'
import { z } from 'zod'
import { outputName, staleNames } from './names.ts'

export interface JsonSchema {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema | false
  prefixItems?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  default?: unknown
  description?: string
  [key: string]: unknown
}

export interface ContractSchemas {
  /** Components by name: every thing that an operation answers, but for files. */
  components: Record<string, JsonSchema>
  /** The whole body of a success by operation id; refers to the components. */
  bodies: Record<string, JsonSchema>
  /** The name of the component by operation id. */
  names: Record<string, string>
  /** The whole input by operation id, path parts included. */
  inputs: Record<string, JsonSchema>
  /** What is sent to webhooks, by the type of its event. */
  messages: Record<string, JsonSchema>
}

const all: Operation[] = Object.values(operations)
// Neither a file nor an empty answer has a JSON Schema.
const described = all.filter(answersJson)
const prefix = '#/components/schemas/'

export function componentOf(ref: string): string {
  return ref.slice(prefix.length)
}

/** All schemas of the contract, in the order of the operations. */
export function contractSchemas(): ContractSchemas {
  const stale = staleNames(all.map((op) => op.id))
  if (stale.length > 0) {
    throw new Error(`tools/generate/names.ts names what does not exist: ${stale.join(', ')}`)
  }
  const names = namesOf()
  const registry = z.registry<{ id: string }>()
  for (const op of described) {
    const name = names[op.id] ?? ''
    if (!isTaken(registry, name)) registry.add(op.output, { id: name })
  }
  for (const op of described) registry.add(bodyOf(op), { id: `body ${op.id}` })
  const { schemas } = z.toJSONSchema(registry, { io: 'output', uri: (id) => prefix + id })

  const components: Record<string, JsonSchema> = {}
  const bodies: Record<string, JsonSchema> = {}
  for (const [id, schema] of Object.entries(schemas)) {
    if (id.startsWith('body ')) bodies[id.slice('body '.length)] = tidied(schema)
    else components[id] = tidied(schema)
  }
  for (const op of described) {
    if (isItsOwnBody(op)) bodies[op.id] = { $ref: prefix + names[op.id] }
  }
  const inputs = Object.fromEntries(all.map((op) => [op.id, tidied(inputSchema(op))]))
  const messages = Object.fromEntries(
    webhookEventTypes.map((type) => [type, tidied(z.toJSONSchema(webhookMessage(type)))]),
  )
  return { components, bodies, names, inputs, messages }
}

/** The bodies of errors, by their names in the document. */
export const errorSchemas = {
  Error: tidied(z.toJSONSchema(errorBody, { io: 'output' })),
  OAuthError: tidied(z.toJSONSchema(oauthErrorBody, { io: 'output' })),
  Problem: tidied(z.toJSONSchema(problemBody, { io: 'output' })),
}

function isItsOwnBody(op: Operation): boolean {
  return op.listing === 'one' && op.profile !== 'report'
}

// Where the body is the output itself, a stand-in keeps the registry from renaming the output.
function bodyOf(op: Operation): z.ZodType {
  return isItsOwnBody(op) ? z.strictObject({}) : bodySchema(op)
}

const registered = new WeakMap<object, Set<string>>()

function isTaken(registry: object, name: string): boolean {
  const taken = registered.get(registry) ?? new Set()
  registered.set(registry, taken)
  if (taken.has(name)) return true
  taken.add(name)
  return false
}

// Operations whose answers are alike share a component, however their schemas came to be.
function namesOf(): Record<string, string> {
  const groups = new Map<string, string[]>()
  for (const op of described) {
    const shape = JSON.stringify(z.toJSONSchema(op.output, { io: 'output' }))
    groups.set(shape, [...(groups.get(shape) ?? []), op.id])
  }
  const names: Record<string, string> = {}
  const taken = new Set<string>()
  for (const ids of groups.values()) {
    const name = outputName(ids)
    if (taken.has(name)) throw new Error(`two answers are named ${name}: give one another name`)
    taken.add(name)
    for (const id of ids) names[id] = name
  }
  return names
}

function tidied(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === '$schema' || key === '$id' || key === 'id') {
      return typeof value === 'string' ? undefined : value
    }
    return isSchema(value) ? withoutNoise(value) : value
  })
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutNoise(schema: JsonSchema): JsonSchema {
  const kept = { ...schema }
  if (kept.minimum === Number.MIN_SAFE_INTEGER) delete kept.minimum
  if (kept.maximum === Number.MAX_SAFE_INTEGER) delete kept.maximum
  if (kept.format === 'date-time') delete kept.pattern
  if (kept.minLength === 0) delete kept.minLength
  return kept.anyOf ? withoutNullTwin(kept) : kept
}

// `anyOf: [{ type: 'string', … }, { type: 'null' }]` is `type: ['string', 'null']`.
function withoutNullTwin(schema: JsonSchema): JsonSchema {
  const [one, other, ...more] = schema.anyOf ?? []
  if (!one || more.length > 0 || other?.type !== 'null') return schema
  if (typeof one.type !== 'string' || one.enum || one.const !== undefined || one.type === 'object')
    return schema
  const { anyOf: _, ...rest } = schema
  return { ...one, ...rest, type: [one.type, 'null'] }
}
