import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PatternPart } from '../tree.ts'
import { fuzzyMatcher, patternMatcher } from './pattern.ts'

const part: fc.Arbitrary<PatternPart> = fc.oneof(
  fc.constant<PatternPart>({ kind: 'any' }),
  fc.constant<PatternPart>({ kind: 'one' }),
  fc
    .string({ unit: fc.constantFrom('a', 'b', '𠀀'), minLength: 1, maxLength: 2 })
    .map((text): PatternPart => ({ kind: 'text', text })),
)

test('a pattern fits what the regular expression of it fits', () => {
  const forms = fc.string({ unit: fc.constantFrom('a', 'b', '𠀀'), maxLength: 8 })
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), forms, (parts, form) => {
      const source = parts.map((one) =>
        one.kind === 'text' ? one.text : one.kind === 'any' ? '.*' : '.',
      )
      const matcher = patternMatcher(parts)
      expect(matcher.fits(form)).toBe(new RegExp(`^${source.join('')}$`, 'su').test(form))
      if (matcher.fits(form)) expect(form.startsWith(matcher.prefix)).toBe(true)
    }),
    { numRuns: 5_000 },
  )
})

test('a swap of neighbours is one edit', () => {
  const { fits } = fuzzyMatcher('contract', 1)
  expect(
    ['contract', 'contarct', 'contracts', 'contrat', 'kontract', 'cotnarct'].map(fits),
  ).toEqual([true, true, true, true, true, false])
  expect(fuzzyMatcher('contract', 2).fits('cotnarct')).toBe(true)
})
