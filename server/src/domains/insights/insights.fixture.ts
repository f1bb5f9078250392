// A database with tenants, datasets and what buyers did with them. Money moves through the door of
// `billing`, as it does for searches and downloads. For tests only.
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { Actor, Call, OpenCall } from '../../base/call.ts'
import { json } from '../../base/db.ts'
import { type Id, idFor, newId } from '../../base/ids.ts'
import type { Wire } from '../../base/route.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import * as identity from '../identity/identity.ts'
import type * as metering from '../metering/metering.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export interface Use {
  dataset: Pick<catalog.Dataset, 'id' | 'name' | 'tenantId'>
  eventType?: metering.EventType
  micros?: bigint
  platformBps?: bigint
}

export async function openWorld() {
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const { db } = await openTestDb()
  const deps = { db, settings: { sessionHours: 24 * 365 } }

  const openCall = (): OpenCall => {
    const requestId = newId('req')
    const signal = new AbortController().signal
    return {
      requestId,
      chargeKey: requestId,
      isRepeat: false,
      address: requestId,
      now: now(),
      signal,
      after: null,
    }
  }
  const callOf = (actor: Actor): Call => ({ ...openCall(), actor })

  const draftOf = (
    actor: Actor,
    { dataset, eventType = 'retrieval', micros = 30_000n, platformBps = 4_000n }: Use,
    place: { searchActivityId: string | null; chunkNo: bigint | null },
  ): billing.UsageDraft => ({
    ...place,
    eventType,
    datasetId: dataset.id,
    datasetName: dataset.name,
    objectId: newId('obj'),
    quantity: 1n,
    price: { ...price, baseMicros: micros, platformBps },
    providerTenantId: dataset.tenantId,
    isBillable: actor.tenantId !== dataset.tenantId,
  })

  const charge = (actor: Actor, usage: billing.UsageDraft[], chargeKey = newId('req')) =>
    db.tx((tx) => billing.charge(tx, { actor, chargeKey, now: now(), usage, maxMicros: null }))

  return {
    db,
    deps,
    now,
    setTime: (time: string) => {
      ms = Date.parse(time)
    },
    callOf,
    charge,

    addTenant: async (name = 'Ada'): Promise<Actor> => {
      const email = `${newId('usr')}@example.com`
      const input = { email, password: 'correct horse', displayName: name, tenantName: name }
      const { token } = await identity.signUp(deps, openCall(), input)
      return identity.authenticate(db, { kind: 'session', token: token.reveal() }, now())
    },

    addKey: async (actor: Actor, datasetIds: Id<'dset'>[] | null = null): Promise<Actor> => {
      const { secret } = await identity.issueKey(deps, callOf(actor), {
        name: 'agent',
        scopes: ['search:query', 'usage:read'],
        datasetIds,
        budgetMicros: null,
        expiresAt: null,
      })
      return identity.authenticate(db, { kind: 'key', token: secret.reveal() }, now())
    },

    addDataset: (actor: Actor, name = 'Contracts') =>
      catalog.createDataset(deps, callOf(actor), { name } as Parameters<
        typeof catalog.createDataset
      >[2]),

    /** A search with its hits: the rows that `search` writes, and the charge it makes. */
    search: async (actor: Actor, text: string, uses: Use[]): Promise<Id<'sa'>> => {
      const chargeKey = newId('req')
      const searchActivityId = idFor('sa', chargeKey)
      const drafts = uses.map((use, index) =>
        draftOf(actor, use, { searchActivityId, chunkNo: BigInt(index + 1) }),
      )
      const { amountMicros } = await charge(actor, drafts, chargeKey)
      const datasetIds = [...new Set(uses.map(({ dataset }) => dataset.id))]
      await db.run`
        insert into search_activities (id, tenant_id, principal_id, api_key_id, query_text,
          requested_mode, retrieval_mode, dataset_ids, request, ranking, result_count,
          charged_micros, searched_at)
        values (${searchActivityId}, ${actor.tenantId}, ${actor.id}, ${actor.keyId}, ${text}, 'auto',
          'lexical', ${datasetIds}, ${json({})}, ${json([])}, ${uses.length}, ${amountMicros},
          ${now()})`
      return searchActivityId
    },

    /** A download, a citation or an outcome. */
    use: async (actor: Actor, use: Use): Promise<bigint> => {
      const draft = draftOf(actor, use, { searchActivityId: null, chunkNo: null })
      return (await charge(actor, [draft])).amountMicros
    },

    close: () => db.close(),
  }
}

const price: metering.UnitPrice = {
  baseMicros: 30_000n,
  factorPpm: 1_000_000,
  model: 'fixed',
  priceBookVersion: 1,
  pricePointId: null,
  d7: null,
  d28: null,
  ageDays: null,
  halfLifeDays: null,
  platformBps: 4_000n,
}

export const wire: Wire = {
  time: (date) => date.toISOString().replace('.000Z', 'Z'),
  timeOrNull: (date) => date?.toISOString().replace('.000Z', 'Z') ?? null,
  cursor: (position) => JSON.stringify(position),
  budgetRemaining: () => undefined,
}
