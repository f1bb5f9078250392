// What was done by whom: append only, in the transaction of the change. Never secrets or content.
import { createHash } from 'node:crypto'
import type { Actor, Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { type Id, newId } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import type { AuditEvent, SealedEntry } from './store.ts'
import * as store from './store.ts'

export type { AuditEvent } from './store.ts'

export interface Entry {
  action: string
  targetId?: string
  /** Before and after of the changed fields, or facts of the action. */
  changes?: Record<string, unknown>
}

/** Who acts, and in which request; a task has no request. */
export interface By {
  actor: Pick<Actor, 'kind' | 'id' | 'tenantId'>
  requestId?: string | null
  now: Date
}

/** Writes one entry into the chain of `tenantId`, by default that of the actor. */
export async function record(
  tx: Tx,
  by: By,
  entry: Entry & { tenantId?: Id<'tnt'> },
): Promise<void> {
  await store.insertEvent(tx, {
    id: newId('aud'),
    tenantId: entry.tenantId ?? by.actor.tenantId,
    actorId: by.actor.id,
    actorType: by.actor.kind,
    action: entry.action,
    targetId: entry.targetId ?? null,
    requestId: by.requestId ?? null,
    changes: entry.changes ?? {},
    occurredAt: by.now,
  })
}

export interface AuditFilter {
  actorId: string | null
  action: string | null
  targetId: string | null
  from: Date | null
  to: Date | null
  limit: number
}

/** Throws `forbidden` for a key that is limited to datasets: entries tell of all the others. */
export async function list(
  { db }: { db: Db },
  { actor, after }: Call,
  filter: AuditFilter,
): Promise<Page<AuditEvent>> {
  if (actor.datasetIds) {
    throw new Failure('forbidden', 'A key that is limited to datasets cannot read the audit.')
  }
  const rows = await store.listEvents(db, actor.tenantId, { ...filter, afterId: afterId(after) })
  return pageOf(rows, filter.limit, (row) => [row.id])
}

// A thing with more entries than that shows its first ones.
const historyMax = 1_000

/** Of these actions, which happened to one thing, oldest first. */
export async function historyOf(
  db: Db,
  tenantId: Id<'tnt'>,
  wanted: { targetId: string; actions: readonly string[] },
): Promise<AuditEvent[]> {
  return store.listHistory(db, tenantId, { ...wanted, limit: historyMax })
}

/** Of all tenants, or of one, newest first. */
export async function listAll(
  { db }: { db: Db },
  { after }: Call,
  { tenantId, ...filter }: AuditFilter & { tenantId: string | null },
): Promise<Page<AuditEvent>> {
  const rows = await store.listEventsOfAny(db, tenantId, { ...filter, afterId: afterId(after) })
  // Counted once and handed on: an export of many pages would count all of them for each.
  const total = after ? Number(after[1]) : await store.countEvents(db, tenantId, filter)
  return pageOf(rows, filter.limit, (row) => [row.id, total], total)
}

// How many entries one transaction links; the rest waits for the next round.
const sealBatch = 500

/**
 * Links the entries that are not linked yet, tenant by tenant, in order of their ids. Writers never
 * wait for each other: the chain is made afterwards, within seconds. Answers how many were linked.
 */
export async function seal({ db }: { db: Db }): Promise<number> {
  let sealed = 0
  for (const tenantId of await store.listUnsealedTenants(db)) {
    sealed += await db.tx((tx) => sealTenant(tx, tenantId))
  }
  return sealed
}

async function sealTenant(tx: Tx, tenantId: string): Promise<number> {
  await store.ensureChain(tx, tenantId, genesis)
  const chain = await store.lockChain(tx, tenantId)
  const events = await store.listUnsealed(tx, tenantId, sealBatch)
  let { sequence, hash } = chain
  for (const event of events) {
    sequence += 1n
    const previousHash = hash
    hash = hashOf({ ...event, sequence, previousHash })
    await store.markSealed(tx, tenantId, { id: event.id, sequence, previousHash, hash })
  }
  if (events.length > 0) await store.updateChain(tx, tenantId, sequence, hash)
  return events.length
}

export const genesis = '0'.repeat(64)

/** SHA-256 over the canonical JSON of an entry with its place and the hash before it. */
export function hashOf(entry: SealedEntry): string {
  const text = canonical({
    id: entry.id,
    tenantId: entry.tenantId,
    actorId: entry.actorId,
    actorType: entry.actorType,
    action: entry.action,
    targetId: entry.targetId,
    requestId: entry.requestId,
    changes: entry.changes,
    occurredAt: entry.occurredAt.toISOString(),
    sequence: entry.sequence.toString(),
    previousHash: entry.previousHash,
  })
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with sorted keys: jsonb does not keep their order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).filter(([, inner]) => inner !== undefined)
    fields.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** The whole chain of a tenant in order; the first entry whose hash does not follow, if any. */
export async function verifyChain(db: Db, tenantId: string): Promise<{ firstBad: string | null }> {
  let previousHash = genesis
  let expected = 1n
  for (const entry of await store.listSealed(db, tenantId)) {
    const sound =
      entry.sequence === expected &&
      entry.previousHash === previousHash &&
      entry.hash === hashOf(entry)
    if (!sound) return { firstBad: entry.id }
    previousHash = entry.hash
    expected += 1n
  }
  return { firstBad: null }
}

/** The fields that differ, as `{ field: { before, after } }`. Amounts become text: JSON has no bigint. */
export function changesOf(before: object, after: object): Record<string, unknown> {
  const fresh = new Map(Object.entries(after))
  const changes: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(before)) {
    const change = { before: plain(value), after: plain(fresh.get(field)) }
    if (canonical(change.before) !== canonical(change.after)) changes[field] = change
  }
  return changes
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return value.toISOString()
  return value ?? null
}
