import { currency, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { addMs } from '../../base/clock.ts'
import type { Wire } from '../../base/route.ts'
import { netOf, type Payout } from './figures.ts'
import type { AdminPayout } from './operate.ts'

export function readPayoutsPage(input: ParsedInput<'payouts.list'>) {
  return { limit: input.limit }
}

export function readPayoutId(input: { payout_id: string }): string {
  return input.payout_id
}

export function readAllPayouts(input: ParsedInput<'admin_payouts.list'>) {
  return {
    status: input.status ?? null,
    tenantId: input.tenant_id ?? null,
    limit: input.limit,
  }
}

export function readPay(input: ParsedInput<'admin_payouts.pay'>) {
  return { payoutId: input.payout_id, bankReference: input.bank_reference }
}

export function readReason(input: { payout_id: string; reason: string }) {
  return { payoutId: input.payout_id, reason: input.reason }
}

export function presentPayout(payout: Payout, wire: Wire) {
  return {
    payout_id: payout.id,
    period_start: wire.time(payout.periodStart),
    // The wire shows the last second of the month, the inside is half-open.
    period_end: wire.time(addMs(payout.periodEnd, -1_000)),
    status: payout.status,
    gross: toMajor(payout.grossMicros),
    platform_fee: toMajor(payout.platformMicros),
    held: toMajor(payout.heldMicros),
    net: toMajor(netOf(payout)),
    currency,
    release_at: wire.time(payout.releaseAt),
    carried_forward: payout.isCarried,
    paid_at: wire.timeOrNull(payout.paidAt),
    bank_reference: payout.bankReference,
    lines: payout.lines.map((line) => ({
      dataset_id: line.datasetId,
      dataset_name: line.datasetName,
      event_type: line.eventType,
      quantity: Number(line.quantity),
      gross: toMajor(line.grossMicros),
      net: toMajor(netOf(line)),
    })),
  }
}

export function presentAdminPayout(payout: AdminPayout, wire: Wire) {
  return {
    ...presentPayout(payout, wire),
    tenant_id: payout.tenantId,
    tenant_name: payout.tenantName,
    open_disputes: payout.openDisputes,
  }
}

export function presentPrinted(bytes: Uint8Array): Uint8Array {
  return bytes
}
