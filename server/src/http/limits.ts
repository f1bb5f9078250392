// Rate limits: a fixed window of one minute, per tenant by plan, or per address before anyone is
// known. One decision per request; the headers are only its form (integration-facts 4.5).
import { addMs, dateOf } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Failure } from '../base/errors.ts'
import type { Counters } from './counters.ts'
import type { ProfileRecord } from './profiles/profile.ts'
import * as store from './store.ts'

const windowSeconds = 60
const windowMs = windowSeconds * 1_000
/** Requests a minute from one address: of those that need no credential, and of those that show a wrong one or none. */
export const addressPerMinuteMax = 60

export interface Decision {
  policy: 'tenant' | 'address'
  limit: number
  remaining: number
  resetAtMs: number
  isOver: boolean
}

export function windowStart(now: Date): Date {
  return dateOf(Math.floor(now.getTime() / windowMs) * windowMs)
}

export interface Subject {
  policy: Decision['policy']
  id: string
  limit: number
  now: Date
  /** Where it was counted already. */
  count: number | null
}

export async function decide(counters: Counters, subject: Subject): Promise<Decision> {
  const { policy, limit, now } = subject
  const start = windowStart(now)
  const count = subject.count ?? (await counters.hit(subject.id, start))
  return {
    policy,
    limit,
    remaining: Math.max(0, limit - count),
    resetAtMs: start.getTime() + windowMs,
    isOver: count > limit,
  }
}

/** Seconds to go are whole and at least 1: a client that waits so long finds a new window. */
export function limitHeaders(
  decision: Decision,
  now: Date,
  rates: ProfileRecord['rates'],
): Record<string, string> {
  const toGo = Math.max(1, Math.ceil((decision.resetAtMs - now.getTime()) / 1_000))
  return {
    'x-ratelimit-limit':
      rates === 'epoch'
        ? String(decision.limit)
        : `${decision.limit}, ${decision.limit};w=${windowSeconds}`,
    'x-ratelimit-remaining': String(decision.remaining),
    'x-ratelimit-reset':
      rates === 'epoch' ? String(Math.ceil(decision.resetAtMs / 1_000)) : String(toGo),
    'ratelimit-policy': `"${decision.policy}";q=${decision.limit};w=${windowSeconds}`,
    ratelimit: `"${decision.policy}";r=${decision.remaining};t=${toGo}`,
  }
}

export function rateLimited(decision: Decision, now: Date): Failure {
  return new Failure('rate_limited', 'Too many requests in this minute. Wait and try again.', {
    retryAfterMs: decision.resetAtMs - now.getTime(),
    policies: [decision.policy],
  })
}

// Clocks of processes may differ by a little: the window before this one may still be in use.
const keptMs = 10 * windowMs

export async function forgetCounts(db: Db, now: Date): Promise<void> {
  await store.deleteCountsBefore(db, addMs(now, -keptMs))
}
