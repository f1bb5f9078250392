// A small bonus where neighbouring words of the question stand close together in the passage (in the
// spirit of Büttcher, Clarke, Lushman 2006). It reorders only the best few, which it scores with positions.
import { scoreBm25 } from '../search/bm25.ts'
import type { Leaf } from './plan.ts'
import type { Candidate } from './rank.ts'
import type { Reach } from './reach.ts'
import { positionsOf } from './source.ts'

export const proximityCandidatesMax = 200

const weight = 0.1
const distanceMax = 5

/** Adds the bonus to the score of each candidate. */
export function addProximity(candidates: Candidate[], words: Leaf[], reach: Reach): void {
  const pairs = new Map<string, [Leaf, Leaf][]>()
  for (const space of reach.spaces) pairs.set(space, neighbours(words, space))
  for (const candidate of candidates) {
    let bonus = 0
    for (const [left, right] of pairs.get(candidate.row.stemSpace) ?? []) {
      const closeness = closenessIn(candidate, left, right, reach)
      if (closeness === 0) continue
      const { length } = candidate.row
      const { averageLength } = reach
      bonus += scoreBm25(closeness, Math.min(left.idf, right.idf), { length, averageLength })
    }
    candidate.score += weight * bonus
  }
}

function neighbours(words: Leaf[], space: string): [Leaf, Leaf][] {
  const asked = words.filter(({ droppedIn }) => !droppedIn.has(space))
  return asked.flatMap((word, index): [Leaf, Leaf][] => {
    const next = asked[index + 1]
    return next && next.key !== word.key ? [[word, next]] : []
  })
}

// Σ 1/distance² over the pairs of positions of the two words.
function closenessIn({ shard, doc }: Candidate, left: Leaf, right: Leaf, reach: Reach): number {
  if (left.source.kind !== 'terms' || right.source.kind !== 'terms') return 0
  const lefts = positionsOf(left.source, shard, doc)
  const rights = positionsOf(right.source, shard, doc)
  reach.deadline.spend(lefts.length + rights.length)
  let sum = 0
  let from = 0
  for (let index = 0; index < lefts.length; index++) {
    const position = lefts[index]!
    while (from < rights.length && rights[from]! < position - distanceMax) from++
    for (let at = from; at < rights.length && rights[at]! <= position + distanceMax; at++) {
      const distance = rights[at]! - position
      if (distance !== 0) sum += 1 / (distance * distance)
    }
  }
  return sum
}
