// What a domain sees of the database. SQL is written as SQL in a tagged template that can only bind
// parameters. Rows come back with camelCase names, `bigint` columns as bigint, times as Date; the
// insides of jsonb are left alone.

export interface Sql {
  /** All rows of a statement. */
  rows<T>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<T[]>
  /** The first row, or undefined. */
  first<T>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<T | undefined>
  /** The number of rows that a statement changed. */
  run(text: TemplateStringsArray, ...values: SqlValue[]): Promise<number>
}

export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | Json
  | readonly (string | number | bigint | null)[]

/** A value for a jsonb parameter. A bigint becomes text: a JSON number would lose digits. */
export interface Json {
  readonly json: string
}

export function json(value: unknown): Json {
  return {
    json: JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner)),
  }
}

export interface Db extends Sql {
  /**
   * The only way to get a `Tx`. Read committed; a deadlock or serialisation failure is retried at
   * most three times, so the work must have no effect outside `tx`. Inside, `db` throws.
   */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

declare const inTransaction: unique symbol

export interface Tx extends Sql {
  readonly [inTransaction]: true
  /** A statement of the queue inside this transaction. For server/src/jobs only. */
  execute(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
  /** Called once, after the commit. For hints that may be lost, never for facts. */
  afterCommit(hint: () => void): void
}
