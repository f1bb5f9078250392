import { type Db, json, type Sql, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export type ResourceStatus = 'active' | 'paused' | 'archived'

export interface Resource {
  id: Id<'res'>
  tenantId: Id<'tnt'>
  name: string
  description: string | null
  status: ResourceStatus
  metadata: Record<string, string>
  createdAt: Date
  updatedAt: Date
}

/** Answers false where it is there already. */
export async function insertResource(tx: Tx, resource: Resource): Promise<boolean> {
  const count = await tx.run`
    insert into resources (id, tenant_id, name, description, status, metadata, created_at, updated_at)
    values (${resource.id}, ${resource.tenantId}, ${resource.name}, ${resource.description},
      ${resource.status}, ${json(resource.metadata)}, ${resource.createdAt}, ${resource.updatedAt})
    on conflict (id) do nothing`
  return count === 1
}

export async function updateResource(tx: Tx, resource: Resource): Promise<void> {
  await tx.run`
    update resources
    set name = ${resource.name}, description = ${resource.description}, status = ${resource.status},
      metadata = ${json(resource.metadata)}, updated_at = ${resource.updatedAt}
    where id = ${resource.id} and tenant_id = ${resource.tenantId}`
}

export async function deleteResource(tx: Tx, tenantId: Id<'tnt'>, id: Id<'res'>): Promise<void> {
  await tx.run`delete from resources where id = ${id} and tenant_id = ${tenantId}`
}

export async function findResource(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Resource | undefined> {
  return sql.first<Resource>`select * from resources where id = ${id} and tenant_id = ${tenantId}`
}

export async function lockResource(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: string,
): Promise<Resource | undefined> {
  return tx.first<Resource>`
    select * from resources where id = ${id} and tenant_id = ${tenantId} for update`
}

/** Archived ones only where they are asked for by name. */
export async function listResources(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: { status: ResourceStatus | null; afterId: string | null; limit: number },
): Promise<Resource[]> {
  return db.rows<Resource>`
    select * from resources
    where tenant_id = ${tenantId}
      and (status = ${filter.status} or (${filter.status}::text is null and status <> 'archived'))
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}
