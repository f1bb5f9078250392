// The piece of a passage that shows why it was found. Made from the text alone, for the hits that are
// shown; the index keeps no places of words in the text.
import { analyse, stemSpaceOf, type Token, wordIn } from '../analysis/analyse.ts'
import type { NearOperand, Node } from '../tree.ts'
import { fuzzyMatcher, type Matcher, patternMatcher } from './pattern.ts'
import { hasGram, type QueryToken, queryTokens } from './query-tokens.ts'

export interface SnippetRequest {
  text: string
  tree: Node
  /** Of the passage. */
  language: string
  wordsMax: number
  /** Of a stem or surface form as `explain` names them; without it all count the same. */
  idf?: (term: string) => number
}

/** `start` is where it begins in the text; highlights are [start, end) in UTF-16 units of the snippet. */
export interface Snippet {
  text: string
  start: number
  highlights: [start: number, end: number][]
}

// What belongs to the word before it.
const closing = /^[.,;:!?)\]}"'»”’…。，！？]*/

/** The first window of `wordsMax` tokens with most distinct words of the question, then most idf. */
export function snippet({ text, tree, language, wordsMax, idf }: SnippetRequest): Snippet {
  const tokens = analyse(text, language)
  const wanted = wantedOf(tree, stemSpaceOf(language))
  const marks = tokens.map((): number[] => [])
  for (const [no, one] of wanted.entries()) mark(marks, tokens, one, no)
  const weights = wanted.map((one) => weightOf(one, idf))
  const size = Math.max(1, wordsMax)
  const from = bestWindow(marks, weights, size)
  const shown = tokens.slice(from, from + size)
  const [first] = shown
  const last = shown.at(-1)
  if (!first || !last) return { text: '', start: 0, highlights: [] }
  const end = last.end + (closing.exec(text.slice(last.end, last.end + 8))?.[0].length ?? 0)
  const highlights = joined(shown.filter((_, index) => marks[from + index]!.length > 0))
  return {
    text: text.slice(first.start, end),
    start: first.start,
    highlights: highlights.map(([one, other]) => [one - first.start, other - first.start]),
  }
}

type Wanted =
  | { kind: 'stem'; stem: string }
  | { kind: 'phrase'; tokens: QueryToken[] }
  | { kind: 'form'; matcher: Matcher }

function wantedOf(node: Node | NearOperand, space: string): Wanted[] {
  switch (node.kind) {
    case 'plain':
      return wantedPlain(
        node.children.flatMap(({ text }) => queryTokens(text)),
        space,
      )
    case 'and':
    case 'or':
      return node.children.flatMap((child) => wantedOf(child, space))
    case 'near':
      return [...wantedOf(node.left, space), ...wantedOf(node.right, space)]
    case 'word': {
      const tokens = queryTokens(node.text)
      return tokens.length > 1 ? [{ kind: 'phrase', tokens }] : wantedWords(tokens, space)
    }
    case 'phrase':
      return [{ kind: 'phrase', tokens: queryTokens(node.text) }]
    case 'pattern': {
      const [first] = node.parts
      const isRun = first?.kind === 'text' && hasGram(first.text)
      if (isRun) return [{ kind: 'phrase', tokens: queryTokens(first.text) }]
      return [{ kind: 'form', matcher: patternMatcher(node.parts) }]
    }
    case 'fuzzy': {
      const surface = queryTokens(node.text)[0]?.surface ?? ''
      return [{ kind: 'form', matcher: fuzzyMatcher(surface, node.distance) }]
    }
    default:
      return []
  }
}

function wantedPlain(tokens: QueryToken[], space: string): Wanted[] {
  const topical = tokens.filter(({ word }) => !wordIn(word, space).isFunction)
  return wantedWords(topical.length > 0 ? topical : tokens, space)
}

function wantedWords(tokens: QueryToken[], space: string): Wanted[] {
  const stems = new Set<string>()
  const singles: Wanted[] = []
  for (const token of tokens) {
    if (token.kind === 'single') singles.push({ kind: 'phrase', tokens: [token] })
    else stems.add(wordIn(token.word, space).stem)
  }
  return [...[...stems].map((stem): Wanted => ({ kind: 'stem', stem })), ...singles]
}

function weightOf(one: Wanted, idf: SnippetRequest['idf']): number {
  if (!idf || one.kind === 'form') return 1
  if (one.kind === 'stem') return idf(one.stem)
  return one.tokens.reduce((sum, { surface }) => sum + idf(surface), 0)
}

function mark(marks: number[][], tokens: Token[], one: Wanted, no: number): void {
  for (const [index, token] of tokens.entries()) {
    if (one.kind === 'phrase') {
      for (const offset of phraseOffsets(tokens, index, one.tokens)) marks[index + offset]!.push(no)
    } else if (one.kind === 'stem' ? token.stem === one.stem : fits(token, one.matcher)) {
      marks[index]!.push(no)
    }
  }
}

function fits({ surface, kind }: Token, { prefix, fits: test }: Matcher): boolean {
  return kind === 'word' && surface.startsWith(prefix) && test(surface)
}

// The tokens of the phrase if it stands at the index, as distances from it.
function phraseOffsets(tokens: Token[], index: number, phrase: QueryToken[]): number[] {
  const base = phrase[0]?.position ?? 0
  const offsets = phrase.map(({ position }) => position - base)
  const isThere = phrase.every(({ surface, kind }, at) => {
    const found = tokens[index + offsets[at]!]?.surface
    return kind === 'single' ? found?.startsWith(surface) : found === surface
  })
  return isThere ? offsets : []
}

function bestWindow(marks: number[][], weights: number[], wordsMax: number): number {
  const counts = weights.map(() => 0)
  let best = { from: 0, distinct: 0, weight: 0 }
  for (let end = 0; end < marks.length; end++) {
    for (const no of marks[end]!) counts[no] = counts[no]! + 1
    const gone = marks[end - wordsMax] ?? []
    for (const no of gone) counts[no] = counts[no]! - 1
    if (marks[end]!.length === 0) continue
    const distinct = counts.filter((count) => count > 0).length
    if (distinct < best.distinct) continue
    const weight = counts.reduce((sum, count, no) => (count > 0 ? sum + weights[no]! : sum), 0)
    if (distinct === best.distinct && weight <= best.weight) continue
    best = { from: Math.max(0, end - wordsMax + 1), distinct, weight }
  }
  return best.from
}

// Grams overlap: what they cover together is one highlight.
function joined(tokens: Token[]): [number, number][] {
  const places: [number, number][] = []
  for (const { start, end } of tokens) {
    const last = places.at(-1)
    if (last && start < last[1]) last[1] = Math.max(last[1], end)
    else places.push([start, end])
  }
  return places
}
