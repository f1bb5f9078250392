import { expect, test } from 'vitest'
import type { Node } from '../tree.ts'
import { snippet } from './snippet.ts'

const at = { start: 0, end: 1 }
const word = (text: string) => ({ kind: 'word' as const, text, ...at })
const plain = (text: string): Node => ({
  kind: 'plain',
  children: text.split(' ').map(word),
  ...at,
})
const filler = (count: number) => Array.from({ length: count }, (_, no) => `w${no}`).join(' ')

function marked(text: string, tree: Node, more: { language?: string; wordsMax?: number } = {}) {
  const found = snippet({ text, tree, language: 'en', wordsMax: 30, ...more })
  return found.highlights.map(([start, end]) => found.text.slice(start, end))
}

test('the words of the question are marked in all their forms', () => {
  expect(marked('The houses, a House!', plain('the housing'))).toEqual(['houses', 'House'])
  expect(marked('Häuser am Meer', plain('haus'), { language: 'de' })).toEqual(['Häuser'])
})

test('function words are marked only where nothing else was asked', () => {
  expect(marked('to be or not', plain('to be'))).toEqual(['to', 'be'])
})

test('a phrase is marked only where it stands whole', () => {
  const tree: Node = { kind: 'phrase', text: 'red house', ...at }
  expect(marked('red car, house, red house', tree)).toEqual(['red', 'house'])
})

test('patterns, fuzzy words and NEAR are marked, what must not occur is not', () => {
  const contract = [{ kind: 'text' as const, text: 'contr' }, { kind: 'any' as const }]
  const tree: Node = {
    kind: 'and',
    children: [
      {
        kind: 'near',
        left: { kind: 'pattern', parts: contract, ...at },
        right: word('rate'),
        distance: 5,
        ordered: false,
        ...at,
      },
      { kind: 'fuzzy', text: 'house', distance: 1, ...at },
      { kind: 'not', child: word('tree'), ...at },
    ],
    ...at,
  }
  expect(marked('contractor rates, a huose, a tree', tree)).toEqual([
    'contractor',
    'rates',
    'huose',
  ])
})

test('grams are marked as the run that they cover, with places in the original text', () => {
  expect(marked('在黑豹队的防守', plain('黑豹队'), { language: 'zh' })).toEqual(['黑豹队'])
  expect(marked('😀 ＡＢＣ x', plain('abc'))).toEqual(['ＡＢＣ'])
})

test('the window has most distinct words, then most idf, then is the first', () => {
  const text = `house ${filler(40)} house tree ${filler(40)} house tree.`
  const tree = plain('house tree')
  const found = snippet({ text, tree, language: 'en', wordsMax: 10 })
  expect(found.text.endsWith('house tree')).toBe(true)
  expect(text.slice(found.start, found.start + found.text.length)).toBe(found.text)
  expect(found.text.split(' ')).toHaveLength(10)
  const idf = (term: string) => (term === 'en:tree' ? 2 : 1)
  const byWeight = snippet({
    text: `house ${filler(40)} tree`,
    tree,
    language: 'en',
    wordsMax: 5,
    idf,
  })
  expect(byWeight.highlights.map(([start, end]) => byWeight.text.slice(start, end))).toEqual([
    'tree',
  ])
})

test('a text without a word of the question shows its beginning', () => {
  const found = snippet({ text: `(One) two three.`, tree: plain('x'), language: 'en', wordsMax: 2 })
  expect(found).toEqual({ text: 'One) two', start: 1, highlights: [] })
  expect(snippet({ text: '…', tree: plain('x'), language: 'en', wordsMax: 2 }).text).toBe('')
})
