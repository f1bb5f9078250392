// What billing tells: past facts, with ids only.
import type { Id } from '../../base/ids.ts'
import { event } from '../../jobs/queue.ts'

/** A budget has reached 80 or 100 percent of its limit, once a month each. */
export const budgetThreshold = event<{
  tenantId: Id<'tnt'>
  budgetId: Id<'bud'>
  percent: 80 | 100
}>('budget.threshold')
