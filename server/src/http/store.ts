// The rows behind idempotency, whose answers are encrypted before they come here, and old counts.
import type { Db, Tx } from '../base/db.ts'

export interface IdempotencyRow {
  id: string
  bodyHash: Uint8Array
  status: number | null
  answer: Uint8Array | null
  leasedUntil: Date
  createdAt: Date
}

export interface RecordKey {
  caller: string
  operation: string
  keyHash: Uint8Array
}

export async function insertRecord(
  sql: Db | Tx,
  key: RecordKey,
  row: { id: string; bodyHash: Uint8Array; leasedUntil: Date; now: Date },
): Promise<boolean> {
  const count = await sql.run`
    insert into idempotency_records
      (id, caller, operation, key_hash, body_hash, leased_until, created_at)
    values (${row.id}, ${key.caller}, ${key.operation}, ${key.keyHash}, ${row.bodyHash},
      ${row.leasedUntil}, ${row.now})
    on conflict (caller, operation, key_hash) do nothing`
  return count === 1
}

export async function findRecord(db: Db, key: RecordKey): Promise<IdempotencyRow | undefined> {
  return db.first<IdempotencyRow>`
    select id, body_hash, status, answer, leased_until, created_at
    from idempotency_records
    where caller = ${key.caller} and operation = ${key.operation} and key_hash = ${key.keyHash}`
}

export async function lockRecord(tx: Tx, key: RecordKey): Promise<IdempotencyRow | undefined> {
  return tx.first<IdempotencyRow>`
    select id, body_hash, status, answer, leased_until, created_at
    from idempotency_records
    where caller = ${key.caller} and operation = ${key.operation} and key_hash = ${key.keyHash}
    for update`
}

export async function deleteRecord(tx: Tx, id: string): Promise<void> {
  await tx.run`delete from idempotency_records where id = ${id}`
}

export async function updateLease(db: Db | Tx, id: string, leasedUntil: Date): Promise<void> {
  await db.run`update idempotency_records set leased_until = ${leasedUntil} where id = ${id}`
}

export async function updateAnswer(
  db: Db,
  id: string,
  status: number,
  answer: Uint8Array,
): Promise<void> {
  await db.run`
    update idempotency_records set status = ${status}, answer = ${answer} where id = ${id}`
}

export async function deleteRecordsBefore(db: Db, before: Date): Promise<number> {
  return db.run`delete from idempotency_records where created_at < ${before}`
}

export async function deleteCountsBefore(db: Db, before: Date): Promise<number> {
  return db.run`delete from rate_counters where window_start < ${before}`
}
