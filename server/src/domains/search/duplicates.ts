// Passages that are identical in several datasets are shown once, from the cheapest permitted one
// (decisions 5), at the best rank that any of them has.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type * as access from '../access/access.ts'
import * as catalog from '../catalog/catalog.ts'
import * as metering from '../metering/metering.ts'
import type { Found } from './engine.ts'
import * as store from './store.ts'

export async function dedupe(
  db: Db,
  call: Call,
  reach: access.Reach,
  found: readonly Found[],
): Promise<Found[]> {
  const shared = [...groupsOf(found).values()].filter((group) => group.length > 1)
  if (shared.length === 0) return [...found]

  const costs = await costsOf(db, call, reach, shared.flat())
  const chosen = new Map<string, Found>()
  for (const group of shared) {
    const [best, ...others] = group
    if (!best) continue
    const cheapest = others.reduce(
      (least, one) => (isCheaper(costs, one, least) ? one : least),
      best,
    )
    chosen.set(best.passageHash, { ...cheapest, score: best.score })
  }
  const seen = new Set<string>()
  return found.flatMap((one) => {
    if (seen.has(one.passageHash)) return []
    seen.add(one.passageHash)
    return [chosen.get(one.passageHash) ?? one]
  })
}

function groupsOf(found: readonly Found[]): Map<string, Found[]> {
  const groups = new Map<string, Found[]>()
  for (const one of found) {
    const group = groups.get(one.passageHash)
    if (group) group.push(one)
    else groups.set(one.passageHash, [one])
  }
  return groups
}

// A chunk without a cost is not live any more, so it is never preferred.
function isCheaper(costs: Map<bigint, bigint>, a: Found, b: Found): boolean {
  const costOfA = costs.get(a.chunkNo)
  const costOfB = costs.get(b.chunkNo)
  if (costOfA === undefined) return false
  return costOfB === undefined || costOfA < costOfB
}

async function costsOf(
  db: Db,
  { actor, now }: Call,
  reach: access.Reach,
  found: readonly Found[],
): Promise<Map<bigint, bigint>> {
  const chunks = await store.listLiveChunks(
    db,
    reach,
    found.map((one) => one.chunkNo),
  )
  const datasetIds: Id<'dset'>[] = [...new Set(chunks.map((chunk) => chunk.datasetId))]
  const offers = await catalog.offersFor(db, actor, datasetIds, now)
  const costs = new Map<bigint, bigint>()
  for (const { chunkNo, datasetId, indexedAt } of chunks) {
    const offer = offers.get(datasetId)
    if (!offer) continue
    const price = catalog.unitPriceOf(offer, { eventType: 'retrieval', indexedAt, now })
    costs.set(chunkNo, offer.isOwned ? 0n : metering.rate(price, 1n))
  }
  return costs
}
