// What an operator looks at before a dispute is decided: the question that was asked, and each passage as
// it was sold.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import * as disputes from '../disputes/disputes.ts'
import type { Exhibit } from './store.ts'
import * as store from './store.ts'

export interface Evidence {
  dispute: disputes.Dispute
  exhibits: Exhibit[]
}

export async function evidenceOf(
  { db }: { db: Db },
  _: Call,
  disputeId: string,
): Promise<Evidence> {
  const dispute = await disputes.findDispute(db, disputeId)
  if (!dispute) throw notFound()
  const { tenantId, usageEventIds } = dispute
  return { dispute, exhibits: await store.listExhibits(db, tenantId, usageEventIds) }
}
