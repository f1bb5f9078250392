import type { Db, Sql, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type EndpointStatus = 'enabled' | 'disabled'

export interface Endpoint {
  id: Id<'whk'>
  tenantId: Id<'tnt'>
  url: string
  /** Types of events, or `*` alone. */
  events: string[]
  status: EndpointStatus
  sealedSecret: Uint8Array
  oldSealedSecret: Uint8Array | null
  oldSecretEndsAt: Date | null
  /** The charge key of the call that took the last new secret. */
  rotatedBy: string | null
  /** It gave no answer: until then nobody waits for one again. */
  silentUntil: Date | null
  createdAt: Date
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed'
export type DeliveryProblem =
  | 'address_not_allowed'
  | 'unreachable'
  | 'timeout'
  | 'not_answering'
  | 'endpoint_disabled'

export interface Delivery {
  id: Id<'del'>
  tenantId: Id<'tnt'>
  endpointId: Id<'whk'>
  eventId: Id<'evt'>
  eventType: string
  body: string
  status: DeliveryStatus
  attempts: number
  nextAttemptAt: Date | null
  responseStatus: number | null
  responseBody: string | null
  problem: DeliveryProblem | null
  createdAt: Date
  lastAttemptAt: Date | null
  /** The charge key of the call that sent it again. */
  retriedBy: string | null
}

/** So that a tenant's endpoints are counted by one call at a time. */
export async function lockEndpointsOf(tx: Tx, tenantId: Id<'tnt'>): Promise<void> {
  await tx.run`
    select pg_advisory_xact_lock(hashtextextended(${`webhooks ${tenantId}`}, 0))`
}

export async function countEndpoints(tx: Tx, tenantId: Id<'tnt'>): Promise<number> {
  const row = await tx.first<{ count: number }>`
    select count(*)::integer as count from webhook_endpoints where tenant_id = ${tenantId}`
  return row?.count ?? 0
}

export async function insertEndpoint(tx: Tx, endpoint: Endpoint): Promise<void> {
  await tx.run`
    insert into webhook_endpoints (id, tenant_id, url, events, status, sealed_secret, created_at)
    values (${endpoint.id}, ${endpoint.tenantId}, ${endpoint.url}, ${endpoint.events},
      ${endpoint.status}, ${endpoint.sealedSecret}, ${endpoint.createdAt})`
}

export async function findEndpoint(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Endpoint | undefined> {
  return sql.first<Endpoint>`
    select * from webhook_endpoints where id = ${id} and tenant_id = ${tenantId}`
}

export async function lockEndpoint(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Endpoint | undefined> {
  return tx.first<Endpoint>`
    select * from webhook_endpoints where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function listEndpoints(
  db: Db,
  tenantId: Id<'tnt'>,
  page: { afterId: string | null; limit: number },
): Promise<Endpoint[]> {
  return db.rows<Endpoint>`
    select * from webhook_endpoints
    where tenant_id = ${tenantId} and (${page.afterId}::text is null or id < ${page.afterId})
    order by id desc
    limit ${page.limit + 1}`
}

/** Enabled ones of these tenants that ask for the type; they stay until the commit. */
export async function lockFollowers(
  tx: Tx,
  tenantIds: readonly Id<'tnt'>[],
  eventType: string,
): Promise<Pick<Endpoint, 'id' | 'tenantId'>[]> {
  return tx.rows`
    select id, tenant_id from webhook_endpoints
    where tenant_id = any(${tenantIds}) and status = 'enabled'
      and ('*' = any(events) or ${eventType} = any(events))
    order by id
    for key share`
}

export async function updateEndpoint(tx: Tx, endpoint: Endpoint): Promise<void> {
  await tx.run`
    update webhook_endpoints
    set url = ${endpoint.url}, events = ${endpoint.events}, status = ${endpoint.status},
      sealed_secret = ${endpoint.sealedSecret}, old_sealed_secret = ${endpoint.oldSealedSecret},
      old_secret_ends_at = ${endpoint.oldSecretEndsAt}, rotated_by = ${endpoint.rotatedBy}
    where id = ${endpoint.id} and tenant_id = ${endpoint.tenantId}`
}

export async function markSilent(db: Db, { id, tenantId }: Endpoint, until: Date): Promise<void> {
  await db.run`
    update webhook_endpoints set silent_until = ${until}
    where id = ${id} and tenant_id = ${tenantId}`
}

/** With its deliveries. */
export async function deleteEndpoint(tx: Tx, tenantId: Id<'tnt'>, id: string): Promise<void> {
  await tx.run`delete from webhook_endpoints where id = ${id} and tenant_id = ${tenantId}`
}

export type NewDelivery = Pick<
  Delivery,
  'id' | 'tenantId' | 'endpointId' | 'eventId' | 'eventType' | 'body' | 'createdAt'
>

/** Answers false where it is there already. */
export async function insertDelivery(
  tx: Tx,
  delivery: NewDelivery,
  queuedUntil: Date,
): Promise<boolean> {
  const count = await tx.run`
    insert into webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, body, status,
      next_attempt_at, queued_until, created_at)
    values (${delivery.id}, ${delivery.tenantId}, ${delivery.endpointId}, ${delivery.eventId},
      ${delivery.eventType}, ${delivery.body}, 'pending', ${delivery.createdAt}, ${queuedUntil},
      ${delivery.createdAt})
    on conflict (id) do nothing`
  return count === 1
}

export async function findDelivery(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Delivery | undefined> {
  return sql.first<Delivery>`
    select * from webhook_deliveries where id = ${id} and tenant_id = ${tenantId}`
}

export async function lockDelivery(
  tx: Tx,
  tenantId: Id<'tnt'>,
  { endpointId, id }: { endpointId: string; id: string },
): Promise<Delivery | undefined> {
  return tx.first<Delivery>`
    select * from webhook_deliveries
    where id = ${id} and endpoint_id = ${endpointId} and tenant_id = ${tenantId}
    for update`
}

export async function listDeliveries(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    endpointId: string
    status: DeliveryStatus | null
    afterId: string | null
    limit: number
  },
): Promise<Delivery[]> {
  return db.rows<Delivery>`
    select * from webhook_deliveries
    where endpoint_id = ${filter.endpointId} and tenant_id = ${tenantId}
      and (${filter.status}::text is null or status = ${filter.status})
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}

/** For whoever sends: nobody else does so until the claim ends. Undefined where there is nothing to do. */
export async function claimDelivery(
  db: Db,
  tenantId: Id<'tnt'>,
  claim: { id: string; attempt: number; now: Date; until: Date },
): Promise<Delivery | undefined> {
  return db.first<Delivery>`
    update webhook_deliveries
    set claimed_until = ${claim.until}
    where id = ${claim.id} and tenant_id = ${tenantId}
      and status = 'pending' and attempts = ${claim.attempt}
      and (claimed_until is null or claimed_until <= ${claim.now})
    returning *`
}

export async function releaseClaim(db: Db, { id, tenantId, attempts }: Delivery): Promise<void> {
  await db.run`
    update webhook_deliveries set claimed_until = null
    where id = ${id} and tenant_id = ${tenantId} and attempts = ${attempts}`
}

export type AttemptOutcome = Pick<
  Delivery,
  'status' | 'nextAttemptAt' | 'responseStatus' | 'responseBody' | 'problem'
> & { now: Date }

/** Once for each attempt. */
export async function markAttempt(
  db: Db,
  { id, tenantId, attempts }: Delivery,
  outcome: AttemptOutcome,
): Promise<void> {
  await db.run`
    update webhook_deliveries
    set status = ${outcome.status}, attempts = attempts + 1,
      next_attempt_at = ${outcome.nextAttemptAt}, queued_until = null, claimed_until = null,
      response_status = ${outcome.responseStatus}, response_body = ${outcome.responseBody},
      problem = ${outcome.problem}, last_attempt_at = ${outcome.now}
    where id = ${id} and tenant_id = ${tenantId} and status = 'pending' and attempts = ${attempts}`
}

export async function markRetried(
  tx: Tx,
  { id, tenantId }: Delivery,
  retry: { now: Date; queuedUntil: Date; retriedBy: string },
): Promise<void> {
  await tx.run`
    update webhook_deliveries
    set status = 'pending', next_attempt_at = ${retry.now}, queued_until = ${retry.queuedUntil},
      retried_by = ${retry.retriedBy}
    where id = ${id} and tenant_id = ${tenantId}`
}

/** Due, and without a task, as far as anyone knows. Whoever takes them up makes one for each. */
export async function takeDue(
  tx: Tx,
  { now, queuedUntil, limit }: { now: Date; queuedUntil: Date; limit: number },
): Promise<Pick<Delivery, 'id' | 'tenantId' | 'attempts'>[]> {
  return tx.rows`
    update webhook_deliveries
    set queued_until = ${queuedUntil}
    where id in (
      select id from webhook_deliveries
      where status = 'pending' and next_attempt_at <= ${now}
        and (queued_until is null or queued_until <= ${now})
      order by next_attempt_at
      limit ${limit}
      for update skip locked)
    returning id, tenant_id, attempts`
}

export async function deleteDeliveriesBefore(db: Db, before: Date): Promise<number> {
  return db.run`
    delete from webhook_deliveries
    where id in (
      select id from webhook_deliveries
      where created_at < ${before} and tenant_id is not null
      order by created_at
      limit 5000)`
}

// What an event tells beside its ids, read along the arrows to the owners of the rows.

export async function findDatasetOfObject(
  sql: Sql,
  tenantId: Id<'tnt'>,
  objectId: string,
): Promise<string | undefined> {
  const row = await sql.first<{ datasetId: string }>`
    select dataset_id from objects where id = ${objectId} and tenant_id = ${tenantId}`
  return row?.datasetId
}

export async function findRequestStatus(
  sql: Sql,
  tenantId: Id<'tnt'>,
  requestId: string,
): Promise<string | undefined> {
  const row = await sql.first<{ status: string }>`
    select status from access_requests where id = ${requestId} and tenant_id = ${tenantId}`
  return row?.status
}

export async function findDisputeStatus(
  sql: Sql,
  tenantId: Id<'tnt'>,
  disputeId: string,
): Promise<string | undefined> {
  const row = await sql.first<{ status: string }>`
    select status from disputes where id = ${disputeId} and tenant_id = ${tenantId}`
  return row?.status
}

export async function findJobStatus(
  sql: Sql,
  tenantId: Id<'tnt'>,
  jobId: string,
): Promise<string | undefined> {
  const row = await sql.first<{ status: string }>`
    select status from jobs where id = ${jobId} and tenant_id = ${tenantId}`
  return row?.status
}

export async function findResourceStatus(
  sql: Sql,
  tenantId: Id<'tnt'>,
  resourceId: string,
): Promise<string | undefined> {
  const row = await sql.first<{ status: string }>`
    select status from resources where id = ${resourceId} and tenant_id = ${tenantId}`
  return row?.status
}
