import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import type { Wire } from '../../base/route.ts'
import type { AuditEvent, AuditFilter } from './audit.ts'

export function readAuditFilter(input: ParsedInput<'audit.list'>): AuditFilter {
  return {
    actorId: input.actor_id ?? null,
    action: input.action ?? null,
    targetId: input.target_id ?? null,
    from: input.from ? dateOf(input.from) : null,
    to: input.to ? dateOf(input.to) : null,
    limit: input.limit,
  }
}

export function readAdminAuditFilter({ tenant_id, ...rest }: ParsedInput<'admin_audit.list'>) {
  return { ...readAuditFilter(rest), tenantId: tenant_id ?? null }
}

export function presentAuditEvent(event: AuditEvent, wire: Wire) {
  return {
    audit_event_id: event.id,
    actor_id: event.actorId,
    actor_type: event.actorType,
    action: event.action,
    target_id: event.targetId,
    request_id: event.requestId,
    changes: event.changes,
    occurred_at: wire.time(event.occurredAt),
    occurred_at_ms: event.occurredAt.getTime(),
    tenant_id: event.tenantId,
    sequence: event.sequence === null ? null : Number(event.sequence),
    previous_hash: event.previousHash,
    hash: event.hash,
  }
}
