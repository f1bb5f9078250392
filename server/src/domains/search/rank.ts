// From a question to a ranking within the caller's reach. One session ranks once; its pages never rank
// again (retrieval 7).
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as catalog from '../catalog/catalog.ts'
import { dedupe } from './duplicates.ts'
import type { EngineFilters } from './engine.ts'
import type { SearchDeps, SearchFilters, SearchInput } from './input.ts'
import { chooseMode } from './mode.ts'
import type { Session } from './page.ts'
import type { Question } from './question.ts'
import * as store from './store.ts'

const rankedMax = 1_000

function modelFacts({ engine, embedder }: SearchDeps, reach: access.Reach) {
  const hasVectors = embedder !== null && engine.hasVectors(reach)
  return { hasVectors, autoHybrid: embedder?.autoHybrid ?? false, scripts: embedder?.scripts ?? [] }
}

export async function reachOf(
  { db }: SearchDeps,
  { actor, now }: Call,
  input: SearchInput,
): Promise<access.Reach> {
  const datasetIds = input.datasetIds.length > 0 ? input.datasetIds : null
  const reach = await access.reachFor(db, actor, { datasetIds, now })
  const { use } = input
  if (use === null) return reach
  const offers = await catalog.offersFor(db, actor, idsOf(reach), now)
  return access.narrowReach(reach, ({ id }) => offers.get(id)?.allowedUses.includes(use) ?? false)
}

/** Finds and ranks, and notes the terms that hold for the session. Nothing is charged. */
export async function rank(
  deps: SearchDeps,
  call: Call,
  { input, question, reach }: { input: SearchInput; question: Question; reach: access.Reach },
): Promise<Session> {
  const choice = chooseMode(question, modelFacts(deps, reach), input.mode)
  const { db, engine, settings } = deps
  const result = await engine.search(
    {
      reach,
      tree: question.tree,
      plain: choice.plain,
      filters: await engineFilters(db, reach, input.filters),
      limit: rankedMax,
      timeLimitMs: settings.searchTimeoutMs,
      explain: input.explain,
    },
    call.signal,
  )
  const found = await dedupe(db, call, reach, result.found)
  const foundIn = new Set(found.map((one) => one.datasetNo))
  const datasetIds = reach.datasets.filter(({ no }) => foundIn.has(no)).map(({ id }) => id)
  return {
    id: null,
    question,
    reach,
    mode: choice.mode,
    requestedMode: input.mode,
    fusion: null,
    datasetIds: idsOf(reach),
    ranking: found.map(({ chunkNo, score }) => [String(chunkNo), score]),
    pricedAt: call.now,
    offers: await catalog.offersFor(db, call.actor, datasetIds, call.now),
    quote: null,
    explain: input.explain ? { rule: choice.rule, plain: choice.plain, ...result.explain } : null,
  }
}

async function engineFilters(
  db: Db,
  reach: access.Reach,
  { objectIds, ...filters }: SearchFilters,
): Promise<EngineFilters> {
  const objectNos = objectIds && (await store.listObjectNos(db, reach, objectIds))
  return { ...filters, objectNos }
}

function idsOf(reach: access.Reach): Id<'dset'>[] {
  return reach.datasets.map((dataset) => dataset.id)
}
