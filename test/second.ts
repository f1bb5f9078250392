// Starts a second server beside the one of a world: another process, without an engine, on its database.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { World } from './world.ts'

const program = fileURLToPath(new URL('./second-server.ts', import.meta.url))

export interface Second {
  url: string
  /** Ends it as a signal would. */
  stop(): Promise<void>
}

export async function startSecond({ config, clock }: World): Promise<Second> {
  if (config.db.kind !== 'postgres') throw new Error('two processes share a PostgreSQL database')
  const child = fork(program, [String(clock.now().getTime())], {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: config.dataDir,
      DATABASE_URL: config.db.url,
      ENGINE_URL: 'none',
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    void gone.then(() => reject(new Error('the second server ended before it was ready')))
  })
  return {
    url,
    stop: async () => {
      child.disconnect()
      await gone
    },
  }
}
