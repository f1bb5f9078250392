// Tokens to tree, by recursive descent. Depth is bounded by the parentheses, never by the length. On
// a mistake it notes the place and goes on with a stand-in that any operator accepts; a tree that
// holds one is never handed out, because the caller throws the first mistake.

import { readDateRange } from './question-dates.ts'
import { keywordMistake, readKeyword } from './question-keyword.ts'
import type { FieldName, Token } from './question-lexer.ts'
import type { Mistake, Problems } from './question-problem.ts'
import type { NearOperand, Node, PhraseNode, Span } from './question-tree.ts'
import { hasContent, isPrefix, readWord, textOf, withoutQuestionMark } from './question-word.ts'

export const leavesMax = 512
export const depthMax = 20
/** Wildcards and fuzzy words together: each walks through the dictionary. */
export const patternsMax = 16

interface Parsing {
  tokens: readonly Token[]
  at: number
  problems: Problems
  depth: number
  leafCount: number
  patternCount: number
  hasOperators: boolean
  /** The field whose value is being read. */
  field: FieldName | null
}

type Operator = Extract<Token, { kind: 'and' | 'or' | 'not' | 'near' }>

/** `node` is undefined if there are no tokens; it means nothing once `problems` holds a mistake. */
export function parseTokens(
  tokens: readonly Token[],
  problems: Problems,
): { node: Node | undefined; hasOperators: boolean } {
  const parsing: Parsing = {
    tokens,
    at: 0,
    problems,
    depth: 0,
    leafCount: 0,
    patternCount: 0,
    hasOperators: false,
    field: null,
  }
  const node = readOr(parsing)
  return { node, hasOperators: parsing.hasOperators }
}

// Undefined if there is nothing at all up to the end of the group.
function readOr(parsing: Parsing): Node | undefined {
  const first = readAnd(parsing)
  if (peek(parsing)?.kind !== 'or') return first
  const items = first === undefined ? [] : [first]
  let isDue = first === undefined
  for (let token = peek(parsing); token?.kind === 'or'; token = peek(parsing)) {
    take(parsing)
    parsing.hasOperators = true
    const next = peek(parsing)?.kind
    const item = readAnd(parsing)
    if (isDue || item === undefined || next === 'and' || next === 'near') {
      parsing.problems.note(token, noOperand)
    }
    if (item !== undefined) items.push(item)
    isDue = item === undefined
  }
  return joined('or', items) ?? standIn({ start: 0, end: 0 })
}

function readAnd(parsing: Parsing): Node | undefined {
  const items: Node[] = []
  let waiting: Token | undefined
  for (let token = peek(parsing); token !== undefined; token = peek(parsing)) {
    if (token.kind === 'close' || token.kind === 'or') break
    if (token.kind === 'and' || token.kind === 'near') {
      take(parsing)
      parsing.hasOperators = true
      const isLost = items.length === 0 || waiting !== undefined || token.kind === 'near'
      if (isLost) parsing.problems.note(waiting ?? token, noOperand)
      if (items.length === 0) items.push(standIn(token))
      waiting = token
    } else {
      items.push(readUnary(parsing))
      waiting = undefined
    }
  }
  if (waiting !== undefined) parsing.problems.note(waiting, noOperand)
  const node = joined('and', items)
  if (node === undefined || items.some((item) => item.kind !== 'not')) return node
  return refuse(parsing, node, onlyNegative)
}

function readUnary(parsing: Parsing): Node {
  const token = peek(parsing)
  if (token?.kind !== 'not') return readNear(parsing)
  take(parsing)
  parsing.hasOperators = true
  if (!startsOperand(peek(parsing))) {
    parsing.problems.note(token, noOperand)
    return standIn(token)
  }
  const child = readNear(parsing)
  return { kind: 'not', child, start: token.start, end: previousEnd(parsing) }
}

function readNear(parsing: Parsing): Node {
  const leftAt = spanAhead(parsing)
  const left = readPrimary(parsing)
  const operator = peek(parsing)
  if (operator?.kind !== 'near') return left
  take(parsing)
  parsing.hasOperators = true
  const node: Node = {
    kind: 'near',
    left: operandOf(parsing, left, leftAt),
    right: readRightOperand(parsing, operator),
    distance: operator.distance,
    ordered: operator.ordered,
    start: leftAt.start,
    end: previousEnd(parsing),
  }
  refuseChain(parsing)
  return node
}

function readRightOperand(parsing: Parsing, operator: Operator): NearOperand {
  const next = peek(parsing)
  if (next?.kind === 'not') parsing.problems.note(next, notAnOperand)
  else if (startsOperand(next)) {
    const at = spanAhead(parsing)
    return operandOf(parsing, readPrimary(parsing), at)
  } else parsing.problems.note(operator, noOperand)
  return standIn(operator)
}

