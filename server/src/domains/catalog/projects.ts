// Own datasets as integrators see them: without those that are being deleted.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { type Page, type Window, windowOf } from '../../base/page.ts'
import { wordsOf } from './browse.ts'
import { getDataset } from './catalog.ts'
import type { Dataset } from './store.ts'
import * as store from './store.ts'
import { isRemoved } from './terms.ts'

export async function listProjects(
  { db }: { db: Db },
  { actor }: Call,
  { q, isOldestFirst, ...window }: Window & { q: string | null; isOldestFirst: boolean },
): Promise<Page<Dataset>> {
  const { datasets, total } = await store.listWindow(db, actor.tenantId, {
    words: wordsOf(q),
    onlyIds: actor.datasetIds,
    isOldestFirst,
    ...window,
  })
  return windowOf(datasets, total, window)
}

export async function getProject(
  deps: { db: Db },
  call: Call,
  datasetId: string,
): Promise<Dataset> {
  const dataset = await getDataset(deps, call, datasetId)
  if (isRemoved(dataset)) throw notFound()
  return dataset
}
