import { wireCode } from '@ipto/contract/errors.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import { statusOf, titleOf } from '../objects/objects.ts'
import type { DecisionResult, Finding, ReviewDetail, ReviewItem } from './review.ts'
import type { AdminTenant } from './tenants.ts'

export function readQueueFilter(input: ParsedInput<'review.queue'>) {
  return {
    datasetId: input.dataset_id ?? null,
    tenantId: input.tenant_id ?? null,
    risk: input.risk ?? null,
    limit: input.limit,
  }
}

export function readObjectOfTenant(input: { tenant_id: string; object_id: string }) {
  return { tenantId: input.tenant_id, objectId: input.object_id }
}

export function readRejection(input: ParsedInput<'review.reject'>) {
  return { ...readObjectOfTenant(input), reason: input.reason }
}

export function readDecisions(input: ParsedInput<'review.bulk'>) {
  return input.decisions.map((one) => ({
    ...readObjectOfTenant(one),
    decision: one.decision === 'approve' ? ('approved' as const) : ('rejected' as const),
    reason: one.reason ?? null,
  }))
}

export function presentItem(item: ReviewItem, wire: Wire) {
  return {
    object_id: item.id,
    dataset_id: item.datasetId,
    filename: item.filename,
    title: titleOf(item),
    content_type: item.contentType,
    mime_type: item.contentType,
    size_bytes: item.sizeBytes,
    checksum_sha256: item.sha256,
    status: statusOf(item),
    upload_state: item.uploadState,
    review_state: item.reviewState,
    review_expires_at: wire.timeOrNull(item.reviewExpiresAt),
    index_state: item.indexState,
    failure: item.failure && {
      stage: item.failure.stage,
      code: item.failure.code,
      message: item.failure.message,
      attempts: item.failure.attempts,
    },
    metadata: item.metadata,
    language: item.language,
    page_count: item.pageCount,
    duration_seconds: item.durationSeconds,
    chunk_count: item.chunkCount,
    created_at: wire.time(item.createdAt),
    uploaded_at: wire.timeOrNull(item.uploadedAt),
    decided_at: wire.timeOrNull(item.decidedAt),
    indexed_at: wire.timeOrNull(item.indexedAt),
    tenant_id: item.tenantId,
    tenant_name: item.tenantName,
    dataset_name: item.datasetName,
    risk: item.risk,
    findings: item.inspectedAt ? item.findings.map(presentFinding) : [notInspected],
  }
}

// Nothing found is not the same as not looked yet.
const notInspected = {
  kind: 'not_inspected',
  severity: 'high' as const,
  count: 1,
  sample_masked: null,
}

function presentFinding(finding: Finding) {
  return {
    kind: finding.kind,
    severity: finding.severity,
    count: finding.count,
    sample_masked: finding.sample,
  }
}

export function presentDetail({ item, preview }: ReviewDetail, wire: Wire) {
  return {
    ...presentItem(item, wire),
    preview: {
      text: preview.text,
      pages: preview.pages.map(({ page, imageUrl }) => ({ page, image_url: imageUrl })),
    },
  }
}

export function presentDecisions(results: readonly DecisionResult[]) {
  return {
    results: results.map(({ objectId, failure }) => ({
      object_id: objectId,
      ok: failure === null,
      error: failure && { code: wireCode(failure.code), message: failure.message },
    })),
  }
}

export function readTenantFilter(input: ParsedInput<'admin_tenants.list'>) {
  return { q: input.q ?? null, limit: input.limit }
}

export const readTenantId = (input: ParsedInput<'admin_tenants.get'>) => input.tenant_id

export function readTenantChange(input: ParsedInput<'admin_tenants.update'>) {
  return {
    tenantId: input.tenant_id,
    plan: input.plan,
    suspended: input.suspended,
    approvedAutomatically: input.approved_automatically,
    curatedDatasetIds: input.curated_dataset_ids,
  }
}

export function presentAdminTenant({ tenant, curatedDatasetIds }: AdminTenant, wire: Wire) {
  return {
    tenant_id: tenant.id,
    name: tenant.name,
    plan: tenant.plan,
    region: tenant.region,
    suspended: tenant.suspendedAt !== null,
    approved_automatically: tenant.approvedAutomatically,
    curated_dataset_ids: [...curatedDatasetIds],
    created_at: wire.time(tenant.createdAt),
  }
}
