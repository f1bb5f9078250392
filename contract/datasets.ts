// Datasets, the catalog that buyers browse, and leave to use a dataset.
import { z } from 'zod'
import { amount, id, inputTime, paging, positiveAmount, text, time } from './fields.ts'
import { listing, operation } from './operation.ts'

export const sourceModalities = ['document', 'image', 'audio', 'video', 'records', 'mixed'] as const
export const monetizationModes = ['open', 'premium', 'outcome_share'] as const
export const pricingModels = ['fixed', 'time_decay', 'demand_curve'] as const
export const visibilities = ['private', 'listed', 'restricted'] as const
export const accessPolicies = ['automatic', 'approval'] as const
export const datasetStatuses = [
  'draft',
  'ingesting',
  'active',
  'paused',
  'suspended',
  'pending_deletion',
  'deleted',
] as const

const unitPricesIn = z.strictObject({
  retrieval: positiveAmount.optional(),
  citation: positiveAmount.optional(),
  download: positiveAmount.optional(),
})
const licenseIn = z.strictObject({
  terms: text(0, 10_000).optional(),
  allowed_uses: z.array(text(1, 50)).max(20).optional(),
  max_quote_chars: z.int().min(1).max(1_000_000).nullable().optional(),
})
const License = z.strictObject({
  terms: z.string().nullable(),
  allowed_uses: z.array(z.string()),
  max_quote_chars: z.int().nullable(),
})

const terms = {
  description: text(0, 4_000).optional(),
  source_modality: z.enum(sourceModalities).optional(),
  monetization_mode: z.enum(monetizationModes).optional(),
  pricing_model: z.enum(pricingModels).optional(),
  visibility: z.enum(visibilities).optional(),
  access_policy: z.enum(accessPolicies).optional(),
  unit_prices: unitPricesIn.nullable().optional(),
  half_life_days: z.int().min(1).max(3_650).nullable().optional(),
  embedding_model: text(1, 100).nullable().optional(),
  language: z
    .string()
    .regex(/^[a-z]{2}$/, 'must be a two-letter ISO 639-1 code')
    .nullable()
    .optional(),
  license: licenseIn.nullable().optional(),
  tags: z.array(text(1, 50)).max(20).optional(),
}

export const Dataset = z.strictObject({
  dataset_id: id,
  name: z.string(),
  description: z.string().nullable(),
  status: z.enum(datasetStatuses),
  source_modality: z.enum(sourceModalities),
  monetization_mode: z.enum(monetizationModes),
  pricing_model: z.enum(pricingModels),
  unit_prices: z
    .strictObject({
      retrieval: amount.nullable(),
      citation: amount.nullable(),
      download: amount.nullable(),
    })
    .nullable(),
  half_life_days: z.int().nullable(),
  visibility: z.enum(visibilities),
  access_policy: z.enum(accessPolicies),
  language: z.string().nullable(),
  embedding_model: z.string().nullable(),
  license: License,
  tags: z.array(z.string()),
  curated: z.boolean(),
  object_count: z.int(),
  active_object_count: z.int(),
  pending_review_count: z.int(),
  chunk_count: z.int(),
  storage_bytes: z.int(),
  created_at: time,
  updated_at: time,
})

export const datasetsCreate = operation({
  id: 'datasets.create',
  method: 'POST',
  path: '/v1/datasets',
  tag: 'Datasets',
  summary: 'Create a dataset',
  scope: 'datasets:write',
  input: z.strictObject({ name: text(1, 200), ...terms }),
  output: Dataset,
  status: 201,
})

export const datasetsList = listing({
  id: 'datasets.list',
  method: 'GET',
  path: '/v1/datasets',
  tag: 'Datasets',
  summary: "The tenant's own datasets, newest first",
  scope: 'datasets:read',
  input: z.strictObject({
    ...paging,
    status: z.enum(datasetStatuses).optional(),
    visibility: z.enum(visibilities).optional(),
    q: text(1, 200).optional(),
  }),
  output: Dataset,
})

