// docs/openapi.json: OpenAPI 3.1 of every operation, made from the contract alone. Paths, parameters and
// bodies come from the input, answers from the output with the envelope of its profile, errors from the
// codes that the operation lists.

import { messageExample } from '@ipto/contract/examples/events.ts'
import { answersNothing, type Operation, readsQuery, takesKey } from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { webhookEventTypes } from '@ipto/contract/webhooks.ts'
import { pascal, requestName } from './names.ts'
import { errorResponses, sharedResponses } from './openapi-errors.ts'
import {
  answerExample,
  bodyExample,
  csvExample,
  ndjsonExample,
  parameterExample,
} from './openapi-examples.ts'
import { headers, headersOf, idempotencyKey } from './openapi-headers.ts'
import { leaveOf, securityOf, securitySchemes } from './openapi-security.ts'
import { eventSummaries, overview, tagMeanings } from './openapi-texts.ts'
import { type ContractSchemas, contractSchemas, errorSchemas, type JsonSchema } from './schemas.ts'

type Json = Record<string, unknown>

const all: Operation[] = Object.values(operations)

export function openapiText(version: string): string {
  return `${JSON.stringify(openapi(version), null, 2)}\n`
}

/** The document as a value; pure, so that a server may make it at start as well. */
export function openapi(version: string): Json {
  const schemas = contractSchemas()
  const requests: Record<string, JsonSchema> = {}
  const paths: Record<string, Json> = {}
  for (const op of all) {
    const body = requestBodyOf(op, schemas)
    if (body) requests[requestName(op.id)] = body
    paths[op.path] = { ...paths[op.path], [op.method.toLowerCase()]: described(op, schemas, body) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ipto',
      version,
      summary: 'A self-hostable marketplace for private data, sold by retrieval',
      description: overview,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: tags(),
    paths,
    webhooks: Object.fromEntries(
      webhookEventTypes.map((type) => [type, toldBy(type, schemas.messages[type] ?? {})]),
    ),
    components: {
      securitySchemes,
      parameters: { IdempotencyKey: idempotencyKey },
      headers,
      responses: sharedResponses(),
      schemas: {
        ...schemas.components,
        ...requests,
        ...errorSchemas,
      },
    },
  }
}

// In the order in which the operations name them.
function tags(): Json[] {
  return [...new Set(all.map((op) => op.tag))].map((name) => {
    const description = tagMeanings[name]
    if (description === undefined) throw new Error(`the tag ${name} has no description`)
    return { name, description }
  })
}

function described(op: Operation, schemas: ContractSchemas, body: JsonSchema | undefined): Json {
  return {
    operationId: op.id,
    tags: [op.tag],
    summary: op.summary,
    description: leaveOf(op),
    'x-profile': op.profile,
    ...(op.scope ? { 'x-scope': op.scope } : {}),
    security: securityOf(op),
    parameters: parametersOf(op, schemas),
    ...(body
      ? {
          requestBody: {
            required: op.bodyField !== null || (body.required ?? []).length > 0,
            content: {
              [requestMediaOf(op)]: {
                schema: { $ref: `#/components/schemas/${requestName(op.id)}` },
                example: bodyExample(op),
              },
            },
          },
        }
      : {}),
    responses: {
      [op.status]: {
        description: successes[op.status],
        headers: headersOf(op, op.status),
        ...(answersNothing(op) ? {} : { content: contentOf(op, schemas) }),
      },
      ...errorResponses(op),
    },
  }
}

const requestMedia = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain',
}

function requestMediaOf(op: Operation): string {
  return requestMedia[op.bodyMedia]
}

// Sent by us to an endpoint of a tenant, signed in the headers of Standard Webhooks.
function toldBy(type: (typeof webhookEventTypes)[number], message: JsonSchema): Json {
  return {
    post: {
      operationId: `on${pascal(type)}`,
      tags: ['Webhooks'],
      summary: eventSummaries[type],
      description:
        'At least once, in any order. Signed in `webhook-signature`, over `webhook-id` and `webhook-timestamp` as well, and in `X-Signature`.',
      security: [],
      requestBody: { required: true, content: json(message, messageExample(type)) },
      responses: { '2XX': { description: 'Taken. Anything else is sent again, five times.' } },
    },
  }
}

const successes = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted; the work goes on',
  204: 'Done; there is no body',
}

function contentOf(op: Operation, schemas: ContractSchemas): Json {
  if (op.media === 'pdf') return pdf
  const body = json(schemas.bodies[op.id] ?? {}, answerExample(op))
  if (op.media === 'ndjson') return { ...body, ...ndjson(op) }
  return op.media === 'csv' ? { ...body, ...csv(op) } : body
}

function pathNames(op: Operation): string[] {
  return [...op.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}

function parametersOf(op: Operation, schemas: ContractSchemas): Json[] {
  const { properties = {}, required = [] } = schemas.inputs[op.id] ?? {}
  const inPath = pathNames(op)
  const inQuery = !readsQuery(op)
    ? []
    : Object.keys(properties).filter((name) => !inPath.includes(name))
  return [
    ...inPath.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: properties[name],
      ...parameterExample(op, name),
    })),
    ...inQuery.map((name) => ({
      name,
      in: 'query',
      required: required.includes(name),
      schema: properties[name],
      ...parameterExample(op, name),
    })),
    ...(takesKey(op) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ]
}

/** The input without its path parts, where it is a body and has a field. */
function requestBodyOf(op: Operation, schemas: ContractSchemas): JsonSchema | undefined {
  if (readsQuery(op)) return undefined
  const input = schemas.inputs[op.id] ?? {}
  const inPath = pathNames(op)
  const fields = Object.entries(input.properties ?? {}).filter(([name]) => !inPath.includes(name))
  if (fields.length === 0) return undefined
  if (op.bodyField !== null) return input.properties?.[op.bodyField]
  const required = (input.required ?? []).filter((name) => !inPath.includes(name))
  const { required: _, ...rest } = input
  return {
    ...rest,
    properties: Object.fromEntries(fields),
    ...(required.length > 0 ? { required } : {}),
  }
}

// All pages at once, a column for each field (RFC 4180).
function csv(op: Operation): Json {
  return { 'text/csv': { schema: { type: 'string' }, example: csvExample(op) } }
}

// All pages at once, an item of the list a line.
function ndjson(op: Operation): Json {
  return { 'application/x-ndjson': { schema: { type: 'string' }, example: ndjsonExample(op) } }
}
const pdf = { 'application/pdf': { schema: { type: 'string', format: 'binary' } } }

function json(schema: unknown, example: unknown): Json {
  return { 'application/json': { schema, example } }
}
