import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, repeatedKey } from './json.ts'

const parse = (text: string) => parseJson(Buffer.from(text))

describe('a key that stands twice in one object is found', () => {
  test.each([
    ['side by side', '{"a":1,"a":2}', 'a'],
    ['with others between', '{"a":{"b":1},"c":[1,"a",{}],"a":null}', 'a'],
    ['deep inside', '{"x":[{"y":{"a":1,"b":2,"b":3}}]}', 'b'],
    ['written in two ways', '{"a":1,"\\u0061":2}', 'a'],
    ['with an escaped quotation mark', '{"a\\"b":1,"a\\u0022b":2}', 'a"b'],
    ['that ends in a backslash', '{"a\\\\":1,"b":2,"a\\\\":3}', 'a\\'],
    ['empty', '{"":1,"":2}', ''],
    ['of the language', '{"__proto__":1,"__proto__":2}', '__proto__'],
    ['after a text that looks like an end', '{"a":"}","a":"{"}', 'a'],
  ])('%s', (_, text, key) => {
    expect(repeatedKey(text)).toBe(key)
    expect(() => parse(text)).toThrow(`the key '${key}' stands twice`)
  })
})

test('keys of different objects, and texts that are no keys, are not held against each other', () => {
  for (const text of [
    '{"a":{"a":[{"a":1},{"a":2}]},"b":"a"}',
    '[{"a":1},{"a":1}]',
    '["a","a"]',
    '{"a":["b","b"],"b":"b"}',
    '{"a":1,"A":2}',
    '"a"',
  ]) {
    expect(repeatedKey(text)).toBeUndefined()
    expect(parse(text)).toEqual(JSON.parse(text))
  }
})

test('what any program writes as JSON is read as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, spaces) => {
      const text = JSON.stringify(value, null, spaces)
      expect(repeatedKey(text)).toBeUndefined()
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('a copy of any key of any object is found', () => {
  const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(objects, fc.nat(), fc.nat(), (object, from, place) => {
      const keys = Object.keys(object)
      const copied = keys[from % keys.length] ?? ''
      const entries = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(object[key])}`)
      entries.splice(place % (keys.length + 1), 0, `${JSON.stringify(copied)}:[{"a":"b"}]`)
      expect(repeatedKey(`{${entries.join(',')}}`)).toBe(copied)
    }),
  )
})

test('a megabyte of one thing is read in one pass, and a key is not sent back whole', () => {
  const count = 260_000
  for (const text of [
    '['.repeat(count * 2) + ']'.repeat(count * 2),
    `"${'\\"'.repeat(count * 2)}"`,
  ]) {
    expect(repeatedKey(text)).toBeUndefined()
  }
  const deep = `${'{"a":'.repeat(150_000)}{"b":1,"b":2}${'}'.repeat(150_000)}`
  expect(repeatedKey(deep)).toBe('b')
  const many = Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join(',')
  expect(repeatedKey(`{${many}}`)).toBeUndefined()
  const long = 'k'.repeat(400_000)
  expect(() => parse(`{"${long}":1,"${long}":2}`)).toThrow(`'${'k'.repeat(100)}…'`)
})
