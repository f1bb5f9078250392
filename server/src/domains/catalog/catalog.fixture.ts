// A database with tenants, a clock set by hand, and datasets in any state. For tests only.
import { scopes } from '@ipto/contract/scopes.ts'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { Actor, Call } from '../../base/call.ts'
import { type Id, newId } from '../../base/ids.ts'
import type { Position } from '../../base/page.ts'
import type { Wire } from '../../base/route.ts'
import * as metering from '../metering/metering.ts'
import { changeDataset, createDataset, noteIndexed, noteObjects, noteUpload } from './catalog.ts'
import { writePolicy } from './own.ts'
import type { DatasetStatus } from './store.ts'
import * as store from './store.ts'
import type { TermsInput } from './terms.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export async function openWorld() {
  const { db } = await openTestDb()
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const deps = { db, settings: { removalGraceMs: 7 * 86_400_000 } }

  const callOf = (
    actor: Actor,
    {
      chargeKey = newId('req'),
      after = null,
    }: { chargeKey?: Id<'req'>; after?: Position | null } = {},
  ): Call => ({
    actor,
    requestId: chargeKey,
    chargeKey,
    isRepeat: false,
    address: '',
    now: now(),
    signal: new AbortController().signal,
    after,
  })

  const addDataset = async (
    actor: Actor,
    terms: Omit<TermsInput, 'name'> & { name?: string } = {},
    status: DatasetStatus = 'active',
  ): Promise<Id<'dset'>> => {
    const { id, tenantId } = await createDataset(deps, callOf(actor), { name: 'Leases', ...terms })
    await db.tx(async (tx) => {
      if (status !== 'draft') await noteUpload(tx, id, tenantId, now())
      if (status === 'active' || status === 'paused') await noteIndexed(tx, id, tenantId, now())
    })
    if (status === 'paused') await changeDataset(deps, callOf(actor), { id, status })
    if (status === 'suspended') {
      await db.tx(async (tx) => {
        const step = { id, tenantId, from: 'ingesting', to: status, now: now() } as const
        await store.markStatus(tx, step)
        const dataset = await store.findDataset(tx, tenantId, id)
        if (dataset) await writePolicy(tx, dataset)
      })
    }
    return id
  }

  return {
    ...deps,
    deps,
    now,
    passMs: (step: number) => {
      ms += step
    },
    callOf,
    run: () => ({ now: now(), signal: new AbortController().signal }),
    addTenant: async (name: string): Promise<Actor> => {
      const tenantId = newId('tnt')
      await db.run`
        insert into tenants (id, name, embedding_model, created_at)
        values (${tenantId}, ${name}, ${`model of ${name}`}, ${now()})`
      return actorOf(tenantId)
    },
    addDataset,
    count: (actor: Actor, datasetId: Id<'dset'>, counts: Counts) =>
      db.tx((tx) =>
        noteObjects(tx, { ...counts, datasetId, tenantId: actor.tenantId, now: now() }),
      ),
    /** That many billable retrievals by a buyer, now. */
    sell: (buyer: Actor, provider: Actor, sold: { datasetId: Id<'dset'>; times: number }) =>
      db.tx((tx) =>
        metering.record(tx, metering.rateAll(usageOf(buyer, provider, { ...sold, now: now() }))),
      ),
    actionsOn: async (id: string): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events where target_id = ${id} order by id`
      return rows.map((row) => row.action)
    },
    close: () => db.close(),
  }
}

type Counts = Partial<
  Record<'objects' | 'active' | 'pendingReview' | 'chunks' | 'storageBytes', number>
>

function usageOf(
  buyer: Actor,
  provider: Actor,
  { datasetId, times, now }: { datasetId: Id<'dset'>; times: number; now: Date },
): metering.NewUsage[] {
  const searchActivityId = newId('sa')
  return Array.from({ length: times }, (_, index) => ({
    id: newId('ue'),
    chargeId: 'chg_1',
    tenantId: buyer.tenantId,
    providerTenantId: provider.tenantId,
    eventType: 'retrieval',
    datasetId,
    datasetName: 'Leases',
    objectId: newId('obj'),
    chunkNo: BigInt(index),
    searchActivityId,
    principalId: buyer.id,
    apiKeyId: null,
    resourceId: null,
    quantity: 1n,
    price: plainPrice,
    isBillable: true,
    occurredAt: now,
  }))
}

const plainPrice: metering.UnitPrice = {
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

/** As the market profile writes times. */
export const wire: Wire = {
  time: (date) => date.toISOString().replace(/\.\d+Z$/, 'Z'),
  timeOrNull: (date) => date && wire.time(date),
  cursor: (position) => JSON.stringify(position),
  budgetRemaining: () => undefined,
}
