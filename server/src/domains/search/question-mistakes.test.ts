// Every mistake that a question can hold, with the place that the caller is told: ‹ and › stand around
// it. Then the limits, and which of several mistakes is told.
import { describe, expect, it } from 'vitest'
import { Failure } from '../../base/errors.ts'
import { parseQuestion } from './question.ts'
import { depthMax, leavesMax, patternsMax } from './question-parser.ts'

function words(text: string): string {
  return parseQuestion(text).wordsText
}

function mistakeOf(text: string): { code: string; details: unknown } {
  try {
    parseQuestion(text)
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, details: error.details }
    throw error
  }
  return { code: 'none', details: {} }
}

function expectMistakes(code: string, marked: readonly string[]): void {
  it.each(marked)(`%j is ${code}, at the marked place`, (row) => {
    const start = row.indexOf('‹')
    const end = row.indexOf('›') - 1
    expect(mistakeOf(row.replace(/[‹›]/g, ''))).toEqual({
      code,
      details: { start, end, hint: expect.stringMatching(/.{15,}/) },
    })
  })
}

describe('mistakes', () => {
  expectMistakes('query_empty', [
    '‹›',
    '‹   ›',
    '‹?!›',
    '‹()›',
    '‹"…"›',
    '‹*›',
    '‹😀›',
    '‹-›',
    '‹\\›',
  ])
  expectMistakes('unbalanced_quote', [
    '‹"›a',
    'a ‹"›b c',
    'a ‹“›b"',
    '"a b" ‹"›',
    '5‹"› disk',
    '‹"›a\\"',
    'a -‹"›b',
    'title:‹"›x',
    'a NEAR ‹"›b',
    'c NOT ‹"›b',
    'a ‹”›',
  ])
  expectMistakes('unbalanced_parenthesis', [
    '‹(›a',
    'a ‹(›b OR c',
    'a‹)›',
    '‹)› a',
    '(a)‹)›',
    '‹(›(a)',
    '(a) ‹(›b',
    'hello :‹)›',
    'title:‹(›a',
    '‹(›a OR NOT b AND created:foo',
    '‹(›a "b',
  ])
  expectMistakes('missing_operand', [
    'a ‹AND›',
    '‹AND› a',
    'a ‹OR›',
    '‹OR› a',
    '‹AND›',
    '‹OR›',
    '‹NOT›',
    '‹NEAR›',
    'a ‹NOT›',
    'a AND ‹NOT›',
    'a ‹AND› OR b',
    'a ‹OR› AND b',
    'a ‹OR› OR b',
    'a ‹AND› AND b',
    '‹NOT› NOT a',
    '‹NOT› -a',
    'a ‹NOT› AND b',
    'a ‹NEAR› ',
    '‹NEAR/5› b',
    '(a ‹NEAR›) b',
    '(‹AND›) b',
    '(‹OR›) b',
    'a ‹()›',
    'a ‹( & )› b',
    'title:‹()›',
    'a ‹AND› )',
    '(a ‹OR›) b',
    'a ‹-›AND b',
    'a ‹-›""',
    'a ‹AND› & …',
  ])
  expectMistakes('only_negative', [
    '‹NOT a›',
    '‹-a›',
    'a OR ‹NOT b›',
    '‹NOT a› OR b',
    '‹-a -b›',
    'a AND (‹NOT b›)',
    'a (‹-b›)',
    'x NOT (‹NOT a›)',
    'title:(‹-b›)',
    '‹-lang:de›',
    'lang:(‹-de›)',
    '‹-(a OR b)›',
    'a OR ‹-b -c›',
  ])
  expectMistakes('unknown_field', [
    '‹foo›:bar',
    'a ‹foo›:"b c"',
    '‹foo›:(a OR b)',
    '‹author›:[a TO b]',
    '‹mailto›:x@y.org',
    '‹localhost›:8080',
    '‹meta›:x',
    '‹meta.›:x',
    `‹meta.${'k'.repeat(51)}›:x`,
    'a -‹foo›:bar',
    '‹foo›:数',
    '(‹foo_1›:x)',
    '‹titel›:x',
    '‹foo›:*',
    'a OR ‹foo›:<5',
  ])
  expectMistakes('bad_value', [
    'modality:‹text›',
    'mime:‹image/*›',
    'mime:‹pdf›',
    'lang:‹german_x›',
    'lang:‹*›',
    'lang:‹"de en"›',
    'lang:‹d?›',
    'lang:‹""›',
    'object:‹""›',
    'meta.a:‹x*›',
    'meta.a:‹x?y›',
    'meta.a:‹>5›',
    'meta.year:‹[2020 TO 2024]›',
    'title:‹[a TO b]›',
    'title:‹""›',
    'title:‹-›',
    'title:‹...›',
    'title:(‹lang:›de)',
    'lang:(de OR ‹title:›x)',
    'meta.a:(x OR ‹y*›)',
    '‹con*-a-bb*›',
    '‹con*-2*24›',
    '‹INV-*2024›',
    '‹https://x.org/a?b=c›',
    '‹one.*.two›',
    '‹state-of~›',
    '‹wom?n~›',
    '‹foo_bar~1›',
  ])
  expectMistakes('bad_date', [
    'created:‹yesterday›',
    'created:‹2024-13›',
    'created:‹2024-00›',
    'created:‹2023-02-29›',
    'created:‹2024-04-31›',
    'created:‹1900-02-29›',
    'created:‹24›',
    'created:‹20240305›',
    'created:‹2024-3-5›',
    'created:‹0000›',
    'created:‹>=›',
    'created:‹=2024›',
    'created:‹2024*›',
    'created:‹*›',
    'created:‹2024,›',
    'created:‹2024..2025›',
    'created:‹2024-03-05T24:00:00Z›',
    'created:‹2024-03-05T10:60:00Z›',
    'created:‹2024-03-05T10:00:60Z›',
    'created:‹2024-03-05T10:00:00›',
    'created:‹2024-03-05T10›',
    'created:‹[2025 TO 2024]›',
    'created:‹{2024 TO 2024}›',
    'created:‹{2023 TO 2024}›',
    'created:‹[2024 TO 2024-01-01}›',
    'created:‹[2024› to 2025]',
    'created:‹[2024› TO 2025',
    'created:‹[2024-02-30 TO 2025]›',
    'created:‹[2024 TO now]›',
    'created:‹"2024 2025"›',
    'created:‹""›',
    'created:(2024 OR ‹soon›)',
    'date:‹2024/03/05›',
    'a date:‹05.03.2024› b',
  ])
  expectMistakes('bad_distance', [
    'a ‹NEAR/100› b',
    'a ‹NEAR/› b',
    'a ‹NEAR/x› b',
    'a ‹NEAR/-1› b',
    'a ‹NEAR/1.5› b',
    'a ‹NEAR/5/6› b',
    'a ‹ONEAR/100› b',
    'a ‹NEAR/99999999999999999999› b',
    'a ‹NEAR› /5 b',
    'a ‹NEAR› / 5 b',
    '‹word~3›',
    '‹word~0›',
    '‹word~12›',
    '‹word~0.8›',
    'a ‹5~10› b',
  ])
  expectMistakes('near_operand', [
    'a NEAR ‹lang:de›',
    '‹title:x› NEAR y',
    'a NEAR ‹(b AND c)›',
    'a NEAR ‹(b c)›',
    'a NEAR ‹word~›',
    'a NEAR ‹*tract›',
    'a NEAR ‹wom?n›',
    'a NEAR ‹-›b',
    'a NEAR ‹NOT› b',
    '‹(a OR lang:de)› NEAR b',
    '‹(a NEAR b)› NEAR c',
    'a NEAR ‹(b NEAR c)›',
    'a NEAR ‹INV-20*›',
    '‹title:(a OR b)› NEAR c',
    'a NEAR ‹(b OR (c d))›',
    'lang:(‹de› NEAR en)',
    'created:(‹2024› NEAR 2025)',
  ])
  expectMistakes('near_chained', [
    'a NEAR b ‹NEAR› c',
    'a NEAR/3 b ‹ONEAR/3› c',
    'a NEAR b ‹NEAR› c NEAR d',
    '(a NEAR b ‹NEAR› c) d',
  ])
  expectMistakes('slop_unsupported', [
    '"a b"‹~3›',
    '"a b"‹~›',
    '“a b”‹~10› c',
    'title:"a b"‹~2›',
    'a NEAR "b c"‹~1›',
  ])
  expectMistakes('wildcard_too_short', [
    '‹a*›',
    '‹*ab›',
    '‹?ab›',
    'a ‹*›',
    '2 ‹*› 3',
    '‹*a*b*›',
    '‹*ab*cd›',
    'title:‹a*›',
    '‹INV-2*›',
    'a -‹*›',
    'a "b c"‹*›',
    'a NEAR ‹b*›',
    '‹合*›',
  ])
  it('the hint of a distance after a phrase names NEAR', () => {
    expect(mistakeOf('"a b"~3').details).toMatchObject({ hint: expect.stringContaining('NEAR/3') })
  })
})

