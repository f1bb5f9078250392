// What holds for every operation, whoever adds the next one.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { idPrefixes } from './ids.ts'
import { scopeAliases } from './oauth.ts'
import { answersJson, bodySchema, commonErrors, type Operation } from './operation.ts'
import { operations } from './operations.ts'
import { plans, roles, scopes, scopesOfRole } from './scopes.ts'

const entries: [string, Operation][] = Object.entries(operations)

test('an operation stands under its own id, and no two share a route', () => {
  for (const [key, op] of entries) expect(op.id).toBe(key)
  const routes = entries.map(([, op]) => `${op.method} ${op.path}`)
  expect(new Set(routes).size).toBe(routes.length)
})

test('every part of a path is a required field of the input', () => {
  for (const [id, op] of entries) {
    for (const [, name = ''] of op.path.matchAll(/\{(\w+)\}/g)) {
      const field = op.input.shape[name]
      expect(field, `${id}: ${name}`).toBeDefined()
      expect(z.safeParse(z.object({ [name]: field ?? z.never() }), {}).success).toBe(false)
    }
  }
})

test('the profile follows from the path', () => {
  const report = /^\/v1\/(buyer|agent|provider|admin)\//
  const resource = /^\/v1\/(resources|jobs)(\/|$)/
  for (const [id, { path, profile }] of entries) {
    const others = { report, resource, token: /^(\/v2)?\/auth\/token$/, document: /^\/v2\// }
    const wanted = Object.entries(others).find(([, form]) => form.test(path))?.[0] ?? 'market'
    expect([id, profile]).toEqual([id, wanted])
  }
})

test('inputs and answers refuse fields that they do not name', () => {
  for (const [id, op] of entries) {
    expect(
      op.input
        .safeParse({ surprise: 1 })
        .error?.issues.some((issue) => issue.code === 'unrecognized_keys'),
      id,
    ).toBe(true)
    expect(bodySchema(op).safeParse({ surprise: 1 }).success, id).toBe(false)
  }
})

test('a list takes a limit and a cursor, which may be bad, or in documents an offset', () => {
  for (const [id, op] of entries.filter(([, op]) => op.listing === 'list')) {
    const isByOffset = op.profile === 'document'
    const fields = [isByOffset ? 'offset' : 'cursor', 'limit']
    expect(Object.keys(op.input.shape), id).toEqual(expect.arrayContaining(fields))
    expect(commonErrors(op).includes('bad_cursor'), id).toBe(!isByOffset)
  }
})

test('a body of one field names a field of the input, and stands alone beside the path', () => {
  for (const [id, op] of entries.filter(([, { bodyField }]) => bodyField !== null)) {
    const inBody = Object.keys(op.input.shape).filter((name) => !op.path.includes(`{${name}}`))
    expect([id, inBody]).toEqual([id, [op.bodyField]])
  }
  for (const [id, op] of entries.filter(([, { bodyMedia }]) => bodyMedia === 'text')) {
    expect([id, op.bodyField]).not.toEqual([id, null])
  }
})

test('a limit is 1 to 100, and 20 where nobody asks', () => {
  const { input } = operations['datasets.list']
  expect(input.parse({}).limit).toBe(20)
  expect([0, 101, 1.5].map((limit) => input.safeParse({ limit }).success)).toEqual([
    false,
    false,
    false,
  ])
  expect([1, 100].map((limit) => input.safeParse({ limit }).success)).toEqual([true, true])
})

test('an answer has a value or null in every field, never a gap', () => {
  for (const [id, op] of entries.filter(([, op]) => answersJson(op))) {
    const schema = z.toJSONSchema(op.output, { io: 'output' })
    expect([id, Object.keys(schema.properties ?? {})]).toEqual([id, schema.required ?? []])
    expect(JSON.stringify(schema), id).not.toContain('"default"')
  }
})

test('a credential that needs leave can be refused, an open door cannot', () => {
  for (const [id, op] of entries) {
    const codes = commonErrors(op)
    expect([id, codes.includes('unauthorized')]).toEqual([id, op.auth !== 'none'])
    expect([id, codes.includes('forbidden')]).toEqual([
      id,
      op.scope !== null || op.roles.length > 0 || op.auth === 'session' || op.auth === 'operator',
    ])
  }
})

test('an id prefix is a short word of letters, so that the first underscore ends it', () => {
  for (const prefix of Object.keys(idPrefixes)) expect(prefix).toMatch(/^[a-z]{2,4}$/)
})

test('the eight scopes are closed, and roles hold nothing else', () => {
  expect(scopes).toHaveLength(8)
  for (const role of roles) {
    for (const scope of scopesOfRole[role]) expect(scopes).toContain(scope)
  }
  expect(scopesOfRole.owner).toEqual(scopes)
  expect(scopesOfRole.viewer.filter((scope) => !scope.endsWith(':read'))).toEqual([])
  expect(Object.values(plans).map((plan) => plan.requestsPerMinute)).toEqual([60, 600, 6_000])
})

test('another spelling of a scope is no scope itself, and means one', () => {
  for (const [spelling, scope] of Object.entries(scopeAliases)) {
    expect(scopes).not.toContain(spelling)
    expect(scopes).toContain(scope)
  }
})
