import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyse } from './analyse.ts'
import { tablesSource } from './generate-tables.ts'
import { unicodeVersion } from './tables.ts'

const surfaces = (text: string) => analyse(text, '').map(({ surface }) => surface)
const stems = (text: string, language: string) => analyse(text, language).map(({ stem }) => stem)

test('words are runs of letters and digits in lower case, and accents go', () => {
  expect(surfaces('Café-Rate: 12,5% (INV_2023)')).toEqual([
    'cafe',
    'rate',
    '12',
    '5',
    'inv',
    '2023',
  ])
  expect(surfaces("Straße Ærø ﬁne Ⅷ x² author's")).toEqual([
    'strasse',
    'aero',
    'fine',
    'viii',
    'x2',
    'author',
    's',
  ])
  expect(surfaces('Ver\u00adtrag cafe\u0301 ＡＢＣ')).toEqual(['vertrag', 'cafe', 'abc'])
  expect(surfaces('ΣΊΣΥΦΟΣ σίσυφος')).toEqual(['σισυφοσ', 'σισυφοσ'])
  expect(surfaces(' \u0301-—… ')).toEqual([])
})

test('marks of scripts that need them stay', () => {
  expect(surfaces('हिन्दी')).toEqual(['हिन्दी'])
  expect(surfaces('한국어')).toEqual(surfaces('한국어'.normalize('NFD')))
})

test('scripts without blanks are cut into two-character grams and the last character', () => {
  expect(surfaces('黑豹队')).toEqual(['黑豹', '豹队', '队'])
  expect(surfaces('ﾊﾟｰ')).toEqual(surfaces('パー'))
  expect(surfaces('ไทย')).toEqual(['ไท', 'ทย', 'ย'])
  const kinds = analyse('iphone手机 x 学', '').map(({ surface, kind }) => `${surface} ${kind}`)
  expect(kinds).toEqual(['iphone word', '手机 gram', '机 tail', 'x word', '学 single'])
})

test('a stem is of the language of the passage, and a language without stemmer keeps the word', () => {
  expect(stems('Running houses', 'en-GB')).toEqual(['en:run', 'en:hous'])
  expect(stems('Häuser', 'de')).toEqual(['de:haus'])
  expect(stems('résumés resume', 'en')).toEqual(['en:resum', 'en:resum'])
  expect(stems('Maisons', 'fr')).toEqual([':maisons'])
  expect(stems('Maisons', 'constructor')).toEqual([':maisons'])
})

test('function words of the language are told apart', () => {
  const functions = (text: string, language: string) =>
    analyse(text, language).flatMap(({ surface, isFunction }) => (isFunction ? [surface] : []))
  expect(functions('The die is for us', 'en')).toEqual(['the', 'is', 'for'])
  expect(functions('Die Rate für uns', 'de')).toEqual(['die', 'fur'])
  expect(functions('the die', 'fr')).toEqual([])
})

test('a long word is cut and keeps its one position', () => {
  const [long, next] = analyse(`${'x'.repeat(500)} y`, 'en')
  expect(long?.surface).toHaveLength(64)
  expect(next?.position).toBe(1)
})

test('any text is cut into places that lie in it, in order', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      let last = 0
      for (const { start, end, position, surface } of analyse(text, 'en')) {
        expect(position).toBeGreaterThanOrEqual(0)
        expect(surface).not.toBe('')
        expect(start).toBeGreaterThanOrEqual(last)
        expect(end).toBeGreaterThan(start)
        expect(end).toBeLessThanOrEqual(text.length)
        last = start
      }
    }),
    { numRuns: 3_000 },
  )
})

const isSameUnicode = process.versions.unicode === unicodeVersion

test.skipIf(!isSameUnicode)(`the tables are those of Unicode ${unicodeVersion}`, async () => {
  const { readFileSync } = await import('node:fs')
  expect(readFileSync(new URL('tables.ts', import.meta.url), 'utf8')).toBe(tablesSource())
})
