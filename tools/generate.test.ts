// What the generated files promise to those who read them, whatever the contract holds.
import { readFileSync } from 'node:fs'
import { answersNothing, commonErrors, type Operation } from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { webhookEventTypes } from '@ipto/contract/webhooks.ts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { csvOf } from '../server/src/http/csv.ts'
import { configText } from './generate/config-doc.ts'
import { camel, partsOf, pascal, singular } from './generate/names.ts'
import { openapi } from './generate/openapi.ts'
import { integrationCut } from './generate/openapi-cut.ts'
import { contractSchemas } from './generate/schemas.ts'
import { sdkText } from './generate/sdk.ts'
import { typeOf } from './generate/typescript.ts'

const all: Operation[] = Object.values(operations)
const text = JSON.stringify(openapi('1.2.3'))
const document = JSON.parse(text)
const sdk = sdkText()

test('every operation of the contract is a path, with its id, tag, scope and status', () => {
  for (const op of all) {
    const found = document.paths[op.path][op.method.toLowerCase()]
    expect(found).toMatchObject({ operationId: op.id, tags: [op.tag], 'x-profile': op.profile })
    expect(found['x-scope'] ?? null).toBe(op.scope)
    const success = found.responses[op.status]
    const media = op.media === 'pdf' ? 'application/pdf' : 'application/json'
    const others = { csv: ['text/csv'], ndjson: ['application/x-ndjson'], json: [], pdf: [] }[
      op.media
    ]
    const told = answersNothing(op) ? [] : [media, ...others]
    expect(Object.keys(success.content ?? {})).toEqual(told)
    if (!answersNothing(op)) expect(success.content[media].schema).toBeDefined()
    expect(found.security.length === 0).toBe(op.auth === 'none')
  }
})

const target = (ref: string) => ref.split('/').reduce((value, key) => value?.[key], document)

test('every reference leads to something', () => {
  const refs = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '')
  expect(refs.length).toBeGreaterThan(100)
  for (const ref of new Set(refs)) expect(target(ref), ref).toBeDefined()
})

test('the cut of the integration API is whole, and holds nothing else', () => {
  const cut = JSON.parse(JSON.stringify(integrationCut('1.2.3')))
  const paths = all.map((op) => op.path).filter((path) => path.startsWith('/v2/'))
  expect(Object.keys(cut.paths).sort()).toEqual([...new Set(paths)].sort())
  for (const path of paths) expect(cut.paths[path]).toEqual(document.paths[path])
  expect(cut.info.version).toBe('1.2.3')
  expect(cut.info.license).toEqual(document.info.license)
  const cutText = JSON.stringify(cut)
  for (const group of ['schemas', 'responses', 'headers', 'parameters']) {
    for (const [name, component] of Object.entries(cut.components[group])) {
      expect(component).toEqual(document.components[group][name])
      expect(cutText, `${group} ${name}`).toContain(`"#/components/${group}/${name}"`)
    }
  }
  for (const [, group = '', name = ''] of cutText.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
    expect(cut.components[group][name], `${group} ${name}`).toBeDefined()
  }
})

test('every event is a webhook with its message', () => {
  expect(Object.keys(document.webhooks)).toEqual([...webhookEventTypes])
  for (const type of webhookEventTypes) {
    const { properties } =
      document.webhooks[type].post.requestBody.content['application/json'].schema
    expect(properties.type).toEqual({ type: 'string', const: type })
    expect(Object.keys(properties.data.properties).length).toBeGreaterThan(0)
  }
})

test('every part of a path is a parameter, and nothing else of a GET is a body', () => {
  for (const op of all) {
    const found = document.paths[op.path][op.method.toLowerCase()]
    const names = found.parameters.map((one: { name?: string }) => one.name)
    for (const [, name] of op.path.matchAll(/\{(\w+)\}/g)) expect(names).toContain(name)
    if (op.method === 'GET' || op.method === 'DELETE') expect(found.requestBody).toBeUndefined()
    const [content] = Object.values<{ schema: { $ref: string } }>(found.requestBody?.content ?? {})
    const sent = content?.schema.$ref.split('/').at(-1)
    const fields = sent ? Object.keys(document.components.schemas[sent].properties ?? {}) : []
    const body = op.bodyField === null ? fields : [op.bodyField]
    const shown = [...names, ...body].filter((name) => name !== undefined)
    expect(shown.sort()).toEqual(Object.keys(op.input.shape).sort())
  }
})

test('each declared error has an answer with the status of its profile', () => {
  const login = document.paths['/v1/auth/login'].post.responses
  expect(Object.keys(login)).toEqual(expect.arrayContaining(['200', '400', '401', '429']))
  const search = document.paths['/v1/search'].post.responses
  expect(Object.keys(search)).toEqual(expect.arrayContaining(['402', '403', '404', '422', '503']))
  for (const op of all) {
    const found = document.paths[op.path][op.method.toLowerCase()]
    if (commonErrors(op).includes('rate_limited')) expect(found.responses[429]).toBeDefined()
  }
})

