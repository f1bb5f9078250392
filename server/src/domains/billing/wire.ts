import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { addMs } from '../../base/clock.ts'
import { assert } from '../../base/errors.ts'
import type { Wire } from '../../base/route.ts'
import type { Budget, BudgetWish, Earnings } from './billing.ts'

export function readBudgetsPage(input: ParsedInput<'budgets.list'>) {
  return { limit: input.limit }
}

export function readBudget(input: ParsedInput<'budgets.set'>): BudgetWish {
  const limitMicros = input.amount === null ? null : fromMajor(input.amount)
  assert(limitMicros !== undefined, 'the contract lets only whole micro-units pass')
  return { limitMicros, resourceId: input.resource_id ?? null }
}

export function presentBudget(budget: Budget, wire: Wire) {
  return {
    budget_id: budget.id,
    scope: budget.scope,
    api_key_id: budget.scope === 'key' ? budget.ownerId : null,
    resource_id: budget.scope === 'resource' ? budget.ownerId : null,
    amount: majorOrNull(budget.limitMicros),
    currency,
    period_start: wire.time(budget.periodStart),
    spent: toMajor(budget.spentMicros),
    remaining: majorOrNull(budget.remainingMicros),
  }
}

function majorOrNull(micros: bigint | null): number | null {
  return micros === null ? null : toMajor(micros)
}

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
