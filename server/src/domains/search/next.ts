// The page after a cursor. The ranking is the session's; permission is that of now.
import type { Call } from '../../base/call.ts'
import { notFound } from '../../base/errors.ts'
import * as catalog from '../catalog/catalog.ts'
import type { SearchDeps, SearchInput } from './input.ts'
import type { Session, SoldPage } from './page.ts'
import { parseQuestion } from './question.ts'
import { soldPage } from './sale.ts'
import * as store from './store.ts'
import { reachOfActivity, storedPage } from './stored.ts'

export async function nextPage(
  deps: SearchDeps,
  call: Call,
  input: SearchInput,
  startedAt: number,
): Promise<SoldPage> {
  const [activityId, place, rank] = call.after ?? []
  const firstPlace = Number(place)
  const { tenantId } = call.actor
  const sold = await store.findPageAt(deps.db, tenantId, String(activityId), firstPlace)
  if (sold) return storedPage(deps.db, call, sold, input)

  const activity = await store.findActivity(deps.db, tenantId, String(activityId))
  if (!activity) throw notFound()
  const reach = await reachOfActivity(deps.db, call, activity)
  const session: Session = {
    id: activity.id,
    question: parseQuestion(activity.queryText),
    reach,
    mode: activity.retrievalMode,
    requestedMode: activity.requestedMode,
    fusion: activity.fusion,
    datasetIds: activity.datasetIds,
    ranking: activity.ranking,
    pricedAt: activity.pricedAt ?? activity.searchedAt,
    offers: await offersOf(deps, call, activity),
    quote: null,
    explain: activity.explain,
  }
  return soldPage(deps, call, input, { session, firstPlace, firstRank: Number(rank), startedAt })
}

async function offersOf({ db }: SearchDeps, { actor }: Call, activity: store.Activity) {
  const { terms, datasetIds, searchedAt } = activity
  if (terms === null) return catalog.offersFor(db, actor, datasetIds, searchedAt)
  return new Map(terms.map((one) => [one.datasetId, catalog.offerFrom(one)]))
}