test('every operation shows a request, its answer, and each error that it may answer', () => {
  const contentOf = (one: {
    $ref?: string
    content?: Record<string, object>
  }): Record<string, object> => (one.$ref ? target(one.$ref.slice(2)) : one).content ?? {}
  for (const op of all) {
    const { parameters, requestBody, responses } = document.paths[op.path][op.method.toLowerCase()]
    for (const one of parameters) {
      if (one.in === 'path') expect([op.id, one.name, one.example]).not.toContain(undefined)
    }
    for (const media of Object.values(requestBody?.content ?? {})) {
      expect([op.id, media]).toEqual([
        op.id,
        expect.objectContaining({ example: expect.anything() }),
      ])
    }
    for (const [status, answer] of Object.entries<object>(responses)) {
      for (const [type, media] of Object.entries(contentOf(answer))) {
        if (type === 'application/pdf') continue
        const wanted = Number(status) < 400 ? 'example' : 'examples'
        expect([op.id, status, Object.keys(media)]).toEqual([op.id, status, ['schema', wanted]])
      }
    }
    const codes = Object.entries<object>(responses)
      .filter(([status]) => Number(status) >= 400)
      .flatMap(([, answer]) => Object.values(contentOf(answer)))
      .flatMap((media) => ('examples' in media ? Object.keys(Object(media.examples)) : []))
    expect([op.id, new Set(codes)]).toEqual([op.id, new Set([...commonErrors(op), ...op.errors])])
  }
})

test('an example of CSV is what the server would write of the same item', () => {
  for (const op of all.filter(({ media }) => media === 'csv')) {
    const { content } = document.paths[op.path].get.responses[200]
    const { items } = content['application/json'].example
    const { head, linesOf } = csvOf(op)
    expect(content['text/csv'].example).toBe(head + linesOf(items))
  }
})

test('an operation says in its security which scope it needs, of those that OAuth describes', () => {
  const { scopes: described } = document.components.securitySchemes.oauth2.flows.clientCredentials
  expect(Object.keys(described)).toEqual([...scopes])
  for (const op of all.filter(({ auth }) => auth === 'any')) {
    const { security, description } = document.paths[op.path][op.method.toLowerCase()]
    const needed = op.scope ? [op.scope] : []
    expect(security).toEqual([{ bearer: needed }, { apiKey: needed }, { oauth2: needed }])
    expect(description).toContain(op.scope ?? 'any scope')
  }
})

test('the schemas are free of the noise of their validator', () => {
  expect(text).not.toContain('9007199254740991')
  expect(text).not.toContain('02-29')
  const names = Object.keys(document.components.schemas)
  expect(names.filter((name) => /Input$|Output$|\d$/.test(name))).toEqual([])
  expect(text).not.toContain('$defs')
})

test('the document and the SDK are the same at every run', () => {
  expect(JSON.stringify(openapi('1.2.3'))).toBe(text)
  expect(sdkText()).toBe(sdk)
})

test('every operation is a method of the SDK, under its noun', () => {
  for (const op of all) {
    const { noun, verb } = partsOf(op.id)
    const start = sdk.indexOf(`function ${camel(noun)}Of(`)
    const body = sdk.slice(start, sdk.indexOf('\n}\n', start))
    expect(body).toContain(`    ${camel(verb)}(input`)
    expect(body).toContain(`/** ${op.summary}. \`${op.method} ${op.path}\` */`)
  }
  expect(sdk).not.toMatch(/\bzod\b/)
})

test('a type follows its schema, and what is unknown is an error', () => {
  const schema = z.strictObject({
    a: z.string().nullable(),
    b: z.array(z.union([z.int(), z.boolean()])).optional(),
    c: z.record(z.string(), z.unknown()),
    d: z.array(z.tuple([z.int(), z.int()])),
    f: z.array(z.strictObject({ g: z.int() }).nullable()),
    e: z.enum(['x', 'y', "z'"]),
  })
  const json = JSON.parse(JSON.stringify(z.toJSONSchema(schema)))
  expect(typeOf(json, 'input')).toBe(
    "{\n  a: string | null\n  b?: (number | boolean)[] | undefined\n  c: Record<string, unknown>\n  d: [number, number][]\n  f: ({\n    g: number\n  } | null)[]\n  e: 'x' | 'y' | 'z\\''\n}",
  )
  expect(() => typeOf({ type: 'date' }, 'output')).toThrow('no TypeScript')
})

test('a word or null stays a word or null', () => {
  const { truncated } = document.components.schemas.SearchAnswer.properties
  expect(truncated.anyOf).toEqual([{ type: 'string', const: 'budget' }, { type: 'null' }])
  expect(sdk).toContain("  truncated: 'budget' | null\n")
})

test('names are words', () => {
  expect(pascal('objects.cancel_upload')).toBe('ObjectsCancelUpload')
  expect(camel('api_keys')).toBe('apiKeys')
  expect(['statuses', 'categories', 'searches', 'modes', 'access'].map(singular)).toEqual([
    'status',
    'category',
    'search',
    'mode',
    'access',
  ])
})

test('answers that are alike share a component', () => {
  const { names } = contractSchemas()
  expect(names['auth.signup']).toBe(names['auth.login'])
  expect(names['datasets.list']).toBe(names['datasets.get'])
})

test('every setting is described; one without a description is an error', () => {
  expect(readFileSync(new URL('../docs/config.md', import.meta.url), 'utf8')).toContain(
    '`DATA_DIR`',
  )
  expect(() => configText(z.object({ A: z.string() }))).toThrow('the setting A')
})
