import { currency, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { addMs } from '../../base/clock.ts'
import type { Wire } from '../../base/route.ts'
import type { Earnings } from './billing.ts'

export function readEarningsPage(input: ParsedInput<'payouts.list'>) {
  return { limit: input.limit }
}

export function presentEarnings(month: Earnings, wire: Wire) {
  return {
    payout_id: month.id,
    period_start: wire.time(month.periodStart),
    // The wire shows the last second of the month, the inside is half-open.
    period_end: wire.time(addMs(month.periodEnd, -1_000)),
    status: 'pending' as const,
    gross: toMajor(month.grossMicros),
    platform_fee: toMajor(month.platformMicros),
    held: 0,
    net: toMajor(month.netMicros),
    currency,
    release_at: wire.time(month.releaseAt),
    paid_at: null,
    bank_reference: null,
    lines: month.lines.map((line) => ({
      dataset_id: line.datasetId,
      dataset_name: line.datasetName,
      event_type: line.eventType,
      quantity: Number(line.quantity),
      gross: toMajor(line.grossMicros),
      net: toMajor(line.netMicros),
    })),
  }
}
