import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Asked, buyersMin, commonAmong, keywordsOf, plainOf } from './keywords.ts'

const asked = (tenantId: string, text: string, count = 1): Asked => ({ tenantId, text, count })

describe('what buyers have in common', () => {
  test('is told from the third buyer on, never before', () => {
    const two = [asked('a', 'vat', 100), asked('b', 'vat', 100)]
    expect(commonAmong(two, keywordsOf, 50)).toEqual([])
    expect(commonAmong([...two, asked('c', 'VAT!')], keywordsOf, 50)).toEqual([
      { text: 'vat', count: 201, buyerCount: 3 },
    ])
  })

  test('counts each search once, however often it says the word', () => {
    const three = ['a', 'b', 'c'].map((tenant) => asked(tenant, 'vat vat VAT', 2))
    expect(commonAmong(three, keywordsOf, 50)).toEqual([{ text: 'vat', count: 6, buyerCount: 3 }])
  })

  test('comes most searches first, and no more than asked for', () => {
    const all = ['a', 'b', 'c', 'd'].flatMap((tenant) => [
      asked(tenant, 'zebra', 2),
      asked(tenant, 'apple'),
      asked(tenant, 'mango'),
    ])
    const words = commonAmong(all, keywordsOf, 2).map(({ text }) => text)
    expect(words).toEqual(['zebra', 'apple'])
  })

  test('never holds a word of fewer buyers, whatever they ask', () => {
    const word = fc.constantFrom('vat', 'acme', 'merger', 'lease', 'secret')
    const one = fc.record({
      tenantId: fc.constantFrom('a', 'b', 'c', 'd'),
      text: fc.array(word, { maxLength: 4 }).map((words) => words.join(' ')),
      count: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (all) => {
        for (const { text, buyerCount, count } of commonAmong(all, keywordsOf, 50)) {
          const users = all.filter((entry) => entry.text.split(' ').includes(text))
          expect(buyerCount).toBe(new Set(users.map(({ tenantId }) => tenantId)).size)
          expect(buyerCount).toBeGreaterThanOrEqual(buyersMin)
          expect(count).toBe(users.reduce((sum, entry) => sum + entry.count, 0))
        }
      }),
    )
  })
})

describe('the keywords of a question', () => {
  test.each([
    ['The invoice of the Acme dispute', ['invoice', 'acme', 'dispute']],
    ['Welche Verträge sind mit der Größe', ['verträge', 'größe']],
    [
      'VAT AND (dispute OR NOT "late payment") NEAR/5 fee',
      ['vat', 'dispute', 'late', 'payment', 'fee'],
    ],
    ['title:lease meta.year:2025 lang:en rent', ['lease', '2025', 'rent']],
    ['invoic* colour~2 -draft', ['invoic', 'colour', 'draft']],
    ["don't x 7", []],
    ['请问发票', expect.arrayContaining(['发票'])],
    ['', []],
    ['!!! ***', []],
  ])('%s', (text, words) => {
    expect(keywordsOf(text)).toEqual(words)
  })

  test('are few and come soon, however long and odd the question', () => {
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(' ')
    expect(keywordsOf(words).length).toBeLessThanOrEqual(32)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        expect(keywordsOf(text).length).toBeLessThanOrEqual(32)
      }),
    )
  })
})

test('one question is one, however its blanks and letters are written', () => {
  expect(plainOf('  VAT \n Dispute ')).toBe('vat dispute')
  expect(plainOf('Gro\u0308ße')).toBe('größe')
})
