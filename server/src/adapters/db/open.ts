// The only switch between the databases.
import type { Db } from '../../base/db.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

export type DbConfig = { kind: 'pglite'; folder: string | null } | { kind: 'postgres'; url: string }

export interface OpenDb {
  db: Db
  /** The queue's own way in: plain text and values, the driver's own types. */
  executeSql<Row>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>
  /** Keeps the planner's statistics fresh where the database does not do so by itself. */
  maintain(): Promise<void>
  /** Several statements at once, for migrations. */
  script(text: string): Promise<void>
}

export async function openDb(config: DbConfig): Promise<OpenDb> {
  const opened =
    config.kind === 'pglite' ? await openPglite(config.folder) : await openPostgres(config.url)
  await migrate(opened)
  return opened
}
