// A buyer opens a dispute: all of its events are contested, or none.
import type { Call } from '../../base/call.ts'
import { monthOf } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { idFor } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import * as payouts from '../payouts/payouts.ts'
import { events } from './events.ts'
import { type Dispute, findDispute } from './found.ts'
import { holdTransfers } from './shares.ts'
import * as store from './store.ts'

/**
 * Throws `not_found` for an event of another tenant, `invalid_request` for one that cost nothing, and
 * `conflict` where the hold window is over, an event was disputed before, or its payout is paid.
 */
export async function openDispute(
  { db }: { db: Db },
  call: Call,
  { usageEventIds, reason }: { usageEventIds: readonly string[]; reason: string },
): Promise<Dispute> {
  const { actor, chargeKey, now } = call
  const { tenantId } = actor
  const id = idFor('dsp', chargeKey)
  return db.tx(async (tx) => {
    const usage = await store.listUsage(tx, tenantId, usageEventIds)
    const mayName = ({ datasetId }: metering.UsageEvent) =>
      actor.datasetIds?.includes(datasetId) ?? true
    if (usage.length < usageEventIds.length || !usage.every(mayName)) throw notFound()
    for (const event of usage) requireCharged(event)
    const amountMicros = usage.reduce((sum, event) => sum + event.amountMicros, 0n)
    const dispute = { id, tenantId, reason, amountMicros, openedAt: now }
    // The same call may have opened it; then the window may be over by now.
    if (await store.insertDispute(tx, dispute)) {
      for (const event of usage) requireInWindow(event, now)
      // The lock on the payouts comes with it: who contests the same event waits here, and is refused.
      await payouts.contest(tx, { disputeId: id, tenantId, now }, usage)
      await store.insertEvents(tx, dispute, usageEventIds)
      const changes = { usageEventIds, amountMicros: amountMicros.toString() }
      await audit.record(tx, call, { action: 'dispute.open', targetId: id, changes })
      await emit(tx, events.updated, { tenantId, disputeId: id })
      await ledger.post(tx, holdTransfers(dispute, usage), now)
    }
    const made = await findDispute(tx, id)
    assert(made, 'what was opened is on record')
    return made
  })
}

function requireCharged({ billable, amountMicros }: metering.UsageEvent): void {
  if (billable && amountMicros > 0n) return
  const reason = 'names an event that cost nothing'
  throw new Failure('invalid_request', `The field 'usage_event_ids' ${reason}.`, {
    fields: [{ path: 'usage_event_ids', reason, nature: 'value' }],
  })
}

function requireInWindow({ occurredAt }: metering.UsageEvent, now: Date): void {
  if (now < payouts.releaseAtOf(monthOf(occurredAt).from)) return
  throw new Failure('conflict', 'The time in which this use can be disputed is over.')
}
