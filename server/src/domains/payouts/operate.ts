// What operators do with payouts. Each happens once: the month is locked, and the call that moved the
// payout is remembered.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { type Page, pageOf } from '../../base/page.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import { netOf, type Payout, statusOf, withAllLines, withLines } from './figures.ts'
import { lockRow, type Move, move, requireRow } from './move.ts'
import type { PayoutRail } from './payout-rail.ts'
import type { PayoutFilter, PayoutRow } from './store.ts'
import * as store from './store.ts'

export interface AdminPayout extends Payout {
  tenantName: string
}

interface Given {
  payoutId: string
  reason: string
}

/** By hand, also below the minimum and before the release. Throws `conflict` where it is held. */
export async function approvePayout(
  { db }: { db: Db },
  call: Call,
  payoutId: string,
): Promise<AdminPayout> {
  return operate(db, call, payoutId, (row) => {
    const isHeld = row.isHeld || row.openDisputes > 0
    if ((row.status !== 'pending' && row.status !== 'reversed') || isHeld) {
      throw conflict(row, 'Only a pending or reversed payout that nothing holds is approved')
    }
    if (netOf(row) <= 0n) throw conflict(row, 'There is nothing to pay')
    const change = {
      status: 'approved',
      isCarried: false,
      paidAt: null,
      bankReference: null,
    } as const
    return { action: 'payout.approve', change }
  })
}

/** Throws `conflict` where it is not approved, is held, or is not released yet. */
export async function payPayout(
  { db, payoutRail }: { db: Db; payoutRail: PayoutRail },
  call: Call,
  given: { payoutId: string; bankReference: string },
): Promise<AdminPayout> {
  const asked = await requireRow(db, given.payoutId)
  if (await store.isMovedBy(db, asked, call.chargeKey)) return named(db, asked)
  requirePayable(asked, call.now)
  // The world first, then the fact: the rail pays once under this id, so the same call may come again.
  const bankReference = await payoutRail.pay({
    paymentId: paymentIdOf(asked, asked.paymentCount + 1),
    providerId: asked.tenantId,
    amountMicros: netOf(asked),
    bankReference: given.bankReference,
  })
  return operate(db, call, given.payoutId, (row) => {
    requirePayable(row, call.now)
    const paidMicros = netOf(row)
    const paymentCount = row.paymentCount + 1
    if (paidMicros !== netOf(asked) || paymentCount !== asked.paymentCount + 1) {
      throw conflict(row, 'The payout has changed meanwhile')
    }
    const { tenantId } = row
    return {
      action: 'payout.pay',
      change: { status: 'paid', paidAt: call.now, paidMicros, bankReference, paymentCount },
      facts: { bankReference, paidMicros: paidMicros.toString() },
      transfer: {
        id: paymentIdOf(row, paymentCount),
        debit: { purpose: 'payable', tenantId },
        credit: { purpose: 'cash', tenantId },
        amountMicros: paidMicros,
        reason: 'payout',
      },
    }
  })
}

function requirePayable(row: PayoutRow, now: Date): void {
  if (statusOf(row) !== 'approved') throw conflict(row, 'Only an approved payout is paid')
  if (now < row.releaseAt) throw conflict(row, 'Its hold window is not over')
  if (netOf(row) <= 0n) throw conflict(row, 'There is nothing to pay')
}

function paymentIdOf({ id }: PayoutRow, count: number): string {
  return `${id}:payment:${count}`
}

/** Holds a pending or approved payout back until an operator lets it go. */
export async function holdPayout(
  { db }: { db: Db },
  call: Call,
  { payoutId, reason }: Given,
): Promise<AdminPayout> {
  return operate(db, call, payoutId, (row) => {
    if (row.isHeld) throw conflict(row, 'An operator holds it already')
    if (row.status !== 'pending' && row.status !== 'approved') {
      throw conflict(row, 'Only a pending or approved payout is held')
    }
    return { action: 'payout.hold', change: { isHeld: true, isCarried: false }, facts: { reason } }
  })
}

/** It is pending again, whatever it was. Throws `conflict` while a dispute is open. */
export async function releasePayout(
  { db }: { db: Db },
  call: Call,
  payoutId: string,
): Promise<AdminPayout> {
  return operate(db, call, payoutId, (row) => {
    if (row.openDisputes > 0) throw conflict(row, 'A dispute is open')
    if (!row.isHeld) throw conflict(row, 'No operator holds it')
    return { action: 'payout.release', change: { status: 'pending', isHeld: false } }
  })
}

/** The money came back: the platform owes it again. */
export async function reversePayout(
  { db }: { db: Db },
  call: Call,
  { payoutId, reason }: Given,
): Promise<AdminPayout> {
  return operate(db, call, payoutId, (row) => {
    const { tenantId, paidMicros } = row
    if (row.status !== 'paid' || paidMicros === null) {
      throw conflict(row, 'Only a paid payout is reversed')
    }
    return {
      action: 'payout.reverse',
      change: { status: 'reversed' },
      facts: { reason, paidMicros: paidMicros.toString() },
      transfer: {
        id: `${row.id}:reversal:${row.paymentCount}`,
        debit: { purpose: 'cash', tenantId },
        credit: { purpose: 'payable', tenantId },
        amountMicros: paidMicros,
        reason: 'payout reversed',
      },
    }
  })
}

function conflict(row: PayoutRow, sentence: string): Failure {
  return new Failure('conflict', `${sentence}; the payout is ${statusOf(row)}.`)
}

type Decide = (row: PayoutRow) => Move & { transfer?: ledger.Transfer }

async function operate(db: Db, call: Call, payoutId: string, decide: Decide): Promise<AdminPayout> {
  const moved = await db.tx(async (tx) => {
    const row = await lockRow(tx, payoutId)
    if (await store.isMovedBy(tx, row, call.chargeKey)) return row
    const { transfer, change, ...rest } = decide(row)
    const after = await move(tx, call, row, { ...rest, change })
    await store.insertMove(tx, row, call.chargeKey)
    // Accounts are locked last.
    if (transfer) await ledger.post(tx, [transfer], call.now)
    return after
  })
  return named(db, moved)
}

async function named(db: Db, row: PayoutRow): Promise<AdminPayout> {
  const names = await identity.tenantNames(db, [row.tenantId])
  return { ...(await withLines(db, row)), tenantName: names.get(row.tenantId) ?? '' }
}

/** Of all providers, newest first. */
export async function listAllPayouts(
  { db }: { db: Db },
  { after }: Call,
  { limit, ...filter }: PayoutFilter & { limit: number },
): Promise<Page<AdminPayout>> {
  const before = after ? BigInt(after[0] ?? 0) : null
  const rows = await store.listAllPayouts(db, filter, { before, limit: limit + 1 })
  const total = await store.countAllPayouts(db, filter)
  const page = pageOf(rows, limit, ({ serial }) => [serial.toString()], total)
  const names = await identity.tenantNames(
    db,
    page.items.map((row) => row.tenantId),
  )
  const items = await withAllLines(db, page.items)
  return {
    ...page,
    items: items.map((item) => ({ ...item, tenantName: names.get(item.tenantId) ?? '' })),
  }
}
