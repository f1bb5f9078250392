// One attempt to send a delivery. It is claimed first, so that two tasks never make the same attempt;
// then comes the world, outside any transaction, and then what became of it. Dies the process in
// between, the claim ends and the attempt is made again: at least once, never surely once.
import { addMs } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import type { AttemptDue } from './events.ts'
import type { Outbound, OutboundAnswer } from './outbound.ts'
import { type SecretBox, signedHeaders } from './secrets.ts'
import type { AttemptOutcome, Delivery, Endpoint } from './store.ts'
import * as store from './store.ts'

export interface DeliverDeps {
  db: Db
  outbound: Outbound
  secretBox: SecretBox
}

// Longer than the time limit of the task.
const claimMs = 60_000
// So long one that gave no answer is not waited for again: it must not keep others from being sent.
const silentMs = 60_000
const retriesMax = 5
const firstRetryMs = 30_000
const retryFactor = 4

export async function deliver(
  { db, outbound, secretBox }: DeliverDeps,
  { tenantId, deliveryId, attempt, isAsked }: AttemptDue,
  { now, signal }: TaskRun,
): Promise<void> {
  const claim = { id: deliveryId, attempt, now, until: addMs(now, claimMs) }
  const delivery = await store.claimDelivery(db, tenantId, claim)
  if (!delivery) return
  const endpoint = await store.findEndpoint(db, tenantId, delivery.endpointId)
  // Gone with its endpoint.
  if (!endpoint) return
  if (endpoint.status === 'disabled') {
    await store.markAttempt(db, delivery, { ...refused, now })
    return
  }
  if (!isAsked && endpoint.silentUntil && endpoint.silentUntil > now) {
    const problem = 'not_answering'
    await store.markAttempt(db, delivery, outcomeOf({ kind: 'unanswered', problem }, delivery, now))
    return
  }
  const { eventId, body } = delivery
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'ipto-webhooks/1',
    ...signedHeaders({ eventId, body }, validSecrets(endpoint, secretBox, now), now),
  }
  const sending = outbound.post({ url: endpoint.url, headers, body }, signal)
  const answer = await sending.catch(async (error: unknown) => {
    // Cut off by the end of the process: whoever starts next need not wait for the claim to end.
    await store.releaseClaim(db, delivery)
    throw error
  })
  if (answer.kind === 'unanswered') await store.markSilent(db, endpoint, addMs(now, silentMs))
  await store.markAttempt(db, delivery, outcomeOf(answer, delivery, now))
}

// Nothing was sent, and nothing will be by itself: whoever enables the endpoint can send it again.
const refused = {
  status: 'failed',
  nextAttemptAt: null,
  responseStatus: null,
  responseBody: null,
  problem: 'endpoint_disabled',
} as const

/** The newest first. */
function validSecrets(
  { id, sealedSecret, oldSealedSecret, oldSecretEndsAt }: Endpoint,
  secretBox: SecretBox,
  now: Date,
): [string, ...string[]] {
  const secret = secretBox.unseal(id, sealedSecret)
  if (!oldSealedSecret || !oldSecretEndsAt || oldSecretEndsAt <= now) return [secret]
  return [secret, secretBox.unseal(id, oldSealedSecret)]
}

type Answer = OutboundAnswer | { kind: 'unanswered'; problem: 'not_answering' }

function outcomeOf(answer: Answer, delivery: Delivery, now: Date): AttemptOutcome {
  const isAnswered = answer.kind === 'answered'
  const isDelivered = isAnswered && answer.status >= 200 && answer.status < 300
  const retryAt = isDelivered ? null : nextAttemptOf(delivery, now)
  return {
    status: isDelivered ? 'delivered' : retryAt === null ? 'failed' : 'pending',
    nextAttemptAt: retryAt,
    responseStatus: isAnswered ? answer.status : null,
    responseBody: isAnswered ? answer.body : null,
    problem: isAnswered ? null : answer.problem,
    now,
  }
}

/** After 30 seconds, then 2, 8, 32 and 128 minutes; null after the last of five retries. */
function nextAttemptOf({ attempts }: Delivery, now: Date): Date | null {
  return attempts >= retriesMax ? null : addMs(now, firstRetryMs * retryFactor ** attempts)
}
