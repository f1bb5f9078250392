// The secret of an endpoint, and what is signed with it. A receiver has one too, so it is not hashed but
// encrypted; it leaves the server at its making only.
import { createHmac, randomBytes } from 'node:crypto'
import type { Id } from '../../base/ids.ts'
import { seal, unseal } from '../../base/seal.ts'

const prefix = 'whsec_'
const secretBytes = 32

export function newSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64')
}

/** Knows the server's key, so that nothing else here does. */
export interface SecretBox {
  seal(endpointId: Id<'whk'>, secret: string): Uint8Array
  unseal(endpointId: Id<'whk'>, sealed: Uint8Array): string
}

export function openSecretBox(key: Uint8Array): SecretBox {
  return {
    seal: (endpointId, secret) => seal(key, endpointId, secret),
    unseal: (endpointId, sealed) => unseal(key, endpointId, sealed),
  }
}

export interface Message {
  eventId: string
  body: string
}

/**
 * The headers of Standard Webhooks, with a signature by each secret that is valid, and `X-Signature` of
 * the platform template, which has room for one: the newest secret comes first.
 */
export function signedHeaders(
  { eventId, body }: Message,
  secrets: readonly [string, ...string[]],
  now: Date,
): Record<string, string> {
  const timestamp = Math.floor(now.getTime() / 1_000)
  const signed = `${eventId}.${timestamp}.${body}`
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${signatureOf(signed, secret)}`).join(' '),
    'x-signature': createHmac('sha256', secrets[0]).update(body).digest('hex'),
  }
}

function signatureOf(signed: string, secret: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  return createHmac('sha256', key).update(signed).digest('base64')
}
