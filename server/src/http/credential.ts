// Reads the one credential of a request and asks `identity` whose it is. Bearer values are told apart
// by their prefix; X-API-Key takes keys only (decisions 2).
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../base/errors.ts'
import { type Credential, unauthorized } from '../domains/identity/identity.ts'

/** Every header as often as it was sent: Node's plain `headers` drop a second Authorization. */
export type SentHeaders = Partial<Record<keyof IncomingHttpHeaders, string[]>>

/** Undefined where none was sent. Two different credentials: `invalid_request`. */
export function readCredential(headers: SentHeaders): Credential | undefined {
  const [first, ...more] = [
    ...(headers.authorization ?? []).map(readBearer),
    ...(headers['x-api-key'] ?? []).map(readKey),
  ]
  if (more.some(({ token }) => token !== first?.token)) {
    throw new Failure(
      'unreadable_body',
      'Two different credentials were sent. Send either Authorization or X-API-Key.',
    )
  }
  return first
}

function readKey(token: string): Credential {
  if (!token.startsWith('ipto_')) throw unauthorized()
  return { kind: 'key', token }
}

function readBearer(header: string): Credential {
  const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1]
  if (token?.startsWith('sess_')) return { kind: 'session', token }
  if (token?.startsWith('ipto_')) return { kind: 'key', token }
  if (token?.startsWith('oat_')) return { kind: 'access_token', token }
  throw unauthorized()
}

export interface ClientFields {
  client_id?: unknown
  client_secret?: unknown
}

/** An OAuth client's id and secret, from Basic or from the body, never from both (RFC 6749, 2.3). */
export function readClient(headers: SentHeaders, body: ClientFields): ClientFields {
  const [header, ...more] = headers.authorization ?? []
  if (header === undefined) return {}
  if (more.some((one) => one !== header)) {
    throw new Failure('unreadable_body', 'Two different Authorization headers were sent.')
  }
  const basic = /^Basic(?:\s+(.*))?$/i.exec(header)
  // Another scheme is no way for a client to say who it is.
  if (!basic) throw unauthorized()
  const client = decodeBasic(basic[1] ?? '')
  const isOther = body.client_id !== undefined && body.client_id !== client.client_id
  if (body.client_secret !== undefined || isOther) {
    throw new Failure(
      'unreadable_body',
      'Send the credentials of the client in the header or in the body, not in both.',
    )
  }
  return client
}

// Ids and secrets are letters, digits and `_`, so it is plain whether they were form-encoded first, as
// RFC 6749 says and half of all clients do; some of these escape the `_` as well.
function decodeBasic(encoded: string) {
  const text = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? textOf(Buffer.from(encoded, 'base64')) : ''
  const colon = text.indexOf(':')
  if (colon < 0) throw unreadableBasic()
  return {
    client_id: unescaped(text.slice(0, colon)),
    client_secret: unescaped(text.slice(colon + 1)),
  }
}

function unescaped(text: string): string {
  if (/\0|%00/.test(text)) throw unreadableBasic()
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadableBasic()
  }
}

function unreadableBasic(): Failure {
  return new Failure('unreadable_body', 'The Basic credentials cannot be read.')
}

function textOf(bytes: Uint8Array): string {
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : ''
}
