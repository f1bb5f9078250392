// One real server on embedded adapters, with a provider, a buyer, a stranger and an operator, each with
// an SDK client. Every answer of the server is held against the contract: a status, a code or a body
// that the contract does not declare fails the test, whatever it was about.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@ipto/sdk'
import { type App, type AppOptions, openApp, openDb, readConfig } from '@ipto/server/src/app.ts'
import { databaseForTest } from '../server/src/adapters/db/prepared.fixture.ts'
import { contractProblem } from './contract-check.ts'

export interface Party {
  client: Client
  email: string
  password: string
  tenantId: string
  userId: string
  token: string
}

export interface World {
  app: App
  /** For another server on the same data. */
  config: AppOptions['config']
  url: string
  clock: HandClock
  provider: Party
  buyer: Party
  stranger: Party
  operator: Party
  anonymous: Client
  /** Problems with the contract so far; checked at close as well. */
  problems: string[]
  client(credential: { token?: string; apiKey?: string }): Client
  signUp(name: string): Promise<Party>
  /** A fresh session for a party whose last one has ended. */
  logIn(party: Party): Promise<void>
  /** Ends the server without a word and opens it again on the same data. */
  restart(options?: Partial<AppOptions>): Promise<void>
  close(): Promise<void>
}

export type Db = NonNullable<AppOptions['database']>['db']

export interface WorldOptions extends Partial<AppOptions> {
  /** Puts something between the server and its database, such as a gate. */
  wrapDb?: (db: Db) => Db
  startsAt?: Date
  /** Beside those that every test has. */
  settings?: Record<string, string>
}

/** Stands still until it is moved. */
export interface HandClock {
  now(): Date
  forward(ms: number): void
}

export function handClock(start: Date): HandClock {
  let at = start.getTime()
  return {
    now: () => new Date(at),
    forward: (ms) => {
      at += ms
    },
  }
}

export async function openWorld({
  wrapDb,
  startsAt = new Date('2026-04-05T10:00:00Z'),
  settings = {},
  ...options
}: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-test-'))
  const database = await databaseForTest(folder)
  const clock = handClock(startsAt)
  const problems: string[] = []
  const operatorLogin = { email: 'operator@example.com', password: 'operator password' }
  const config = readConfig({
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.url,
    IPTO_OPERATOR_EMAIL: operatorLogin.email,
    IPTO_OPERATOR_PASSWORD: operatorLogin.password,
    ...settings,
  })
  let isClosing = false
  const open = async (more: Partial<AppOptions> = {}) => {
    const opened = wrapDb && (await openDb(config.db))
    return openApp({
      config,
      clock,
      limits: 'off',
      // What the server writes down as its own mistake is one, whatever the test was about.
      log: {
        info() {},
        warn() {},
        error: (facts, message) => {
          const { err } = facts
          // A task that the end of the server cuts off is taken up again by the next start.
          if (isClosing && err instanceof Error && err.name === 'AbortError') return
          problems.push(`${message}: ${err instanceof Error ? err.stack : JSON.stringify(facts)}`)
        },
      },
      observe: (op, status, body) => {
        const problem = contractProblem(op, status, body)
        if (problem) problems.push(problem)
      },
      ...(opened && { database: { ...opened, db: wrapDb(opened.db) } }),
      ...options,
      ...more,
    })
  }

  let app = await open()
  const client = (credential: { token?: string; apiKey?: string }) =>
    new Client({ baseUrl: app.url, retries: 0, timeoutMs: 120_000, ...credential })
  const anonymous = client({})

  const signUp = async (name: string): Promise<Party> => {
    const email = `${name}-${randomUUID()}@example.com`
    const password = `password of ${name}`
    const made = await client({}).auth.signup({
      email,
      password,
      display_name: name,
      tenant_name: `${name} Ltd`,
    })
    return partyOf(client, { email, password }, made)
  }
  const login = await anonymous.auth.login(operatorLogin)
  const world: World = {
    app,
    config,
    url: app.url,
    clock,
    problems,
    provider: await signUp('provider'),
    buyer: await signUp('buyer'),
    stranger: await signUp('stranger'),
    operator: partyOf(client, operatorLogin, login),
    anonymous,
    client,
    signUp,
    logIn: async (party) => {
      const { email, password } = party
      party.token = (await client({}).auth.login({ email, password })).session_token
      party.client = client({ token: party.token })
    },
    restart: async (more = {}) => {
      isClosing = true
      await app.close()
      isClosing = false
      app = await open(more)
      world.app = app
      world.url = app.url
      for (const party of [world.provider, world.buyer, world.stranger, world.operator]) {
        party.client = client({ token: party.token })
      }
      world.anonymous = client({})
    },
    close: async () => {
      isClosing = true
      await app.close()
      await database.remove()
      await rm(folder, { recursive: true, force: true })
      if (problems.length > 0) throw new Error(`The server did wrong:\n${problems.join('\n')}`)
    },
  }
  return world
}

function partyOf(
  client: World['client'],
  { email, password }: { email: string; password: string },
  made: { tenant_id: string; user_id: string; session_token: string },
): Party {
  return {
    client: client({ token: made.session_token }),
    email,
    password,
    tenantId: made.tenant_id,
    userId: made.user_id,
    token: made.session_token,
  }
}
