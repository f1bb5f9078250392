// Text is measured as people count it: in code points, after NFC.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { amount, inputTime, metadataIn, positiveAmount, sha256, text } from './fields.ts'

const fits = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

test('a limit counts code points, not UTF-16 units', () => {
  const three = text(1, 3)
  expect(fits(three, '😀😀😀')).toBe(true)
  expect(fits(three, '😀😀😀😀')).toBe(false)
})

test('a letter with a combining mark is one character, and is stored as one', () => {
  const decomposed = 'e\u0301'
  expect(text(1, 1).parse(decomposed)).toBe('é')
  expect(fits(text(1, 3), decomposed.repeat(3))).toBe(true)
})

test('whatever is accepted is NFC and within the limit', () => {
  const schema = text(0, 5)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 8 }), (value) => {
      const parsed = schema.safeParse(value)
      const length = [...value.normalize('NFC')].length
      expect(parsed.success).toBe(length <= 5)
      if (parsed.success) expect(parsed.data).toBe(value.normalize('NFC'))
    }),
  )
})

test('a required text is not blank, an optional one may be', () => {
  expect(fits(text(1, 10), ' \t\n')).toBe(false)
  expect(fits(text(1, 10), '')).toBe(false)
  expect(fits(text(0, 10), '')).toBe(true)
})

test('a time is ISO 8601 with a zone, on a day that exists', () => {
  expect(fits(inputTime, '2026-04-05T10:00:00Z')).toBe(true)
  expect(fits(inputTime, '2026-04-05T10:00:00.123+02:00')).toBe(true)
  for (const wrong of ['2026-02-30T10:00:00Z', '2026-04-05T10:00:00', '2026-04-05', 'now', 0]) {
    expect(fits(inputTime, wrong)).toBe(false)
  }
})

test('an amount is a number of whole micro-units; a price is not negative', () => {
  expect(fits(amount, -0.45)).toBe(true)
  expect(fits(positiveAmount, -0.45)).toBe(false)
  expect(fits(positiveAmount, 0)).toBe(true)
  expect(fits(amount, 0.0000001)).toBe(false)
  expect(fits(amount, '0.45')).toBe(false)
})

test('metadata is flat, small, and says so', () => {
  expect(fits(metadataIn, { internal_id: 'x', count: 1, ok: true })).toBe(true)
  expect(fits(metadataIn, { nested: {} })).toBe(false)
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]))
  expect(fits(metadataIn, many(20))).toBe(true)
  expect(fits(metadataIn, many(21))).toBe(false)
  expect(fits(metadataIn, { k: 'x'.repeat(501) })).toBe(false)
  expect(fits(metadataIn, { ['k'.repeat(51)]: 1 })).toBe(false)
})

test('a SHA-256 is 64 hexadecimal digits', () => {
  expect(fits(sha256, 'aF'.repeat(32))).toBe(true)
  expect(fits(sha256, 'ag'.repeat(32))).toBe(false)
  expect(fits(sha256, 'a'.repeat(63))).toBe(false)
})
