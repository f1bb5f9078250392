// Whatever is sent: a tree of the promised form, or one Failure with a place inside the text. And a
// tree, printed and read again, is the same tree. fast-check prints seed and smallest example.
import { questionCodes } from '@ipto/contract/errors.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../base/errors.ts'
import { parseQuestion, type Question, questionLengthMax } from './question.ts'
import { depthMax, leavesMax, patternsMax } from './question-parser.ts'
import { printQuestion } from './question-print.ts'
import type { NearOperand, Node, PatternPart, WordNode } from './question-tree.ts'
import { hasContent } from './question-word.ts'

// The whole number in CI, a tenth while working.
const textCount = process.env.CI ? 200_000 : 20_000

const pieces = [
  ...[
    'a',
    'b',
    'tax',
    'INV-20',
    'über',
    '数据',
    '①',
    '𝒳',
    'e\u0301',
    "don't",
    'C++',
    '12:30',
    'http://x',
  ],
  ...[
    ' AND ',
    ' OR ',
    ' NOT ',
    ' -',
    ' NEAR ',
    ' NEAR/5 ',
    ' ONEAR/0 ',
    ' NEAR/x ',
    'AND',
    'OR',
    'NOT',
    'NEAR',
  ],
  ...['(', ')', '(', ')', '()', '"', '“', '”', '„', '"a b"', '“a b”', '""', '"a"~3'],
  ...[
    'con*',
    '*tract',
    'wom?n',
    '*.pdf',
    'a*',
    '*',
    '?',
    '??',
    '~',
    '~1',
    '~2',
    '~3',
    'wrod~',
    'con*-a',
  ],
  ...[
    'title:',
    'filename:',
    'lang:',
    'lang:de',
    'mime:a/b',
    'modality:image',
    'object:',
    'meta.k:',
    'meta.k y:',
  ],
  ...[
    'created:',
    'date:',
    '2024',
    '2024-02-30',
    '2024-02',
    '>=',
    '<',
    '[2024 TO 2025]',
    '{',
    ']',
    ' TO ',
    'foo:',
  ],
  ...[
    '\\',
    '\\ ',
    '\\"',
    '\\(',
    ' ',
    '  ',
    '\t',
    '\u00a0',
    '-',
    ':',
    '^',
    '.',
    ',',
    '/',
    '\u0000',
    '\ud800',
    '😀',
  ],
]
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(''))
const spaced = fc
  .array(fc.constantFrom(...pieces), { maxLength: 40 })
  .map((parts) => parts.join(' '))
const noise = fc.string({ unit: 'binary', maxLength: 60 })
const anyText = fc.oneof(
  { weight: 4, arbitrary: soup },
  { weight: 4, arbitrary: spaced },
  { weight: 1, arbitrary: noise },
  { weight: 1, arbitrary: fc.tuple(soup, noise, soup).map((parts) => parts.join('')) },
)

const foundBefore = [
  // A mark alone beside a prefix, and as a word to spell in another way.
  '\u0f71\u{3347a}con*',
  '\u08ca~1',
  // Words that printed would be a range.
  'filename:\\[2024 TO 2025]',
]

function readOrFail(text: string): Question | Failure {
  try {
    return parseQuestion(text)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

function withoutSpans(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner) =>
    key === 'start' || key === 'end' ? undefined : inner,
  )
}

function expectPlace(failure: Failure, text: string): void {
  expect(questionCodes).toContain(failure.code)
  const { start, end, hint } = failure.details as { start: number; end: number; hint: string }
  expect(Number.isInteger(start) && Number.isInteger(end)).toBe(true)
  expect(0 <= start && start <= end && end <= text.length).toBe(true)
  expect(hint.length).toBeGreaterThan(10)
}

function childrenOf(node: Node): Node[] {
  if ('children' in node) return node.children
  if ('child' in node) return [node.child]
  return node.kind === 'near' ? [node.left, node.right] : []
}

