// The public job of `/v1/jobs`: what a caller may learn of long work. It does not decide when work
// runs; that is the queue (server/src/jobs).
import type { Scope } from '@ipto/contract/scopes.ts'
import type { Call } from '../../base/call.ts'
import type { Db, Tx } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import { emit } from '../../jobs/queue.ts'
import { events } from './events.ts'
import type { Job } from './store.ts'
import * as store from './store.ts'

export { events } from './events.ts'
export type { Job } from './store.ts'

/** Opens a pending job. The id is the caller's, so that a repeated call opens the same job. */
export async function open(
  tx: Tx,
  job: { id: Id<'job'>; tenantId: Id<'tnt'>; kind: string; scope: Scope; now: Date },
): Promise<Id<'job'>> {
  await store.insertJob(tx, job)
  return job.id
}

export async function start(tx: Tx, tenantId: Id<'tnt'>, id: Id<'job'>): Promise<void> {
  await store.markRunning(tx, tenantId, id)
}

/** Once: a job that ended stays as it ended. Call it in the transaction of the effect. */
export async function complete(
  tx: Tx,
  end: { tenantId: Id<'tnt'>; id: Id<'job'>; result: Record<string, unknown>; now: Date },
): Promise<void> {
  await markEnded(tx, { ...end, status: 'completed', error: null })
}

export async function fail(
  tx: Tx,
  end: {
    tenantId: Id<'tnt'>
    id: Id<'job'>
    error: { code: string; message: string }
    now: Date
  },
): Promise<void> {
  await markEnded(tx, { ...end, status: 'failed', result: null })
}

// Told once, as it ends once.
async function markEnded(tx: Tx, end: store.JobEnd): Promise<void> {
  if (!(await store.markEnded(tx, end))) return
  await emit(tx, events.completed, { tenantId: end.tenantId, jobId: end.id })
}

export async function get({ db }: { db: Db }, { actor }: Call, id: string): Promise<Job> {
  const job = await store.findJob(db, actor.tenantId, asId('job', id))
  if (!job || !mayRead(actor.scopes, job.scope)) throw notFound()
  return job
}

export async function list(
  { db }: { db: Db },
  { actor, after }: Call,
  filter: { status: string | null; limit: number },
): Promise<Page<Job>> {
  const scopes = actor.scopes.includes('admin:*') ? null : actor.scopes
  const rows = await store.listJobs(db, actor.tenantId, {
    ...filter,
    scopes,
    afterId: afterId(after),
  })
  return pageOf(rows, filter.limit, (job) => [job.id])
}

// Readable with the scope that started it; to anyone else it does not exist.
function mayRead(scopes: readonly Scope[], scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin:*')
}
