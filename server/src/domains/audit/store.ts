import { type Db, json, type Tx } from '../../base/db.ts'

export interface NewAuditEvent {
  id: string
  tenantId: string
  actorId: string
  actorType: string
  action: string
  targetId: string | null
  requestId: string | null
  changes: Record<string, unknown>
  occurredAt: Date
}

export interface AuditEvent extends NewAuditEvent {
  /** Null while the entry is not linked into the chain yet. */
  sequence: bigint | null
  previousHash: string | null
  hash: string | null
}

export interface SealedEntry extends NewAuditEvent {
  sequence: bigint
  previousHash: string
}

export async function insertEvent(tx: Tx, event: NewAuditEvent): Promise<void> {
  await tx.run`
    insert into audit_events
      (id, tenant_id, actor_id, actor_type, action, target_id, request_id, changes, occurred_at)
    values (${event.id}, ${event.tenantId}, ${event.actorId}, ${event.actorType}, ${event.action},
      ${event.targetId}, ${event.requestId}, ${json(event.changes)}, ${event.occurredAt})`
}

interface EventFilter {
  actorId: string | null
  action: string | null
  targetId: string | null
  from: Date | null
  to: Date | null
}

export async function listEvents(
  db: Db,
  tenantId: string,
  filter: EventFilter & { afterId: string | null; limit: number },
): Promise<AuditEvent[]> {
  return db.rows<AuditEvent>`
    select * from audit_events
    where tenant_id = ${tenantId}
      and (${filter.actorId}::text is null or actor_id = ${filter.actorId})
      and (${filter.action}::text is null or action = ${filter.action})
      and (${filter.targetId}::text is null or target_id = ${filter.targetId})
      and (${filter.from}::timestamptz is null or occurred_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or occurred_at < ${filter.to})
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}

export async function listHistory(
  db: Db,
  tenantId: string,
  { targetId, actions, limit }: { targetId: string; actions: readonly string[]; limit: number },
): Promise<AuditEvent[]> {
  return db.rows<AuditEvent>`
    select * from audit_events
    where tenant_id = ${tenantId} and target_id = ${targetId} and action = any(${actions})
    order by id
    limit ${limit}`
}

/** For operators: of every tenant where none is named. */
export async function listEventsOfAny(
  db: Db,
  tenantId: string | null,
  filter: EventFilter & { afterId: string | null; limit: number },
): Promise<AuditEvent[]> {
  return db.rows<AuditEvent>`
    select * from audit_events
    where (${tenantId}::text is null or tenant_id = ${tenantId})
      and (${filter.actorId}::text is null or actor_id = ${filter.actorId})
      and (${filter.action}::text is null or action = ${filter.action})
      and (${filter.targetId}::text is null or target_id = ${filter.targetId})
      and (${filter.from}::timestamptz is null or occurred_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or occurred_at < ${filter.to})
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}

export async function countEvents(
  db: Db,
  tenantId: string | null,
  filter: EventFilter,
): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from audit_events
    where (${tenantId}::text is null or tenant_id = ${tenantId})
      and (${filter.actorId}::text is null or actor_id = ${filter.actorId})
      and (${filter.action}::text is null or action = ${filter.action})
      and (${filter.targetId}::text is null or target_id = ${filter.targetId})
      and (${filter.from}::timestamptz is null or occurred_at >= ${filter.from})
      and (${filter.to}::timestamptz is null or occurred_at < ${filter.to})`
  return row?.count ?? 0
}

export async function listUnsealedTenants(db: Db): Promise<string[]> {
  const rows = await db.rows<{ tenantId: string }>`
    select distinct tenant_id from audit_events where sequence is null order by tenant_id`
  return rows.map((row) => row.tenantId)
}

export async function ensureChain(tx: Tx, tenantId: string, genesis: string): Promise<void> {
  await tx.run`
    insert into audit_chains (tenant_id, sequence, hash)
    values (${tenantId}, 0, ${genesis})
    on conflict (tenant_id) do nothing`
}

export async function lockChain(
  tx: Tx,
  tenantId: string,
): Promise<{ sequence: bigint; hash: string }> {
  const row = await tx.first<{ sequence: bigint; hash: string }>`
    select sequence, hash from audit_chains where tenant_id = ${tenantId} for update`
  if (!row) throw new Error('assertion failed: the chain was made just before')
  return row
}

export async function listUnsealed(
  tx: Tx,
  tenantId: string,
  limit: number,
): Promise<NewAuditEvent[]> {
  return tx.rows<NewAuditEvent>`
    select id, tenant_id, actor_id, actor_type, action, target_id, request_id, changes, occurred_at
    from audit_events
    where tenant_id = ${tenantId} and sequence is null
    order by id
    limit ${limit}`
}

export async function markSealed(
  tx: Tx,
  tenantId: string,
  link: { id: string; sequence: bigint; previousHash: string; hash: string },
): Promise<void> {
  await tx.run`
    update audit_events
    set sequence = ${link.sequence}, previous_hash = ${link.previousHash}, hash = ${link.hash}
    where id = ${link.id} and tenant_id = ${tenantId}`
}

export async function updateChain(
  tx: Tx,
  tenantId: string,
  sequence: bigint,
  hash: string,
): Promise<void> {
  await tx.run`
    update audit_chains set sequence = ${sequence}, hash = ${hash} where tenant_id = ${tenantId}`
}

export async function listSealed(
  db: Db,
  tenantId: string,
): Promise<(SealedEntry & { hash: string })[]> {
  return db.rows<SealedEntry & { hash: string }>`
    select * from audit_events
    where tenant_id = ${tenantId} and sequence is not null
    order by sequence`
}
