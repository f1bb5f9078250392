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
  throw unauthorized()
}
