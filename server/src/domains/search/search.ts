// From a question to permitted, priced hits. The order is the product: permit → find → charge → reveal.
// It owns chunks, the outbox to the engine and the record of what was sold; ranking belongs to the
// engine and amounts to metering.
import { performance } from 'node:perf_hooks'
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import { dedupe } from './duplicates.ts'
import type { Embedder } from './embedder.ts'
import type { Engine, EngineFilters } from './engine.ts'
import { type AskedMode, chooseMode, type ModeChoice } from './mode.ts'
import { nextPage } from './next.ts'
import type { Session, SoldPage } from './page.ts'
import { parseQuestion, type Question } from './question.ts'
import { soldPage } from './sale.ts'
import * as store from './store.ts'
import { storedPage } from './stored.ts'

export type { ChunkInput, ObjectToIndex } from './chunks.ts'
export { dropObject, replaceChunks } from './chunks.ts'
export { engineLag, feedEngine, fillEngine } from './feed.ts'
export type { SoldHit, SoldPage } from './page.ts'
export { soldHit } from './sold.ts'
export type { Locator } from './store.ts'

export interface SearchDeps {
  db: Db
  engine: Engine
  /** Null: no model; then nothing can be searched by vectors. */
  embedder: Embedder | null
  settings: { searchTimeoutMs: number }
}

export interface SearchInput {
  text: string
  datasetIds: Id<'dset'>[]
  mode: AskedMode
  fusion: 'rrf' | 'convex' | null
  /** Hits of a page. */
  limit: number
  filters: SearchFilters
  includeText: boolean
  maxMicros: bigint | null
  allowPartial: boolean
  /** One word of a licence's allowed uses; null: not declared, not checked. */
  use: string | null
  explain: boolean
}

export interface SearchFilters {
  modalities: string[] | null
  mimes: string[] | null
  languages: string[] | null
  objectIds: string[] | null
  createdFrom: Date | null
  createdTo: Date | null
  metadata: [key: string, value: string][]
}

// One session ranks once and its pages never rank again (retrieval 7).
const rankedMax = 1_000

/** Searches, charges and then reveals. A repeated call is answered from what it sold before. */
export async function query(deps: SearchDeps, call: Call, input: SearchInput): Promise<SoldPage> {
  const startedAt = performance.now()
  const repeated =
    call.isRepeat && (await store.findPage(deps.db, call.actor.tenantId, call.chargeKey))
  if (repeated) return storedPage(deps.db, call, repeated, input)
  if (call.after) return nextPage(deps, call, input, startedAt)

  const question = parseQuestion(input.text)
  const reach = await reachOf(deps, call, input)
  const choice = chooseMode(question, modelFacts(deps, reach), input.mode)
  await requireMeans(deps, call, input, reach)
  const session = await rank(deps, call, { input, question, reach, choice })
  return soldPage(deps, call, input, { session, firstPlace: 0, firstRank: 1, startedAt })
}

function modelFacts({ engine, embedder }: SearchDeps, reach: access.Reach) {
  const hasVectors = embedder !== null && engine.hasVectors(reach)
  return { hasVectors, autoHybrid: embedder?.autoHybrid ?? false, scripts: embedder?.scripts ?? [] }
}

async function reachOf(
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

// Keeps callers who cannot pay off the engine. The charge itself decides; this only spares work.
async function requireMeans(
  { db }: SearchDeps,
  { actor, now }: Call,
  { allowPartial }: SearchInput,
  reach: access.Reach,
): Promise<void> {
  if (allowPartial || reach.datasets.every((dataset) => dataset.isOwned)) return
  if ((await billing.remainingOf(db, actor, now)) === 0n) {
    throw new Failure('budget_exceeded', 'The budget for this month is spent.')
  }
}

async function rank(
  { db, engine, settings }: SearchDeps,
  call: Call,
  asked: { input: SearchInput; question: Question; reach: access.Reach; choice: ModeChoice },
): Promise<Session> {
  const { input, question, reach, choice } = asked
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
