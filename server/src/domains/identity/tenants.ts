// The caller's tenant, and what operators change about tenants.
import type { Plan } from '@ipto/contract/scopes.ts'
import type { Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type Page, type Window, windowOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import type { Tenant } from './store.ts'
import * as store from './store.ts'

export async function getTenant({ db }: { db: Db }, { actor }: Call): Promise<Tenant> {
  const tenant = await store.findTenant(db, actor.tenantId)
  if (!tenant) throw notFound()
  return tenant
}

/** The one that the caller may know, as a list. */
export async function listOwnTenant(
  deps: { db: Db },
  call: Call,
  window: Window,
): Promise<Page<Tenant>> {
  const all = [await getTenant(deps, call)]
  return windowOf(all.slice(window.offset, window.offset + window.limit), all.length, window)
}

export async function getOwnTenant(deps: { db: Db }, call: Call, id: string): Promise<Tenant> {
  if (id !== call.actor.tenantId) throw notFound()
  return getTenant(deps, call)
}

export async function changeTenant(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  change: { name: string | null; embeddingModel: string | null | undefined },
): Promise<Tenant> {
  return db.tx(async (tx) => {
    const tenant = await store.lockTenant(tx, actor.tenantId)
    if (!tenant) throw notFound()
    const changed = {
      ...tenant,
      name: change.name ?? tenant.name,
      embeddingModel:
        change.embeddingModel === undefined ? tenant.embeddingModel : change.embeddingModel,
    }
    await saveTenant(tx, { actor, requestId, now }, tenant, changed)
    return changed
  })
}

/** What an operator sets. Suspension takes effect on the tenant's next request. */
export async function adminChangeTenant(
  tx: Tx,
  by: audit.By,
  change: {
    tenantId: Id<'tnt'>
    plan?: Plan | undefined
    suspended?: boolean | undefined
    approvedAutomatically?: boolean | undefined
  },
): Promise<Tenant> {
  const tenant = await store.lockTenant(tx, change.tenantId)
  if (!tenant) throw notFound()
  const suspendedAt = change.suspended ? (tenant.suspendedAt ?? by.now) : null
  const changed = {
    ...tenant,
    plan: change.plan ?? tenant.plan,
    suspendedAt: change.suspended === undefined ? tenant.suspendedAt : suspendedAt,
    approvedAutomatically: change.approvedAutomatically ?? tenant.approvedAutomatically,
  }
  await saveTenant(tx, by, tenant, changed)
  return changed
}

async function saveTenant(tx: Tx, by: audit.By, before: Tenant, after: Tenant): Promise<void> {
  await store.updateTenant(tx, after)
  await audit.record(tx, by, {
    tenantId: before.id,
    action: 'tenant.update',
    targetId: before.id,
    changes: audit.changesOf(before, after),
  })
}

export async function findTenant(sql: Sql, id: Id<'tnt'>): Promise<Tenant | undefined> {
  return store.findTenant(sql, id)
}

/** Names are not unique: undefined where none or several tenants have it. */
export async function findTenantByName(db: Db, name: string): Promise<Tenant | undefined> {
  const found = await store.findTenantByName(db, name)
  return found.length === 1 ? found[0] : undefined
}

export async function tenantNames(
  db: Db,
  ids: readonly Id<'tnt'>[],
): Promise<Map<Id<'tnt'>, string>> {
  const rows = await store.listTenantNames(db, [...new Set(ids)])
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** `limit + 1` rows, newest first, and the number of all that match. */
export async function listTenants(
  db: Db,
  filter: { q: string | null; afterId: string | null; limit: number },
): Promise<{ rows: Tenant[]; total: number }> {
  return {
    rows: await store.listTenants(db, filter),
    total: await store.countTenants(db, filter.q),
  }
}
