// A price promised for five minutes, for one question of one principal, redeemed once. It does not know
// what was asked: the topic is a hash that the asker makes.
import type { Actor } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import { idFor } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import type { QuoteRow } from './store.ts'
import * as store from './store.ts'

/** `Terms`: what was promised in detail, as the asker's JSON reads back. */
export type Quote<Terms = unknown> = QuoteRow<Terms>

const quoteLifeMs = 5 * 60_000

export async function makeQuote<Terms>(
  tx: Tx,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  { topic, maxMicros, terms }: { topic: string; maxMicros: bigint; terms: object },
): Promise<Quote<Terms>> {
  const id = idFor('quo', chargeKey)
  await store.insertQuote(tx, {
    id,
    tenantId: actor.tenantId,
    principalId: actor.id,
    topic,
    maxMicros,
    terms,
    quotedAt: now,
    expiresAt: addMs(now, quoteLifeMs),
    redeemedBy: null,
  })
  // The same call again, after a crash, finds what its first try promised.
  const quote = await store.findQuote<Terms>(tx, actor.tenantId, id)
  assert(quote, 'the quote was made just before')
  return quote
}

/** A quote that this call may redeem. Fails where it is unknown, expired, redeemed or for another topic. */
export async function quoteFor<Terms>(
  db: Db,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  { quoteId, topic }: { quoteId: string; topic: string },
): Promise<Quote<Terms>> {
  const quote = await requireOpen<Terms>(db, { actor, chargeKey, now }, quoteId)
  if (quote.topic !== topic) {
    throw new Failure('invalid_request', 'The quote was made for another question.', {
      fields: [{ path: 'quote_id', reason: 'was made for another question', nature: 'value' }],
    })
  }
  return quote
}

/** In the transaction of the charge. Answers the most that it may cost. */
export async function redeem(
  tx: Tx,
  by: { actor: Actor; chargeKey: string; now: Date },
  quoteId: string,
): Promise<bigint> {
  await store.lockQuote(tx, by.actor.tenantId, quoteId)
  const quote = await requireOpen(tx, by, quoteId)
  await store.markRedeemed(tx, by.actor.tenantId, quote.id, by.chargeKey)
  return quote.maxMicros
}

async function requireOpen<Terms>(
  sql: Sql,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  quoteId: string,
): Promise<Quote<Terms>> {
  const quote = await store.findQuote<Terms>(sql, actor.tenantId, quoteId)
  if (!quote || quote.principalId !== actor.id) throw notFound()
  if (quote.redeemedBy === chargeKey) return quote
  if (quote.redeemedBy !== null) throw new Failure('conflict', 'The quote was redeemed before.')
  if (quote.expiresAt <= now) throw new Failure('conflict', 'The quote has expired.')
  return quote
}

/** A day after their end: until then a call that is repeated still finds them. */
export async function forgetQuotes({ db }: { db: Db }, { now }: TaskRun): Promise<void> {
  await store.deleteQuotesBefore(db, addMs(now, -msPerDay))
}