function refuseChain(parsing: Parsing): void {
  for (let token = peek(parsing); token?.kind === 'near'; token = peek(parsing)) {
    parsing.problems.note(token, chained)
    take(parsing)
    if (startsOperand(peek(parsing))) readPrimary(parsing)
  }
}

function operandOf(parsing: Parsing, node: Node, at: Span): NearOperand {
  if (node.kind === 'word' || node.kind === 'phrase') return node
  if (node.kind === 'pattern' && isPrefix(node.parts)) return node
  if (node.kind === 'or') {
    return { ...node, children: node.children.map((child) => operandOf(parsing, child, at)) }
  }
  parsing.problems.note(at, notAnOperand)
  return standIn(at)
}

function readPrimary(parsing: Parsing): Node {
  const token = take(parsing)
  switch (token?.kind) {
    case 'open':
      return readGroup(parsing, token)
    case 'field':
      return readField(parsing, token)
    case 'word':
    case 'phrase':
    case 'brackets':
      return readLeaf(parsing, token)
    default:
      return standIn(token ?? { start: 0, end: 0 })
  }
}

function readGroup(parsing: Parsing, open: Extract<Token, { kind: 'open' }>): Node {
  if (parsing.depth === depthMax) {
    parsing.problems.note(open, tooDeep)
    parsing.at = open.partner === null ? parsing.tokens.length : open.partner + 1
    return standIn(open)
  }
  parsing.depth += 1
  const node = readOr(parsing)
  parsing.depth -= 1
  if (peek(parsing)?.kind === 'close') take(parsing)
  const span = { start: open.start, end: previousEnd(parsing) }
  if (node === undefined) parsing.problems.note(span, emptyGroup)
  return node ?? standIn(span)
}

function readField(parsing: Parsing, token: Extract<Token, { kind: 'field' }>): Node {
  const outer = parsing.field
  if (outer !== null) parsing.problems.note(token, fieldInField)
  parsing.field = token.field
  const child = readPrimary(parsing)
  parsing.field = outer
  const span = { start: token.start, end: previousEnd(parsing) }
  if (token.field.kind === 'text') {
    return { kind: 'text_field', field: token.field.name, child, ...span }
  }
  return { ...child, ...span }
}

type Leaf = Extract<Token, { kind: 'word' | 'phrase' | 'brackets' }>

function readLeaf(parsing: Parsing, token: Leaf): Node {
  parsing.leafCount += 1
  if (parsing.leafCount > leavesMax) parsing.problems.note(token, tooManyLeaves)
  if (parsing.field?.kind === 'keyword') return keywordOf(parsing, token, parsing.field.name)
  if (parsing.field?.kind === 'range') return rangeOf(parsing, token, parsing.field.name)
  if (token.kind === 'word') return wordOf(parsing, token)
  if (token.kind === 'phrase' && hasContent(token.text)) return phraseOf(token)
  return refuse(parsing, token, token.kind === 'brackets' ? noRange : emptyValue)
}

function phraseOf({ text, start, end }: Extract<Token, { kind: 'phrase' }>): PhraseNode {
  return { kind: 'phrase', text, start, end }
}

function keywordOf(parsing: Parsing, token: Leaf, field: string): Node {
  const value = token.kind === 'brackets' ? undefined : readKeyword(field, token)
  if (value === undefined) return refuse(parsing, token, keywordMistake(field))
  return { kind: 'keyword', field, value, start: token.start, end: token.end }
}

function rangeOf(parsing: Parsing, token: Leaf, field: 'created' | 'date'): Node {
  const value = token.kind === 'word' ? textOf(withoutQuestionMark(token.chars)) : token.text
  const range = readDateRange(value)
  if (range === undefined) return refuse(parsing, token, badDate)
  return { kind: 'range', field, ...range, start: token.start, end: token.end }
}

function wordOf(parsing: Parsing, token: Extract<Token, { kind: 'word' }>): Node {
  const { start, end } = token
  const reading = readWord(token.chars)
  if (reading.kind === 'mistake') return refuse(parsing, token, reading.mistake)
  if (reading.kind === 'word') {
    return hasContent(reading.text)
      ? { ...reading, start, end }
      : refuse(parsing, token, emptyValue)
  }
  // A phrase comes of a wildcard too: `*.pdf`.
  parsing.hasOperators = true
  const adjacent = reading.kind === 'adjacent' ? [reading.left, reading.right] : [reading]
  for (const part of adjacent) if (part.kind !== 'phrase') countPattern(parsing, token)
  if (reading.kind !== 'adjacent') return { ...reading, start, end }
  const left: NearOperand = { ...reading.left, start, end }
  const right: NearOperand = { ...reading.right, start, end }
  return { kind: 'near', left, right, distance: 0, ordered: true, start, end }
}

