// Asking for leave to use a dataset, by its name: `access` knows datasets by their ids alone.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { asId } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as store from './store.ts'

/** Throws as `access.requestAccess`. The name goes no further where the dataset may not be discovered. */
export async function askForAccess(
  { db }: { db: Db },
  call: Call,
  input: { datasetId: string; purpose: string; message: string | null },
): Promise<access.AccessRequest> {
  const datasetId = asId('dset', input.datasetId)
  const found = await store.findFacts(db, datasetId)
  return access.requestAccess({ db }, call, { ...input, datasetId, datasetName: found?.name ?? '' })
}
