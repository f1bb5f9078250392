// API keys, as far as they name datasets: a key's list may only hold what its tenant may use. The key
// itself belongs to `identity`.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import * as identity from '../identity/identity.ts'
import { requireNameable } from './standing.ts'

export async function createKey(
  { db }: { db: Db },
  call: Call,
  input: identity.KeyInput,
): Promise<identity.IssuedKey> {
  if (input.datasetIds) await requireNameable(db, call.actor, input.datasetIds, call.now)
  return identity.issueKey({ db }, call, narrowed(call, input))
}

export async function updateKey(
  { db }: { db: Db },
  call: Call,
  change: identity.KeyChange,
): Promise<identity.ApiKey> {
  if (change.datasetIds) await requireNameable(db, call.actor, change.datasetIds, call.now)
  const datasetIds = change.datasetIds === null ? call.actor.datasetIds : change.datasetIds
  return identity.changeKey({ db }, call, { ...change, datasetIds: datasetIds && [...datasetIds] })
}

// A key that is made by a key with a list never reaches further than that list.
function narrowed({ actor }: Call, input: identity.KeyInput): identity.KeyInput {
  const datasetIds = input.datasetIds ?? actor.datasetIds
  return { ...input, datasetIds: datasetIds && [...datasetIds] }
}
