// The transfers of a dispute: one for each provider, and one for what the platform kept.
import type { Id } from '../../base/ids.ts'
import type * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import type { DisputeRow } from './store.ts'

type Side = Pick<DisputeRow, 'id' | 'tenantId'>
type Events = readonly metering.UsageEvent[]

/** As long as nothing is decided, neither side has it. */
export function holdTransfers({ id }: Side, events: Events): ledger.Transfer[] {
  return providerShares(events).map(({ providerId, amountMicros }) => ({
    id: `${id}:${providerId}:hold`,
    debit: { purpose: 'payable', tenantId: providerId },
    credit: { purpose: 'held', tenantId: providerId },
    amountMicros,
    reason: 'dispute opened',
  }))
}

export function rejectTransfers({ id }: Side, events: Events): ledger.Transfer[] {
  return providerShares(events).map(({ providerId, amountMicros }) => ({
    id: `${id}:${providerId}:reject`,
    debit: { purpose: 'held', tenantId: providerId },
    credit: { purpose: 'payable', tenantId: providerId },
    amountMicros,
    reason: 'dispute rejected',
  }))
}

/** Both shares go back to the buyer: they add up to what was charged. */
export function refundTransfers({ id, tenantId }: Side, events: Events): ledger.Transfer[] {
  const credit = { purpose: 'receivable', tenantId } as const
  const providers: ledger.Transfer[] = providerShares(events).map((share) => ({
    id: `${id}:${share.providerId}:refund`,
    debit: { purpose: 'held', tenantId: share.providerId },
    credit,
    amountMicros: share.amountMicros,
    reason: 'dispute refunded, provider share',
  }))
  const platform: ledger.Transfer = {
    id: `${id}:platform:refund`,
    debit: { purpose: 'refunds', tenantId },
    credit,
    amountMicros: events.reduce((sum, one) => sum + one.platformMicros, 0n),
    reason: 'dispute refunded, platform share',
  }
  return [...providers, ...(platform.amountMicros > 0n ? [platform] : [])]
}

function providerShares(events: Events): { providerId: Id<'tnt'>; amountMicros: bigint }[] {
  const shares = new Map<Id<'tnt'>, bigint>()
  for (const { providerTenantId, amountMicros, platformMicros } of events) {
    const sum = shares.get(providerTenantId) ?? 0n
    shares.set(providerTenantId, sum + amountMicros - platformMicros)
  }
  return [...shares]
    .map(([providerId, amountMicros]) => ({ providerId, amountMicros }))
    .filter(({ amountMicros }) => amountMicros > 0n)
}