function countPattern(parsing: Parsing, token: Span): void {
  parsing.patternCount += 1
  if (parsing.patternCount > patternsMax) parsing.problems.note(token, tooManyPatterns)
}

// AND within AND and OR within OR are one: the same meaning, and one form for the engines.
function joined(kind: 'and' | 'or', items: readonly Node[]): Node | undefined {
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined || items.length === 1) return first
  const children = items.flatMap((item) => (item.kind === kind ? item.children : [item]))
  return { kind, children, start: first.start, end: last.end }
}

function refuse(parsing: Parsing, at: Span, mistake: Mistake): Node {
  parsing.problems.note(at, mistake)
  return standIn(at)
}

function standIn({ start, end }: Span): NearOperand {
  return { kind: 'word', text: '', start, end }
}

function startsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false
  const { kind } = token
  return !(kind === 'close' || kind === 'and' || kind === 'or' || kind === 'not' || kind === 'near')
}

function peek({ tokens, at }: Parsing): Token | undefined {
  return tokens[at]
}

function take(parsing: Parsing): Token | undefined {
  const token = parsing.tokens[parsing.at]
  parsing.at += 1
  return token
}

function previousEnd({ tokens, at }: Parsing): number {
  return tokens[at - 1]?.end ?? 0
}

// Of the operand that comes next, with its parentheses.
function spanAhead({ tokens, at }: Parsing): Span {
  const first = tokens[at]
  const value = first?.kind === 'field' ? tokens[at + 1] : first
  const last = value?.kind === 'open' ? tokens[value.partner ?? tokens.length - 1] : value
  return { start: first?.start ?? 0, end: last?.end ?? 0 }
}

const noOperand: Mistake = {
  code: 'missing_operand',
  text: 'This operator lacks a word, phrase or group beside it.',
  hint: 'Add what is missing. Operators are AND, OR, NOT, NEAR and ONEAR; in lower case, or as \\AND, they are words.',
}
const emptyGroup: Mistake = {
  code: 'missing_operand',
  text: 'There is nothing between these parentheses.',
  hint: 'Put words between them, or write \\( and \\) for the characters themselves.',
}
const onlyNegative: Mistake = {
  code: 'only_negative',
  text: 'Here everything is excluded and nothing is asked for.',
  hint: 'Add what should occur, such as report -draft; \\- is the character itself.',
}
const notAnOperand: Mistake = {
  code: 'near_operand',
  text: 'NEAR cannot take this as an operand.',
  hint: 'On each side stands a word, a phrase, a prefix such as contract*, or (a OR b); for a field write title:(a NEAR b).',
}
const chained: Mistake = {
  code: 'near_chained',
  text: 'NEAR joins two operands and cannot be chained.',
  hint: 'Write (a NEAR/5 b) AND (b NEAR/5 c).',
}
const tooDeep: Mistake = {
  code: 'too_deep',
  text: `Parentheses may be nested at most ${depthMax} deep.`,
  hint: 'Remove parentheses that are not needed.',
}
const tooManyLeaves: Mistake = {
  code: 'too_many_clauses',
  text: `A question may have at most ${leavesMax} words, phrases and values.`,
  hint: 'Leave out words, or use filters instead of long lists.',
}
const tooManyPatterns: Mistake = {
  code: 'too_many_clauses',
  text: `A question may have at most ${patternsMax} wildcards and fuzzy words.`,
  hint: 'Ask several questions, or write the words out.',
}
const fieldInField: Mistake = {
  code: 'bad_value',
  text: 'A field cannot stand inside the value of another field.',
  hint: 'Put them side by side: title:a lang:de; \\: is the character itself.',
}
const emptyValue: Mistake = {
  code: 'bad_value',
  text: 'This field has no word to look for.',
  hint: 'Write a word, a phrase or a group behind the colon; \\: is the character itself.',
}
const noRange: Mistake = {
  code: 'bad_value',
  text: 'Only created and date take a range.',
  hint: 'Write a word, a phrase or a group behind the colon.',
}
const badDate: Mistake = {
  code: 'bad_date',
  text: 'This is no date and no range of dates.',
  hint: 'Write 2024, 2024-03, 2024-03-05, >=2024, <2024-03-05T10:00:00Z or [2024-01-01 TO 2024-06], from the earlier to the later.',
}
