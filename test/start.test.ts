// The program as an operator runs it: start, ready, end on a signal, survive a kill, refuse what would
// lose data.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@ipto/sdk'
import { afterAll, expect, test } from 'vitest'
import { until } from './wait.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ipto-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const operator = { email: 'operator@example.com', password: 'operator password' }
const endMsMax = 10_000

interface Started {
  child: ChildProcess
  url: string
  output(): string
  ended: Promise<number | null>
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

async function start(settings: Record<string, string> = {}, args: string[] = []): Promise<Started> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/src/main.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: String(port), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (part) => {
    text += part
  })
  child.stderr.on('data', (part) => {
    text += part
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, url: `http://127.0.0.1:${port}`, output: () => text, ended }
}

function isReady({ url }: Started): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (answer) => answer.status === 200,
    () => false,
  )
}

test('it starts with no setting, tells its address, ends on SIGTERM in time, and a kill loses nothing', {
  timeout: 120_000,
}, async () => {
  const first = await start({
    IPTO_OPERATOR_EMAIL: operator.email,
    IPTO_OPERATOR_PASSWORD: operator.password,
  })
  await until(() => isReady(first), 60_000)
  expect(first.output()).toContain('ipto is ready at http://localhost:')
  expect(first.output()).toMatch(/read in a child process (without|WITH) network/)
  const anonymous = new Client({ baseUrl: first.url })
  const made = await anonymous.auth.signup({
    email: 'me@example.com',
    password: 'a long password',
    display_name: 'Me',
    tenant_name: 'Mine',
  })
  const dataset = await new Client({
    baseUrl: first.url,
    token: made.session_token,
  }).datasets.create({ name: 'Kept' })

  const second = await start()
  expect(await second.ended).toBe(1)
  expect(second.output()).toContain('is in use by another ipto process')

  first.child.kill('SIGTERM')
  const late = new Promise((resolve) => setTimeout(resolve, endMsMax, 'late').unref())
  expect(await Promise.race([first.ended, late])).toBe(0)

  const third = await start()
  await until(() => isReady(third), 60_000)
  expect(third.output()).not.toContain('no operator yet')
  third.child.kill('SIGKILL')
  await third.ended

  const fourth = await start()
  await until(() => isReady(fourth), 60_000)
  const client = new Client({ baseUrl: fourth.url, token: made.session_token })
  expect((await client.datasets.get({ dataset_id: dataset.dataset_id })).name).toBe('Kept')
  await new Client({ baseUrl: fourth.url }).auth.login(operator)
  fourth.child.kill('SIGTERM')
  expect(await fourth.ended).toBe(0)
})

test('it starts without a search engine, and says so', { timeout: 120_000 }, async () => {
  const started = await start({ ENGINE_URL: 'none', DATA_DIR: join(folder, 'no-engine') })
  await until(() => isReady(started), 60_000)
  expect(started.output()).toContain('this process has no engine (ENGINE_URL=none)')
  const ready: unknown = await (await fetch(`${started.url}/readyz`)).json()
  expect(ready).toMatchObject({ status: 'ready', checks: { engine: 'none' } })
  started.child.kill('SIGTERM')
  expect(await started.ended).toBe(0)
})

test('production refuses the embedded database, with a sentence', async () => {
  const refused = await start({ IPTO_ENV: 'production' })
  expect(await refused.ended).toBe(1)
  expect(refused.output()).toContain('IPTO_ENV=production needs DATABASE_URL')
})

test('wrong settings are named all at once', async () => {
  const refused = await start({
    PORT: 'many',
    SESSION_HOURS: '99',
    DATABASE_URL: 'mysql://x',
    ENGINE_URL: 'http://localhost:9200',
  })
  expect(await refused.ended).toBe(1)
  for (const name of [
    'PORT',
    'SESSION_HOURS',
    'DATABASE_URL',
    'ENGINE_URL: must be embedded or none',
  ]) {
    expect(refused.output()).toContain(name)
  }
})

test('a port that is taken is named, and nothing is left behind', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const address = holder.address()
  const port = typeof address === 'object' && address ? String(address.port) : ''
  const refused = await start({ PORT: port, DATA_DIR: join(folder, 'never') })
  expect(await refused.ended).toBe(1)
  expect(refused.output()).toContain(`Port ${port} on 127.0.0.1 is in use`)
  expect(existsSync(join(folder, 'never', 'db'))).toBe(false)
  holder.close()
})

test('an unknown role is refused, and the known ones are named', async () => {
  const refused = await start({}, ['dance'])
  expect(await refused.ended).toBe(1)
  expect(refused.output()).toContain('serve, migrate, operator')
})
