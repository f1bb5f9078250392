// What a provider earns for a month, and how it is paid out.
import { z } from 'zod'
import { amount, id, paging, text, time } from './fields.ts'
import { listing, operation, pdfBytes } from './operation.ts'

export const payoutStatuses = ['pending', 'approved', 'paid', 'held', 'reversed'] as const

const report = { profile: 'report' as const }

const Payout = z.strictObject({
  payout_id: id,
  period_start: time,
  period_end: time,
  status: z.enum(payoutStatuses),
  gross: amount,
  platform_fee: amount,
  held: amount,
  net: amount,
  currency: z.string(),
  release_at: time,
  carried_forward: z.boolean(),
  paid_at: time.nullable(),
  bank_reference: z.string().nullable(),
  lines: z.array(
    z.strictObject({
      dataset_id: id,
      dataset_name: z.string(),
      event_type: z.string(),
      quantity: z.int(),
      gross: amount,
      net: amount,
    }),
  ),
})

// What only operators see beside it.
const AdminPayout = z.strictObject({
  ...Payout.shape,
  tenant_id: id,
  tenant_name: z.string(),
  open_disputes: z.int(),
})

const one = z.strictObject({ payout_id: id })
const withReason = z.strictObject({ payout_id: id, reason: text(1, 2_000) })

export const payoutsList = listing({
  ...report,
  id: 'payouts.list',
  method: 'GET',
  path: '/v1/provider/payouts',
  tag: 'Provider',
  summary: 'Earnings by month, newest first; the running month is pending',
  scope: 'billing:read',
  input: z.strictObject(paging),
  output: Payout,
  plural: 'payouts',
})

export const payoutsGet = operation({
  ...report,
  id: 'payouts.get',
  method: 'GET',
  path: '/v1/provider/payouts/{payout_id}',
  tag: 'Provider',
  summary: 'Earnings of one month',
  scope: 'billing:read',
  input: one,
  output: Payout,
})

export const payoutsStatement = operation({
  ...report,
  id: 'payouts.statement',
  method: 'GET',
  path: '/v1/provider/payouts/{payout_id}/statement',
  tag: 'Provider',
  summary: 'The statement of a payout as PDF; a running month has none',
  scope: 'billing:read',
  input: one,
  output: pdfBytes,
  errors: ['conflict'],
  media: 'pdf',
})

export const adminPayoutsList = listing({
  ...report,
  id: 'admin_payouts.list',
  method: 'GET',
  path: '/v1/admin/payouts',
  tag: 'Operator',
  summary: 'Payouts of all providers for closed months, newest first',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    status: z.enum(payoutStatuses).optional(),
    tenant_id: id.optional(),
  }),
  output: AdminPayout,
  plural: 'payouts',
})

export const adminPayoutsApprove = operation({
  ...report,
  id: 'admin_payouts.approve',
  method: 'POST',
  path: '/v1/admin/payouts/{payout_id}/approve',
  tag: 'Operator',
  summary: 'Approve a pending or reversed payout by hand, also below the minimum',
  auth: 'operator',
  input: one,
  output: AdminPayout,
  errors: ['conflict'],
})

export const adminPayoutsPay = operation({
  ...report,
  id: 'admin_payouts.pay',
  method: 'POST',
  path: '/v1/admin/payouts/{payout_id}/pay',
  tag: 'Operator',
  summary: 'Pay an approved payout once its hold window is over',
  auth: 'operator',
  input: z.strictObject({ payout_id: id, bank_reference: text(1, 200) }),
  output: AdminPayout,
  errors: ['conflict'],
})

export const adminPayoutsHold = operation({
  ...report,
  id: 'admin_payouts.hold',
  method: 'POST',
  path: '/v1/admin/payouts/{payout_id}/hold',
  tag: 'Operator',
  summary: 'Hold a pending or approved payout back',
  auth: 'operator',
  input: withReason,
  output: AdminPayout,
  errors: ['conflict'],
})

export const adminPayoutsRelease = operation({
  ...report,
  id: 'admin_payouts.release',
  method: 'POST',
  path: '/v1/admin/payouts/{payout_id}/release',
  tag: 'Operator',
  summary: 'Let a payout go that an operator held; it is pending again',
  auth: 'operator',
  input: one,
  output: AdminPayout,
  errors: ['conflict'],
})

export const adminPayoutsReverse = operation({
  ...report,
  id: 'admin_payouts.reverse',
  method: 'POST',
  path: '/v1/admin/payouts/{payout_id}/reverse',
  tag: 'Operator',
  summary: 'Record that a payment came back; the payout may be approved and paid again',
  auth: 'operator',
  input: withReason,
  output: AdminPayout,
  errors: ['conflict'],
})
