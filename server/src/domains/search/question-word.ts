// One word of a question: what its characters make of it. Wildcards, `~` and escapes are told apart
// here; an escaped character is never syntax. Words are cut as the analysis cuts them: a token is a
// run of letters, digits and their marks, everything else only separates.

import type { Mistake } from './question-problem.ts'
import type { PatternPart } from './question-tree.ts'

/** One code point as written, and whether `\` stands before it. */
export interface Char {
  text: string
  isEscaped: boolean
}

type Adjacent = { kind: 'phrase'; text: string } | { kind: 'pattern'; parts: PatternPart[] }

export type WordReading =
  | { kind: 'word'; text: string }
  | { kind: 'fuzzy'; text: string; distance: 1 | 2 }
  | Adjacent
  // A prefix next to other tokens, as in `INV-20*`: ONEAR/0, whose operands these are.
  | { kind: 'adjacent'; left: Adjacent; right: Adjacent }
  | { kind: 'mistake'; mistake: Mistake }

const literalsMin = 2
const literalsInRowMin = 3
const shortWordMax = 5

/** Is there anything to look for: a letter or a digit, also after compatibility folding (`①`, `℃`)? */
export function hasContent(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text) || /[\p{L}\p{N}]/u.test(text.normalize('NFKC'))
}

function isTokenChar({ text }: Char): boolean {
  return /[\p{L}\p{N}\p{M}]/u.test(text) || hasContent(text)
}

export function isSyntax(char: Char | undefined, text: string): boolean {
  return char !== undefined && !char.isEscaped && char.text === text
}

export function textOf(chars: readonly Char[]): string {
  return chars.map((char) => char.text).join('')
}

/** Without the question mark of the sentence, which may end any value. */
export function withoutQuestionMark(chars: readonly Char[]): readonly Char[] {
  const last = chars.findLastIndex((char) => !isSyntax(char, '?'))
  return chars.slice(0, last + 1)
}

export function readWord(chars: readonly Char[]): WordReading {
  return readFuzzy(chars) ?? readPattern(chars) ?? { kind: 'word', text: textOf(chars) }
}

function readFuzzy(chars: readonly Char[]): WordReading | undefined {
  const last = chars.findLastIndex((char) => isTokenChar(char) || isSyntax(char, '~'))
  const tilde = chars.findLastIndex((char) => isSyntax(char, '~'))
  const before = chars[tilde - 1]
  if (before === undefined || !isTokenChar(before)) return undefined
  const word = chars.slice(chars.findIndex(isTokenChar), tilde)
  // Marks alone are nothing to look for, in whatever distance.
  if (!hasContent(textOf(word))) return undefined
  const tail = textOf(chars.slice(tilde + 1, last + 1))
  if (!/^[\d.]*$/.test(tail)) return undefined
  if (tail !== '' && tail !== '1' && tail !== '2') return mistake(badEditDistance)
  if (!word.every(isTokenChar)) return mistake(fuzzyNotOneWord)
  const isShort = word.length <= shortWordMax
  const distance = tail === '1' || (tail === '' && isShort) ? 1 : 2
  return { kind: 'fuzzy', text: textOf(word), distance }
}

// A piece of a word between punctuation. `gap` is `*` alone: it stands for whole tokens.
type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'wild'; parts: PatternPart[] }
  | { kind: 'gap' }

function readPattern(chars: readonly Char[]): WordReading | undefined {
  const pieces = cutPieces(chars)
  if (pieces.every((piece) => piece.kind === 'text')) return undefined
  const from = pieces[0]?.kind === 'gap' ? 1 : 0
  const inner = pieces.slice(from, pieces.at(-1)?.kind === 'gap' ? -1 : undefined)
  if (inner.length === 0) return mistake(tooShort)

  const runs: Adjacent[] = []
  for (const piece of inner) {
    const previous = runs.at(-1)
    if (piece.kind === 'gap') return mistake(wildcardForWords)
    if (piece.kind === 'wild') {
      if (!hasLiteralsEnough(piece.parts)) return mistake(tooShort)
      runs.push({ kind: 'pattern', parts: piece.parts })
    } else if (previous?.kind === 'phrase') previous.text += ` ${piece.text}`
    else runs.push({ kind: 'phrase', text: piece.text })
  }
  const [left, right, third] = runs
  if (left === undefined || third !== undefined) return mistake(wildcardForWords)
  if (right === undefined) return left
  const canStandInNear = [left, right].every((run) => run.kind === 'phrase' || isPrefix(run.parts))
  return canStandInNear ? { kind: 'adjacent', left, right } : mistake(wildcardForWords)
}

