// What any engine refuses before it looks at its data. The parser has limits of its own; these are wider
// and keep a tree from elsewhere from taking unbounded time or stack.
import type { SearchRequest } from '../engine.ts'
import { QuestionError } from '../error.ts'
import type { NearOperand, Node } from '../tree.ts'

const nodesMax = 2_048
const depthMax = 64
const textUnitsMax = 8_192
const hitsMax = 10_000

/** @throws QuestionError or, where the caller is wrong, RangeError */
export function checkRequest({ tree, mode, vectors, limit, timeLimitMs }: SearchRequest): void {
  if (!Number.isInteger(limit) || limit < 0 || limit > hitsMax) {
    throw new RangeError(`limit is a whole number from 0 to ${hitsMax}`)
  }
  if (!(timeLimitMs >= 0)) throw new RangeError('timeLimitMs is not negative')
  checkTree(tree)
  if (mode === 'lexical') return
  const hint =
    vectors.size === 0
      ? 'The question has no vector; search in mode lexical.'
      : 'No passage here has a vector; search in mode lexical.'
  throw new QuestionError('no_vectors', tree, hint)
}

function checkTree(tree: Node): void {
  let nodes = 0
  let units = 0
  const visit = (node: Node | NearOperand, depth: number): void => {
    nodes++
    if ('text' in node) units += node.text.length
    if (node.kind === 'pattern') {
      for (const part of node.parts) units += part.kind === 'text' ? part.text.length : 1
    }
    if (nodes > nodesMax || units > textUnitsMax) {
      throw new QuestionError('too_many_clauses', node, 'Ask for fewer words at once.')
    }
    if (depth > depthMax) throw new QuestionError('too_deep', node, 'Use fewer parentheses.')
    for (const child of childrenOf(node)) visit(child, depth + 1)
  }
  visit(tree, 1)
}

function childrenOf(node: Node | NearOperand): readonly (Node | NearOperand)[] {
  if ('children' in node) return node.children
  if ('child' in node) return [node.child]
  return node.kind === 'near' ? [node.left, node.right] : []
}
