// Once before a run of tests: what the first start of a server makes in an empty database. The tests
// begin with copies of it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApp, readConfig } from '@ipto/server/src/app.ts'
import { prepareDatabase } from '../server/src/adapters/db/prepared.fixture.ts'

/** Called by vitest; what it answers is called at the end of the run. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-prepared-'))
  const { remove } = await prepareDatabase(folder, async (url) => {
    const config = readConfig({
      PORT: '0',
      DATA_DIR: folder,
      DATABASE_URL: url,
      LOG_LEVEL: 'silent',
    })
    // No schedule runs: what they write depends on the time, and tests set a clock of their own.
    const app = await openApp({ config, works: false })
    await app.close()
  })
  return async () => {
    await remove()
    await rm(folder, { recursive: true, force: true })
  }
}
