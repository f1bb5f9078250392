// What an operator decides about uploaded objects.
import { z } from 'zod'
import { id, paging, text, time } from './fields.ts'
import { objectFields } from './objects.ts'
import { listing, operation } from './operation.ts'

export const risks = ['low', 'medium', 'high'] as const

const ReviewItem = z.strictObject({
  ...objectFields,
  tenant_id: id,
  tenant_name: z.string(),
  dataset_name: z.string(),
  risk: z.enum(risks),
  findings: z.array(
    z.strictObject({
      kind: z.string(),
      severity: z.enum(risks),
      count: z.int(),
      sample_masked: z.string().nullable(),
    }),
  ),
})
const ReviewDetail = z.strictObject({
  ...ReviewItem.shape,
  preview: z.strictObject({
    text: z.string(),
    pages: z.array(
      z.strictObject({
        page: z.int(),
        image_url: z
          .string()
          .nullable()
          .describe(
            'The page as a JPEG, for the first ten pages of PDFs and images. The address needs no ' +
              'credential and ends after 10 minutes. Null where a page was not drawn.',
          ),
      }),
    ),
  }),
})
const one = { tenant_id: id, object_id: id }

export const reviewQueue = listing({
  id: 'review.queue',
  method: 'GET',
  path: '/v1/admin/review/queue',
  profile: 'report',
  tag: 'Operator',
  summary:
    'Objects that wait for a decision, oldest first; the `approved` ones are a sample of those approved by rule',
  auth: 'operator',
  input: z.strictObject({
    ...paging,
    dataset_id: id.optional(),
    tenant_id: id.optional(),
    risk: z.enum(risks).optional(),
  }),
  output: ReviewItem,
  plural: 'items',
})

export const reviewGet = operation({
  id: 'review.get',
  method: 'GET',
  path: '/v1/admin/review/objects/{tenant_id}/{object_id}',
  profile: 'report',
  tag: 'Operator',
  summary: 'One object with findings and a safe preview; moves it to under_review',
  auth: 'operator',
  input: z.strictObject(one),
  output: ReviewDetail,
})

export const reviewApprove = operation({
  id: 'review.approve',
  method: 'POST',
  path: '/v1/admin/review/objects/{tenant_id}/{object_id}/approve',
  profile: 'report',
  tag: 'Operator',
  summary: 'Approve an object for ingestion, or confirm one that was approved by rule',
  auth: 'operator',
  input: z.strictObject(one),
  output: ReviewItem,
  errors: ['conflict'],
})

export const reviewReject = operation({
  id: 'review.reject',
  method: 'POST',
  path: '/v1/admin/review/objects/{tenant_id}/{object_id}/reject',
  profile: 'report',
  tag: 'Operator',
  summary: 'Reject an object with a reason; it leaves search at once, and its bytes are purged',
  auth: 'operator',
  input: z.strictObject({ ...one, reason: text(1, 2_000) }),
  output: ReviewItem,
  errors: ['conflict'],
})

export const reviewBulk = operation({
  id: 'review.bulk',
  method: 'POST',
  path: '/v1/admin/review/bulk',
  profile: 'report',
  tag: 'Operator',
  summary: 'Up to 100 decisions, one result each',
  auth: 'operator',
  input: z.strictObject({
    decisions: z
      .array(
        z.strictObject({
          ...one,
          decision: z.enum(['approve', 'reject']),
          reason: text(1, 2_000).nullable().optional(),
        }),
      )
      .min(1)
      .max(100),
  }),
  output: z.strictObject({
    results: z.array(
      z.strictObject({
        object_id: id,
        ok: z.boolean(),
        error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
      }),
    ),
  }),
})

const AdminTenant = z.strictObject({
  tenant_id: id,
  name: z.string(),
  plan: z.string(),
  region: z.string(),
  suspended: z.boolean(),
  approved_automatically: z.boolean(),
  curated_dataset_ids: z.array(id),
  created_at: time,
})

export const adminTenantsList = listing({
  id: 'admin_tenants.list',
  method: 'GET',
  path: '/v1/admin/tenants',
  profile: 'report',
  tag: 'Operator',
  summary: 'All tenants, newest first',
  auth: 'operator',
  input: z.strictObject({ ...paging, q: text(1, 100).optional() }),
  output: AdminTenant,
  plural: 'tenants',
})

export const adminTenantsGet = operation({
  id: 'admin_tenants.get',
  method: 'GET',
  path: '/v1/admin/tenants/{tenant_id}',
  profile: 'report',
  tag: 'Operator',
  summary: 'One tenant',
  auth: 'operator',
  input: z.strictObject({ tenant_id: id }),
  output: AdminTenant,
})

export const adminTenantsUpdate = operation({
  id: 'admin_tenants.update',
  method: 'PATCH',
  path: '/v1/admin/tenants/{tenant_id}',
  profile: 'report',
  tag: 'Operator',
  summary: 'Plan, suspension, automatic approval and curated datasets of a tenant',
  auth: 'operator',
  input: z.strictObject({
    tenant_id: id,
    plan: z.enum(['starter', 'pro', 'business']).optional(),
    suspended: z.boolean().optional(),
    approved_automatically: z.boolean().optional(),
    curated_dataset_ids: z.array(id).max(1_000).optional(),
  }),
  output: AdminTenant,
})