export function isPrefix(parts: readonly PatternPart[]): boolean {
  return parts.length === 2 && parts[0]?.kind === 'text' && parts[1]?.kind === 'any'
}

function cutPieces(chars: readonly Char[]): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (let at = 0; at <= chars.length; at++) {
    const char = chars[at]
    if (char !== undefined && (isTokenChar(char) || isWildcard(char))) continue
    const piece = pieceOf(chars.slice(from, at))
    if (piece !== undefined) pieces.push(piece)
    from = at + 1
  }
  return pieces
}

function isWildcard(char: Char): boolean {
  return isSyntax(char, '*') || isSyntax(char, '?')
}

function pieceOf(written: readonly Char[]): Piece | undefined {
  const isQuestion = !withoutQuestionMark(written).some(isWildcard)
  const chars = isQuestion ? withoutQuestionMark(written) : written
  if (chars.length === 0) return undefined
  if (chars.every(isWildcard)) return { kind: 'gap' }
  if (!chars.some(isWildcard)) {
    const text = textOf(chars)
    // Marks alone are nothing to look for.
    return hasContent(text) ? { kind: 'text', text } : undefined
  }
  return { kind: 'wild', parts: partsOf(chars) }
}

// Of several wildcards in a row `?` comes first and one `*` is left: the same meaning, one form.
function partsOf(chars: readonly Char[]): PatternPart[] {
  const parts: PatternPart[] = []
  let text = ''
  let isAnyDue = false
  for (const char of chars) {
    if (isWildcard(char) && text !== '') parts.push({ kind: 'text', text })
    if (isWildcard(char)) text = ''
    if (isSyntax(char, '*')) isAnyDue = true
    else if (isSyntax(char, '?')) parts.push({ kind: 'one' })
    else {
      if (isAnyDue) parts.push({ kind: 'any' })
      isAnyDue = false
      text += char.text
    }
  }
  if (isAnyDue) parts.push({ kind: 'any' })
  if (text !== '') parts.push({ kind: 'text', text })
  return parts
}

function hasLiteralsEnough(parts: readonly PatternPart[]): boolean {
  const lengths = parts.map((part) => (part.kind === 'text' ? [...part.text].length : 0))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const startsWild = parts[0]?.kind !== 'text'
  return total >= literalsMin && (!startsWild || Math.max(...lengths) >= literalsInRowMin)
}

function mistake(what: Mistake): WordReading {
  return { kind: 'mistake', mistake: what }
}

const tooShort: Mistake = {
  code: 'wildcard_too_short',
  text: 'There are too few characters beside the wildcard.',
  hint: 'Write at least 2 letters or digits in the same word (- and . separate words), and 3 in a row after a wildcard at the start; \\* and \\? are the characters themselves.',
}
const wildcardForWords: Mistake = {
  code: 'bad_value',
  text: 'A wildcard works inside one word, and these are several.',
  hint: 'Put it in quotation marks to take it literally, or join two words: contract* ONEAR/0 2024.',
}
const badEditDistance: Mistake = {
  code: 'bad_distance',
  text: 'The number after ~ must be 1 or 2.',
  hint: 'Write word~, word~1 or word~2; \\~ is the character itself.',
}
const fuzzyNotOneWord: Mistake = {
  code: 'bad_value',
  text: 'The sign ~ works on one word without wildcards and punctuation.',
  hint: 'Write word~, word~1 or word~2; \\~ is the character itself.',
}
