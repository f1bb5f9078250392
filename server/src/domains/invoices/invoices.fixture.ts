// A database with tenants and what they were charged, on a clock set by hand. For tests only.
import type { Plan } from '@ipto/contract/scopes.ts'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Actor, type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import * as billing from '../billing/billing.ts'
import * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import { closeMonths, verifyInvoices } from './invoices.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export interface Use {
  micros?: bigint
  datasetId?: Id<'dset'>
  datasetName?: string
  eventType?: metering.EventType
  isBillable?: boolean
}

export async function openWorld() {
  const { db } = await openTestDb()
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const providerId = newId('tnt')
  const signal = new AbortController().signal

  const charge = (tenantId: Id<'tnt'>, uses: readonly Use[], over: Db = db) => {
    const request = {
      actor: systemActor(tenantId, 'test'),
      chargeKey: newId('req'),
      // Of the call, wherever the clock is when its turn comes.
      now: now(),
      usage: uses.map((use) => draftOf(providerId, use)),
      maxMicros: null,
    }
    return over.tx((tx) => billing.charge(tx, request))
  }

  return {
    db,
    now,
    providerId,
    setTime: (time: string) => {
      ms = Date.parse(time)
    },
    addTenant: async (plan: Plan = 'starter', name = 'Ada'): Promise<Id<'tnt'>> => {
      const id = newId('tnt')
      await db.run`
        insert into tenants (id, name, plan, created_at) values (${id}, ${name}, ${plan}, ${now()})`
      return id
    },
    charge,
    use: (tenantId: Id<'tnt'>, ...uses: Use[]) => charge(tenantId, uses),
    close: (over: Db = db) => closeMonths({ db: over }, { now: now(), signal }),
    callOf: (tenantId: Id<'tnt'>, chargeKey: Id<'req'> = newId('req')): Call => ({
      actor: { ...systemActor(tenantId, 'test') } satisfies Actor,
      requestId: chargeKey,
      chargeKey,
      isRepeat: false,
      address: '',
      now: now(),
      signal,
      after: null,
    }),
    owedBy: (tenantId: Id<'tnt'>) => ledger.balanceOf(db, { purpose: 'receivable', tenantId }),
    actionsOf: async (tenantId: Id<'tnt'>): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events where tenant_id = ${tenantId} order by id`
      return rows.map((row) => row.action)
    },
    /** Everything that the books know of it agrees. */
    problems: async () => [
      ...(await verifyInvoices(db)),
      ...(await ledger.verify(db)),
      ...((await ledger.trialBalance(db)).totalMicros === 0n ? [] : ['the books do not balance']),
    ],
    end: () => db.close(),
  }
}

function draftOf(providerTenantId: Id<'tnt'>, use: Use): billing.UsageDraft {
  return {
    eventType: use.eventType ?? 'retrieval',
    datasetId: use.datasetId ?? newId('dset'),
    datasetName: use.datasetName ?? 'Contracts',
    objectId: newId('obj'),
    chunkNo: null,
    searchActivityId: null,
    quantity: 1n,
    price: { ...price, baseMicros: use.micros ?? 30_000n },
    providerTenantId,
    isBillable: use.isBillable ?? true,
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
