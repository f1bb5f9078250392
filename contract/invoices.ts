// What a tenant owes for a month, what it paid, and what was credited.
import { z } from 'zod'
import {
  amount,
  currencyField,
  id,
  inputTime,
  paging,
  positiveAmount,
  text,
  time,
} from './fields.ts'
import { listing, operation, pdfBytes } from './operation.ts'

export const invoiceStatuses = ['draft', 'open', 'paid', 'void'] as const
export const issuedStatuses = ['open', 'paid', 'void'] as const

const Invoice = z.strictObject({
  invoice_id: id,
  number: z.string().nullable(),
  status: z.enum(invoiceStatuses),
  period_start: time,
  period_end: time,
  lines: z.array(
    z.strictObject({
      line_id: id,
      kind: z.enum(['plan_fee', 'usage']),
      dataset_id: id.nullable(),
      dataset_name: z.string().nullable(),
      event_type: z.string().nullable(),
      quantity: z.int(),
      amount,
    }),
  ),
  total: amount,
  currency: z.string(),
  due_at: time.nullable(),
  opened_at: time.nullable(),
  paid_at: time.nullable(),
  credits_invoice_id: id.nullable(),
})

// What only operators see beside it.
const AdminInvoice = z.strictObject({
  ...Invoice.shape,
  tenant_id: id,
  tenant_name: z.string(),
  credited: amount,
  amount_due: amount,
  payment_reference: z.string().nullable(),
  voided_at: time.nullable(),
  void_reason: z.string().nullable(),
})

const one = z.strictObject({ invoice_id: id })

export const invoicesList = listing({
  id: 'invoices.list',
  method: 'GET',
  path: '/v1/invoices',
  tag: 'Buyer',
  summary: 'Invoices and credit notes, newest first; the running month is a draft',
  scope: 'billing:read',
  input: z.strictObject(paging),
  output: Invoice,
})

export const invoicesGet = operation({
  id: 'invoices.get',
  method: 'GET',
  path: '/v1/invoices/{invoice_id}',
  tag: 'Buyer',
  summary: 'One invoice, credit note or draft',
  scope: 'billing:read',
  input: one,
  output: Invoice,
})

export const invoicesPdf = operation({
  id: 'invoices.pdf',
  method: 'GET',
  path: '/v1/invoices/{invoice_id}/pdf',
  tag: 'Buyer',
  summary: 'One invoice or credit note as PDF; a draft has none',
  scope: 'billing:read',
  input: one,
  output: pdfBytes,
  errors: ['conflict'],
  media: 'pdf',
})

export const adminInvoicesList = listing({
  id: 'admin_invoices.list',
  method: 'GET',
  path: '/v1/admin/invoices',
  profile: 'report',
  tag: 'Operator',
  summary: 'Invoices and credit notes of all tenants, newest first',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    status: z.enum(issuedStatuses).optional(),
    tenant_id: id.optional(),
  }),
  output: AdminInvoice,
  plural: 'invoices',
})

export const adminInvoicesPay = operation({
  id: 'admin_invoices.pay',
  method: 'POST',
  path: '/v1/admin/invoices/{invoice_id}/payments',
  profile: 'report',
  tag: 'Operator',
  summary: 'Record the payment of an open invoice: exactly what is due',
  auth: 'operator',
  input: z.strictObject({
    invoice_id: id,
    amount: positiveAmount,
    currency: currencyField,
    reference: text(1, 200),
    paid_at: inputTime,
  }),
  output: AdminInvoice,
  errors: ['conflict'],
})

export const adminInvoicesVoid = operation({
  id: 'admin_invoices.void',
  method: 'POST',
  path: '/v1/admin/invoices/{invoice_id}/void',
  profile: 'report',
  tag: 'Operator',
  summary: 'Give up an open invoice; the platform bears it',
  auth: 'operator',
  input: z.strictObject({ invoice_id: id, reason: text(1, 2_000) }),
  output: AdminInvoice,
  errors: ['conflict'],
})
