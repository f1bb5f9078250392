// Examples of what an operator decides: review, tenants, invoices, payouts, disputes and prices.
import type { WireBody } from '../operations.ts'
import { dispute, invoice } from './buyer.ts'
import type { Examples } from './example.ts'
import { staged } from './objects.ts'
import { payout } from './provider.ts'
import { currency, hashes, ids, passage, times } from './story.ts'

const inReview: WireBody<'review.queue'> = {
  ...staged,
  tenant_id: ids.provider,
  tenant_name: 'Harbour Archive',
  dataset_name: 'AP Invoices 2025',
  risk: 'medium',
  findings: [{ kind: 'email', severity: 'medium', count: 2, sample_masked: 'm***@h***.example' }],
}

const pageAddress =
  'https://ipto.example/storage/5be1d3a09c6b4f27a1c2380de4f7716b09d4c8e1f3a2576b8e90c1d2f3a4b5c6' +
  '?filename=page-1.jpg&type=image%2Fjpeg&expires=1775383800000&signature=0hKQb8yJ5Xc3rV2nWm7tLd1uEs9fAzPgYiOoRk4Tq6M'

const named = { tenant_id: ids.provider, object_id: ids.object }

const tenant: WireBody<'admin_tenants.list'> = {
  tenant_id: ids.provider,
  name: 'Harbour Archive',
  plan: 'pro',
  region: 'eu-central',
  suspended: false,
  approved_automatically: false,
  curated_dataset_ids: [],
  created_at: times.made,
}

const ofBuyer = { tenant_id: ids.buyer, tenant_name: 'Lumen Research' }

const adminInvoice: WireBody<'admin_invoices.list'> = {
  ...invoice,
  ...ofBuyer,
  credited: 0,
  amount_due: 50.3,
  payment_reference: null,
  voided_at: null,
  void_reason: null,
}

const adminPayout: WireBody<'admin_payouts.list'> = {
  ...payout,
  tenant_id: ids.provider,
  tenant_name: 'Harbour Archive',
  open_disputes: 0,
}

const adminDispute: WireBody<'admin_disputes.list'> = {
  ...dispute,
  ...ofBuyer,
  providers: [{ tenant_id: ids.provider, tenant_name: 'Harbour Archive' }],
}

const prices = {
  open: { retrieval: 0.03, citation: 0.02, download: 0.5 },
  premium: { retrieval: 0.08, citation: 0.05, download: 2 },
  outcome_share: { retrieval: 0.01, citation: 0.01, download: 0.25, outcome_percent: 5 },
}

const priceBook: WireBody<'price_books.list'> = {
  version: 2,
  starts_at: times.closed,
  prices,
  currency,
  published_at: times.made,
  in_force: false,
}

const one = { input: { payout_id: ids.payout } }

export const operatorExamples = {
  'review.queue': { input: { limit: 20, risk: 'medium' }, output: inReview },
  'review.get': {
    input: named,
    output: {
      ...inReview,
      review_state: 'under_review',
      preview: { text: passage, pages: [{ page: 1, image_url: pageAddress }] },
    },
  },
  'review.approve': {
    input: named,
    output: {
      ...inReview,
      status: 'processing',
      review_state: 'approved',
      index_state: 'queued',
      decided_at: times.decided,
    },
  },
  'review.reject': {
    input: { ...named, reason: 'It holds the address of a private person.' },
    output: {
      ...inReview,
      status: 'rejected',
      review_state: 'rejected',
      decided_at: times.decided,
    },
  },
  'review.bulk': {
    input: { decisions: [{ ...named, decision: 'approve' }] },
    output: { results: [{ object_id: ids.object, ok: true, error: null }] },
  },
  'admin_tenants.list': { input: { limit: 20, q: 'harbour' }, output: tenant },
  'admin_tenants.get': { input: { tenant_id: ids.provider }, output: tenant },
  'admin_tenants.update': {
    input: { tenant_id: ids.provider, plan: 'business', curated_dataset_ids: [ids.dataset] },
    output: { ...tenant, plan: 'business', curated_dataset_ids: [ids.dataset] },
  },
  'admin_invoices.list': {
    input: { limit: 20, status: 'open', tenant_id: ids.buyer },
    output: adminInvoice,
  },
  'admin_invoices.pay': {
    input: {
      invoice_id: ids.invoice,
      amount: 50.3,
      currency,
      reference: 'transfer 4711',
      paid_at: times.paid,
    },
    output: {
      ...adminInvoice,
      status: 'paid',
      amount_due: 0,
      payment_reference: 'transfer 4711',
      paid_at: times.paid,
    },
  },
  'admin_invoices.void': {
    input: { invoice_id: ids.invoice, reason: 'The tenant was set up for a demonstration.' },
    output: {
      ...adminInvoice,
      status: 'void',
      amount_due: 0,
      voided_at: times.paid,
      void_reason: 'The tenant was set up for a demonstration.',
    },
  },
  'admin_payouts.list': { input: { limit: 20, status: 'pending' }, output: adminPayout },
  'admin_payouts.approve': { ...one, output: { ...adminPayout, status: 'approved' } },
  'admin_payouts.pay': {
    input: { payout_id: ids.payout, bank_reference: 'SEPA 2026-05-0042' },
    output: {
      ...adminPayout,
      status: 'paid',
      paid_at: times.due,
      bank_reference: 'SEPA 2026-05-0042',
    },
  },
  'admin_payouts.hold': {
    input: { payout_id: ids.payout, reason: 'The account of the provider is being checked.' },
    output: { ...adminPayout, status: 'held' },
  },
  'admin_payouts.release': { ...one, output: adminPayout },
  'admin_payouts.reverse': {
    input: { payout_id: ids.payout, reason: 'The bank sent the payment back.' },
    output: {
      ...adminPayout,
      status: 'reversed',
      paid_at: times.due,
      bank_reference: 'SEPA 2026-05-0042',
    },
  },
  'admin_disputes.list': { input: { limit: 20, status: 'open' }, output: adminDispute },
  'admin_disputes.evidence': {
    input: { dispute_id: ids.dispute },
    output: {
      dispute_id: ids.dispute,
      reason: 'The passage is about another supplier.',
      evidence: [
        {
          usage_event_id: ids.usage,
          event_type: 'retrieval',
          occurred_at: times.made,
          dataset_id: ids.dataset,
          dataset_name: 'AP Invoices 2025',
          object_id: ids.object,
          filename: 'inv-7.pdf',
          amount: 0.1,
          query: 'VAT dispute',
          rank: 1,
          score: 0.71,
          snippet: passage,
          passage,
          passage_sha256: hashes.passage,
        },
      ],
    },
  },
  'admin_disputes.resolve': {
    input: {
      dispute_id: ids.dispute,
      resolution: 'refunded',
      note: 'The passage names another supplier.',
    },
    output: {
      ...adminDispute,
      status: 'refunded',
      resolution_note: 'The passage names another supplier.',
      resolved_at: times.paid,
    },
  },
  'price_books.list': { input: { limit: 20 }, output: priceBook },
  'price_books.create': { input: { starts_at: times.closed, prices }, output: priceBook },
} satisfies Partial<Examples>
