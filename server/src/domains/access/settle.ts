// The end of an access request, whoever brings it about: row, audit entry and event together.
import type { Tx } from '../../base/db.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import { events } from './events.ts'
import type { AccessRequest, Grant } from './store.ts'
import * as store from './store.ts'

export type Ending =
  | { status: 'approved'; grant: Grant }
  | { status: 'denied'; reason: string }
  | { status: 'expired' }
  | { status: 'withdrawn' }

const actions = {
  approved: 'access_request.approve',
  denied: 'access_request.deny',
  expired: 'access_request.expire',
  withdrawn: 'access_request.withdraw',
} as const

/** For a pending request whose row is locked. Nobody decides an expired one, so it has no time of it. */
export async function settle(
  tx: Tx,
  by: audit.By,
  { request, ending }: { request: AccessRequest; ending: Ending },
): Promise<AccessRequest> {
  const settled: AccessRequest = {
    ...request,
    status: ending.status,
    reason: ending.status === 'denied' ? ending.reason : null,
    grantId: ending.status === 'approved' ? ending.grant.id : null,
    grantExpiresAt: ending.status === 'approved' ? ending.grant.expiresAt : null,
    decidedAt: ending.status === 'expired' ? null : by.now,
  }
  await store.updateRequest(tx, settled)
  await audit.record(tx, by, {
    action: actions[ending.status],
    targetId: request.id,
    changes: audit.changesOf(request, settled),
  })
  if (ending.status !== 'withdrawn') await emit(tx, events.decided, namesOf(settled))
  return settled
}

export function namesOf({ id, datasetId, tenantId, ownerTenantId }: AccessRequest) {
  return { requestId: id, datasetId, tenantId, ownerTenantId }
}

/** A request whose time has passed is expired, whether the schedule has been there or not. */
export function isLapsed({ status, lapsesAt }: AccessRequest, now: Date): boolean {
  return status === 'pending' && lapsesAt <= now
}
