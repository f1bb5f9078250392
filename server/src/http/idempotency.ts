// Idempotency-Key: the same key and body are answered once more, another body is refused, for 24 hours
// (integration-facts 4.9). The record's id is the charge key of the call: where an answer was lost or is
// not remembered, a retry finds the charge that its first try made.
import { createHash, createHmac } from 'node:crypto'
import { addMs, msPerDay } from '../base/clock.ts'
import type { Db, Tx } from '../base/db.ts'
import { Failure } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import { seal, unseal } from '../base/seal.ts'
import * as store from './store.ts'

const keptMs = msPerDay
// A call that has not answered by then has died; another may take it over.
const leaseMs = 60_000
// 401, 402, 403, 429 and 5xx are not remembered: a retry can end otherwise.
const forgotten = new Set([401, 402, 403, 429])

export interface Begun {
  recordId: string
  /** Another call began under this key, and may have done its work. */
  isRepeat: boolean
  /** The remembered answer, where there is one. */
  replay: { status: number; body: string } | null
}

export interface KeyedRequest {
  caller: string
  operation: string
  key: string
  /** Who calls within `caller`. Another principal's answer may hold what this one may not see. */
  principalId: string
  /** The request as the caller meant it: path parameters and body. */
  fields: unknown
  now: Date
}

/** Bare or as a quoted Structured Field string; the inner value is used. */
export function readKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const text = typeof header === 'string' ? header : ''
  const inner = /^"(.*)"$/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1') ?? text
  if (!/^[\x20-\x7e]{1,255}$/.test(inner)) {
    throw new Failure('invalid_fields', 'Idempotency-Key must be 1 to 255 printable characters.', {
      fields: [
        {
          path: 'Idempotency-Key',
          place: 'header',
          reason: 'must be 1 to 255 printable characters',
          nature: 'type',
        },
      ],
    })
  }
  return inner
}

export async function begin(db: Db, secretKey: Uint8Array, request: KeyedRequest): Promise<Begun> {
  const key: store.RecordKey = {
    caller: request.caller,
    operation: request.operation,
    keyHash: hashOf(request.key),
  }
  // Keyed: some bodies hold a password, which a bare hash would let anyone guess who reads the table.
  const body = canonical([request.principalId, request.fields])
  const bodyHash = createHmac('sha256', secretKey).update(`body ${body}`).digest()
  const { now } = request
  const fresh = { id: newId('idem'), bodyHash, leasedUntil: addMs(now, leaseMs), now }
  // Almost every key is new: one statement, and no transaction around it.
  if (await store.insertRecord(db, key, fresh)) return begunFresh(fresh.id)
  const again = { now, bodyHash, secretKey }
  // Most repetitions find their answer, which never changes: no lock is needed to read it.
  const row = await store.findRecord(db, key)
  return (row && rememberedIn(row, again)) ?? db.tx((tx) => beginIn(tx, key, again))
}

function begunFresh(recordId: string): Begun {
  return { recordId, isRepeat: false, replay: null }
}

interface Again {
  now: Date
  bodyHash: Uint8Array
  secretKey: Uint8Array
}

function isOld({ createdAt }: store.IdempotencyRow, now: Date): boolean {
  return createdAt.getTime() + keptMs <= now.getTime()
}

/** Undefined where there is no answer yet, or none that counts any more. */
function rememberedIn(row: store.IdempotencyRow, again: Again): Begun | undefined {
  if (isOld(row, again.now)) return undefined
  if (Buffer.compare(row.bodyHash, again.bodyHash) !== 0) {
    throw new Failure(
      'idempotency_key_reused',
      'This Idempotency-Key was used with another request. Take a new key.',
    )
  }
  if (row.status === null || !row.answer) return undefined
  const body = unseal(again.secretKey, row.id, row.answer)
  return { recordId: row.id, isRepeat: true, replay: { status: row.status, body } }
}

async function beginIn(tx: Tx, key: store.RecordKey, again: Again): Promise<Begun> {
  const { now, bodyHash } = again
  const row = await store.lockRecord(tx, key)
  if (!row || isOld(row, now)) {
    if (row) await store.deleteRecord(tx, row.id)
    const fresh = { id: newId('idem'), bodyHash, leasedUntil: addMs(now, leaseMs), now }
    // Another call may have been first to take the place of the old record: then that one counts.
    if (!(await store.insertRecord(tx, key, fresh))) return beginIn(tx, key, again)
    return begunFresh(fresh.id)
  }
  const remembered = rememberedIn(row, again)
  if (remembered) return remembered
  if (row.leasedUntil > now) {
    throw new Failure('idempotency_in_progress', 'The first request with this key is running.', {
      retryAfterMs: 1_000,
    })
  }
  await store.updateLease(tx, row.id, addMs(now, leaseMs))
  return { recordId: row.id, isRepeat: true, replay: null }
}

/** Remembers an answer, or lets go of the record where it may end otherwise next time. */
export async function finish(
  db: Db,
  secretKey: Uint8Array,
  end: { recordId: string; status: number; body: string; now: Date },
): Promise<void> {
  if (forgotten.has(end.status) || end.status >= 500) {
    await store.updateLease(db, end.recordId, end.now)
  } else {
    // Some answers hold a secret that is shown once.
    const answer = seal(secretKey, end.recordId, end.body)
    await store.updateAnswer(db, end.recordId, end.status, answer)
  }
}

export async function forgetOld(db: Db, now: Date): Promise<void> {
  await store.deleteRecordsBefore(db, addMs(now, -keptMs))
}

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

// Key order does not make another request.
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
