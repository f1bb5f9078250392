// Writes a tree as a question. Reading it gives the same tree but for the offsets: that is how the
// parser is tested, and how a question can be shown in one form.
import { printDateRange } from './question-dates.ts'
import type { Node, PatternNode } from './question-tree.ts'

// Tightest last. A child that binds less tightly than its place needs parentheses.
const tightness = { or: 0, and: 1, not: 2, near: 3, prim: 4 } as const
type Tightness = (typeof tightness)[keyof typeof tightness]

export function printQuestion(tree: Node): string {
  const isPlain = (node: Node) => node.kind === 'plain'
  // One AND anywhere would make the plain words required, so there is none beside them.
  const hasPlain = isPlain(tree) || (tree.kind === 'and' && tree.children.some(isPlain))
  return print(tree, tightness.or, hasPlain ? ' ' : ' AND ')
}

function print(node: Node, place: Tightness, and: string): string {
  const own = tightnessOf(node)
  const text = printBare(node, own, and)
  return own < place ? `(${text})` : text
}

function tightnessOf(node: Node): Tightness {
  switch (node.kind) {
    case 'or':
    case 'and':
    case 'not':
    case 'near':
      return tightness[node.kind]
    case 'plain':
      return tightness.and
    default:
      return tightness.prim
  }
}

function printBare(node: Node, own: Tightness, and: string): string {
  switch (node.kind) {
    case 'plain':
      return node.children.map((child) => print(child, own, and)).join(' ')
    case 'and':
      return node.children.map((child) => print(child, own, and)).join(and)
    case 'or':
      return node.children.map((child) => print(child, tightness.and, and)).join(' OR ')
    case 'not':
      return `NOT ${print(node.child, tightness.near, and)}`
    case 'near': {
      const operator = `${node.ordered ? 'O' : ''}NEAR/${node.distance}`
      const sides = [node.left, node.right].map((side) => print(side, tightness.prim, and))
      return sides.join(` ${operator} `)
    }
    case 'text_field':
      return `${node.field}:${print(node.child, tightness.prim, and)}`
    case 'keyword':
      return `${escapeWord(node.field)}:${quote(node.value)}`
    case 'range':
      return `${node.field}:${printDateRange(node)}`
    case 'word':
      return escapeWord(node.text)
    case 'phrase':
      return quote(node.text)
    case 'pattern':
      return printPattern(node)
    case 'fuzzy':
      return `${escapeWord(node.text)}~${node.distance}`
  }
}

function printPattern({ parts }: PatternNode): string {
  const printed = parts.map((part) => {
    if (part.kind === 'text') return escapeWord(part.text)
    return part.kind === 'any' ? '*' : '?'
  })
  return printed.join('')
}

function escapeWord(text: string): string {
  const escaped = text.replace(/[\s\p{Cc}()"“”„\\*?~:]|^[-[{]/gu, '\\$&')
  return /^(AND|OR|NOT|O?NEAR(\/.*)?)$/s.test(escaped) ? `\\${escaped}` : escaped
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
