// What operators set about a tenant. Plan, suspension and automatic approval belong to `identity`, what a
// suspension closes to `access`, the mark "curated" of datasets to `catalog`; here they change together.
import type { Plan } from '@ipto/contract/scopes.ts'
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as access from '../access/access.ts'
import * as catalog from '../catalog/catalog.ts'
import * as identity from '../identity/identity.ts'

export interface AdminTenant {
  tenant: identity.Tenant
  curatedDatasetIds: Id<'dset'>[]
}

export interface TenantChange {
  tenantId: string
  /** What is undefined stays as it is. */
  plan: Plan | undefined
  suspended: boolean | undefined
  approvedAutomatically: boolean | undefined
  /** All curated datasets of the tenant: the others lose the mark. */
  curatedDatasetIds: readonly string[] | undefined
}

/** All tenants, newest first. */
export async function listTenants(
  { db }: { db: Db },
  { after }: Call,
  filter: { q: string | null; limit: number },
): Promise<Page<AdminTenant>> {
  const { rows, total } = await identity.listTenants(db, { ...filter, afterId: afterId(after) })
  const curated = await catalog.curatedOf(
    db,
    rows.map((tenant) => tenant.id),
  )
  const items = rows.map((tenant) => ({
    tenant,
    curatedDatasetIds: curated.get(tenant.id) ?? [],
  }))
  return pageOf(items, filter.limit, ({ tenant }) => [tenant.id], total)
}

export async function getTenant({ db }: { db: Db }, _: Call, id: string): Promise<AdminTenant> {
  const tenant = await identity.findTenant(db, asId('tnt', id))
  if (!tenant) throw notFound()
  const curated = await catalog.curatedOf(db, [tenant.id])
  return { tenant, curatedDatasetIds: curated.get(tenant.id) ?? [] }
}

/** Throws `not_found` for an unknown tenant, and for a dataset that is not the tenant's. */
export async function changeTenant(
  { db }: { db: Db },
  call: Call,
  change: TenantChange,
): Promise<AdminTenant> {
  const tenantId = asId('tnt', change.tenantId)
  const { plan, suspended, approvedAutomatically } = change
  const datasetIds = change.curatedDatasetIds?.map((id) => asId('dset', id))
  const tenant = await db.tx(async (tx) => {
    const changed = await identity.adminChangeTenant(tx, call, {
      tenantId,
      plan,
      suspended,
      approvedAutomatically,
    })
    if (datasetIds) await catalog.curate(tx, call, { tenantId, datasetIds })
    if (suspended !== undefined) await access.setOwnerSuspended(tx, tenantId, suspended)
    return changed
  })
  const curated = await catalog.curatedOf(db, [tenantId])
  return { tenant, curatedDatasetIds: curated.get(tenantId) ?? [] }
}
