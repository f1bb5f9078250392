import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunkPages } from './chunk.ts'
import type { ExtractedPage, TextBox } from './extractor.ts'

const pageOf = (text: string, more: Partial<ExtractedPage> = {}): ExtractedPage => ({
  kind: 'page',
  number: 1,
  text,
  path: [],
  columns: [],
  boxes: [],
  ...more,
})
const wordCount = (text: string) => text.split(/\s+/).length
const sentence = (words: number, seed = 0) =>
  `${Array.from({ length: words }, (_, index) => `W${seed}x${index}`).join(' ')}.`
const paragraph = (sentences: number, seed = 0) =>
  Array.from({ length: sentences }, (_, index) => sentence(12, seed * 100 + index)).join(' ')

describe('passages', () => {
  test('a passage is an exact slice of its page, and no text is lost or told twice', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom('. ', '\n', '\n\n', ' ', '! ', '。', '𝒳', '漢字', 'word '),
      fc.nat(30).map((count) => paragraph(count)),
      fc.nat(5_000).map((count) => '𝒳'.repeat(count)),
    )
    const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('').normalize('NFC'))
    const kinds = fc.constantFrom('page', 'section', 'box', 'record' as const)
    fc.assert(
      fc.property(text, kinds, (whole, kind) => {
        let at = 0
        for (const { text: slice, start, end } of chunkPages([pageOf(whole, { kind })])) {
          expect(whole.slice(start, end)).toBe(slice)
          expect(whole.slice(at, start).trim()).toBe('')
          expect(slice.trim()).toBe(slice)
          expect(slice).not.toBe('')
          expect(slice.length).toBeLessThanOrEqual(2_000)
          if (!/\p{Surrogate}/u.test(whole)) expect(slice).not.toMatch(/\p{Surrogate}/u)
          at = end
        }
        expect(whole.slice(at).trim()).toBe('')
      }),
      { numRuns: 200 },
    )
  })

  test('running text gives passages of 150 to 220 words that end with a sentence', () => {
    const text = Array.from({ length: 30 }, (_, index) => paragraph(6, index)).join('\n\n')
    const passages = chunkPages([pageOf(text)]).map((it) => it.text)
    for (const passage of passages.slice(0, -1)) {
      expect(wordCount(passage)).toBeGreaterThanOrEqual(150)
      expect(wordCount(passage)).toBeLessThanOrEqual(220)
    }
    for (const passage of passages) expect(passage).toMatch(/\.$/)
  })

  test('a passage ends with its paragraph where that is in reach', () => {
    const text = [paragraph(14, 1), paragraph(14, 2)].join('\n\n')
    expect(chunkPages([pageOf(text)]).map((it) => it.text)).toEqual(text.split('\n\n'))
  })

  test('a few words left at the end of a page join the passage before', () => {
    const text = `${paragraph(18, 1)}\n\n${sentence(10, 9)}`
    expect(chunkPages([pageOf(text)])).toHaveLength(1)
  })

  test('a passage never reaches over a page, however short the page is', () => {
    const drafts = chunkPages([pageOf('First.'), pageOf('Second.', { number: 2 })])
    expect(drafts.map((it) => [it.ord, it.pageNumber, it.text])).toEqual([
      [0, 1, 'First.'],
      [1, 2, 'Second.'],
    ])
  })

  test('text without blanks is cut, by characters that stand for words and by length', () => {
    const chinese = chunkPages([pageOf('漢'.repeat(1_000))])
    expect(chinese.map((it) => it.text.length)).toEqual([220, 220, 220, 220, 120])
    const base64 = chunkPages([pageOf('A'.repeat(5_000))])
    expect(base64.map((it) => it.text.length)).toEqual([2_000, 2_000, 1_000])
  })

  test('a table of short lines is cut between lines', () => {
    const lines = Array.from({ length: 200 }, (_, index) => `Item ${index} costs ${index * 2} EUR`)
    for (const { text } of chunkPages([pageOf(lines.join('\n'))])) {
      for (const line of text.split('\n')) expect(lines).toContain(line)
    }
  })

  test('a megabyte of one field is cut in linear time', () => {
    const began = performance.now()
    const drafts = chunkPages([pageOf(`notes: ${'x'.repeat(1_048_576)}`, { kind: 'record' })])
    expect(drafts.length).toBeGreaterThan(500)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('a megabyte of single letters is cut as well', () => {
    const drafts = chunkPages([pageOf('x '.repeat(524_288), { kind: 'record' })])
    expect(drafts.length).toBeGreaterThan(2_000)
  })

  test('an object with too many passages is refused', () => {
    const pages = Array.from({ length: 100_001 }, (_, index) =>
      pageOf('x', { kind: 'record', number: index + 1 }),
    )
    expect(() => chunkPages(pages)).toThrow(/100000 passages/)
    expect(chunkPages(pages.slice(1))).toHaveLength(100_000)
  })
})

describe('locators', () => {
  test('a section keeps its trail of headings', () => {
    const [draft] = chunkPages([pageOf('Body.', { kind: 'section', path: ['A', 'B'] })])
    expect(draft?.locator).toEqual({ kind: 'section', path: ['A', 'B'], start: 0, end: 5 })
  })

  test('the box of a passage is the smallest around its words', () => {
    const text = 'one two'
    const boxes: TextBox[] = [
      { start: 0, end: 3, x: 0.1, y: 0.2, width: 0.1, height: 0.1 },
      { start: 4, end: 7, x: 0.5, y: 0.25, width: 0.25, height: 0.25 },
    ]
    const [draft] = chunkPages([pageOf(text, { kind: 'box', boxes })])
    expect(draft?.locator).toMatchObject({ kind: 'box', page: 1, x: 0.1, y: 0.2, start: 0, end: 7 })
    expect(draft?.locator).toMatchObject({ width: 0.65, height: 0.3 })
  })

  test('a record is one passage with its row and all of its columns', () => {
    const text = 'name: Ada\nnote: first\nsecond line'
    const page = pageOf(text, { kind: 'record', number: 7, columns: ['name', 'note'] })
    const [draft, ...others] = chunkPages([page])
    expect(others).toEqual([])
    expect(draft?.locator).toEqual({ kind: 'record', row: 7, columns: ['name', 'note'] })
    expect(draft).toMatchObject({ start: 0, end: text.length })
  })

  test('a part of a long record names only the columns that it holds', () => {
    const columns = ['id', 'body', 'last']
    const text = `id: 5\nbody: ${paragraph(40)}\nlast: end`
    const drafts = chunkPages([pageOf(text, { kind: 'record', columns })])
    const named = drafts.map(({ locator }) => (locator.kind === 'record' ? locator.columns : []))
    expect(named[0]).toEqual(['id', 'body'])
    expect(named[1]).toEqual(['body'])
    expect(named.at(-1)).toContain('last')
  })
})
