// Runs the market in a process that dies at a given statement, starts it again and repeats the call.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./crash-server.ts', import.meta.url))

export interface CrashServer {
  url: string
  /** From now on statements count. */
  arm(): Promise<void>
  /** No kill comes from now on. Also resolves where it came first. */
  disarm(): Promise<void>
  isDead(): boolean
  /** Resolves when the process is gone. */
  gone: Promise<void>
  kill(): Promise<void>
}

export interface CrashConfig {
  folder: string
  databaseUrl: string | undefined
  operator: { email: string; password: string }
}

/** `killAt` 0: never. `aheadMs` moves the server's clock, so that leases of dead calls have lapsed. */
export async function startServer(
  config: CrashConfig,
  { killAt, aheadMs }: { killAt: number; aheadMs: number },
): Promise<CrashServer> {
  const child = fork(program, [String(killAt), String(aheadMs)], {
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
  let isDead = false
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isDead = true
      resolve()
    })
  })
  const url = await firstMessage(child, gone)
  return {
    url,
    arm: () => tell(child, gone, 'arm'),
    disarm: () => tell(child, gone, 'disarm'),
    isDead: () => isDead,
    gone,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

function tell(child: ChildProcess, gone: Promise<void>, word: string): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    child.once('message', () => resolve())
    // The channel is closed where the process is gone already.
    child.send(word, () => undefined)
  })
  return Promise.race([answered, gone])
}

function firstMessage(child: ChildProcess, gone: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    void gone.then(() => reject(new Error('the server ended before it was ready')))
  })
}
