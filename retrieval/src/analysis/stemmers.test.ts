// The oracles are other people's stemmers, on random words.
import { stemmer as orama } from '@orama/stemmers/german'
import fc from 'fast-check'
import { stemmer as porter } from 'stemmer'
import { expect, test } from 'vitest'
import { stemGerman } from './german.ts'
import { stemEnglish } from './porter.ts'

// `stemmer` wants a letter before an ending, and takes "yy" for no double consonant.
const readOtherwise = /^(eeds?|ies|sses)$|yy/

const english = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...'abcdefghilmnoprstuvyz'), minLength: 1, maxLength: 8 }),
    fc.constantFrom(
      ...'ational tional enci izer bli alli ization fulness ousli biliti logi icate ative ness'.split(
        ' ',
      ),
      ...'s es ies sses eed ed ing y ement ment sion tion ll e able ible ous ive ize iti'.split(
        ' ',
      ),
      '',
    ),
  )
  .map((parts) => parts.join(''))
  .filter((word) => !readOtherwise.test(word))
const german = fc
  .tuple(
    fc.string({
      unit: fc.constantFrom(...'abcdefghiklmnorstuvwyzäöüß'),
      minLength: 0,
      maxLength: 9,
    }),
    fc.constantFrom(
      ...'em ern er e en es s nisse est st end ung igung ig eig ik isch lich heit'.split(' '),
      ...'keit lichkeit igkeit erlich enheit'.split(' '),
      '',
    ),
  )
  .map((parts) => parts.join(''))

test('an English stem is that of the reference for any word', () => {
  fc.assert(
    fc.property(english, (word) => {
      expect(stemEnglish(word)).toBe(porter(word))
    }),
    { numRuns: 20_000 },
  )
})

test('a German stem is that of Snowball for any word', () => {
  fc.assert(
    fc.property(german, (word) => {
      expect(stemGerman(word)).toBe(orama(word))
    }),
    { numRuns: 20_000 },
  )
})

test('words of a page have the stems that the papers name', () => {
  const words = ['caresses', 'ponies', 'relational', 'conflated', 'hopping', 'generalizations']
  expect(words.map(stemEnglish)).toEqual(['caress', 'poni', 'relat', 'conflat', 'hop', 'gener'])
  const worte = ['aufeinanderfolgenden', 'kategorien', 'straßen', 'häuser', 'freundlichkeit']
  expect(worte.map(stemGerman)).toEqual([
    'aufeinanderfolg',
    'kategori',
    'strass',
    'haus',
    'freundlich',
  ])
})