// Checks the promises of question-tree.ts. `parent` is undefined at the top.
function expectForm(node: Node, parent: Node | undefined, text: string): void {
  expect(0 <= node.start && node.start < node.end && node.end <= text.length).toBe(true)
  if (node.kind === 'and' || node.kind === 'or') {
    expect(node.children.length).toBeGreaterThan(1)
    expect(parent?.kind).not.toBe(node.kind)
  }
  if (node.kind === 'and') expect(node.children.some(({ kind }) => kind !== 'not')).toBe(true)
  if (node.kind === 'not') expect(parent?.kind).toBe('and')
  if ('text' in node) expect(hasContent(node.text)).toBe(true)
  if (node.kind === 'range' && node.from !== null && node.to !== null) {
    expect(node.from).toBeLessThan(node.to)
  }
  for (const child of childrenOf(node)) {
    expect(child.kind === 'plain' ? parent : undefined).toBeUndefined()
    expectForm(child, node, text)
  }
}

function leafKinds(node: Node): string[] {
  const children = childrenOf(node)
  return children.length === 0 ? [node.kind] : children.flatMap(leafKinds)
}

function expectLimits(tree: Node): void {
  const leaves = leafKinds(tree)
  expect(leaves.length).toBeLessThanOrEqual(leavesMax + patternsMax)
  const patterns = leaves.filter((kind) => kind === 'pattern' || kind === 'fuzzy')
  expect(patterns.length).toBeLessThanOrEqual(patternsMax)
}

describe('any text', () => {
  it('is a tree of the promised form that survives printing, or a Failure with its place', () => {
    let treeCount = 0
    fc.assert(
      fc.property(anyText, (text) => {
        const outcome = readOrFail(text)
        if (outcome instanceof Failure) return expectPlace(outcome, text)
        treeCount += 1
        expectForm(outcome.tree, undefined, text)
        expectLimits(outcome.tree)
        const printed = printQuestion(outcome.tree)
        if ([...printed].length > questionLengthMax) return
        expect(withoutSpans(parseQuestion(printed).tree)).toEqual(withoutSpans(outcome.tree))
      }),
      { numRuns: textCount, examples: foundBefore.map((text): [string] => [text]) },
    )
    expect(treeCount).toBeGreaterThan(1_000)
  }, 240_000)

  it('at its longest ends in a tree or a mistake', () => {
    const long = fc
      .array(fc.constantFrom(...pieces), { minLength: 600, maxLength: 900 })
      .map((parts) => parts.join('').slice(0, questionLengthMax))
    fc.assert(
      fc.property(long, (text) => void readOrFail(text)),
      { numRuns: 300 },
    )
  })

  it('always gives the same answer', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(readOrFail(text)).toEqual(readOrFail(text))
      }),
      { numRuns: 500 },
    )
  })
})

// Trees of the promised form, drawn at random; offsets are all 0.
const place = { start: 0, end: 0 }
const letters = fc.stringMatching(/^[a-zA-Zäß数0-9]{3,6}$/)
const anyWord = fc
  .oneof(
    letters,
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
    fc.constantFrom(...pieces),
  )
  .filter((text) => hasContent(text) && !/\p{Cs}/u.test(text))
const word = anyWord.map((text): WordNode => ({ kind: 'word', text, ...place }))
const phrase = anyWord.map((text) => ({ kind: 'phrase' as const, text, ...place }))
const prefix = letters.map((text) => ({
  kind: 'pattern' as const,
  parts: [{ kind: 'text', text } as const, { kind: 'any' } as const],
  ...place,
}))
const wild = fc
  .tuple(letters, fc.constantFrom('any', 'one'), letters)
  .map(([left, kind, right]) => {
    const parts: PatternPart[] = [
      { kind: 'text', text: left },
      { kind },
      { kind: 'text', text: right },
    ]
    return { kind: 'pattern' as const, parts, ...place }
  })
const fuzzy = fc
  .tuple(letters, fc.constantFrom(1 as const, 2 as const))
  .map(([text, distance]) => ({ kind: 'fuzzy' as const, text, distance, ...place }))
