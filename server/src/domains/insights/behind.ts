// Which usage stands behind a dispute or a payout: the one place where reports ask the two.
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import * as disputes from '../disputes/disputes.ts'
import * as payouts from '../payouts/payouts.ts'

/** Ids of the usage events that a dispute is about. */
export async function eventsOfDispute(
  db: Db,
  tenantId: Id<'tnt'>,
  disputeId: string,
): Promise<string[]> {
  return disputes.disputedEvents(db, tenantId, disputeId)
}

/** What a payout adds up. Undefined for one that this provider does not have. */
export async function usageOfPayout(
  db: Db,
  tenantId: Id<'tnt'>,
  payoutId: string,
): Promise<payouts.PaidUsage | undefined> {
  return payouts.usageOfPayout(db, tenantId, payoutId)
}