export const datasetsGet = operation({
  id: 'datasets.get',
  method: 'GET',
  path: '/v1/datasets/{dataset_id}',
  tag: 'Datasets',
  summary: 'One own dataset with its counters',
  scope: 'datasets:read',
  input: z.strictObject({ dataset_id: id }),
  output: Dataset,
})

export const datasetsUpdate = operation({
  id: 'datasets.update',
  method: 'PATCH',
  path: '/v1/datasets/{dataset_id}',
  tag: 'Datasets',
  summary: 'Change terms, visibility or status; `pending_deletion` starts the deletion',
  scope: 'datasets:write',
  input: z.strictObject({
    dataset_id: id,
    name: text(1, 200).optional(),
    ...terms,
    status: z.enum(['draft', 'ingesting', 'active', 'paused', 'pending_deletion']).optional(),
  }),
  output: z.strictObject({ ...Dataset.shape, job_id: id.nullable() }),
  errors: ['conflict'],
})

export const datasetsDelete = operation({
  id: 'datasets.delete',
  method: 'DELETE',
  path: '/v1/datasets/{dataset_id}',
  tag: 'Datasets',
  summary: 'Delete a dataset with all its objects',
  scope: 'datasets:write',
  input: z.strictObject({ dataset_id: id }),
  output: z.strictObject({ ...Dataset.shape, job_id: id.nullable() }),
  status: 202,
})

export const datasetsReindex = operation({
  id: 'datasets.reindex',
  method: 'POST',
  path: '/v1/datasets/{dataset_id}/reindex',
  tag: 'Datasets',
  summary:
    'Index all objects of a dataset anew; the old index serves until the new one is complete',
  scope: 'datasets:write',
  input: z.strictObject({
    dataset_id: id,
    embedding_model: text(1, 100).nullable().optional(),
  }),
  output: z.strictObject({ dataset_id: id, job_id: id }),
  status: 202,
  errors: ['conflict'],
})

export const accessKinds = ['owned', 'granted', 'available', 'request_required', 'pending'] as const

const CatalogDataset = z.strictObject({
  dataset_id: id,
  name: z.string(),
  description: z.string().nullable(),
  provider: z.strictObject({ tenant_id: id, name: z.string() }),
  source_modality: z.enum(sourceModalities),
  language: z.string().nullable(),
  tags: z.array(z.string()),
  object_count: z.int(),
  chunk_count: z.int(),
  monetization_mode: z.enum(monetizationModes),
  pricing_model: z.enum(pricingModels),
  current_prices: z.strictObject({
    retrieval: amount,
    citation: amount,
    download: amount,
    outcome_percent: z.number(),
    currency: z.string(),
  }),
  price_history: z.array(z.strictObject({ date: z.string(), retrieval: amount })),
  license: License,
  freshest_object_at: time.nullable(),
  access: z.enum(accessKinds),
})

export const catalogList = listing({
  id: 'catalog.list',
  method: 'GET',
  path: '/v1/catalog/datasets',
  tag: 'Catalog',
  summary: 'Datasets that the tenant may discover, with prices and access',
  scope: 'datasets:read',
  input: z.strictObject({
    ...paging,
    q: text(1, 200).optional(),
    modality: z.enum(sourceModalities).optional(),
    monetization_mode: z.enum(monetizationModes).optional(),
    max_price: positiveAmount.optional(),
    sort: z.enum(['newest', 'name']).default('newest'),
  }),
  output: CatalogDataset,
})

export const catalogGet = operation({
  id: 'catalog.get',
  method: 'GET',
  path: '/v1/catalog/datasets/{dataset_id}',
  tag: 'Catalog',
  summary: 'One dataset of the catalog',
  scope: 'datasets:read',
  input: z.strictObject({ dataset_id: id }),
  output: CatalogDataset,
})

export const accessRequestStatuses = [
  'pending',
  'approved',
  'denied',
  'expired',
  'withdrawn',
] as const

