// Reads the one credential of a request and asks `identity` whose it is. Bearer values are told apart
// by their prefix; X-API-Key takes keys only (decisions 2).
import { Failure } from '../base/errors.ts'
import { type Credential, unauthorized } from '../domains/identity/identity.ts'

export interface CredentialHeaders {
  authorization?: string | undefined
  'x-api-key'?: string | string[] | undefined
}

/** Undefined where none was sent. Two different credentials: `invalid_request`. */
export function readCredential(headers: CredentialHeaders): Credential | undefined {
  const bearer = readBearer(headers.authorization)
  const key = headers['x-api-key']
  if (key === undefined) return bearer
  if (typeof key !== 'string' || !key.startsWith('ipto_')) throw unauthorized()
  if (bearer && bearer.token !== key) {
    throw new Failure(
      'unreadable_body',
      'Two different credentials were sent. Send either Authorization or X-API-Key.',
    )
  }
  return { kind: 'key', token: key }
}

function readBearer(header: string | undefined): Credential | undefined {
  if (header === undefined) return undefined
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
export function readClient(header: string | undefined, body: ClientFields): ClientFields {
  if (header === undefined) return {}
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
  const text = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded)
    ? Buffer.from(encoded, 'base64').toString('utf8')
    : ''
  const colon = text.indexOf(':')
  if (colon < 0) throw unreadableBasic()
  return {
    client_id: unescaped(text.slice(0, colon)),
    client_secret: unescaped(text.slice(colon + 1)),
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadableBasic()
  }
}

function unreadableBasic(): Failure {
  return new Failure('unreadable_body', 'The Basic credentials cannot be read.')
}
