// Cuts a question into tokens: one pass from left to right, so its time grows with the length alone.
// It never stops at a mistake; where an operand is spoilt it leaves a `spoilt` token, so that one
// mistake does not look like another one further left. Words that are punctuation only are dropped.
import type { Mistake, Problems } from './question-problem.ts'
import type { Span } from './question-tree.ts'
import { type Char, hasContent, isSyntax, textOf } from './question-word.ts'

export type FieldName =
  | { kind: 'text'; name: 'title' | 'filename' }
  | { kind: 'range'; name: 'created' | 'date' }
  | { kind: 'keyword'; name: string }

export type Token =
  // `partner` is the index of the matching token; a `(` that is never closed has none.
  | ({ kind: 'open'; partner: number | null } & Span)
  | ({ kind: 'close' } & Span)
  | ({ kind: 'and' | 'or' | 'not' } & Span)
  | ({ kind: 'near'; distance: number; ordered: boolean } & Span)
  // Always followed by its value: open, word, phrase, brackets or spoilt.
  | ({ kind: 'field'; field: FieldName } & Span)
  | ({ kind: 'word'; chars: readonly Char[] } & Span)
  | ({ kind: 'phrase'; text: string } & Span)
  // `[a TO b]` and its kin, as the value of a field.
  | ({ kind: 'brackets'; text: string } & Span)
  | ({ kind: 'spoilt' } & Span)

const distanceMax = 99
const distanceDefault = 10
const metadataKeyMax = 50

const closers = new Map([
  ['"', '"'],
  ['“', '”'],
  ['”', '”'],
  ['„', '“”'],
])

interface Reading {
  text: string
  at: number
  tokens: Token[]
  /** Indexes of the `(` that still wait for their `)`. */
  open: number[]
  problems: Problems
}

export function readTokens(text: string, problems: Problems): Token[] {
  const reading: Reading = { text, at: 0, tokens: [], open: [], problems }
  while (reading.at < text.length) {
    const char = charAt(reading)
    if (isBlank(char)) reading.at += char.length
    else if (char === '(' || char === ')') readParenthesis(reading, char)
    else if (closers.has(char)) readPhrase(reading, false)
    else readWordOrOperator(reading)
  }
  for (const index of reading.open) {
    const token = reading.tokens[index]
    if (token !== undefined) problems.note(token, neverClosed)
  }
  return reading.tokens
}

function charAt({ text, at }: Reading): string {
  const point = text.codePointAt(at)
  return point === undefined ? '' : String.fromCodePoint(point)
}

function isBlank(char: string): boolean {
  return /^[\s\p{Cc}]$/u.test(char)
}

function endsWord(char: string): boolean {
  return char === '' || char === '(' || char === ')' || closers.has(char) || isBlank(char)
}

function readParenthesis(reading: Reading, char: '(' | ')'): void {
  const span = { start: reading.at, end: reading.at + 1 }
  reading.at += 1
  if (char === '(') {
    reading.open.push(reading.tokens.length)
    reading.tokens.push({ kind: 'open', partner: null, ...span })
    return
  }
  const opener = reading.tokens[reading.open.pop() ?? -1]
  if (opener?.kind !== 'open') {
    reading.problems.note(span, neverOpened)
    return
  }
  opener.partner = reading.tokens.length
  reading.tokens.push({ kind: 'close', ...span })
}

function readPhrase(reading: Reading, isValue: boolean): void {
  const start = reading.at
  const closing = closers.get(charAt(reading)) ?? ''
  let text = ''
  let at = start + 1
  while (at < reading.text.length && !closing.includes(reading.text.charAt(at))) {
    const next = reading.text.charAt(at + 1)
    const isEscape =
      reading.text.charAt(at) === '\\' && next !== '' && `"\\${closing}`.includes(next)
    text += isEscape ? next : reading.text.charAt(at)
    at += isEscape ? 2 : 1
  }
  reading.at = Math.min(at + 1, reading.text.length)
  const span = { start, end: reading.at }
  if (at >= reading.text.length) {
    reading.problems.note({ start, end: start + 1 }, quoteNeverClosed)
    reading.tokens.push({ kind: 'spoilt', ...span })
  } else if (isValue || hasContent(text)) reading.tokens.push({ kind: 'phrase', text, ...span })
  refuseSlop(reading)
}

