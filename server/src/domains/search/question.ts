// The door of the question language (docs: the query syntax): text in, tree out. A question is read
// once; engines only translate the tree. Whatever the text is, it ends in a tree or in one Failure
// with the place of the first mistake, in time that grows with its length alone.
//
//   query = or                         or   = and { "OR" and }
//   and   = unary { [ "AND" ] unary }  unary = [ "NOT" | "-" ] near
//   near  = prim [ ( "NEAR" | "ONEAR" ) [ "/" int ] prim ]
//   prim  = "(" or ")" | phrase | range | field ":" prim | word | pattern | word "~" [ "1" | "2" ]
import type { Failure } from '../../base/errors.ts'
import { readTokens } from './question-lexer.ts'
import { parseTokens } from './question-parser.ts'
import { failureOf, openProblems } from './question-problem.ts'
import type { Node, WordNode } from './question-tree.ts'
import { hasContent } from './question-word.ts'

export interface Question {
  /** As sent; every offset counts UTF-16 units in it. */
  text: string
  tree: Node
  /** The words and phrases asked for, without syntax and without what NOT excludes: for a model. */
  wordsText: string
  /** Any of AND, OR, NOT, `-`, NEAR, wildcard, fuzzy: then nothing in the tree is optional. */
  hasOperators: boolean
  /** Fields and ranges alone: no free words, nothing but newest first to rank by. */
  onlyFields: boolean
  /** One quoted phrase and nothing else. */
  isOnePhrase: boolean
  /** One word with a digit, `_`, `/` or an inner `-`, and nothing else: a code or a number. */
  isOneCode: boolean
}

/** In Unicode code points. */
export const questionLengthMax = 2_000

/**
 * Reads a question. Throws a Failure with one of the codes of the query language and with
 * `details: { start, end, hint }`, UTF-16 offsets into `text`; nothing else.
 */
export function parseQuestion(text: string): Question {
  requireLength(text)
  if (!hasContent(text)) throw emptyQuestion(text)
  const problems = openProblems()
  const { node, hasOperators } = parseTokens(readTokens(text, problems), problems)
  problems.throwFirst()
  if (node === undefined) throw emptyQuestion(text)
  const tree = hasOperators ? node : withPlainWords(node)
  return {
    text,
    tree,
    wordsText: wordsOf(tree),
    hasOperators,
    onlyFields: hasOnlyFields(tree),
    isOnePhrase: !hasOperators && tree.kind === 'phrase',
    isOneCode: isCode(tree),
  }
}

function requireLength(text: string): void {
  let end = 0
  for (let length = 0; length < questionLengthMax && end < text.length; length++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  }
  if (end === text.length) return
  throw failureOf(
    { start: end, end: text.length },
    {
      code: 'query_too_long',
      text: `A question may have at most ${questionLengthMax} characters.`,
      hint: 'Shorten the question, or use filters instead of long lists.',
    },
  )
}

function emptyQuestion(text: string): Failure {
  return failureOf(
    { start: 0, end: text.length },
    {
      code: 'query_empty',
      text: 'The question has no letter and no digit.',
      hint: 'Write at least one word.',
    },
  )
}

// Without any operator the tree is a flat list. Its free words become one run, at the place of the
// first of them, so that the caller may make them optional.
function withPlainWords(node: Node): Node {
  const items = node.kind === 'and' ? node.children : [node]
  const words = items.filter(isWord)
  const [first, last] = [words[0], words.at(-1)]
  if (first === undefined || last === undefined) return node
  const plain: Node = { kind: 'plain', children: words, start: first.start, end: last.end }
  const children = items.flatMap((item) => (item === first ? [plain] : isWord(item) ? [] : [item]))
  return children.length === 1 ? plain : { ...node, kind: 'and', children }
}

function isWord(node: Node): node is WordNode {
  return node.kind === 'word'
}

function wordsOf(tree: Node): string {
  const found: { start: number; text: string }[] = []
  collectWords(tree, found)
  return found
    .sort((a, b) => a.start - b.start)
    .map(({ text }) => text)
    .join(' ')
}

function collectWords(node: Node, found: { start: number; text: string }[]): void {
  switch (node.kind) {
    case 'plain':
    case 'and':
    case 'or':
      for (const child of node.children) collectWords(child, found)
      return
    case 'near':
      collectWords(node.left, found)
      collectWords(node.right, found)
      return
    case 'text_field':
      if (node.field === 'title') collectWords(node.child, found)
      return
    case 'word':
    case 'phrase':
    case 'fuzzy':
      found.push(node)
      return
    case 'pattern': {
      const [part, second] = node.parts.flatMap((piece) => (piece.kind === 'text' ? [piece] : []))
      if (part !== undefined && second === undefined) found.push({ ...part, start: node.start })
      return
    }
    // What is excluded or only filters says nothing to a model.
    case 'not':
    case 'keyword':
    case 'range':
  }
}

function hasOnlyFields(node: Node): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.children.every(hasOnlyFields)
    case 'not':
      return hasOnlyFields(node.child)
    default:
      return node.kind === 'text_field' || node.kind === 'keyword' || node.kind === 'range'
  }
}

function isCode(tree: Node): boolean {
  const [word, second] = tree.kind === 'plain' ? tree.children : []
  if (word === undefined || second !== undefined) return false
  if (/[\p{Nd}_/]/u.test(word.text)) return true
  const chars = [...word.text]
  const inner = chars.slice(chars.findIndex(hasContent), chars.findLastIndex(hasContent))
  return inner.includes('-')
}
