// A database with tenants, a clock set by hand, and datasets as `access` knows them: a policy each. For
// tests only.
import { scopes } from '@ipto/contract/scopes.ts'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { Actor, Call } from '../../base/call.ts'
import { type Id, newId } from '../../base/ids.ts'
import { setPolicy } from './access.ts'
import type { Policy } from './rules.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export async function openWorld() {
  const { db } = await openTestDb()
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)

  const addTenant = async (name: string): Promise<Actor> => {
    const tenantId = newId('tnt')
    await db.run`
      insert into tenants (id, name, created_at) values (${tenantId}, ${name}, ${now()})`
    return actorOf(tenantId)
  }

  return {
    db,
    deps: { db },
    now,
    passMs: (step: number) => {
      ms += step
    },
    addTenant,
    callOf: (actor: Actor, chargeKey: Id<'req'> = newId('req')): Call => ({
      actor,
      requestId: chargeKey,
      chargeKey,
      isRepeat: false,
      address: '',
      now: now(),
      signal: new AbortController().signal,
      after: null,
    }),
    run: () => ({ now: now(), signal: new AbortController().signal }),
    addDataset: async (
      { tenantId }: Actor,
      policy: Partial<Omit<Policy, 'datasetNo'>> = {},
    ): Promise<Id<'dset'>> => {
      const datasetId = policy.datasetId ?? newId('dset')
      await db.tx((tx) => setPolicy(tx, { ...listed, tenantId, ...policy, datasetId }))
      return datasetId
    },
    actionsOn: async (id: string): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events where target_id = ${id} order by id`
      return rows.map((row) => row.action)
    },
    close: () => db.close(),
  }
}

const listed = {
  visibility: 'listed',
  accessPolicy: 'approval',
  openForUse: true,
  discoverable: true,
} as const

function actorOf(tenantId: Id<'tnt'>): Actor {
  const userId = newId('usr')
  return {
    kind: 'user',
    id: userId,
    tenantId,
    userId,
    keyId: null,
    sessionId: null,
    scopes,
    roles: ['owner'],
    isPlatformAdmin: false,
    plan: 'starter',
    datasetIds: null,
    keyBudgetMicros: null,
    resourceId: null,
  }
}

/** The same tenant through a key that is limited to these datasets. */
export function limitedTo(actor: Actor, datasetIds: readonly Id<'dset'>[]): Actor {
  const keyId = newId('key')
  return { ...actor, kind: 'api_key', id: keyId, keyId, userId: null, datasetIds }
}