describe('of several mistakes the first by position is told', () => {
  expectMistakes('unbalanced_parenthesis', ['‹(›foo:bar "x', '‹(›AND', '‹(›a*'])
  expectMistakes('only_negative', ['‹NOT created:soon›', '‹-a*› OR foo:bar'])
  expectMistakes('unknown_field', ['‹foo›:bar "x', '‹foo›:bar AND'])
  expectMistakes('missing_operand', ['‹AND› foo:bar', '‹OR› )', 'a ‹AND› OR (b'])
  expectMistakes('near_operand', ['‹lang:de› NEAR "x', '‹(a b)› NEAR c NEAR d'])
  expectMistakes('wildcard_too_short', ['‹a*› b*', '‹a*› NEAR lang:de'])
  expectMistakes('bad_date', ['created:‹x› created:y foo:z'])
})

describe('limits', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`
  it('2,000 code points are read, whatever their width, and one more is refused at its place', () => {
    expect(words('x'.repeat(2_000))).toHaveLength(2_000)
    expect(words(`${'𝒳'.repeat(1_999)}x`)).toHaveLength(2 * 1_999 + 1)
    expect(mistakeOf('x'.repeat(2_001))).toMatchObject({
      code: 'query_too_long',
      details: { start: 2_000, end: 2_001 },
    })
    expect(mistakeOf('𝒳'.repeat(2_005))).toMatchObject({
      code: 'query_too_long',
      details: { start: 4_000, end: 4_010 },
    })
    expect(mistakeOf(' '.repeat(2_001))).toMatchObject({ code: 'query_too_long' })
  })
  it('parentheses nest 20 deep', () => {
    expect(words(nested(depthMax))).toBe('a')
    expect(mistakeOf(nested(depthMax + 1))).toMatchObject({
      code: 'too_deep',
      details: { start: 20, end: 21 },
    })
    expect(mistakeOf(nested(900))).toMatchObject({ code: 'too_deep', details: { start: 20 } })
    expect(mistakeOf(`${'('.repeat(900)}a`)).toMatchObject({
      code: 'unbalanced_parenthesis',
      details: { start: 0 },
    })
    expect(mistakeOf(`title:${nested(depthMax + 1)}`)).toMatchObject({ code: 'too_deep' })
  })
  it('512 words, phrases and values are read, and the next one is refused', () => {
    const many = Array.from({ length: leavesMax }, () => 'a').join(' ')
    expect(words(many)).toBe(many)
    expect(mistakeOf(`${many} b`)).toMatchObject({
      code: 'too_many_clauses',
      details: { start: 1_024, end: 1_025 },
    })
    expect(mistakeOf(`(${many} b`)).toMatchObject({ code: 'unbalanced_parenthesis' })
  })
  it('16 wildcards and fuzzy words are read, and the next one is refused', () => {
    const many = Array.from({ length: patternsMax }, (_, i) => (i % 2 ? 'ab*' : 'abc~')).join(' ')
    expect(words(many)).toMatch(/^abc ab abc/)
    expect(mistakeOf(`${many} abc*`)).toMatchObject({
      code: 'too_many_clauses',
      details: { start: many.length + 1, end: many.length + 5 },
    })
  })
  it('the worst questions of 2,000 characters come to an end', () => {
    const worst = [
      '(',
      ')',
      '"',
      '-',
      'a ',
      '-a ',
      'NOT ',
      'a NEAR ',
      '*',
      'a*',
      '\\',
      '~',
      'x~',
      ':',
    ]
    const more = [
      'a:b ',
      'created:[',
      'created:[a TO ',
      'meta.',
      '?',
      'a-',
      '“',
      '𝒳',
      'lang:(',
      '①',
      '\u0301',
    ]
    for (const piece of [...worst, ...more]) {
      const text = `a ${piece.repeat(2_000)}`.slice(0, 2_000).replace(/[\ud800-\udbff]$/, '')
      // A reader that backtracks would not come back from the longest of these.
      expect(() => mistakeOf(text), piece).not.toThrow()
    }
  })
})
