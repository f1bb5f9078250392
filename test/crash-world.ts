// Runs the market in a process that dies at a given statement, and starts it again.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Order } from './crash-server.ts'

const program = fileURLToPath(new URL('./crash-server.ts', import.meta.url))

export interface CrashServer {
  url: string
  /** From now on statements count; at this one it dies. */
  arm(killAt: number): Promise<void>
  /** No kill comes from now on. Answers how many statements there were; null where the kill came first. */
  disarm(): Promise<number | null>
  /** Sets its clock, and does at once what these schedules find. Rejects where it dies meanwhile. */
  run(schedules: string[], aheadMs: number): Promise<void>
  /** Resolves when the process is gone. */
  gone: Promise<void>
  kill(): Promise<void>
}

export interface CrashConfig {
  folder: string
  databaseUrl: string | undefined
  operator: { email: string; password: string }
}

/** `aheadMs` moves the server's clock, so that leases of dead calls have lapsed. */
export async function startServer(config: CrashConfig, aheadMs: number): Promise<CrashServer> {
  const child = fork(program, [String(aheadMs)], {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: config.folder,
      LOG_LEVEL: 'error',
      DATABASE_URL: config.databaseUrl ?? '',
      IPTO_OPERATOR_EMAIL: config.operator.email,
      IPTO_OPERATOR_PASSWORD: config.operator.password,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const url = await firstMessage(child, gone)
  return {
    url,
    arm: async (killAt) => void (await tell(child, gone, { kind: 'arm', killAt })),
    disarm: () => tell(child, gone, { kind: 'disarm' }),
    run: async (schedules, clockAheadMs) => {
      const told = await tell(child, gone, { kind: 'run', schedules, aheadMs: clockAheadMs })
      if (told === null) throw new Error('the server died while its schedules ran')
    },
    gone,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Null where the process is gone before it answers. */
function tell(child: ChildProcess, gone: Promise<void>, order: Order): Promise<number | null> {
  const answered = new Promise<number>((resolve) => {
    child.once('message', ({ statements }: { statements: number }) => resolve(statements))
    // The channel is closed where the process is gone already.
    child.send(order, () => undefined)
  })
  return Promise.race([answered, gone.then(() => null)])
}

function firstMessage(child: ChildProcess, gone: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    void gone.then(() => reject(new Error('the server ended before it was ready')))
  })
}
