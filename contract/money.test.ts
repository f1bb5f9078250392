// Money on its way to the wire and back. Fifteen decimal digits survive a double; the rest is refused.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromMajor, isWireAmount, toMajor, WIRE_MICROS_MAX } from './money.ts'

const wireMicros = fc.bigInt({ min: -WIRE_MICROS_MAX, max: WIRE_MICROS_MAX })

test('an amount survives the trip through JSON, and never shows more than six decimals', () => {
  fc.assert(
    fc.property(wireMicros, (micros) => {
      const text = JSON.stringify(toMajor(micros))
      expect(fromMajor(JSON.parse(text))).toBe(micros)
      // A double below 10⁻⁶ is written with an exponent: one micro-unit is `0.000001`, just above it.
      expect(text).toMatch(/^-?\d+(\.\d{1,6})?$/)
    }),
    { numRuns: 2_000 },
  )
})

test('the ends of the range make the trip as well', () => {
  for (const micros of [0n, 1n, -1n, 999_999n, 1_000_000n, WIRE_MICROS_MAX, -WIRE_MICROS_MAX]) {
    expect(fromMajor(JSON.parse(JSON.stringify(toMajor(micros))))).toBe(micros)
  }
})

test('an amount of ours beyond fifteen digits is our mistake', () => {
  expect(() => toMajor(WIRE_MICROS_MAX + 1n)).toThrow('fifteen digits')
  expect(() => toMajor(-WIRE_MICROS_MAX - 1n)).toThrow('fifteen digits')
})

test('a number that is no whole count of micro-units is refused, not rounded', () => {
  for (const amount of [0.000_000_1, 1.000_000_5, 0.1 + 0.2, 1e9, -1e9, Number.NaN, Infinity]) {
    expect(fromMajor(amount)).toBeUndefined()
    expect(isWireAmount(amount)).toBe(false)
  }
  expect(fromMajor(0.3)).toBe(300_000n)
})

test('whatever number a caller sends is either exact or refused', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9 }), (amount) => {
      const micros = fromMajor(amount)
      if (micros !== undefined)
        expect(Object.is(toMajor(micros), amount) || amount === 0).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
