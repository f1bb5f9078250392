import type { Scope } from '@ipto/contract/scopes.ts'
import { type Db, json, type Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export interface Job {
  id: Id<'job'>
  tenantId: Id<'tnt'>
  kind: string
  scope: Scope
  status: 'pending' | 'running' | 'completed' | 'failed'
  result: Record<string, unknown> | null
  error: { code: string; message: string } | null
  createdAt: Date
  completedAt: Date | null
}

export async function insertJob(
  tx: Tx,
  job: { id: Id<'job'>; tenantId: Id<'tnt'>; kind: string; scope: Scope; now: Date },
): Promise<void> {
  await tx.run`
    insert into jobs (id, tenant_id, kind, scope, status, created_at)
    values (${job.id}, ${job.tenantId}, ${job.kind}, ${job.scope}, 'pending', ${job.now})
    on conflict (id) do nothing`
}

export async function markRunning(tx: Tx, tenantId: Id<'tnt'>, id: Id<'job'>): Promise<void> {
  await tx.run`
    update jobs set status = 'running'
    where id = ${id} and tenant_id = ${tenantId} and status = 'pending'`
}

export interface JobEnd {
  tenantId: Id<'tnt'>
  id: Id<'job'>
  status: 'completed' | 'failed'
  result: Record<string, unknown> | null
  error: { code: string; message: string } | null
  now: Date
}

/** Answers false where it had ended before. */
export async function markEnded(tx: Tx, end: JobEnd): Promise<boolean> {
  const count = await tx.run`
    update jobs
    set status = ${end.status},
      result = ${end.result && json(end.result)},
      error = ${end.error && json(end.error)},
      completed_at = ${end.now}
    where id = ${end.id} and tenant_id = ${end.tenantId} and completed_at is null`
  return count === 1
}

export async function findJob(
  db: Db,
  tenantId: Id<'tnt'>,
  id: Id<'job'>,
): Promise<Job | undefined> {
  return db.first<Job>`select * from jobs where id = ${id} and tenant_id = ${tenantId}`
}

export async function listJobs(
  db: Db,
  tenantId: Id<'tnt'>,
  filter: {
    status: string | null
    scopes: readonly Scope[] | null
    afterId: string | null
    limit: number
  },
): Promise<Job[]> {
  return db.rows<Job>`
    select * from jobs
    where tenant_id = ${tenantId}
      and (${filter.status}::text is null or status = ${filter.status})
      and (${filter.scopes}::text[] is null or scope = any(${filter.scopes}))
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}
