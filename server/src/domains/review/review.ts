// What operators see and decide before an object is ingested: findings by content, a safe preview, the
// deadline. `objects` holds the states; this domain holds the reasons. That the caller is an operator
// was checked by the mount; entries go to the audit chain of the object's tenant.
import type { Call } from '../../base/call.ts'
import { dateOf } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { asId } from '../../base/ids.ts'
import type { Log } from '../../base/log.ts'
import { type Page, pageOf } from '../../base/page.ts'
import type { Blobs } from '../objects/blobs.ts'
import * as objects from '../objects/objects.ts'
import { imageUrlOf } from './draw.ts'
import { decideSample } from './sample.ts'
import type { ReviewItem, Risk } from './store.ts'
import * as store from './store.ts'

export { inspect } from './inspect.ts'
export type { Finding, ReviewItem, Risk } from './store.ts'

/** Objects that wait for a decision, before or after the fact, of all tenants, oldest first. */
export async function listQueue(
  { db }: { db: Db },
  { after }: Call,
  filter: { datasetId: string | null; tenantId: string | null; risk: Risk | null; limit: number },
): Promise<Page<ReviewItem>> {
  const wanted = {
    datasetId: filter.datasetId === null ? null : asId('dset', filter.datasetId),
    tenantId: filter.tenantId === null ? null : asId('tnt', filter.tenantId),
    risk: filter.risk,
  }
  const total = await store.countQueue(db, wanted)
  const rows = await store.listQueue(db, {
    ...wanted,
    after: after && { uploadedAt: dateOf(Number(after[0])), id: String(after[1]) },
    limit: filter.limit,
  })
  return pageOf(rows, filter.limit, (item) => [item.uploadedAt?.getTime() ?? 0, item.id], total)
}

/** Names one object; the two must belong together. */
export interface ObjectOfTenant {
  tenantId: string
  objectId: string
}

export interface ReviewDetail {
  item: ReviewItem
  preview: {
    /** At most 5,000 characters. */
    text: string
    pages: { page: number; imageUrl: string | null }[]
  }
}

/** One object with its preview. Looking at a staged one takes it under review. */
export async function open(
  { db, blobs }: { db: Db; blobs: Blobs },
  call: Call,
  named: ObjectOfTenant,
): Promise<ReviewDetail> {
  const name = nameOf(named)
  await db.tx((tx) => objects.openReview(tx, call, name))
  const item = await requireItem(db, name)
  const inspection = await store.findInspection(db, name.tenantId, name.objectId)
  const { objectId } = name
  const pages = (inspection?.previewPages ?? []).map(async (page) => ({
    page: page.page,
    imageUrl: await imageUrlOf({ blobs }, { ...page, objectId }, call.now),
  }))
  return { item, preview: { text: inspection?.previewText ?? '', pages: await Promise.all(pages) } }
}

export async function approve(
  { db }: { db: Db },
  call: Call,
  named: ObjectOfTenant,
): Promise<ReviewItem> {
  return decide(db, call, { ...named, decision: 'approved', reason: null })
}

export async function reject(
  { db }: { db: Db },
  call: Call,
  input: ObjectOfTenant & { reason: string },
): Promise<ReviewItem> {
  return decide(db, call, { ...input, decision: 'rejected' })
}

interface OperatorDecision extends ObjectOfTenant {
  decision: 'approved' | 'rejected'
  reason: string | null
}

async function decide(db: Db, call: Call, input: OperatorDecision): Promise<ReviewItem> {
  const { decision, reason } = input
  const name = nameOf(input)
  if (decision === 'rejected' && !reason) {
    throw new Failure('invalid_request', 'A rejection needs a reason.')
  }
  await db.tx(async (tx) => {
    if (await decideSample(tx, call, { ...name, decision, reason })) return
    await objects.decide(tx, call, { ...name, decision, reason, isAutomatic: false })
  })
  return requireItem(db, name)
}

export interface DecisionResult {
  objectId: string
  failure: Failure | null
}

/** Each decision is a transaction of its own: one that fails leaves the others standing. */
export async function decideMany(
  { db, log }: { db: Db; log: Log },
  call: Call,
  decisions: readonly OperatorDecision[],
): Promise<DecisionResult[]> {
  const results: DecisionResult[] = []
  for (const decision of decisions) {
    const { objectId } = decision
    const failure = await decide(db, call, decision).then(
      () => null,
      (error: unknown) => {
        if (error instanceof Failure) return error
        // The others were decided already: an answer for each is worth more than none at all.
        log.error({ err: error, requestId: call.requestId }, 'one decision of several failed')
        return new Failure('internal_error', 'This decision failed. Try it again.')
      },
    )
    results.push({ objectId, failure })
  }
  return results
}

function nameOf({ tenantId, objectId }: ObjectOfTenant): store.ObjectName {
  return { tenantId: asId('tnt', tenantId), objectId: asId('obj', objectId) }
}

async function requireItem(db: Db, { tenantId, objectId }: store.ObjectName): Promise<ReviewItem> {
  const item = await store.findItem(db, tenantId, objectId)
  if (!item) throw notFound()
  return item
}
