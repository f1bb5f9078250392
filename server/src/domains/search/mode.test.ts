// The choice of the mode as a table, with vectors of a model that knows Latin script.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../base/errors.ts'
import { type AskedMode, chooseMode, type ModeFacts, type ModeRule } from './mode.ts'
import { parseQuestion } from './question.ts'

const facts: ModeFacts = { hasVectors: true, autoHybrid: true, scripts: ['Latin'] }

function choose(text: string, change: Partial<ModeFacts> = {}, asked: AskedMode = 'auto') {
  return chooseMode(parseQuestion(text), { ...facts, ...change }, asked)
}

const expected: [rule: ModeRule, texts: string[]][] = [
  [
    'words',
    [
      'a',
      'vat dispute',
      'What is the rate?',
      'what is the rate ?',
      'who signed the lease, and when?',
      'how do I appeal a tax decision',
      'European Union (EU) directive',
      'revenue growth in 2023',
      'Q3 2024 revenue',
      'covid-19 vaccine safety',
      'effects of vitamin D on bone density',
      'profit and loss',
      'to be or not to be',
      'Near the river',
      'state of the art',
      'machine-learning methods',
      'C++ & C#',
      '50% off',
      'net income - adjusted',
      'a ~ b',
      'a ^ b',
      'price of $5 per unit',
      'see http://example.org for more',
      'meeting at 12:30 today',
      'ratio 3:2 mix',
      "the company's debt",
      'don’t panic',
      'Größe der Wohnung',
      'où est la gare',
      'naïve café',
      'Übermaß',
      'contract "force majeure"',
      '"force majeure" contract lang:en',
      '"force majeure" "act of god"',
      '"force majeure" lang:en',
      'lease lang:de',
      'lease created:2024',
      'lease modality:image',
      'lease title:berlin',
      'title:berlin lease agreement',
      'lease meta.year:2025 date:>=2024',
      'INV-2023-114 invoice',
      'invoice 4711',
      '2023 2024',
      'INV-2023 lang:de',
      'contract',
      '(contract)',
      'contract?',
      '\\AND',
      'rock \\AND roll',
      'foo\\:bar baz',
      'a\\* b',
      'tax, fraud; losses.',
      'data data data',
      'Beijing 大 university',
      'the α particle emission',
      'é',
      'well-known facts',
      'either/or decisions',
      'a - b',
    ],
  ],
  [
    'operators',
    [
      'a AND b',
      'a OR b',
      'a NOT b',
      'a -b',
      'lease -draft',
      'lease -"first draft"',
      'lease -(draft OR copy)',
      '-draft lease',
      'NOT draft lease',
      'a NEAR b',
      'a NEAR/5 b',
      'a ONEAR/2 b',
      'contract*',
      '*tract',
      'wom?n',
      '*trac*',
      'the contract* of sale',
      'wrod~',
      'wrod~2 of mouth',
      '"a b" AND c',
      '"a b" OR "c d"',
      '(a OR b) c',
      'title:contract*',
      'title:(a OR b)',
      'title:(a AND b)',
      'lang:(de OR en)',
      'lang:de -draft',
      'lang:de OR lang:en',
      'lang:de AND created:2024',
      '-lang:de lease',
      'filename:*.pdf',
      'INV-20*',
      'what is the contract* ?',
      'lease AND lang:de',
      '12 OR 13',
      'lease NOT created:2023',
    ],
  ],
  [
    'only_fields',
    [
      'lang:de',
      'title:lease',
      'title:"a lease"',
      'title:(a lease)',
      'filename:report.pdf',
      'mime:application/pdf',
      'modality:image',
      'object:obj_01',
      'meta.year:2025',
      'meta.key:"two words"',
      'created:2024',
      'date:[2024-01 TO 2024-06]',
      'created:>=2024',
      'lang:de created:2024',
      'lang:de title:lease',
      '(lang:de) (modality:image)',
      'meta.is:ok',
      'title:INV-2023',
    ],
  ],
  [
    'exact',
    [
      '"force majeure"',
      '“force majeure”',
      '("force majeure")',
      '"lease"',
      '"INV-2023"',
      'INV-2023-114',
      'inv_2023',
      'snake_case',
      '4711',
      'covid19',
      'B12',
      '3.5',
      '§17',
      'and/or',
      'a/b',
      'state-of-the-art',
      'e-mail',
      '(4711)',
      '4711?',
      '\\-5',
      'https://example.org/x',
      '12:30',
      'SKU#77',
      '"what is it?"',
      '/etc/passwd',
    ],
  ],
  [
    'other_script',
    [
      '数据',
      '北京 大学',
      'что такое налог',
      'налог tax',
      'φόρος',
      'ضريبة',
      'מס',
      'ภาษี',
      '税 lang:de',
      '"数据 安全"',
      'налог AND сбор',
      'налог*',
      '세금',
      'कर',
      'ひらがな カタカナ',
      'a б',
      'title:数据',
    ],
  ],
]

