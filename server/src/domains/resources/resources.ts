// Labels of a tenant: an agent, an app, a project, a cost centre. What carries a label (a key, a search,
// a usage event, a budget) keeps its id as text; a resource knows nothing of them.
import type { Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import { emit } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import { events } from './events.ts'
import type { Resource, ResourceStatus } from './store.ts'
import * as store from './store.ts'

export { events } from './events.ts'
export type { Resource } from './store.ts'

export interface ResourceInput {
  name: string
  description: string | null
  metadata: Record<string, string>
}

export async function create(
  { db }: { db: Db },
  call: Call,
  input: ResourceInput,
): Promise<Resource> {
  const { actor, chargeKey, now } = call
  const resource: Resource = {
    id: idFor('res', chargeKey),
    tenantId: actor.tenantId,
    ...input,
    status: 'active',
    createdAt: now,
    updatedAt: now,
  }
  return db.tx(async (tx) => {
    if (!(await store.insertResource(tx, resource))) {
      // An earlier try of this very call made it, and somebody may have changed it since.
      const made = await store.findResource(tx, actor.tenantId, resource.id)
      assert(made, 'a resource that was made before is on record')
      return made
    }
    const { name } = resource
    await note(tx, call, { action: 'resource.create', targetId: resource.id, changes: { name } })
    return resource
  })
}

// Who follows learns of every change, so that no webhook has to be asked for by kind.
async function note(
  tx: Tx,
  { actor, requestId, now }: Call,
  entry: audit.Entry & { targetId: Id<'res'> },
): Promise<void> {
  await audit.record(tx, { actor, requestId, now }, entry)
  await emit(tx, events.updated, { tenantId: actor.tenantId, resourceId: entry.targetId })
}

export async function get({ db }: { db: Db }, { actor }: Call, id: string): Promise<Resource> {
  return requireResource(db, actor.tenantId, id)
}

export async function list(
  { db }: { db: Db },
  { actor, after }: Call,
  { status, limit }: { status: ResourceStatus | null; limit: number },
): Promise<Page<Resource>> {
  const filter = { status, limit, afterId: afterId(after) }
  const rows = await store.listResources(db, actor.tenantId, filter)
  return pageOf(rows, limit, (resource) => [resource.id])
}

/** What is undefined stays as it is; metadata is replaced as a whole. */
export interface ResourceChange {
  id: string
  name: string | undefined
  description: string | null | undefined
  status: ResourceStatus | undefined
  metadata: Record<string, string> | undefined
}

export async function change(
  { db }: { db: Db },
  call: Call,
  wish: ResourceChange,
): Promise<Resource> {
  return db.tx(async (tx) => {
    const before = await store.lockResource(tx, call.actor.tenantId, wish.id)
    if (!before) throw notFound()
    const after: Resource = {
      ...before,
      name: wish.name ?? before.name,
      description: wish.description === undefined ? before.description : wish.description,
      status: wish.status ?? before.status,
      metadata: wish.metadata ?? before.metadata,
    }
    const changes = audit.changesOf(before, after)
    // Nothing changed, so nothing happened: the same call again leaves no second trace.
    if (Object.keys(changes).length === 0) return before
    const changed = { ...after, updatedAt: call.now }
    await store.updateResource(tx, changed)
    await note(tx, call, { action: 'resource.update', targetId: before.id, changes })
    return changed
  })
}

/**
 * For good. Keys that carry the label go on to work and to be attributed to its id, and a budget set for
 * it goes on to limit them: deleting a label must not lift a limit, nor stop an agent that is at work.
 */
export async function remove({ db }: { db: Db }, call: Call, id: string): Promise<void> {
  await db.tx(async (tx) => {
    const resource = await store.lockResource(tx, call.actor.tenantId, id)
    if (!resource) throw notFound()
    await store.deleteResource(tx, resource.tenantId, resource.id)
    const { name } = resource
    await note(tx, call, { action: 'resource.delete', targetId: resource.id, changes: { name } })
  })
}

/** Of this tenant, in whatever state; anything else is not found. */
export async function requireResource(
  sql: Sql,
  tenantId: Id<'tnt'>,
  resourceId: string,
): Promise<Resource> {
  const resource = await store.findResource(sql, tenantId, resourceId)
  if (!resource) throw notFound()
  return resource
}

/** May something new be attributed to it? Only where it is this tenant's, and active. */
export async function requireUsable(
  sql: Sql,
  tenantId: Id<'tnt'>,
  resourceId: string,
): Promise<void> {
  const { status } = await requireResource(sql, tenantId, resourceId)
  if (status !== 'active') throw notFound()
}
