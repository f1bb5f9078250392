import type { Db, Sql, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import type { Policy, Standing } from './rules.ts'

export type RequestStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'withdrawn'

export interface UsableDataset {
  id: Id<'dset'>
  no: number
  ownerTenantId: Id<'tnt'>
  isOwned: boolean
}

export interface Grant {
  id: Id<'grt'>
  datasetId: Id<'dset'>
  /** Who may use the dataset. */
  tenantId: Id<'tnt'>
  tenantName: string
  ownerTenantId: Id<'tnt'>
  expiresAt: Date | null
  revokedAt: Date | null
  /** Null while it may be in force: set with the revocation, or where another followed its end. */
  closedAt: Date | null
  createdAt: Date
}

export interface AccessRequest {
  id: Id<'arq'>
  datasetId: Id<'dset'>
  /** As it was when the buyer asked. */
  datasetName: string
  /** The buyer. */
  tenantId: Id<'tnt'>
  tenantName: string
  ownerTenantId: Id<'tnt'>
  purpose: string
  message: string | null
  status: RequestStatus
  reason: string | null
  lapsesAt: Date
  grantId: Id<'grt'> | null
  grantExpiresAt: Date | null
  createdAt: Date
  decidedAt: Date | null
}

export async function upsertPolicy(tx: Tx, policy: Omit<Policy, 'datasetNo'>): Promise<void> {
  await tx.run`
    insert into dataset_policies
      (dataset_id, tenant_id, visibility, access_policy, open_for_use, discoverable)
    values (${policy.datasetId}, ${policy.tenantId}, ${policy.visibility},
      ${policy.accessPolicy}, ${policy.openForUse}, ${policy.discoverable})
    on conflict (dataset_id) do update
    set visibility = excluded.visibility, access_policy = excluded.access_policy,
      open_for_use = excluded.open_for_use, discoverable = excluded.discoverable
    where dataset_policies.tenant_id = excluded.tenant_id`
}

/** Beside what each dataset's own policy says, which stays as it is and counts again afterwards. */
export async function markOwnerSuspended(
  tx: Tx,
  tenantId: Id<'tnt'>,
  isSuspended: boolean,
): Promise<void> {
  await tx.run`
    update dataset_policies set owner_suspended = ${isSuspended}
    where tenant_id = ${tenantId} and owner_suspended <> ${isSuspended}`
}

/** Every dataset that the tenant may use and that is open for use, in the order of their numbers. */
export async function listUsable(
  sql: Sql,
  tenantId: Id<'tnt'>,
  { onlyIds, now }: { onlyIds: readonly Id<'dset'>[] | null; now: Date },
): Promise<UsableDataset[]> {
  return sql.rows<UsableDataset>`
    select p.dataset_id as id, p.dataset_no as no, p.tenant_id as owner_tenant_id,
      p.tenant_id = ${tenantId} as is_owned
    from dataset_policies p
    where p.open_for_use
      and not p.owner_suspended
      and p.discoverable
      and (${onlyIds}::text[] is null or p.dataset_id = any(${onlyIds}))
      and (p.tenant_id = ${tenantId}
        or (p.visibility = 'listed' and p.access_policy = 'automatic')
        or (p.visibility in ('listed', 'restricted')
          and p.dataset_id in (
            select g.dataset_id from grants g
            where g.tenant_id = ${tenantId}
              and g.revoked_at is null
              and (g.expires_at is null or g.expires_at > ${now}))))
    order by p.dataset_no`
}

/** How the tenant stands towards each of these datasets. Unknown ids are absent. */
export async function listStandings(
  sql: Sql,
  tenantId: Id<'tnt'>,
  { datasetIds, now }: { datasetIds: readonly Id<'dset'>[]; now: Date },
): Promise<Standing[]> {
  return sql.rows<Standing>`
    select p.dataset_id, p.dataset_no, p.tenant_id, p.visibility, p.access_policy, p.discoverable,
      p.open_for_use and not p.owner_suspended as open_for_use,
      p.tenant_id = ${tenantId} as is_owned,
      exists (
        select 1 from grants g
        where g.dataset_id = p.dataset_id
          and g.tenant_id = ${tenantId}
          and g.revoked_at is null
          and (g.expires_at is null or g.expires_at > ${now})) as is_granted,
      exists (
        select 1 from access_requests r
        where r.dataset_id = p.dataset_id
          and r.tenant_id = ${tenantId}
          and r.status = 'pending'
          and r.lapses_at > ${now}) as is_requested
    from dataset_policies p
    where p.dataset_id = any(${datasetIds})`
}

export async function findPolicy(
  sql: Sql,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<Policy | undefined> {
  return sql.first<Policy>`
    select * from dataset_policies where dataset_id = ${datasetId} and tenant_id = ${tenantId}`
}

// Taken first by everything that makes or decides a grant or a request: two of them for one dataset
// wait for each other, whoever its caller is. The row's tenant_id is the owner's.
export async function lockPolicy(tx: Tx, datasetId: Id<'dset'>): Promise<void> {
  await tx.run`
    select tenant_id from dataset_policies where dataset_id = ${datasetId} for update`
}

export async function insertGrant(
  tx: Tx,
  grant: Omit<Grant, 'tenantName' | 'revokedAt' | 'closedAt'>,
): Promise<void> {
  await tx.run`
    insert into grants (id, dataset_id, tenant_id, owner_tenant_id, expires_at, created_at)
    values (${grant.id}, ${grant.datasetId}, ${grant.tenantId}, ${grant.ownerTenantId},
      ${grant.expiresAt}, ${grant.createdAt})`
}

/** The open grant of a tenant, also where its end has passed. */
export async function findOpenGrant(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<Grant | undefined> {
  return tx.first<Grant>`
    select g.*, t.name as tenant_name
    from grants g join tenants t on t.id = g.tenant_id
    where g.dataset_id = ${datasetId} and g.tenant_id = ${tenantId} and g.closed_at is null`
}

export async function findGrant(
  sql: Sql,
  ownerTenantId: Id<'tnt'>,
  id: Id<'grt'>,
): Promise<Grant | undefined> {
  return sql.first<Grant>`
    select g.*, t.name as tenant_name
    from grants g join tenants t on t.id = g.tenant_id
    where g.id = ${id} and g.owner_tenant_id = ${ownerTenantId}`
}

export async function lockGrant(
  tx: Tx,
  ownerTenantId: Id<'tnt'>,
  id: Id<'grt'>,
): Promise<Grant | undefined> {
  return tx.first<Grant>`
    select g.*, t.name as tenant_name
    from grants g join tenants t on t.id = g.tenant_id
    where g.id = ${id} and g.owner_tenant_id = ${ownerTenantId}
    for update of g`
}

export async function closeGrant(
  tx: Tx,
  { id, ownerTenantId }: Grant,
  { revokedAt, closedAt }: { revokedAt: Date | null; closedAt: Date },
): Promise<void> {
  await tx.run`
    update grants set revoked_at = ${revokedAt}, closed_at = ${closedAt}
    where id = ${id} and owner_tenant_id = ${ownerTenantId}`
}

export async function listGrants(
  db: Db,
  ownerTenantId: Id<'tnt'>,
  page: { datasetId: Id<'dset'>; afterId: string | null; limit: number },
): Promise<Grant[]> {
  return db.rows<Grant>`
    select g.*, t.name as tenant_name
    from grants g join tenants t on t.id = g.tenant_id
    where g.dataset_id = ${page.datasetId}
      and g.owner_tenant_id = ${ownerTenantId}
      and (${page.afterId}::text is null or g.id < ${page.afterId})
    order by g.id desc
    limit ${page.limit + 1}`
}

export async function insertRequest(
  tx: Tx,
  request: Omit<
    AccessRequest,
    'tenantName' | 'status' | 'reason' | 'grantId' | 'grantExpiresAt' | 'decidedAt'
  >,
): Promise<void> {
  await tx.run`
    insert into access_requests (id, dataset_id, dataset_name, tenant_id, owner_tenant_id, purpose,
      message, status, lapses_at, created_at)
    values (${request.id}, ${request.datasetId}, ${request.datasetName}, ${request.tenantId},
      ${request.ownerTenantId}, ${request.purpose}, ${request.message}, 'pending',
      ${request.lapsesAt}, ${request.createdAt})`
}

/** For either side: the buyer's own, or one that came in. */
export async function findRequest(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'arq'>,
): Promise<AccessRequest | undefined> {
  return sql.first<AccessRequest>`
    select r.*, t.name as tenant_name
    from access_requests r join tenants t on t.id = r.tenant_id
    where r.id = ${id} and (r.tenant_id = ${tenantId} or r.owner_tenant_id = ${tenantId})`
}

export async function lockRequest(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'arq'>,
): Promise<AccessRequest | undefined> {
  return tx.first<AccessRequest>`
    select r.*, t.name as tenant_name
    from access_requests r join tenants t on t.id = r.tenant_id
    where r.id = ${id} and (r.tenant_id = ${tenantId} or r.owner_tenant_id = ${tenantId})
    for update of r`
}

/** The request of a tenant that is still marked pending, also where its time has passed. */
export async function lockPendingRequest(
  tx: Tx,
  tenantId: Id<'tnt'>,
  datasetId: Id<'dset'>,
): Promise<AccessRequest | undefined> {
  return tx.first<AccessRequest>`
    select r.*, t.name as tenant_name
    from access_requests r join tenants t on t.id = r.tenant_id
    where r.dataset_id = ${datasetId} and r.tenant_id = ${tenantId} and r.status = 'pending'
    for update of r`
}

export async function updateRequest(tx: Tx, request: AccessRequest): Promise<void> {
  await tx.run`
    update access_requests
    set status = ${request.status}, reason = ${request.reason}, grant_id = ${request.grantId},
      grant_expires_at = ${request.grantExpiresAt}, decided_at = ${request.decidedAt}
    where id = ${request.id} and tenant_id = ${request.tenantId}`
}

/** Requests that came in (`incoming`), or that the tenant made. A lapsed one counts as expired. */
export async function listRequests(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    isIncoming: boolean
    status: RequestStatus | null
    onlyIds: readonly Id<'dset'>[] | null
    now: Date
    afterId: string | null
    limit: number
  },
): Promise<AccessRequest[]> {
  return db.rows<AccessRequest>`
    select r.*, t.name as tenant_name
    from access_requests r join tenants t on t.id = r.tenant_id
    where case when ${filter.isIncoming}::boolean
        then r.owner_tenant_id = ${tenantId}
        else r.tenant_id = ${tenantId} end
      and (${filter.status}::text is null or ${filter.status} =
        case when r.status = 'pending' and r.lapses_at <= ${filter.now}
          then 'expired' else r.status end)
      and (${filter.onlyIds}::text[] is null or r.dataset_id = any(${filter.onlyIds}))
      and (${filter.afterId}::text is null or r.id < ${filter.afterId})
    order by r.id desc
    limit ${filter.limit + 1}`
}

// Of all tenants: for the schedule. A row that a decision holds is left for the next run.
export async function lockLapsedRequests(
  tx: Tx,
  now: Date,
  limit: number,
): Promise<AccessRequest[]> {
  return tx.rows<AccessRequest>`
    select r.*, t.name as tenant_name
    from access_requests r join tenants t on t.id = r.tenant_id
    where r.status = 'pending' and r.lapses_at <= ${now}
    order by r.lapses_at, r.id
    limit ${limit}
    for update of r skip locked`
}

export async function listOwners(
  db: Db,
  tenantIds: readonly Id<'tnt'>[],
): Promise<{ tenantId: Id<'tnt'>; name: string; embeddingModel: string | null }[]> {
  return db.rows`
    select id as tenant_id, name, embedding_model from tenants where id = any(${tenantIds})`
}
