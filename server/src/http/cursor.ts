// Cursors: where a list goes on, signed, bound to operation, caller and filter, valid for one hour.
// Opaque to callers; a changed or foreign one is told from nothing else.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Failure } from '../base/errors.ts'
import type { Position } from '../base/page.ts'

const lifeMs = 3_600_000
const macBytes = 16

export interface CursorScope {
  key: Uint8Array
  operationId: string
  /** Tenant and principal: another key of the tenant may be allowed less. */
  principalId: string
  /** The parsed request without `cursor` and `limit`. */
  filter: unknown
  now: Date
}

export function writeCursor(scope: CursorScope, position: Position): string {
  const payload = Buffer.from(JSON.stringify([scope.now.getTime() + lifeMs, position]), 'utf8')
  return Buffer.concat([macOf(scope, payload), payload]).toString('base64url')
}

/** Throws `bad_cursor` for whatever is wrong with it. */
export function readCursor(scope: CursorScope, text: string): Position {
  const bytes = Buffer.from(text, 'base64url')
  const payload = bytes.subarray(macBytes)
  const isOurs =
    bytes.length > macBytes && timingSafeEqual(bytes.subarray(0, macBytes), macOf(scope, payload))
  if (!isOurs) throw badCursor()
  const [expiresAt, position] = JSON.parse(payload.toString('utf8'))
  if (scope.now.getTime() >= expiresAt) throw badCursor()
  return position
}

function badCursor(): Failure {
  return new Failure(
    'bad_cursor',
    'The cursor is expired or belongs to another request. Start again from the first page.',
    { fields: [{ path: 'cursor', reason: 'is expired or foreign', nature: 'value' }] },
  )
}

function macOf(
  { key, operationId, principalId, filter }: CursorScope,
  payload: Uint8Array,
): Buffer {
  return createHmac('sha256', key)
    .update(`cursor ${operationId} ${principalId} `)
    .update(createHash('sha256').update(JSON.stringify(filter)).digest())
    .update(payload)
    .digest()
    .subarray(0, macBytes)
}
