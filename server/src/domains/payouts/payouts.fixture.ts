// A database with providers and what buyers were charged for their data, on a clock set by hand. For
// tests only.
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { openPayoutRail } from '../../adapters/payouts/open.ts'
import { type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import * as billing from '../billing/billing.ts'
import * as invoices from '../invoices/invoices.ts'
import * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import { makePayouts } from './make.ts'
import { verifyPayouts } from './payouts.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export interface Use {
  by: Id<'tnt'>
  of: Id<'tnt'>
  micros?: bigint
  quantity?: bigint
  datasetId?: Id<'dset'>
  datasetName?: string
  eventType?: metering.EventType
  isBillable?: boolean
  platformBps?: bigint
}

export async function openWorld(opened?: Db) {
  const db = opened ?? (await openTestDb()).db
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const signal = new AbortController().signal
  const deps = { db, payoutRail: openPayoutRail({ kind: 'manual' }) }

  /** One charge; answers its usage events. */
  const useAll = async (uses: readonly Use[], over: Db = db): Promise<metering.UsageEvent[]> => {
    const [first] = uses
    if (!first) return []
    const request = {
      actor: systemActor(first.by, 'test'),
      chargeKey: newId('req'),
      now: now(),
      usage: uses.map(draftOf),
      maxMicros: null,
    }
    return (await over.tx((tx) => billing.charge(tx, request))).events
  }
  const run = () => ({ now: now(), signal })

  return {
    db,
    deps,
    now,
    setTime: (time: string) => {
      ms = Date.parse(time)
    },
    addTenant: async (name = 'Ada'): Promise<Id<'tnt'>> => {
      const id = newId('tnt')
      await db.run`
        insert into tenants (id, name, plan, created_at) values (${id}, ${name}, 'starter', ${now()})`
      return id
    },
    useAll,
    use: async (use: Use): Promise<metering.UsageEvent> => {
      const [event] = await useAll([use])
      if (!event) throw new Error('nothing was charged')
      return event
    },
    /** Closes what is over, then lets the clock of payouts run once. */
    close: async (over: Db = db) => {
      await invoices.closeMonths({ db }, run())
      await makePayouts({ db: over }, run())
    },
    make: (over: Db = db, more: AbortSignal = signal) =>
      makePayouts({ db: over }, { now: now(), signal: more }),
    callOf: (tenantId: Id<'tnt'>, chargeKey: string = newId('req')): Call => ({
      actor: systemActor(tenantId, 'test'),
      requestId: newId('req'),
      chargeKey,
      isRepeat: false,
      address: '',
      now: now(),
      signal,
      after: null,
    }),
    balance: (purpose: ledger.Purpose, tenantId: Id<'tnt'>) =>
      ledger.balanceOf(db, { purpose, tenantId }),
    actionsOf: async (tenantId: Id<'tnt'>, action = ''): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events
        where tenant_id = ${tenantId} and starts_with(action, ${action})
        order by id`
      return rows.map((row) => row.action)
    },
    /** Everything that the books know of it agrees. */
    problems: async () => [
      ...(await verifyPayouts(db)),
      ...(await invoices.verifyInvoices(db)),
      ...(await ledger.verify(db)),
      ...((await ledger.trialBalance(db)).totalMicros === 0n ? [] : ['the books do not balance']),
    ],
    end: () => db.close(),
  }
}

function draftOf(use: Use): billing.UsageDraft {
  return {
    eventType: use.eventType ?? 'retrieval',
    datasetId: use.datasetId ?? newId('dset'),
    datasetName: use.datasetName ?? 'Contracts',
    objectId: newId('obj'),
    chunkNo: null,
    searchActivityId: null,
    quantity: use.quantity ?? 1n,
    price: {
      baseMicros: use.micros ?? 30_000n,
      factorPpm: 1_000_000,
      model: 'fixed',
      priceBookVersion: 1,
      pricePointId: null,
      d7: null,
      d28: null,
      ageDays: null,
      halfLifeDays: null,
      platformBps: use.platformBps ?? 4_000n,
    },
    providerTenantId: use.of,
    isBillable: use.isBillable ?? true,
  }
}
