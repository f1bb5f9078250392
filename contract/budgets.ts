// Limits on what a tenant, a key or a resource may spend in a calendar month (UTC).
import { z } from 'zod'
import { amount, currencyField, id, paging, positiveAmount, time } from './fields.ts'
import { listing, operation } from './operation.ts'

const Budget = z.strictObject({
  budget_id: id,
  scope: z.enum(['tenant', 'key', 'resource']),
  api_key_id: id.nullable(),
  resource_id: id.nullable(),
  amount: amount.nullable(),
  currency: z.string(),
  period_start: time,
  spent: amount,
  remaining: amount.nullable(),
})

export const budgetsList = listing({
  id: 'budgets.list',
  method: 'GET',
  path: '/v1/budgets',
  tag: 'Buyer',
  summary: 'Budgets of the tenant, its keys and its resources in the running month',
  scope: 'billing:read',
  input: z.strictObject(paging),
  output: Budget,
})

export const budgetsSet = operation({
  id: 'budgets.set',
  method: 'PUT',
  path: '/v1/budgets',
  tag: 'Buyer',
  summary: 'Set or clear the monthly budget of the tenant, or of a resource',
  scope: 'billing:read',
  roles: ['buyer_manager'],
  input: z
    .strictObject({
      amount: positiveAmount.nullable(),
      currency: currencyField.optional(),
      resource_id: id.nullable().optional(),
    })
    .refine((budget) => budget.amount === null || budget.currency !== undefined, {
      path: ['currency'],
      message: 'required',
    }),
  output: Budget,
  errors: ['not_found'],
})