function refuseSlop(reading: Reading): void {
  if (reading.text.charAt(reading.at) !== '~') return
  const start = reading.at
  reading.at += 1
  while (/[\d.]/.test(reading.text.charAt(reading.at))) reading.at += 1
  reading.problems.note({ start, end: reading.at }, slop)
}

function readWordOrOperator(reading: Reading): void {
  if (isExclusion(reading)) {
    reading.tokens.push({ kind: 'not', start: reading.at, end: reading.at + 1 })
    reading.at += 1
    return
  }
  const start = reading.at
  const chars = scanChars(reading, true)
  const field = fieldOf(reading, chars, start)
  if (field !== undefined) {
    readField(reading, field, start)
    return
  }
  const span = { start, end: reading.at }
  const operator = operatorOf(reading, chars, span)
  if (operator !== undefined) reading.tokens.push(operator)
  else if (isWorthReading(chars)) reading.tokens.push({ kind: 'word', chars, ...span })
}

// `-` excludes only after a blank or `(`, and right before a word, phrase or group. Everywhere else
// (`a-b`, `a - b`, `--flag`) it is punctuation.
function isExclusion(reading: Reading): boolean {
  const { text, at } = reading
  if (text.charAt(at) !== '-') return false
  const before = text.charAt(at - 1)
  if (at > 0 && before !== '(' && !isBlank(before)) return false
  const ahead = { ...reading, at: at + 1 }
  const next = charAt(ahead)
  if (next === '(' || closers.has(next)) return true
  return next !== '-' && isWorthReading(scanChars(ahead, false))
}

function isWorthReading(chars: readonly Char[]): boolean {
  return chars.some((char) => isSyntax(char, '*')) || hasContent(textOf(chars))
}

/** Reads on to the end of the word, or behind its first colon if `stopsAtName` and that ends a name. */
function scanChars(reading: Reading, stopsAtName: boolean): Char[] {
  const chars: Char[] = []
  let canBeName = stopsAtName
  for (;;) {
    let char = charAt(reading)
    if (endsWord(char)) return chars
    reading.at += char.length
    const isEscaped = char === '\\' && reading.at < reading.text.length
    if (isEscaped) {
      char = charAt(reading)
      reading.at += char.length
    }
    chars.push({ text: char, isEscaped })
    if (char !== ':' || isEscaped || !canBeName) continue
    if (isName(chars) && startsValue(reading, chars)) return chars
    canBeName = false
  }
}

const knownNames = new Map<string, FieldName>([
  ['title', { kind: 'text', name: 'title' }],
  ['filename', { kind: 'text', name: 'filename' }],
  ['created', { kind: 'range', name: 'created' }],
  ['date', { kind: 'range', name: 'date' }],
  ...['mime', 'modality', 'lang', 'object'].map((name): [string, FieldName] => [
    name,
    { kind: 'keyword', name },
  ]),
])

function isMetadata(chars: readonly Char[]): boolean {
  return textOf(chars.slice(0, 5)) === 'meta.' && chars.slice(0, 5).every((c) => !c.isEscaped)
}

// `chars` ends with the colon.
function isName(chars: readonly Char[]): boolean {
  if (isMetadata(chars)) return true
  return !chars.some((char) => char.isEscaped) && /^[a-z][a-z0-9_]*:$/.test(textOf(chars))
}

