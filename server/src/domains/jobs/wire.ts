import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Job } from './jobs.ts'

export function readJobFilter(input: ParsedInput<'jobs.list'>) {
  return { status: input.status ?? null, limit: input.limit }
}

export function presentJob(job: Job, wire: Wire) {
  return {
    id: job.id,
    object: 'job' as const,
    status: job.status,
    result: job.result,
    error: job.error,
    createdAt: wire.time(job.createdAt),
    completedAt: wire.timeOrNull(job.completedAt),
  }
}
