// The invariants of a dataset in memory, counted again from its rows.
import type { Problem } from '../engine.ts'
import type { Dictionary } from './dictionary.ts'
import type { Shard } from './shard.ts'

export function verifyShard(
  shard: Shard,
  isPlaced: (chunkNo: bigint, doc: number) => boolean,
): Problem[] {
  const { datasetNo, rows, liveCount, liveLength } = shard
  const problems: Problem[] = []
  const report = (message: string) => problems.push({ datasetNo, message })
  const live = rows.filter((row) => row.isLive)
  if (live.length !== liveCount) report(`${live.length} live chunks, counted as ${liveCount}`)
  const length = live.reduce((sum, row) => sum + row.length, 0)
  if (length !== liveLength) report(`live length ${length}, counted as ${liveLength}`)
  for (const [doc, row] of rows.entries()) {
    if (row.isLive && !isPlaced(row.chunkNo, doc))
      report(`chunk ${row.chunkNo} is not found by number`)
  }
  for (const dictionary of [shard.stems, shard.surfaces, shard.filenames]) {
    const broken = brokenTerm(dictionary, rows.length)
    if (broken !== undefined) report(`the chunks of a term are out of order: ${broken}`)
  }
  return problems
}

function brokenTerm(dictionary: Dictionary, rows: number): string | undefined {
  for (const [term, posting] of dictionary.all()) {
    for (let index = 0; index < posting.count; index++) {
      const isAfter = index === 0 || posting.doc(index) > posting.doc(index - 1)
      if (!isAfter || posting.doc(index) >= rows) return term
    }
  }
  return undefined
}