// A known name takes whatever follows at once; an unknown one needs what looks like a value, so that
// `http://x` stays text.
function startsValue(reading: Reading, chars: readonly Char[]): boolean {
  const next = charAt(reading)
  const isKnown = isMetadata(chars) || knownNames.has(textOf(chars.slice(0, -1)))
  if (isKnown) return next !== '' && next !== ')' && next !== ':' && !isBlank(next)
  return closers.has(next) || /^[([{<>*\\]$/.test(next) || hasContent(next)
}

type FieldReading = { kind: 'known'; field: FieldName } | { kind: 'unknown' }

function fieldOf(
  reading: Reading,
  chars: readonly Char[],
  start: number,
): FieldReading | undefined {
  if (!isSyntax(chars.at(-1), ':')) return undefined
  if (!isName(chars) || !startsValue(reading, chars)) return undefined
  const name = textOf(chars.slice(0, -1)).normalize('NFC')
  const keyLength = isMetadata(chars) ? chars.length - 6 : 0
  const known = knownNames.get(name)
  if (known !== undefined) return { kind: 'known', field: known }
  if (keyLength >= 1 && keyLength <= metadataKeyMax) {
    return { kind: 'known', field: { kind: 'keyword', name } }
  }
  reading.problems.note({ start, end: reading.at - 1 }, unknownField(name))
  return { kind: 'unknown' }
}

function readField(reading: Reading, name: FieldReading, start: number): void {
  if (name.kind === 'known') {
    reading.tokens.push({ kind: 'field', field: name.field, start, end: reading.at })
  }
  const char = charAt(reading)
  if (char === '(') readParenthesis(reading, char)
  else if (closers.has(char)) readPhrase(reading, true)
  else if (!readBrackets(reading)) {
    const from = reading.at
    const chars = scanChars(reading, false)
    reading.tokens.push({ kind: 'word', chars, start: from, end: reading.at })
  }
}

function readBrackets(reading: Reading): boolean {
  const brackets = /[[{]\s*[^\s\]}]+\s+TO\s+[^\s\]}]+\s*[\]}]/y
  brackets.lastIndex = reading.at
  const text = brackets.exec(reading.text)?.[0]
  if (text === undefined) return false
  reading.tokens.push({ kind: 'brackets', text, start: reading.at, end: reading.at + text.length })
  reading.at += text.length
  return true
}

function operatorOf(reading: Reading, chars: readonly Char[], span: Span): Token | undefined {
  if (chars.some((char) => char.isEscaped)) return undefined
  const text = textOf(chars)
  if (text === 'AND') return { kind: 'and', ...span }
  if (text === 'OR') return { kind: 'or', ...span }
  if (text === 'NOT') return { kind: 'not', ...span }
  const near = /^(O?)NEAR(?:\/(.*))?$/su.exec(text)
  if (near === null) return undefined
  const digits = near[2] ?? distanceApart(reading)
  const distance = digits === undefined ? distanceDefault : Number(digits)
  const isGood = digits === undefined || (/^\d{1,4}$/.test(digits) && distance <= distanceMax)
  if (!isGood) reading.problems.note(span, badDistance)
  return { kind: 'near', distance, ordered: near[1] === 'O', ...span }
}

// `NEAR /5` would quietly mean `NEAR/10` beside the word 5: it is refused instead.
function distanceApart({ text, at }: Reading): string | undefined {
  return /^\s+\/\s*\d/.test(text.slice(at, at + 8)) ? 'apart' : undefined
}

const neverClosed: Mistake = {
  code: 'unbalanced_parenthesis',
  text: 'This parenthesis is never closed.',
  hint: 'Add the missing ), or write \\( for the character itself.',
}
const neverOpened: Mistake = {
  code: 'unbalanced_parenthesis',
  text: 'This parenthesis closes nothing.',
  hint: 'Remove it or add the missing (, or write \\) for the character itself.',
}
const quoteNeverClosed: Mistake = {
  code: 'unbalanced_quote',
  text: 'This quotation mark is never closed.',
  hint: 'Add the closing quotation mark, or write \\" for the character itself.',
}
const slop: Mistake = {
  code: 'slop_unsupported',
  text: 'A distance after a phrase is not supported.',
  hint: 'Use NEAR: a NEAR/3 b finds both words with at most 3 words between them.',
}
const badDistance: Mistake = {
  code: 'bad_distance',
  text: `The distance of NEAR must be a whole number from 0 to ${distanceMax}, written at once.`,
  hint: 'Write NEAR/5 or ONEAR/5 without a blank; NEAR alone means NEAR/10.',
}

function unknownField(name: string): Mistake {
  return {
    code: 'unknown_field',
    text: `There is no field ${name.length > metadataKeyMax ? 'of this name' : name}.`,
    hint: 'Fields are title, filename, mime, modality, lang, object, created, date and meta.<key>; write \\: for the character itself.',
  }
}