const keyword = fc.oneof(
  fc.constantFrom('de', 'pt-br').map((value) => ({ field: 'lang', value })),
  fc.constantFrom('image', 'mixed').map((value) => ({ field: 'modality', value })),
  fc.tuple(anyWord, fc.string({ unit: 'grapheme', maxLength: 6 })).map(([key, value]) => ({
    field: `meta.${key}`.normalize('NFC'),
    value: value.normalize('NFC'),
  })),
)
const msOfDays = fc.integer({ min: -100_000 * 86_400_000, max: 2_900_000 * 86_400_000 })
const range = fc
  .tuple(
    fc.option(msOfDays),
    fc.option(msOfDays),
    fc.constantFrom('created' as const, 'date' as const),
  )
  .filter(([from, to]) => from === null || to === null || from < to)
  .map(([from, to, field]) => ({ kind: 'range' as const, field, from, to, ...place }))
const operand: fc.Arbitrary<NearOperand> = fc.oneof(
  word,
  phrase,
  prefix,
  fc
    .array(fc.oneof(word, phrase, prefix), { minLength: 2, maxLength: 3 })
    .map((children) => ({ kind: 'or' as const, children, ...place })),
)
const near = fc
  .tuple(operand, operand, fc.integer({ min: 0, max: 99 }), fc.boolean())
  .map(([left, right, distance, ordered]) => ({
    kind: 'near' as const,
    left,
    right,
    distance,
    ordered,
    ...place,
  }))

function joinedArbitrary(kind: 'and' | 'or', part: fc.Arbitrary<Node>): fc.Arbitrary<Node> {
  return fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => ({
    kind,
    children: parts.flatMap((node) => (node.kind === kind ? node.children : [node])),
    ...place,
  }))
}

const { inField } = fc.letrec<{ inField: Node }>((tie) => ({
  inField: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof<fc.Arbitrary<Node>[]>(word, phrase, wild, fuzzy, near),
    joinedArbitrary('and', tie('inField')),
    joinedArbitrary('or', tie('inField')),
    excluding(tie('inField')),
  ),
}))
const leaf: fc.Arbitrary<Node> = fc.oneof<fc.Arbitrary<Node>[]>(
  word,
  phrase,
  wild,
  fuzzy,
  near,
  keyword.map((pair) => ({ kind: 'keyword', ...pair, ...place })),
  range,
  fc
    .tuple(inField, fc.constantFrom('title' as const, 'filename' as const))
    .map(([child, field]) => ({ kind: 'text_field', field, child, ...place })),
)
const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    joinedArbitrary('and', tie('tree')),
    joinedArbitrary('or', tie('tree')),
    excluding(tie('tree')),
  ),
}))

function excluding(part: fc.Arbitrary<Node>): fc.Arbitrary<Node> {
  return fc.tuple(part, part, fc.boolean()).map(([kept, child, isFirst]): Node => {
    const not: Node = { kind: 'not', child, ...place }
    const rest = kept.kind === 'and' ? kept.children : [kept]
    return { kind: 'and', children: isFirst ? [not, ...rest] : [...rest, not], ...place }
  })
}

// What print cannot know: a tree of free words alone is read as plain words.
function asRead(node: Node): Node {
  return node.kind === 'word' ? { kind: 'plain', children: [node], ...place } : node
}

describe('any tree', () => {
  it('printed and read again is the same tree', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const printed = printQuestion(node)
        const kinds = leafKinds(node)
        fc.pre([...printed].length <= questionLengthMax && kinds.length <= leavesMax)
        fc.pre(kinds.filter((kind) => kind === 'pattern' || kind === 'fuzzy').length <= patternsMax)
        const read = parseQuestion(printed)
        expect(withoutSpans(read.tree)).toEqual(withoutSpans(asRead(node)))
      }),
      { numRuns: 5_000 },
    )
  }, 60_000)

  it('that is too deep says so', () => {
    let node: Node = { kind: 'word', text: 'a', ...place }
    for (let depth = 0; depth <= depthMax; depth++) {
      const other: Node = { kind: 'word', text: 'b', ...place }
      const outer = depth % 2 === 0 ? ('or' as const) : ('and' as const)
      node = { kind: outer, children: [node, other], ...place }
    }
    // Only an OR within an AND needs parentheses: half the levels.
    expect(readOrFail(printQuestion(node))).toMatchObject({ hasOperators: true })
    const deep = `${'(a OR '.repeat(depthMax + 1)}b${')'.repeat(depthMax + 1)}`
    expect(readOrFail(deep)).toMatchObject({ code: 'too_deep' })
  })
})
