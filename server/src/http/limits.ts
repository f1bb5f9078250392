// Rate limits: a fixed window of one minute, per tenant by plan, or per address before anyone is
// known. One decision per request; the headers are only its form (integration-facts 4.5).
import { dateOf } from '../base/clock.ts'
import { Failure } from '../base/errors.ts'
import type { Counters } from './counters.ts'
import type { ProfileRecord } from './profiles/profile.ts'

const windowSeconds = 60
/** Requests a minute from one address to operations without a credential. */
export const addressPerMinuteMax = 60

export interface Decision {
  policy: 'tenant' | 'address'
  limit: number
  remaining: number
  resetAtMs: number
  isOver: boolean
}

export async function decide(
  counters: Counters,
  subject: { policy: Decision['policy']; id: string; limit: number; now: Date },
): Promise<Decision> {
  const windowMs = windowSeconds * 1_000
  const start = Math.floor(subject.now.getTime() / windowMs) * windowMs
  const count = await counters.hit(`${subject.policy}:${subject.id}`, dateOf(start))
  return {
    policy: subject.policy,
    limit: subject.limit,
    remaining: Math.max(0, subject.limit - count),
    resetAtMs: start + windowMs,
    isOver: count > subject.limit,
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
