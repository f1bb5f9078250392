// Signed addresses of the folder store: `<publicUrl>/storage/<token>?expires=…&…&signature=…`. The token
// is the hash of the key, so that neither an address nor a path on disk shows a key. An HMAC-SHA256
// covers method, token, expiry, content type, size, hash and file name; nothing is believed before it
// has been compared, in constant time.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { addMs, dateOf } from '../../base/clock.ts'
import { assert, Failure } from '../../base/errors.ts'
import type { GetSign, PutSign, SignedAddress, SignedRequest } from '../../domains/objects/blobs.ts'

export interface AddressSigner {
  /** Where clients reach this server, such as `http://localhost:4786`. */
  publicUrl: string
  /** At least 32 random bytes; a new secret ends all addresses given out. */
  secret: Uint8Array
}

/** What an address said, after its signature and its expiry held. */
export interface PutClaims {
  name: string
  contentType: string
  sizeBytes: number
  sha256: string | null
}

export interface GetClaims {
  name: string
  contentType: string
  filename: string
}

/** Longer lives would make the marks of spent addresses (files.ts) pile up. */
export const addressLifeMsMax = 24 * 3_600_000
export const secretBytesMin = 32

const claimNames = ['expires', 'type', 'size', 'sha256', 'filename'] as const
type ClaimName = (typeof claimNames)[number]
type Claims = Partial<Record<ClaimName, string>>
type Method = SignedAddress['method']

const mediaType =
  /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?: ?; ?[\w.-]{1,40}=(?:[\w!#$&^.+-]{1,80}|"[\w!#$&^.+ -]{0,80}")){0,4}$/
const sha256Hex = /^[0-9a-f]{64}$/

/** 64 hex digits: the name of a key on disk and in addresses. */
export function nameOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Throws `Failure('invalid_request')` where the content type is no media type. */
export function signPut(signer: AddressSigner, request: PutSign, now: Date): SignedAddress {
  const { contentType, sizeBytes, sha256 } = request
  assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'a size is a whole number of bytes')
  assert(sha256 === null || sha256Hex.test(sha256), 'a SHA-256 is lower-case hex')
  const claims = { ...claimsOf(request, now), size: String(sizeBytes) }
  return {
    url: addressOf(signer, 'PUT', request.key, sha256 === null ? claims : { ...claims, sha256 }),
    method: 'PUT',
    headers: { 'content-type': contentType, 'content-length': String(sizeBytes) },
    expiresAt: request.expiresAt,
  }
}

/** Throws `Failure('invalid_request')` where the content type is no media type. */
export function signGet(signer: AddressSigner, request: GetSign, now: Date): SignedAddress {
  // Through UTF-8 and back: a lone surrogate would not survive the address, and break its signature.
  const filename = Buffer.from(request.filename, 'utf8').toString('utf8')
  return {
    url: addressOf(signer, 'GET', request.key, { ...claimsOf(request, now), filename }),
    method: 'GET',
    headers: {},
    expiresAt: request.expiresAt,
  }
}

/** Throws `Failure('forbidden')` for anything but an unaltered, live address and its exact headers. */
export function verifyPut(secret: Uint8Array, request: SignedRequest, now: Date): PutClaims {
  const { type, size, sha256 } = verifyClaims(secret, { method: 'PUT', request }, now)
  if (type === undefined || size === undefined) throw altered()
  if (request.headers['content-type'] !== type) {
    throw new Failure(
      'forbidden',
      'The Content-Type is not the one that this address was made for.',
    )
  }
  if (request.headers['content-length'] !== size) {
    throw new Failure(
      'forbidden',
      'The Content-Length is not the one that this address was made for.',
    )
  }
  const name = request.token
  return { name, contentType: type, sizeBytes: Number(size), sha256: sha256 ?? null }
}

/** Throws `Failure('forbidden')` for anything but an unaltered, live address. */
export function verifyGet(secret: Uint8Array, request: SignedRequest, now: Date): GetClaims {
  const { type, filename } = verifyClaims(secret, { method: 'GET', request }, now)
  if (type === undefined || filename === undefined) throw altered()
  return { name: request.token, contentType: type, filename }
}

function claimsOf(request: { contentType: string; expiresAt: Date }, now: Date) {
  if (!mediaType.test(request.contentType)) {
    throw new Failure('invalid_request', 'The content type is not a media type.')
  }
  assert(request.expiresAt <= addMs(now, addressLifeMsMax), 'a signed address lives a day at most')
  return { expires: String(request.expiresAt.getTime()), type: request.contentType }
}

function addressOf(signer: AddressSigner, method: Method, key: string, claims: Claims): string {
  const token = nameOfKey(key)
  const signature = signatureOf(signer.secret, { method, token, claims })
  const query = new URLSearchParams({ ...claims, signature })
  return `${signer.publicUrl.replace(/\/+$/, '')}/storage/${token}?${query}`
}

interface Signed {
  method: Method
  token: string
  claims: Claims
}

// JSON keeps the borders between the fields, so that no two sets of claims sign the same text.
function signatureOf(secret: Uint8Array, { method, token, claims }: Signed): string {
  const text = JSON.stringify([
    'ipto-storage-1',
    method,
    token,
    ...claimNames.map((claim) => claims[claim] ?? null),
  ])
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function verifyClaims(
  secret: Uint8Array,
  { method, request }: { method: Method; request: SignedRequest },
  now: Date,
): Claims {
  const { signature, ...claims } = readQuery(request.query)
  const expected = Buffer.from(signatureOf(secret, { method, token: request.token, claims }))
  const given = Buffer.from(signature ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw altered()
  if (now >= dateOf(Number(claims.expires))) {
    throw new Failure('forbidden', 'This address has expired. Ask for a new one.')
  }
  return claims
}

// Repeated and unknown parameters are refused: what is not signed must not be there.
function readQuery(query: SignedRequest['query']): Claims & { signature?: string } {
  const read: Claims & { signature?: string } = {}
  for (const [parameter, value] of Object.entries(query)) {
    const known = [...claimNames, 'signature' as const].find((name) => name === parameter)
    if (known === undefined || typeof value !== 'string') throw altered()
    read[known] = value
  }
  return read
}

function altered(): Failure {
  return new Failure('forbidden', 'The signature does not belong to this request.')
}
