// Who may manage webhooks: the scope is asked for by the contract, the rest here.
import type { Actor } from '../../base/call.ts'
import type { Sql } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import type { Endpoint } from './store.ts'
import * as store from './store.ts'

/** Events tell of every dataset of the tenant. A key that may know of some only has no part in that. */
export function requireAllDatasets({ datasetIds }: Actor): void {
  if (datasetIds === null) return
  throw new Failure('forbidden', 'A key with a list of datasets cannot manage webhooks.')
}

/** An endpoint of the actor's tenant. */
export async function requireEndpoint(sql: Sql, actor: Actor, id: string): Promise<Endpoint> {
  requireAllDatasets(actor)
  const endpoint = await store.findEndpoint(sql, actor.tenantId, id)
  if (!endpoint) throw notFound()
  return endpoint
}
