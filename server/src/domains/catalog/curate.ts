// What operators do to datasets: the mark of a larger share for the provider, from the next sale on.
import type { Db, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import * as audit from '../audit/audit.ts'
import * as store from './store.ts'

/** Marks exactly these datasets of a tenant; the others lose the mark. Throws `not_found` for a foreign one. */
export async function curate(
  tx: Tx,
  by: audit.By,
  { tenantId, datasetIds }: { tenantId: Id<'tnt'>; datasetIds: readonly Id<'dset'>[] },
): Promise<void> {
  const rows = await store.lockCurated(tx, tenantId)
  const known = new Set(rows.map((row) => row.id))
  if (datasetIds.some((id) => !known.has(id))) throw notFound()
  for (const { id, curated: before } of rows) {
    const curated = datasetIds.includes(id)
    if (curated === before) continue
    await store.updateCurated(tx, tenantId, { id, curated })
    const changes = { curated: { before, after: curated } }
    await audit.record(tx, by, { tenantId, action: 'dataset.curate', targetId: id, changes })
  }
}

/** The marked datasets of each tenant; absent where it has none. */
export async function curatedOf(
  db: Db,
  tenantIds: readonly Id<'tnt'>[],
): Promise<Map<Id<'tnt'>, Id<'dset'>[]>> {
  const marked = new Map<Id<'tnt'>, Id<'dset'>[]>()
  for (const { id, tenantId } of await store.listCurated(db, tenantIds)) {
    marked.set(tenantId, [...(marked.get(tenantId) ?? []), id])
  }
  return marked
}
