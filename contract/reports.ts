// Reports to buyers, providers and operators; money that stands in the ledger; jobs; audit.
import { z } from 'zod'
import { amount, id, inputTime, paging, text, time } from './fields.ts'
import { listing, operation } from './operation.ts'

const report = { profile: 'report' as const }

export const buyerDashboard = operation({
  ...report,
  id: 'buyer.dashboard',
  method: 'GET',
  path: '/v1/buyer/dashboard',
  tag: 'Buyer',
  summary: "Counts of the tenant's API keys",
  scope: 'usage:read',
  output: z.strictObject({ api_key_count: z.int(), active_api_key_count: z.int() }),
})

export const activitySearches = listing({
  ...report,
  id: 'activity.searches',
  method: 'GET',
  path: '/v1/agent/activity/searches',
  tag: 'Buyer',
  summary: 'Searches of the tenant, newest first',
  scope: 'usage:read',
  input: z.strictObject(paging),
  output: z.strictObject({
    search_activity_id: id,
    query_text: z.string(),
    dataset_ids: z.array(id),
    result_count: z.int(),
    charged_amount: amount,
    currency: z.string(),
    occurred_at: time,
  }),
  plural: 'searches',
})

export const activityAccesses = listing({
  ...report,
  id: 'activity.accesses',
  method: 'GET',
  path: '/v1/agent/activity/accesses',
  tag: 'Buyer',
  summary: 'Datasets that the tenant accessed, latest first',
  scope: 'usage:read',
  input: z.strictObject(paging),
  output: z.strictObject({
    dataset_id: id,
    dataset_name: z.string(),
    access_count: z.int(),
    last_accessed_at: time,
  }),
  plural: 'accesses',
})

export const spendGet = operation({
  ...report,
  id: 'spend.get',
  method: 'GET',
  path: '/v1/agent/spend',
  tag: 'Buyer',
  summary: 'Spend of the running calendar month (UTC)',
  scope: 'billing:read',
  output: z.strictObject({
    total_spend: amount,
    currency: z.string(),
    period_start: time,
    period_end: time,
    search_spend: amount,
    retrieval_spend: amount,
    plan_fee: amount,
  }),
})

export const providerDashboard = operation({
  ...report,
  id: 'provider.dashboard',
  method: 'GET',
  path: '/v1/provider/dashboard',
  tag: 'Provider',
  summary: "Counts of the tenant's datasets and objects",
  scope: 'usage:read',
  output: z.strictObject({
    total_datasets: z.int(),
    total_objects: z.int(),
    total_storage_bytes: z.int(),
    objects_pending_review: z.int(),
    objects_approved: z.int(),
    objects_rejected: z.int(),
  }),
})

export const providerDatasetAnalytics = operation({
  ...report,
  id: 'provider.dataset_analytics',
  method: 'GET',
  path: '/v1/provider/datasets/{dataset_id}/analytics',
  tag: 'Provider',
  summary: 'Counters and earnings of one own dataset, last 30 days',
  scope: 'usage:read',
  input: z.strictObject({ dataset_id: id }),
  output: z.strictObject({
    dataset_id: id,
    dataset_name: z.string(),
    object_count: z.int(),
    active_object_count: z.int(),
    storage_bytes: z.int(),
    retrievals: z.int(),
    citations: z.int(),
    downloads: z.int(),
    revenue: amount,
    currency: z.string(),
    unique_buyers: z.int(),
    top_queries: z.array(z.strictObject({ query: z.string(), count: z.int() })),
  }),
})

export const providerAnalytics = operation({
  ...report,
  id: 'provider.analytics',
  method: 'GET',
  path: '/v1/provider/analytics',
  tag: 'Provider',
  summary: 'Use and earnings of own datasets; keywords only from at least 3 buyer tenants',
  scope: 'usage:read',
  input: z.strictObject({
    dataset_id: id.optional(),
    from: inputTime.optional(),
    to: inputTime.optional(),
  }),
  output: z.strictObject({
    top_keywords: z.array(
      z.strictObject({ keyword: z.string(), count: z.int(), buyer_count: z.int() }),
    ),
    usage_summary: z.strictObject({
      retrievals: z.int(),
      citations: z.int(),
      downloads: z.int(),
      outcomes: z.int(),
      unique_buyers: z.int(),
    }),
    revenue_summary: z.strictObject({
      gross: amount,
      platform_fee: amount,
      net: amount,
      held: amount,
      currency: z.string(),
    }),
    series: z.array(
      z.strictObject({
        date: z.string(),
        retrievals: z.int(),
        citations: z.int(),
        downloads: z.int(),
        outcomes: z.int(),
        net: amount,
      }),
    ),
  }),
  errors: ['not_found'],
})

export const trialBalance = operation({
  ...report,
  id: 'ledger.trial_balance',
  method: 'GET',
  path: '/v1/admin/ledger/trial-balance',
  tag: 'Operator',
  summary: 'Every account with its balance; the total is zero',
  auth: 'operator',
  output: z.strictObject({
    accounts: z.array(
      z.strictObject({ account: z.string(), tenant_id: id.nullable(), balance: amount }),
    ),
    total: amount,
    as_of: time,
  }),
})

export const ledgerPurposes = [
  'receivable',
  'payable',
  'held',
  'revenue',
  'cash',
  'refunds',
] as const

