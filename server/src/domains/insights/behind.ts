// The one place where reports ask which usage stands behind a dispute or a payout. Neither is kept yet:
// no dispute has events, and no payout is known. Both domains are joined here and nowhere else.
import type { Db } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

/** Ids of the usage events that a dispute is about. */
export async function eventsOfDispute(
  _db: Db,
  _tenantId: Id<'tnt'>,
  _disputeId: string,
): Promise<string[]> {
  return []
}

/** The half-open month that a payout of this provider pays. Undefined for one that it does not have. */
export async function usageOfPayout(
  _db: Db,
  _tenantId: Id<'tnt'>,
  _payoutId: string,
): Promise<{ from: Date; to: Date } | undefined> {
  return undefined
}
