// The calendar of `created:` and `date:` against the platform's own, which knows every day.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printDateRange, readDateRange } from './question-dates.ts'

const dayMs = 86_400_000

describe('the values of created: and date:', () => {
  it.each([
    ['2024', '2024-01-01', '2025-01-01'],
    ['0001', '0001-01-01', '0002-01-01'],
    ['1969', '1969-01-01', '1970-01-01'],
    ['2024-02', '2024-02-01', '2024-03-01'],
    ['2023-02', '2023-02-01', '2023-03-01'],
    ['2024-12', '2024-12-01', '2025-01-01'],
    ['2024-02-29', '2024-02-29', '2024-03-01'],
    ['2000-02-29', '2000-02-29', '2000-03-01'],
    ['2024-12-31', '2024-12-31', '2025-01-01'],
    ['2024-03-05T10:20Z', '2024-03-05T10:20:00Z', '2024-03-05T10:21:00Z'],
    ['2024-03-05T10:20:30Z', '2024-03-05T10:20:30Z', '2024-03-05T10:20:31Z'],
    ['2024-03-05T10:20:30.123Z', '2024-03-05T10:20:30.123Z', '2024-03-05T10:20:30.124Z'],
    ['2024-03-05T00:30:00+02:00', '2024-03-04T22:30:00Z', '2024-03-04T22:30:01Z'],
    ['2024-03-05T22:00:00-05:30', '2024-03-06T03:30:00Z', '2024-03-06T03:30:01Z'],
    ['[2024-01-01 TO 2024-06]', '2024-01-01', '2024-07-01'],
    ['[2024 TO 2024]', '2024-01-01', '2025-01-01'],
    ['{2024-01-01 TO 2024-06}', '2024-01-02', '2024-06-01'],
    ['[2024 TO 2025}', '2024-01-01', '2025-01-01'],
    ['{2023 TO 2024]', '2024-01-01', '2025-01-01'],
    ['{2024-03-05T10:00:00Z TO *]', '2024-03-05T10:00:01Z', null],
    ['[* TO 2024]', null, '2025-01-01'],
    ['{* TO *}', null, null],
    ['>=2024-06', '2024-06-01', null],
    ['>2024-06', '2024-07-01', null],
    ['<2024-06', null, '2024-06-01'],
    ['<=2024-06', null, '2024-07-01'],
  ])('%s is from %s up to %s', (value, from, to) => {
    const ms = (text: string | null) => (text === null ? null : Date.parse(text))
    expect(readDateRange(value)).toEqual({ from: ms(from), to: ms(to) })
  })

  it.each(
    [
      ['', ' ', '2', '202', '20245', '2024-', '2024-1', '2024-01-', '2024-01-1', '-2024', '+2024'],
      ['0000', '2024-00', '2024-13', '2024-01-00', '2024-01-32', '2023-02-29', '1900-02-29'],
      ['2024-06-31', '2024-01-01T', '2024-01-01T10', '2024-01-01T10:00', '2024-01-01 10:00:00Z'],
      ['2024-01-01T24:00Z', '2024-01-01T10:60Z', '2024-01-01T10:00:60Z', '2024-01-01T10:00:00.1Z'],
      [
        '2024-02-30T10:00Z',
        '2024-01-01T10:00+24:00',
        '2024-01-01t10:00z',
        '0001-01-01T00:00+01:00',
      ],
      [
        '9999-12-31T23:59-01:00',
        '٢٠٢٤',
        '>',
        '>=',
        '=2024',
        '=>2024',
        '> 2024',
        '>*',
        '*',
        '2024*',
      ],
      [
        '[',
        '[]',
        '[2024]',
        '[2024 TO]',
        '[ TO 2024]',
        '[2024 to 2025]',
        '[2024 TO 2025',
        '2024 TO 2025]',
      ],
      ['[2024 TO 2023]', '{2024 TO 2024}', '{2023 TO 2024}', '{2024 TO 2024]', '[2024 TO 2024}'],
      [
        '[2024 TO >2025]',
        '[2024-02-30 TO *]',
        '[2024 TO 2025 TO 2026]',
        '(2024 TO 2025)',
        '[2024TO2025]',
      ],
    ].flat(),
  )('%j is no date', (value) => {
    expect(readDateRange(value)).toBeUndefined()
  })

  it('every day of the years 1 to 9999 is where the platform has it', () => {
    const padded = (min: number, max: number, width: number) =>
      fc.integer({ min, max }).map((value) => String(value).padStart(width, '0'))
    fc.assert(
      fc.property(padded(1, 9_999, 4), padded(1, 12, 2), padded(1, 28, 2), (...parts) => {
        const day = parts.join('-')
        const from = Date.parse(day)
        expect(readDateRange(day)).toEqual({ from, to: from + dayMs })
      }),
      { numRuns: 3_000 },
    )
  })

  it('a month ends where the next begins, and no day follows its last', () => {
    for (let month = 1_896 * 12; month < 2_105 * 12; month++) {
      const textOf = (count: number) =>
        `${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, '0')}`
      const [text, next] = [textOf(month), Date.parse(textOf(month + 1))]
      expect(readDateRange(text)).toEqual({ from: Date.parse(text), to: next })
      const days = (next - Date.parse(text)) / dayMs
      expect(readDateRange(`${text}-${days}`), text).toBeDefined()
      expect(readDateRange(`${text}-${days + 1}`), text).toBeUndefined()
    }
  })

  it('a printed range is read as the same range', () => {
    const ms = fc.option(
      fc.integer({
        min: Date.parse('0001-01-01'),
        max: Date.parse('9999-12-31T23:59:59.999Z') + 1,
      }),
    )
    fc.assert(
      fc.property(ms, ms, (from, to) => {
        fc.pre(from === null || to === null || from < to)
        expect(readDateRange(printDateRange({ from, to }))).toEqual({ from, to })
      }),
    )
    for (const value of [
      '>9999',
      '<0001',
      '9999',
      '[0001 TO 9999]',
      '>=9999-12-31T23:59:59.999Z',
    ]) {
      const range = readDateRange(value)
      expect(range).toBeDefined()
      if (range !== undefined) expect(readDateRange(printDateRange(range)), value).toEqual(range)
    }
  })
})
