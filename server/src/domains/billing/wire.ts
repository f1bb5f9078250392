import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { assert } from '../../base/errors.ts'
import type { Wire } from '../../base/route.ts'
import type { Budget, BudgetWish } from './billing.ts'

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
