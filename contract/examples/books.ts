// Examples of the ledger, the check of the books, the state of the system, the audit log and jobs.
import type { WireBody } from '../operations.ts'
import type { Examples } from './example.ts'
import { currency, hashes, ids, times } from './story.ts'

const receivable = `receivable:${ids.buyer}`
const held = `held:${ids.provider}`

const sound: WireBody<'books.get'> = { checked_at: times.closed, sound: true, findings: [] }

const job: WireBody<'jobs.get'> = {
  id: ids.job,
  object: 'job',
  status: 'completed',
  result: { datasetId: ids.dataset },
  error: null,
  createdAt: '2026-04-05T10:00:00.000Z',
  completedAt: '2026-04-05T10:00:05.000Z',
}

const entry: WireBody<'audit.list'> = {
  audit_event_id: ids.audit,
  actor_id: ids.providerUser,
  actor_type: 'user',
  action: 'dataset.update',
  target_id: ids.dataset,
  request_id: ids.request,
  changes: { visibility: { before: 'private', after: 'listed' } },
  occurred_at: times.made,
  occurred_at_ms: 1_775_383_200_000,
  tenant_id: ids.provider,
  sequence: 10,
  previous_hash: hashes.object,
  hash: hashes.passage,
}

export const bookExamples = {
  'ledger.trial_balance': {
    input: {},
    output: {
      accounts: [
        { account: held, tenant_id: ids.provider, balance: -0.78 },
        { account: receivable, tenant_id: ids.buyer, balance: 50.3 },
        { account: 'revenue', tenant_id: null, balance: -49.52 },
      ],
      total: 0,
      as_of: times.closed,
    },
  },
  'ledger.accounts': {
    input: { limit: 20, purpose: 'receivable' },
    output: {
      account: receivable,
      tenant_id: ids.buyer,
      purpose: 'receivable',
      balance: 50.3,
    },
  },
  'ledger.transfers': {
    input: { limit: 20, tenant_id: ids.buyer, from: times.monthStart },
    output: {
      transfer_id: `${ids.invoice}:payment`,
      debit_account: 'cash',
      credit_account: receivable,
      amount: 50.3,
      currency,
      reason: 'invoice payment',
      posted_at: times.paid,
    },
  },
  'books.get': { input: {}, output: sound },
  'books.check': { input: {}, output: sound },
  'admin.system': {
    input: {},
    output: {
      queues: [{ name: 'ingest.advance', waiting: 2, running: 1, failed: 0 }],
      oldest_waiting_at: times.later,
      index_lag: 0,
      failed_objects: 0,
      unexplained_money: 0,
      extraction_isolated: true,
    },
  },
  'audit.list': {
    input: { limit: 20, action: 'dataset.update', from: times.monthStart },
    output: entry,
  },
  'admin_audit.list': {
    input: { limit: 20, tenant_id: ids.provider, action: 'dataset.update' },
    output: entry,
  },
  'jobs.get': { input: { id: ids.job }, output: job },
  'jobs.list': { input: { limit: 20, status: 'completed' }, output: job },
} satisfies Partial<Examples>
