// Reviews after the fact: of what was approved by rule, a share is looked at by a person, with no deadline.
// A confirmation changes nothing but the queue; a rejection takes the object out of search at once.
import type { Call } from '../../base/call.ts'
import type { Tx } from '../../base/db.ts'
import * as audit from '../audit/audit.ts'
import * as ingest from '../ingest/ingest.ts'
import * as objects from '../objects/objects.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

/** Answers false, and does nothing, where the object does not wait for a review after the fact. */
export async function decideSample(
  tx: Tx,
  call: Call,
  {
    decision,
    reason,
    ...name
  }: ObjectName & { decision: 'approved' | 'rejected'; reason: string | null },
): Promise<boolean> {
  const inspection = await store.lockInspection(tx, name.tenantId, name.objectId)
  const object = await objects.findObject(tx, name.objectId)
  if (inspection?.sample !== 'waiting' || object?.removedAt) return false
  if (decision === 'approved') {
    const { tenantId, objectId: targetId } = name
    await store.markSample(tx, name, 'confirmed')
    await audit.record(tx, call, { tenantId, action: 'object.confirmed', targetId })
    return true
  }
  await store.markSample(tx, name, 'rejected')
  await objects.withdrawApproval(tx, call, { ...name, reason })
  await ingest.takeOut(tx, name)
  return true
}
