// A price promised for five minutes, for one question of one principal, redeemed once. It does not know
// what was asked: the topic is a hash that the asker makes.
import type { Actor } from '../../base/call.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { type Id, idFor } from '../../base/ids.ts'
import type { QuoteRow } from './store.ts'
import * as store from './store.ts'

export type Quote = QuoteRow

const quoteLifeMs = 5 * 60_000

export async function makeQuote(
  tx: Tx,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  { topic, maxMicros }: { topic: string; maxMicros: bigint },
): Promise<Quote> {
  const quote: Quote = {
    id: idFor('quo', chargeKey),
    tenantId: actor.tenantId,
    principalId: actor.id,
    topic,
    maxMicros,
    quotedAt: now,
    expiresAt: addMs(now, quoteLifeMs),
    redeemedBy: null,
  }
  await store.insertQuote(tx, quote)
  return quote
}

/** A quote that this call may redeem. Fails where it is unknown, expired, redeemed or for another topic. */
export async function quoteFor(
  db: Db,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  { quoteId, topic }: { quoteId: string; topic: string },
): Promise<Quote> {
  const quote = await requireOpen(db, { actor, chargeKey, now }, quoteId)
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

async function requireOpen(
  sql: Sql,
  { actor, chargeKey, now }: { actor: Actor; chargeKey: string; now: Date },
  quoteId: string,
): Promise<Quote & { id: Id<'quo'> }> {
  const quote = await store.findQuote(sql, actor.tenantId, quoteId)
  if (!quote || quote.principalId !== actor.id) throw notFound()
  if (quote.redeemedBy === chargeKey) return quote
  if (quote.redeemedBy !== null) throw new Failure('conflict', 'The quote was redeemed before.')
  if (quote.expiresAt <= now) throw new Failure('conflict', 'The quote has expired.')
  return quote
}
