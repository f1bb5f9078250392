// Guessing is stopped by counting: ten failures in fifteen minutes close what was guessed at, and the
// address that guesses, for that time (shapes).
import { addMs } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import { hashOf } from './secrets.ts'
import * as store from './store.ts'

const failuresMax = 10
const failureWindowMs = 15 * 60_000

/** Hashes: neither a mail nor an address is needed in clear to count. */
export function originsOf(names: readonly string[]): Uint8Array[] {
  return names.map(hashOf)
}

export async function requireFewFailures(
  db: Db,
  origins: readonly Uint8Array[],
  now: Date,
): Promise<void> {
  const since = addMs(now, -failureWindowMs)
  for (const origin of origins) {
    if ((await store.countFailures(db, origin, since)) >= failuresMax) {
      throw new Failure('rate_limited', 'Too many failed attempts. Wait a quarter of an hour.', {
        retryAfterMs: failureWindowMs,
      })
    }
  }
}

export async function recordFailure(
  db: Db,
  origins: readonly Uint8Array[],
  now: Date,
): Promise<void> {
  await db.tx(async (tx) => {
    for (const origin of origins) await store.insertFailure(tx, origin, now)
  })
}

export async function forgetFailures(db: Db, before: Date): Promise<void> {
  await store.deleteFailuresBefore(db, before)
}
