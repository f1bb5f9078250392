// The only switch between the databases.
import { migrate } from './migrate.ts'
import type { OpenDb } from './open-db.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

export type { OpenDb } from './open-db.ts'

export type DbConfig = { kind: 'pglite'; folder: string | null } | { kind: 'postgres'; url: string }

export async function openDb(config: DbConfig): Promise<OpenDb> {
  const opened =
    config.kind === 'pglite' ? await openPglite(config.folder) : await openPostgres(config.url)
  await migrate(opened)
  return opened
}
