// Makes ids. Secrets are made elsewhere (identity/secrets.ts): an id is no secret.
import { createHash } from 'node:crypto'
import type { Id, IdPrefix } from '@ipto/contract/ids.ts'
import { v7 } from 'uuid'

export type { Id } from '@ipto/contract/ids.ts'

// Crockford's base 32 in lower case: sorts as its bytes do.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

function textOf(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let text = ''
  for (let place = 0; place < 26; place++) {
    text = alphabet.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return text
}

/** A fresh id. Ids made later sort later. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  return `${prefix}_${textOf(v7(undefined, new Uint8Array(16)))}`
}

/**
 * The id of the thing that one call creates. It follows from the charge key, so a call that is
 * repeated after a crash finds what its first try made instead of making a second one.
 */
export function idFor<P extends IdPrefix>(prefix: P, chargeKey: string, part = ''): Id<P> {
  const digest = createHash('sha256').update(`${prefix} ${chargeKey} ${part}`).digest('hex')
  const hashed = textOf(Buffer.from(digest.slice(0, 32), 'hex'))
  // The first ten characters of a charge key's body are its time; they keep ids in time order.
  const body = chargeKey.slice(chargeKey.indexOf('_') + 1)
  return `${prefix}_${body.slice(0, 10)}${hashed.slice(10)}`
}

/** Text of a caller as an id. A malformed id is simply an id that nothing has. */
export function asId<P extends IdPrefix>(_prefix: P, text: string): Id<P> {
  return text as Id<P>
}
