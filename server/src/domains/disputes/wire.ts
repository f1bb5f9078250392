import { currency, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Dispute } from './disputes.ts'
import type { AdminDispute } from './resolve.ts'

export function readDispute(input: ParsedInput<'disputes.create'>) {
  return { usageEventIds: input.usage_event_ids, reason: input.reason }
}

export function readDisputesPage(input: ParsedInput<'disputes.list'>) {
  return { limit: input.limit }
}

export function readDisputeId(input: ParsedInput<'disputes.get'>): string {
  return input.dispute_id
}

export function readAllDisputes(input: ParsedInput<'admin_disputes.list'>) {
  return {
    status: input.status ?? null,
    tenantId: input.tenant_id ?? null,
    limit: input.limit,
  }
}

export function readResolution(input: ParsedInput<'admin_disputes.resolve'>) {
  return { disputeId: input.dispute_id, resolution: input.resolution, note: input.note }
}

export function presentDispute(dispute: Dispute, wire: Wire) {
  return {
    dispute_id: dispute.id,
    status: dispute.status,
    usage_event_ids: dispute.usageEventIds,
    amount: toMajor(dispute.amountMicros),
    currency,
    reason: dispute.reason,
    resolution_note: dispute.resolutionNote,
    created_at: wire.time(dispute.openedAt),
    resolved_at: wire.timeOrNull(dispute.resolvedAt),
  }
}

export function presentAdminDispute(dispute: AdminDispute, wire: Wire) {
  return {
    ...presentDispute(dispute, wire),
    tenant_id: dispute.tenantId,
    tenant_name: dispute.tenantName,
    providers: dispute.providers.map(({ tenantId, name }) => ({
      tenant_id: tenantId,
      tenant_name: name,
    })),
  }
}
