// Receipts: what was sold and for how much, signed by the server (Ed25519, compact JWS: RFC 7515, RFC
// 8037). They follow from what is stored, so the same one is made at every reading. On jose.
import { createHash, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto'
import { toMajor } from '@ipto/contract/money.ts'
import { CompactSign, calculateJwkThumbprint, exportJWK, type JWK } from 'jose'
import type * as metering from '../metering/metering.ts'
import type { RetrievalEvent } from './store.ts'

export interface Receipts {
  /** Signs facts as a compact JWS with `typ: ipto-receipt+jwt`. */
  sign(facts: object): Promise<string>
  /** The public key, for whoever checks (RFC 7517). */
  publicKeys: { keys: JWK[] }
}

// An Ed25519 private key in PKCS #8 is this prefix and 32 bytes (RFC 8410).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The signing key follows from the server's secret key: the same in every process, none to keep. */
export async function openReceipts(secretKey: Uint8Array): Promise<Receipts> {
  const seed = Buffer.from(hkdfSync('sha256', secretKey, '', 'ipto receipts, Ed25519', 32))
  const der = Buffer.concat([pkcs8Prefix, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const jwk = await exportJWK(createPublicKey(privateKey))
  const kid = await calculateJwkThumbprint(jwk)
  return {
    sign: (facts) =>
      new CompactSign(Buffer.from(JSON.stringify(facts)))
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'ipto-receipt+jwt' })
        .sign(privateKey),
    publicKeys: { keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] },
  }
}

/**
 * What a receipt says. Names as in the JWT registry where it has one (RFC 7519), else as on the wire.
 * Never the passage or the question themselves.
 */
export function receiptOf(
  event: RetrievalEvent,
  usage: metering.UsageEvent,
  queryText: string,
): object {
  return {
    iss: 'ipto',
    sub: event.tenantId,
    jti: event.id,
    iat: Math.floor(event.retrievedAt.getTime() / 1_000),
    usage_event_id: usage.id,
    search_activity_id: event.searchActivityId,
    query_sha256: createHash('sha256').update(queryText, 'utf8').digest('hex'),
    dataset_id: event.datasetId,
    object_id: event.objectId,
    object_sha256: event.objectSha256,
    passage_sha256: event.passageSha256,
    amount: toMajor(usage.amountMicros),
    currency: usage.currency,
    price_book_version: usage.priceBookVersion,
  }
}
