// Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).

const rankConstant = 60

export interface Fused {
  chunkNo: bigint
  score: number
}

/** Lists are best first; ranks count from 1. Score = Σ weight / (60 + rank); ties by chunkNo. */
export function fuse(lists: readonly (readonly bigint[])[], weights: readonly number[]): Fused[] {
  if (lists.length !== weights.length) throw new RangeError('one weight for each list')
  const scores = new Map<bigint, number>()
  for (const [listNo, list] of lists.entries()) {
    for (const [index, chunkNo] of list.entries()) {
      const score = weights[listNo]! / (rankConstant + index + 1)
      scores.set(chunkNo, (scores.get(chunkNo) ?? 0) + score)
    }
  }
  return [...scores]
    .map(([chunkNo, score]) => ({ chunkNo, score }))
    .sort((one, other) => other.score - one.score || (one.chunkNo < other.chunkNo ? -1 : 1))
}
