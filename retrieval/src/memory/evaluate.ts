// The plan's tree over one dataset: which chunks match, and their BM25 sums, added in the order of the
// question from 0, so that the same float64 comes out wherever a chunk stands. Hot; `npm run eval`.
import { scoreBm25 } from '../search/bm25.ts'
import type { Leaf, PlanNode } from './plan.ts'
import type { Reach } from './reach.ts'
import type { Shard } from './shard.ts'
import { occurrencesIn } from './source.ts'

/** Live chunks, ascending, with a score each. */
export interface Matches {
  docs: Uint32Array
  scores: Float64Array
}

export function evaluate(node: PlanNode, shard: Shard, reach: Reach): Matches {
  switch (node.kind) {
    case 'nothing':
      return { docs: new Uint32Array(0), scores: new Float64Array(0) }
    case 'leaf':
      return evaluateLeaf(node, shard, reach)
    case 'rows':
      return evaluateRows(node, shard, reach)
    case 'or':
      return addUp(
        node.children.map((child) => evaluate(child, shard, reach)),
        shard,
        () => 1,
      )
    case 'plain':
      return evaluatePlain(node, shard, reach)
    case 'and':
      return evaluateAnd(node, shard, reach)
  }
}

function evaluateLeaf(leaf: Leaf, shard: Shard, reach: Reach): Matches {
  const { source, zone, idf, weight, isScored } = leaf
  const { docs, tfs } = occurrencesIn(source, shard, reach.deadline, zone === 'title')
  const scores = new Float64Array(docs.length)
  if (!isScored) return { docs, scores }
  const { averageLength } = reach
  for (let index = 0; index < docs.length; index++) {
    const { length } = shard.rows[docs[index]!]!
    scores[index] = weight * scoreBm25(tfs[index]!, idf, { length, averageLength })
  }
  return { docs, scores }
}

function evaluateRows(
  { test }: Extract<PlanNode, { kind: 'rows' }>,
  shard: Shard,
  { deadline }: Reach,
): Matches {
  const docs: number[] = []
  for (const [doc, row] of shard.rows.entries()) {
    deadline.spend(1)
    if (row.isLive && test(row)) docs.push(doc)
  }
  return { docs: Uint32Array.from(docs), scores: new Float64Array(docs.length) }
}

// A language may drop function words, so how many words a chunk needs depends on its language.
function evaluatePlain(
  { words, isAll }: Extract<PlanNode, { kind: 'plain' }>,
  shard: Shard,
  reach: Reach,
): Matches {
  const needed = new Map<string, number>()
  for (const space of reach.spaces) {
    needed.set(space, isAll ? words.filter(({ droppedIn }) => !droppedIn.has(space)).length : 1)
  }
  const found = words.map((word) => evaluateLeaf(word, shard, reach))
  return addUp(found, shard, (doc) => needed.get(shard.rows[doc]!.stemSpace) ?? 1)
}

function evaluateAnd(
  { children, nots }: Extract<PlanNode, { kind: 'and' }>,
  shard: Shard,
  reach: Reach,
): Matches {
  let kept: Matches | undefined
  for (const child of children) {
    const found = evaluate(child, shard, reach)
    kept = kept ? both(kept, found) : found
    if (kept.docs.length === 0) return kept
  }
  for (const not of nots) {
    const excluded = new Set(evaluate(not, shard, reach).docs)
    if (kept && excluded.size > 0) kept = keep(kept, (doc) => !excluded.has(doc))
  }
  return kept ?? { docs: new Uint32Array(0), scores: new Float64Array(0) }
}

function addUp(lists: Matches[], shard: Shard, needed: (doc: number) => number): Matches {
  const [first] = lists
  if (lists.length === 1 && first) return first
  const sums = new Float64Array(shard.rows.length)
  const counts = new Uint16Array(shard.rows.length)
  for (const { docs, scores } of lists) {
    for (let index = 0; index < docs.length; index++) {
      const doc = docs[index]!
      sums[doc] = sums[doc]! + scores[index]!
      counts[doc] = counts[doc]! + 1
    }
  }
  const kept: number[] = []
  for (let doc = 0; doc < counts.length; doc++) {
    if (counts[doc]! > 0 && counts[doc]! >= needed(doc)) kept.push(doc)
  }
  return { docs: Uint32Array.from(kept), scores: Float64Array.from(kept, (doc) => sums[doc]!) }
}

function both(left: Matches, right: Matches): Matches {
  const docs: number[] = []
  const scores: number[] = []
  let at = 0
  for (let index = 0; index < left.docs.length; index++) {
    const doc = left.docs[index]!
    while (at < right.docs.length && right.docs[at]! < doc) at++
    if (right.docs[at] !== doc) continue
    docs.push(doc)
    scores.push(left.scores[index]! + right.scores[at]!)
  }
  return { docs: Uint32Array.from(docs), scores: Float64Array.from(scores) }
}

function keep({ docs, scores }: Matches, test: (doc: number) => boolean): Matches {
  const kept = docs.filter(test)
  return { docs: kept, scores: scores.filter((_, index) => test(docs[index]!)) }
}