describe('auto', () => {
  const rows = expected.flatMap(([rule, texts]) =>
    texts.map((text) => [text, rule === 'words' ? 'hybrid' : 'lexical', rule] as const),
  )
  it('is tried on 120 questions at least', () => expect(rows.length).toBeGreaterThanOrEqual(120))

  it.each(rows)('answers %j with %s search by the rule %s', (text, mode, rule) => {
    expect(choose(text)).toMatchObject({ mode, rule })
  })

  it.each(rows)('answers %j lexically without vectors or an unproven model', (text) => {
    const answer = { mode: 'lexical', rule: 'no_vectors' }
    expect(choose(text, { hasVectors: false })).toMatchObject(answer)
    expect(choose(text, { autoHybrid: false })).toMatchObject(answer)
  })

  it('leaves words optional unless an operator makes them required', () => {
    expect(choose('tax law').plain).toBe('or')
    expect(choose('tax law', { hasVectors: false }).plain).toBe('or')
    expect(choose('налог сбор').plain).toBe('or')
    expect(choose('tax -law').plain).toBe('and')
    expect(choose('tax -law', { hasVectors: false }).plain).toBe('and')
    expect(choose('налог -сбор').plain).toBe('and')
    expect(choose('INV-2023').plain).toBe('and')
  })

  it('counts letters only, and a fifth of them may be of another script', () => {
    expect(choose('abcd б').rule).toBe('words')
    expect(choose('abc б').rule).toBe('other_script')
    expect(choose('2024 2025 б').rule).toBe('other_script')
    expect(choose('abc -ббббб').rule).toBe('operators')
    expect(choose('что такое', { scripts: ['Latin', 'Cyrillic'] }).rule).toBe('words')
    expect(choose('カー 車', { scripts: ['Katakana', 'Han'] }).rule).toBe('words')
  })

  it('an ASCII sentence without operators is lexical only without vectors or without free words', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9'.,;!_/-]{0,8}[a-zA-Z0-9.,!]?$/)
    const part = fc.oneof(
      { weight: 8, arbitrary: word.filter((text) => !/^(AND|OR|NOT|O?NEAR(\/.*)?)$/.test(text)) },
      { weight: 1, arbitrary: fc.tuple(word, word).map((pair) => `"${pair.join(' ')}"`) },
      { weight: 1, arbitrary: word.map((text) => `(${text.toLowerCase()})`) },
      { weight: 1, arbitrary: fc.constantFrom('lang:de', 'created:2024', 'title:lease', '-', '&') },
    )
    const sentence = fc
      .tuple(fc.array(part, { minLength: 2, maxLength: 20 }), fc.constantFrom('', '?', ' ?', ' .'))
      .map(([parts, end]) => parts.join(' ') + end)
      .filter((text) => /[a-z0-9]/i.test(text))
    fc.assert(
      fc.property(sentence, fc.boolean(), fc.boolean(), (text, hasVectors, autoHybrid) => {
        const read = parseQuestion(text)
        fc.pre(!read.isOnePhrase && !read.isOneCode)
        const { mode, rule } = chooseMode(read, { ...facts, hasVectors, autoHybrid })
        if (mode === 'lexical') expect(['no_vectors', 'only_fields']).toContain(rule)
        else
          expect({ mode, rule, ok: hasVectors && autoHybrid }).toEqual({
            mode: 'hybrid',
            rule: 'words',
            ok: true,
          })
        expect(rule === 'only_fields').toBe(hasVectors && autoHybrid && read.onlyFields)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('a mode asked for by name', () => {
  it('is never replaced', () => {
    for (const text of ['tax law', 'tax -law', '"tax law"', 'lang:de', '数据', 'INV-2023']) {
      expect(choose(text, { autoHybrid: false }, 'hybrid')).toMatchObject({
        mode: 'hybrid',
        rule: 'asked',
      })
      expect(choose(text, { hasVectors: false }, 'lexical')).toEqual({
        mode: 'lexical',
        rule: 'asked',
        plain: 'and',
      })
    }
    expect(choose('tax law', {}, 'hybrid').plain).toBe('or')
    expect(choose('tax -law', {}, 'hybrid').plain).toBe('and')
  })

  it('dense needs no parsed question, since it reads no syntax', () => {
    expect(chooseMode(null, facts, 'dense')).toEqual({ mode: 'dense', rule: 'asked', plain: 'or' })
    expect(() => chooseMode(null, facts, 'lexical')).toThrow('parsed question')
  })

  it('fails with no_vectors where it needs them and nothing in reach has any', () => {
    const none = { ...facts, hasVectors: false }
    for (const asked of ['dense', 'hybrid'] as const) {
      expect(() => chooseMode(parseQuestion('a'), none, asked)).toThrow(
        expect.objectContaining({ constructor: Failure, code: 'no_vectors' }),
      )
    }
  })
})
