// Okapi BM25 (Robertson, Walker 1994) with the non-negative idf. One term order, one formula: scores are
// float64 sums in the order of the question, so they do not depend on how the index is laid out.

const k1 = 1.2
const b = 0.75

/** ln(1 + (N − df + 0.5)/(df + 0.5)); never negative. */
export function idfOf(chunksWithTerm: number, chunks: number): number {
  return Math.log(1 + (chunks - chunksWithTerm + 0.5) / (chunksWithTerm + 0.5))
}

/** What a term adds to a score. Lengths in tokens, function words not counted. */
export function scoreBm25(
  tf: number,
  idf: number,
  { length, averageLength }: { length: number; averageLength: number },
): number {
  const relative = averageLength > 0 ? length / averageLength : 1
  return (idf * (tf * (k1 + 1))) / (tf + k1 * (1 - b + b * relative))
}
