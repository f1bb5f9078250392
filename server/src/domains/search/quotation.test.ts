import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findQuotes, quotedLength } from './quotation.ts'

const passage =
  'The invoice of 4 March shows VAT of 19 % on the full amount. It was disputed by the customer in April.'

const quotes = (text: string, from = passage) =>
  findQuotes(text, from).map(({ start, end, passageStart, passageEnd }) => [
    text.slice(start, end),
    from.slice(passageStart, passageEnd),
  ])

describe('quotes of a passage', () => {
  test('are found word by word, with their places on both sides', () => {
    const text = 'As they wrote: “it was disputed by the customer”, which is true.'
    expect(quotes(text)).toEqual([
      ['it was disputed by the customer', 'It was disputed by the customer'],
    ])
  })

  test('do not mind case, white space, dashes, quotation marks and compatibility forms', () => {
    const said = 'VAT  OF\n19 %\u00a0on — the “full” amount'
    expect(quotes(said)).toEqual([[said, 'VAT of 19 % on the full amount']])
    expect(quotes('the ﬁrst ofﬁce of the city', 'The first office of the city')).toHaveLength(1)
  })

  test('are as long as they go, in the order of the text', () => {
    const text = `disputed by the customer in April ... and: ${passage.slice(0, 40)}`
    expect(quotes(text).map(([said]) => said)).toEqual([
      'disputed by the customer in April',
      'The invoice of 4 March shows VAT of 19',
    ])
  })

  test('are not a few common words, nor words in another order', () => {
    expect(quotes('It was the invoice of the customer')).toEqual([])
    expect(quotes('customer the by disputed was It')).toEqual([])
    expect(quotes('')).toEqual([])
  })

  test('can be a whole short passage', () => {
    expect(quotes('the code is X-7, says the list', 'X-7')).toEqual([['X-7', 'X-7']])
    expect(quotes('anything', '...')).toEqual([])
  })

  test('are found in scripts without spaces', () => {
    const chinese = '增值税发票显示全额征收百分之十九的税'
    expect(quotes(`报告说：${chinese.slice(0, 10)}。`, chinese)).toEqual([
      [chinese.slice(0, 10), chinese.slice(0, 10)],
    ])
    expect(quotes('增值税', chinese)).toEqual([])
  })

  test('count UTF-16 units of what was given, also behind an emoji', () => {
    const text = `👩‍🚀 👍🏽 ${passage}`
    const [span] = findQuotes(text, passage)
    expect(span).toEqual({
      start: text.indexOf('The invoice'),
      end: text.length - 1,
      passageStart: 0,
      passageEnd: passage.length - 1,
    })
  })

  test('never overlap in the text, stay within both, and say the same words', () => {
    const word = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'epsilon')
    const words = fc.array(word, { maxLength: 60 }).map((list) => list.join(' '))
    fc.assert(
      fc.property(words, words, (text, sold) => {
        let last = 0
        for (const span of findQuotes(text, sold)) {
          expect(span.start).toBeGreaterThanOrEqual(last)
          expect(text.slice(span.start, span.end)).toBe(
            sold.slice(span.passageStart, span.passageEnd),
          )
          last = span.end
        }
      }),
    )
  })

  test('are found in a text that repeats one word without end', () => {
    const text = 'again '.repeat(30_000)
    expect(findQuotes(text, 'again '.repeat(500)).length).toBeGreaterThan(50)
  })
})

test('a text that almost quotes a passage without end is looked through all the same', () => {
  // Fifteen light words in a row are no quote; each place would be compared with each.
  const text = '0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 b '.repeat(6_000)
  expect(findQuotes(text, '0 '.repeat(1_000))).toEqual([])
})

describe('how much is quoted', () => {
  const span = (passageStart: number, passageEnd: number) => ({
    start: 0,
    end: 0,
    passageStart,
    passageEnd,
  })

  test('is what of the passage is shown, once, in characters', () => {
    expect(quotedLength([], passage)).toBe(0)
    expect(quotedLength([span(0, 10), span(5, 15)], passage)).toBe(15)
    expect(quotedLength([span(20, 30), span(0, 10), span(2, 8)], passage)).toBe(20)
    expect(quotedLength([span(0, 4)], '👍👍')).toBe(2)
  })
})
