// One search over the datasets of its reach: plan, match dataset by dataset, rank.
import type { SearchRequest, SearchResult } from '../engine.ts'
import { Deadline } from './deadline.ts'
import { evaluate } from './evaluate.ts'
import { type Plan, planQuestion } from './plan.ts'
import { addProximity, proximityCandidatesMax } from './proximity.ts'
import { Best, bestFirst, type Candidate, newestFirst } from './rank.ts'
import type { Reach } from './reach.ts'
import { testFilters } from './row-test.ts'
import type { Shard } from './shard.ts'

/** `shards` ascending by dataset; those without a live chunk may be among them. */
export function runSearch(
  request: SearchRequest,
  shards: Shard[],
  generation: bigint,
): SearchResult {
  const startMs = performance.now()
  const reach = reachOf(shards, new Deadline(request.timeLimitMs))
  reach.deadline.look()
  const plan = planQuestion(request.tree, request.plain, reach)
  const plannedMs = performance.now()

  const { best, countsPerDataset } = match(request, plan, reach)
  const matchedMs = performance.now()

  const ranked = rank(best.ranked(), plan, reach).slice(0, request.limit)
  reach.deadline.look()
  const hits = ranked.map(({ shard, row, score }, index) => ({
    chunkNo: row.chunkNo,
    datasetNo: shard.datasetNo,
    objectNo: row.objectNo,
    score,
    rankLexical: index + 1,
    rankDense: null,
    passageHash: row.passageHash,
  }))
  const timings = {
    planMs: plannedMs - startMs,
    matchMs: matchedMs - plannedMs,
    rankMs: performance.now() - matchedMs,
  }
  const explain = request.explain ? explainOf(plan, reach) : null
  return { hits, countsPerDataset, generation, timings, explain }
}

function reachOf(all: Shard[], deadline: Deadline): Reach {
  const shards = all.filter(({ liveCount }) => liveCount > 0)
  const spaces = new Set(shards.flatMap(({ liveBySpace }) => [...liveBySpace.keys()]))
  const chunks = shards.reduce((sum, { liveCount }) => sum + liveCount, 0)
  const length = shards.reduce((sum, { liveLength }) => sum + liveLength, 0)
  const averageLength = chunks === 0 ? 0 : length / chunks
  return { shards, spaces: [...spaces].sort(), chunks, averageLength, deadline }
}

function match({ filters, limit }: SearchRequest, plan: Plan, reach: Reach) {
  const passes = testFilters(filters)
  const wanted = Math.max(limit, plan.isScored ? proximityCandidatesMax : 0)
  const best = new Best(wanted, plan.isScored ? bestFirst : newestFirst)
  const countsPerDataset = new Map<number, number>()
  for (const shard of reach.shards) {
    const { docs, scores } = evaluate(plan.root, shard, reach)
    let count = 0
    for (let index = 0; index < docs.length; index++) {
      reach.deadline.spend(4)
      const doc = docs[index]!
      const row = shard.rows[doc]!
      if (filters.length > 0 && !passes(row)) continue
      count++
      best.offer({ shard, doc, row, score: scores[index]! })
    }
    if (count > 0) countsPerDataset.set(shard.datasetNo, count)
  }
  return { best, countsPerDataset }
}

function rank(candidates: Candidate[], plan: Plan, reach: Reach): Candidate[] {
  if (!plan.isScored || plan.words.length < 2) return candidates
  const boosted = candidates.slice(0, proximityCandidatesMax)
  addProximity(boosted, plan.words, reach)
  return [...boosted.sort(bestFirst), ...candidates.slice(proximityCandidatesMax)]
}

function explainOf({ parts, isScored }: Plan, { chunks, averageLength }: Reach) {
  const order = isScored ? ('score' as const) : ('newest' as const)
  return { chunks, averageLength, order, parts }
}
