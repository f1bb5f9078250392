// A database that is open: what the server asks of it, and what only its own parts may.
import type { Db } from '../../base/db.ts'

export interface OpenDb {
  db: Db
  /** The queue's own way in: plain text and values; what type an 8-byte number gets is the driver's matter. */
  executeSql<Row>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>
  /** Keeps the planner's statistics fresh where the database does not do so by itself. */
  maintain(): Promise<void>
  /** Several statements at once, for migrations. */
  script(text: string): Promise<void>
}
