// Usage event by usage event: what a tenant used, what stands behind an invoice, and for providers what
// stands behind a payout. A provider sees what was sold and never who bought it. A key's list of datasets
// narrows all of it.
import type { Actor, Call } from '../../base/call.ts'
import { dateOf } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { type Page, type Position, pageOf } from '../../base/page.ts'
import * as disputes from '../disputes/disputes.ts'
import * as invoices from '../invoices/invoices.ts'
import * as metering from '../metering/metering.ts'
import * as payouts from '../payouts/payouts.ts'

export interface UsageQuery {
  eventType: string | null
  datasetId: string | null
  apiKeyId: string | null
  resourceId: string | null
  from: Date | null
  to: Date | null
  invoiceId: string | null
  /** With an invoice only. */
  lineId: string | null
  payoutId: string | null
  limit: number
}

/**
 * Newest first. Throws `not_found` for an invoice, a line or a payout that the tenant does not have, and
 * `invalid_request` where the filters do not fit together.
 */
export async function listUsage(
  { db }: { db: Db },
  call: Call,
  query: UsageQuery,
): Promise<Page<metering.UsageEvent>> {
  refuseMisfits(query)
  const { actor, after } = call
  if (query.payoutId !== null) {
    const paid = await payouts.usageOfPayout(db, actor.tenantId, query.payoutId)
    if (!paid) throw notFound()
    const filter = { ...within(plainFilter(actor, query), paid), isCharged: true }
    return listSold(db, call, { ...filter, exceptIds: paid.refundedIds }, query.limit)
  }
  const filter = await filterOf(db, call, query)
  if (!filter) return { items: [], next: null, total: null }
  const page = { after: positionOf(after), limit: query.limit }
  return pageOf(await metering.listUsage(db, actor.tenantId, filter, page), query.limit, placeOf)
}

/** What others used of this provider, without what would tell who they are. */
export async function listSold(
  db: Db,
  { actor, after }: Call,
  filter: metering.UsageFilter,
  limit: number,
): Promise<Page<metering.UsageEvent>> {
  const page = { after: positionOf(after), limit }
  const rows = await metering.listSold(db, actor.tenantId, filter, page)
  const shown = rows.map((row) => ({
    ...row,
    apiKeyId: null,
    resourceId: null,
    searchActivityId: null,
  }))
  return pageOf(shown, limit, placeOf)
}

function placeOf({ occurredAt, id }: metering.UsageEvent): Position {
  return [occurredAt.toISOString(), id]
}

function positionOf(after: Position | null) {
  const [at, id] = after ?? []
  return at === undefined || id === undefined ? null : { at: dateOf(at), id: String(id) }
}

function refuseMisfits(query: UsageQuery): void {
  const { from, to, invoiceId, lineId, payoutId } = query
  if (from && to && from > to) throw misfit('from', 'must not be after `to`')
  if (lineId !== null && invoiceId === null) throw misfit('line_id', 'needs `invoice_id`')
  if (payoutId === null) return
  if (invoiceId !== null) throw misfit('payout_id', 'does not go with `invoice_id`')
  // Both belong to whoever bought.
  if (query.apiKeyId !== null) throw misfit('api_key_id', 'does not go with `payout_id`')
  if (query.resourceId !== null) throw misfit('resource_id', 'does not go with `payout_id`')
}

function misfit(path: string, reason: string): Failure {
  return new Failure('invalid_request', 'These filters do not fit together.', {
    fields: [{ path, reason, nature: 'value' }],
  })
}

function plainFilter(actor: Actor, query: UsageQuery): metering.UsageFilter {
  const { eventType, datasetId, apiKeyId, resourceId, from, to } = query
  return {
    eventType,
    datasetId,
    onlyDatasetIds: actor.datasetIds,
    apiKeyId,
    resourceId,
    from,
    to,
    isCharged: false,
    onlyIds: null,
    exceptIds: [],
  }
}

/** Undefined where nothing can match. */
async function filterOf(
  db: Db,
  { actor, now }: Call,
  query: UsageQuery,
): Promise<metering.UsageFilter | undefined> {
  const plain = plainFilter(actor, query)
  if (query.invoiceId === null) return plain
  const { tenantId } = actor
  const { invoiceId, lineId } = query
  const usage = await invoices.usageOfLine(db, tenantId, { invoiceId, lineId, now })
  if (!usage) throw notFound()
  const isOther = (asked: string | null, own: string | null) =>
    asked !== null && own !== null && asked !== own
  if (isOther(plain.datasetId, usage.datasetId)) return undefined
  if (isOther(plain.eventType, usage.eventType)) return undefined
  const { disputeId } = usage
  return {
    ...within(plain, usage),
    datasetId: usage.datasetId ?? plain.datasetId,
    eventType: usage.eventType ?? plain.eventType,
    isCharged: true,
    onlyIds: disputeId === null ? null : await disputes.disputedEvents(db, tenantId, disputeId),
  }
}

function within(
  filter: metering.UsageFilter,
  period: { from: Date; to: Date },
): metering.UsageFilter {
  return {
    ...filter,
    from: filter.from && filter.from > period.from ? filter.from : period.from,
    to: filter.to && filter.to < period.to ? filter.to : period.to,
  }
}