const AccessRequest = z.strictObject({
  access_request_id: id,
  dataset_id: id,
  dataset_name: z.string(),
  buyer: z.strictObject({ tenant_id: id, name: z.string() }),
  purpose: z.string(),
  message: z.string().nullable(),
  status: z.enum(accessRequestStatuses),
  reason: z.string().nullable(),
  expires_at: time.nullable(),
  created_at: time,
  decided_at: time.nullable(),
})

export const accessRequestsCreate = operation({
  id: 'access_requests.create',
  method: 'POST',
  path: '/v1/catalog/datasets/{dataset_id}/access-requests',
  tag: 'Access',
  summary: 'Ask for leave to use a dataset',
  scope: 'datasets:read',
  roles: ['buyer_manager'],
  input: z.strictObject({
    dataset_id: id,
    purpose: text(1, 500),
    message: text(0, 4_000).nullable().optional(),
  }),
  output: AccessRequest,
  status: 201,
  errors: ['conflict'],
})

export const accessRequestsList = listing({
  id: 'access_requests.list',
  method: 'GET',
  path: '/v1/access-requests',
  tag: 'Access',
  summary: 'Requests that came in, or that the tenant made',
  scope: 'datasets:read',
  input: z.strictObject({
    ...paging,
    direction: z.enum(['incoming', 'outgoing']).default('incoming'),
    status: z.enum(accessRequestStatuses).optional(),
  }),
  output: AccessRequest,
})

export const accessRequestsApprove = operation({
  id: 'access_requests.approve',
  method: 'POST',
  path: '/v1/access-requests/{access_request_id}/approve',
  tag: 'Access',
  summary: 'Grant what was asked for',
  scope: 'datasets:write',
  input: z.strictObject({ access_request_id: id, expires_at: inputTime.nullable().optional() }),
  output: AccessRequest,
  errors: ['conflict'],
})

export const accessRequestsDeny = operation({
  id: 'access_requests.deny',
  method: 'POST',
  path: '/v1/access-requests/{access_request_id}/deny',
  tag: 'Access',
  summary: 'Refuse what was asked for',
  scope: 'datasets:write',
  input: z.strictObject({ access_request_id: id, reason: text(1, 2_000) }),
  output: AccessRequest,
  errors: ['conflict'],
})

export const accessRequestsWithdraw = operation({
  id: 'access_requests.withdraw',
  method: 'POST',
  path: '/v1/access-requests/{access_request_id}/withdraw',
  tag: 'Access',
  summary: 'Take back a request that is still pending',
  scope: 'datasets:read',
  input: z.strictObject({ access_request_id: id }),
  output: AccessRequest,
  errors: ['conflict'],
})

const Grant = z.strictObject({
  grant_id: id,
  dataset_id: id,
  tenant_id: id,
  tenant_name: z.string(),
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  created_at: time,
})

export const grantsCreate = operation({
  id: 'grants.create',
  method: 'POST',
  path: '/v1/datasets/{dataset_id}/grants',
  tag: 'Access',
  summary: 'Grant a tenant the use of a dataset, unasked',
  scope: 'datasets:write',
  input: z.strictObject({
    dataset_id: id,
    tenant_id: id.optional(),
    tenant_name: text(1, 100).optional(),
    expires_at: inputTime.nullable().optional(),
  }),
  output: Grant,
  status: 201,
  errors: ['conflict'],
})

export const grantsList = listing({
  id: 'grants.list',
  method: 'GET',
  path: '/v1/datasets/{dataset_id}/grants',
  tag: 'Access',
  summary: 'Who was granted the use of a dataset',
  scope: 'datasets:write',
  input: z.strictObject({ dataset_id: id, ...paging }),
  output: Grant,
})

export const grantsRevoke = operation({
  id: 'grants.revoke',
  method: 'DELETE',
  path: '/v1/datasets/{dataset_id}/grants/{grant_id}',
  tag: 'Access',
  summary: 'Revoke a grant; it ends with the next request',
  scope: 'datasets:write',
  input: z.strictObject({ dataset_id: id, grant_id: id }),
  output: Grant,
})
