// Usage that a buyer contests, and how an operator settles it.
import { z } from 'zod'
import { amount, id, paging, text, time } from './fields.ts'
import { listing, operation } from './operation.ts'

export const disputeStatuses = ['open', 'refunded', 'rejected'] as const
export const disputeResolutions = ['refunded', 'rejected'] as const

const Dispute = z.strictObject({
  dispute_id: id,
  status: z.enum(disputeStatuses),
  usage_event_ids: z.array(id),
  amount,
  currency: z.string(),
  reason: z.string(),
  resolution_note: z.string().nullable(),
  created_at: time,
  resolved_at: time.nullable(),
})

// What only operators see beside it.
const AdminDispute = z.strictObject({
  ...Dispute.shape,
  tenant_id: id,
  tenant_name: z.string(),
  providers: z.array(z.strictObject({ tenant_id: id, tenant_name: z.string() })),
})

export const disputesCreate = operation({
  id: 'disputes.create',
  method: 'POST',
  path: '/v1/disputes',
  tag: 'Buyer',
  summary: 'Contest usage events within the hold window of their month',
  scope: 'billing:read',
  roles: ['buyer_manager'],
  input: z.strictObject({
    usage_event_ids: z
      .array(id)
      .min(1)
      .max(100)
      .refine((ids) => new Set(ids).size === ids.length, {
        message: 'must not name an event twice',
      }),
    reason: text(1, 2_000),
  }),
  output: Dispute,
  status: 201,
  errors: ['not_found', 'conflict'],
})

export const disputesList = listing({
  id: 'disputes.list',
  method: 'GET',
  path: '/v1/disputes',
  tag: 'Buyer',
  summary: 'Disputes of the tenant, newest first',
  scope: 'billing:read',
  input: z.strictObject(paging),
  output: Dispute,
})

export const disputesGet = operation({
  id: 'disputes.get',
  method: 'GET',
  path: '/v1/disputes/{dispute_id}',
  tag: 'Buyer',
  summary: 'One dispute',
  scope: 'billing:read',
  input: z.strictObject({ dispute_id: id }),
  output: Dispute,
})

export const adminDisputesList = listing({
  id: 'admin_disputes.list',
  method: 'GET',
  path: '/v1/admin/disputes',
  profile: 'report',
  tag: 'Operator',
  summary: 'Disputes of all buyers, newest first',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    status: z.enum(disputeStatuses).optional(),
    tenant_id: id.optional(),
  }),
  output: AdminDispute,
  plural: 'disputes',
})

export const adminDisputesResolve = operation({
  id: 'admin_disputes.resolve',
  method: 'POST',
  path: '/v1/admin/disputes/{dispute_id}/resolve',
  profile: 'report',
  tag: 'Operator',
  summary: 'Settle an open dispute: refund the buyer, or give the provider its share back',
  auth: 'operator',
  input: z.strictObject({
    dispute_id: id,
    resolution: z.enum(disputeResolutions),
    note: text(1, 2_000),
  }),
  output: AdminDispute,
  errors: ['conflict'],
})

export const adminDisputesEvidence = operation({
  id: 'admin_disputes.evidence',
  method: 'GET',
  path: '/v1/admin/disputes/{dispute_id}/evidence',
  profile: 'report',
  tag: 'Operator',
  summary: 'What a dispute is about: the stored question, and each passage as it was sold',
  auth: 'operator',
  input: z.strictObject({ dispute_id: id }),
  output: z.strictObject({
    dispute_id: id,
    reason: z.string(),
    evidence: z.array(
      z.strictObject({
        usage_event_id: id,
        event_type: z.string(),
        occurred_at: time,
        dataset_id: id,
        dataset_name: z.string(),
        object_id: id.nullable(),
        filename: z.string().nullable(),
        amount,
        // Of the search; null where no search led to it.
        query: z.string().nullable(),
        rank: z.int().nullable(),
        score: z.number().nullable(),
        snippet: z.string().nullable(),
        // Null once the object is gone.
        passage: z.string().nullable(),
        passage_sha256: z.string().nullable(),
      }),
    ),
  }),
})
