// The program: takes a role, starts, and stops on a signal.
import { parseArgs } from 'node:util'
import pino from 'pino'
import { makeOperator, migrateDatabase, openApp } from './app.ts'
import type { Log } from './base/log.ts'
import { type Config, readConfig } from './config.ts'

const roles = new Map([
  ['serve', serve],
  ['migrate', migrate],
  ['operator', operator],
])

// SIGTERM ends the process within this time, whatever hangs.
const endMsMax = 9_000

async function main(): Promise<void> {
  const [role = 'serve', ...rest] = process.argv.slice(2)
  const start = roles.get(role)
  if (!start) {
    throw new Error(`There is no role ${role}. Take one of: ${[...roles.keys()].join(', ')}.`)
  }
  await start(readConfig(), rest)
}

async function serve(config: Config): Promise<void> {
  const log = openLog(config)
  const app = await openApp({ config, log })
  say(`ipto is ready at ${config.publicUrl ?? `http://localhost:${new URL(app.url).port}`}`)
  if (config.db.kind === 'pglite') {
    say(`  data    ${config.dataDir} (embedded: does not sync to disk; a power cut can lose data)`)
  }
  if (config.engine.kind === 'none') {
    say('  search  answered with 503: this process has no engine (ENGINE_URL=none)')
  }
  say(`  files   read in a child process ${app.isIsolated ? 'without' : 'WITH'} network access`)
  if (!(await app.hasOperator())) {
    say('  no operator yet: start once with IPTO_OPERATOR_EMAIL and IPTO_OPERATOR_PASSWORD set')
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(1), endMsMax).unref()
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'the end was not clean')
          process.exit(1)
        },
      )
    })
  }
}

async function migrate(config: Config): Promise<void> {
  await migrateDatabase(config)
  say('The database is up to date.')
}

async function operator(config: Config, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { email: { type: 'string' }, password: { type: 'string' } },
  })
  const password = values.password ?? config.operator?.password
  if (!values.email || !password || password.length < 8) {
    throw new Error(
      'Usage: npm run operator -- --email MAIL --password PASSWORD (at least 8 characters; or set IPTO_OPERATOR_PASSWORD).',
    )
  }
  const isMade = await makeOperator(config, { email: values.email, password })
  say(isMade ? `The operator ${values.email} can sign in.` : 'There is an operator already.')
}

function openLog(config: Config): Log {
  // Credentials stand in headers, which are never logged; paths are redacted in case they ever are.
  return pino(
    {
      level: config.logLevel,
      redact: ['*.authorization', '*["x-api-key"]', '*.password', '*.secret', '*.token'],
    },
    pino.destination(2),
  )
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`ipto: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
