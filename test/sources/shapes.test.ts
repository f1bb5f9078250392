// What the examples of the documents are compared by: a comparison that passes everything would make
// every other test of them worthless.
import { expect, test } from 'vitest'
import { fieldProblems, partOf, readExample, shapeProblems } from './shapes.ts'

test('an example is read where it leaves fields out, breaks off or has a comma too many', () => {
  expect(readExample('{ "a": [{ "b": "x, ]", ... }], "c": { ... } }')).toEqual({
    a: [{ b: 'x, ]' }],
    c: {},
  })
  expect(readExample('{\n"id": "res_x",')).toEqual({ id: 'res_x' })
  expect(readExample('{ "a": 1, "b": [2,], }')).toEqual({ a: 1, b: [2] })
})

const example = {
  id: 'res_xxxxxxxxxxxx',
  at: '2026-04-05T10:00:00Z',
  precise: '2025-01-01T00:00:00.000Z',
  list: [{ amount: 0.5, currency: 'USD' }],
  end: null,
}
const same = {
  id: 'res_01jabcdefghijk',
  at: '2027-01-01T00:00:00Z',
  precise: '2027-01-01T00:00:00.123Z',
  list: [
    { amount: 1, currency: 'EUR' },
    { amount: 2, currency: 'USD' },
  ],
  end: null,
}

test('an answer with other values has the same shape', () => {
  expect(shapeProblems(example, same, { more: [] })).toEqual([])
})

test.each([
  ['a missing field', { ...same, at: undefined }],
  ['another type', { ...same, list: {} }],
  ['another type deep down', { ...same, list: [...same.list, { amount: '1', currency: 'USD' }] }],
  ['an empty list', { ...same, list: [] }],
  ['a value instead of null', { ...same, end: 1 }],
  ['another prefix', { ...same, id: 'job_01jabcdefghijk' }],
  ['a time without milliseconds', { ...same, precise: '2027-01-01T00:00:00Z' }],
  ['a time with milliseconds', { ...same, at: '2027-01-01T00:00:00.123Z' }],
  ['a currency in small letters', { ...same, list: [{ amount: 1, currency: 'usd' }] }],
  ['a new field', { ...same, extra: 1 }],
])('%s is told', (_, answer) => {
  const actual = JSON.parse(JSON.stringify(answer))
  expect(shapeProblems(example, actual, { more: [] })).toHaveLength(1)
})

test('a new field is told unless it is known, or the example may leave some out', () => {
  const answer = { ...same, extra: 1 }
  expect(shapeProblems(example, answer, { more: ['extra'] })).toEqual([])
  expect(shapeProblems(example, answer)).toEqual([])
})

test('a table of fields tells an amount from a count, and a list from a text', () => {
  const rows = ['count integer How many.', 'ids string[] Which.', 'all Thing[] Things.']
  const right = { count: 2, ids: ['a'], all: [{}] }
  expect(fieldProblems(rows, [right])).toEqual([])
  for (const wrong of [{ count: 2.5 }, { ids: 'a' }, { ids: [1] }, { all: [1] }]) {
    expect(fieldProblems(rows, [{ ...right, ...wrong }])).toHaveLength(1)
  }
})

test('a part of a body is found by names and places', () => {
  expect(partOf({ a: [{ b: 1 }] }, 'a.0.b')).toBe(1)
  expect(partOf({ a: 1 }, 'a.b')).toBeUndefined()
})