export const ledgerAccounts = listing({
  ...report,
  id: 'ledger.accounts',
  method: 'GET',
  path: '/v1/admin/ledger/accounts',
  tag: 'Operator',
  summary: 'Accounts with their balances: debits minus credits',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    tenant_id: id.optional(),
    purpose: z.enum(ledgerPurposes).optional(),
  }),
  output: z.strictObject({
    account: z.string(),
    tenant_id: id.nullable(),
    purpose: z.enum(ledgerPurposes),
    balance: amount,
  }),
  plural: 'accounts',
})

export const ledgerTransfers = listing({
  ...report,
  id: 'ledger.transfers',
  method: 'GET',
  path: '/v1/admin/ledger/transfers',
  tag: 'Operator',
  summary: 'Transfers between accounts, newest first',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    account: id.optional(),
    tenant_id: id.optional(),
    from: inputTime.optional(),
    to: inputTime.optional(),
  }),
  output: z.strictObject({
    transfer_id: z.string(),
    debit_account: z.string(),
    credit_account: z.string(),
    amount,
    currency: z.string(),
    reason: z.string(),
    posted_at: time,
  }),
  plural: 'transfers',
})

export const findingKinds = [
  'balance',
  'trial_balance',
  'transfer_missing',
  'transfer_wrong',
  'charge',
  'usage_event',
  'invoice',
  'payout',
] as const

// Null until the books were checked for the first time.
const BooksCheck = z.strictObject({
  checked_at: time.nullable(),
  sound: z.boolean().nullable(),
  findings: z.array(
    z.strictObject({ kind: z.enum(findingKinds), subject: z.string(), text: z.string() }),
  ),
})

export const booksGet = operation({
  ...report,
  id: 'books.get',
  method: 'GET',
  path: '/v1/admin/books',
  tag: 'Operator',
  summary: 'What the last check of the books found: nothing, as long as they are sound',
  auth: 'operator',
  output: BooksCheck,
})

export const booksCheck = operation({
  ...report,
  id: 'books.check',
  method: 'POST',
  path: '/v1/admin/books/check',
  tag: 'Operator',
  summary: 'Check the books now: balances, transfers, charges, usage events, invoices and payouts',
  auth: 'operator',
  output: BooksCheck,
})

export const adminSystem = operation({
  ...report,
  id: 'admin.system',
  method: 'GET',
  path: '/v1/admin/system',
  tag: 'Operator',
  summary: 'Queues, failed objects, index lag and unexplained money',
  auth: 'operator',
  output: z.strictObject({
    queues: z.array(
      z.strictObject({ name: z.string(), waiting: z.int(), running: z.int(), failed: z.int() }),
    ),
    oldest_waiting_at: time.nullable(),
    index_lag: z.int(),
    failed_objects: z.int(),
    unexplained_money: amount,
    extraction_isolated: z.boolean(),
  }),
})

const auditFilter = {
  ...paging,
  actor_id: id.optional(),
  action: text(1, 100).optional(),
  target_id: id.optional(),
  from: inputTime.optional(),
  to: inputTime.optional(),
}
const AuditEvent = z.strictObject({
  audit_event_id: id,
  actor_id: id,
  actor_type: z.string(),
  action: z.string(),
  target_id: z.string().nullable(),
  request_id: z.string().nullable(),
  changes: z.record(z.string(), z.unknown()),
  occurred_at: time,
  // With these the hash can be worked out again from what is exported.
  occurred_at_ms: z.int(),
  tenant_id: id,
  sequence: z.int().nullable(),
  previous_hash: z.string().nullable(),
  hash: z.string().nullable(),
})

export const auditList = listing({
  id: 'audit.list',
  method: 'GET',
  path: '/v1/audit',
  tag: 'Audit',
  summary: 'What was done in the tenant, newest first; all of it as NDJSON by the Accept header',
  roles: ['owner', 'admin'],
  input: z.strictObject(auditFilter),
  output: AuditEvent,
  media: 'ndjson',
})

export const adminAuditList = listing({
  ...report,
  id: 'admin_audit.list',
  method: 'GET',
  path: '/v1/admin/audit',
  tag: 'Operator',
  summary: 'What was done in all tenants, newest first; all of it as NDJSON by the Accept header',
  auth: 'operator',
  input: z.strictObject({ ...auditFilter, tenant_id: id.optional() }),
  output: AuditEvent,
  plural: 'audit_events',
  media: 'ndjson',
})

export const jobStatuses = ['pending', 'running', 'completed', 'failed'] as const

const Job = z.strictObject({
  id,
  object: z.literal('job'),
  status: z.enum(jobStatuses),
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  createdAt: time,
  completedAt: time.nullable(),
})

export const jobsGet = operation({
  id: 'jobs.get',
  method: 'GET',
  path: '/v1/jobs/{id}',
  profile: 'resource',
  tag: 'Jobs',
  summary: 'One long-running job of the tenant',
  input: z.strictObject({ id }),
  output: Job,
})

export const jobsList = listing({
  id: 'jobs.list',
  method: 'GET',
  path: '/v1/jobs',
  profile: 'resource',
  tag: 'Jobs',
  summary: 'Jobs of the tenant, newest first',
  input: z.strictObject({ ...paging, status: z.enum(jobStatuses).optional() }),
  output: Job,
})
