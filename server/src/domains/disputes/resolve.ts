// An operator decides: the money goes back to the buyer, or to the provider. Once, and all in one
// transaction. Locks: dispute, invoice months, payouts, accounts.
import type { Call } from '../../base/call.ts'
import { monthOf } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type Page, pageOf } from '../../base/page.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as identity from '../identity/identity.ts'
import * as invoices from '../invoices/invoices.ts'
import * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import * as payouts from '../payouts/payouts.ts'
import { events } from './events.ts'
import { type Dispute, findDispute, withEvents } from './found.ts'
import { refundTransfers, rejectTransfers } from './shares.ts'
import type { DisputeFilter, DisputeRow, Resolution } from './store.ts'
import * as store from './store.ts'

export interface AdminDispute extends Dispute {
  tenantName: string
  providers: { tenantId: Id<'tnt'>; name: string }[]
}

/** Throws `not_found`, and `conflict` where it is resolved or the invoice of its use is void. */
export async function resolveDispute(
  { db }: { db: Db },
  call: Call,
  given: { disputeId: string; resolution: Resolution; note: string },
): Promise<AdminDispute> {
  await db.tx((tx) => resolve(tx, call, given))
  const dispute = await findDispute(db, given.disputeId)
  const [named] = dispute ? await withNames(db, [dispute]) : []
  if (!named) throw notFound()
  return named
}

async function resolve(
  tx: Tx,
  call: Call,
  { disputeId, resolution, note }: { disputeId: string; resolution: Resolution; note: string },
): Promise<void> {
  const tenantId = await store.findOwner(tx, disputeId)
  if (!tenantId) throw notFound()
  await store.lockDispute(tx, tenantId, disputeId)
  const dispute = await findDispute(tx, disputeId)
  if (!dispute) throw notFound()
  if (dispute.resolvedBy === call.chargeKey) return
  if (dispute.status !== 'open') {
    throw new Failure('conflict', `The dispute is not open: it is ${dispute.status}.`)
  }
  const { now, chargeKey } = call
  const usage = await store.listUsage(tx, tenantId, dispute.usageEventIds)
  const isRefund = resolution === 'refunded'
  if (isRefund) await creditMonths(tx, dispute, { usage, now })
  await payouts.settleContest(tx, { disputeId, tenantId, now }, resolution)
  const given = { status: resolution, note, resolvedAt: now, resolvedBy: chargeKey }
  await store.markResolved(tx, dispute, given)
  const changes = { resolution, note, amountMicros: dispute.amountMicros.toString() }
  const entry = { tenantId, action: 'dispute.resolve', targetId: dispute.id, changes }
  await audit.record(tx, call, entry)
  await emit(tx, events.updated, { tenantId, disputeId: dispute.id })
  const transfers = isRefund ? refundTransfers : rejectTransfers
  await ledger.post(tx, transfers(dispute, usage), now)
}

// All months are locked before the first credit note takes its number: two that credit the same months
// wait, and never deadlock.
async function creditMonths(
  tx: Tx,
  { id, tenantId }: DisputeRow,
  { usage, now }: { usage: readonly metering.UsageEvent[]; now: Date },
): Promise<void> {
  const monthStart = (event: metering.UsageEvent) => monthOf(event.occurredAt).from.getTime()
  const months = new Map<number, metering.UsageEvent[]>()
  for (const event of usage) {
    const start = monthStart(event)
    months.set(start, [...(months.get(start) ?? []), event])
  }
  const starts = [...months.values()].flatMap(([first]) => first?.occurredAt ?? [])
  await invoices.lockMonths(tx, tenantId, starts)
  for (const [, lines] of [...months].sort(([one], [other]) => one - other)) {
    const [first] = lines
    if (!first) continue
    const periodStart = monthOf(first.occurredAt).from
    await invoices.creditUse(tx, { tenantId, periodStart, disputeId: id, lines, now })
  }
}

/** Of all buyers, newest first, for operators. */
export async function listAllDisputes(
  { db }: { db: Db },
  { after }: Call,
  { limit, ...filter }: DisputeFilter & { limit: number },
): Promise<Page<AdminDispute>> {
  const before = after ? BigInt(after[0] ?? 0) : null
  const rows = await store.listDisputes(db, filter, { before, limit: limit + 1 })
  const total = await store.countDisputes(db, filter)
  const page = pageOf(rows, limit, ({ serial }) => [serial.toString()], total)
  return { ...page, items: await withNames(db, await withEvents(db, page.items)) }
}

async function withNames(db: Db, disputes: readonly Dispute[]): Promise<AdminDispute[]> {
  const providers = await store.listProviders(
    db,
    disputes.map((one) => one.tenantId),
    disputes.map((one) => one.id),
  )
  const ids = [...disputes.map((one) => one.tenantId), ...providers.map((one) => one.providerId)]
  const names = await identity.tenantNames(db, ids)
  const named = (tenantId: Id<'tnt'>) => ({ tenantId, name: names.get(tenantId) ?? '' })
  return disputes.map((dispute) => ({
    ...dispute,
    tenantName: named(dispute.tenantId).name,
    providers: providers
      .filter(({ disputeId }) => disputeId === dispute.id)
      .map(({ providerId }) => named(providerId)),
  }))
}
