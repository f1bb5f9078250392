// The market's story, played on the real product in this process: embedded database, folder blobs, our
// own search engine, through the SDK over HTTP. Every figure that is printed came back from the server,
// and every claim is checked. `npm run demo`, `npm run demo -- --exit`, `--json FILE`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from '@ipto/sdk'
import { type App, openApp, readConfig } from '@ipto/server/src/app.ts'
import { balanceScene, reportScenes } from './story/books.ts'
import { borderScenes } from './story/borders.ts'
import { buyerScenes } from './story/buyer.ts'
import { checkScenes } from './story/check.ts'
import { monthEndOf, monthScenes } from './story/month.ts'
import { openNarrator, StepFailed } from './story/narrator.ts'
import { operatorScenes } from './story/operator.ts'
import { providerScenes } from './story/provider.ts'
import { type Party, readCorpus, type Stage } from './story/stage.ts'
import { useScenes } from './story/use.ts'

const flags = readFlags()

function readFlags(): { exit: boolean; json?: string | undefined } {
  try {
    return parseArgs({
      options: { exit: { type: 'boolean', default: false }, json: { type: 'string' } },
    }).values
  } catch {
    console.error('Usage: npm run demo -- [--exit] [--json FILE]')
    process.exit(1)
  }
}

const operatorLogin = { email: 'olga@platform.example', password: 'olga-demo-password' }
const startedAt = performance.now()
const narrator = openNarrator(process.stdout)
const folder = mkdtempSync(join(tmpdir(), 'ipto-demo-'))
const kept = mkdtempSync(join(tmpdir(), 'ipto-demo-books-'))

// Goes on from wherever the story has moved it, also while the demo serves on. A month that is about to
// end is left out: the first scenes must all be in one.
const storyMsMax = 15 * 60_000
let aheadMs = 0
const clock = { now: () => new Date(Date.now() + aheadMs) }
const moveClock = (time: Date) => {
  aheadMs += Math.max(0, time.getTime() - clock.now().getTime())
}
const monthEnd = monthEndOf(clock.now())
if (monthEnd.getTime() - clock.now().getTime() < storyMsMax) moveClock(monthEnd)

function writeReport(trialBalance: number | null): void {
  if (!flags.json) return
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  const report = { steps: narrator.steps, trial_balance: trialBalance, seconds }
  writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`)
}

async function open(): Promise<App> {
  const config = readConfig({
    DATA_DIR: folder,
    PORT: flags.exit ? '0' : '4786',
    IPTO_OPERATOR_EMAIL: operatorLogin.email,
    IPTO_OPERATOR_PASSWORD: operatorLogin.password,
  })
  const options = { limits: 'off' as const, clock }
  return openApp({ config, ...options }).catch((error: unknown) => {
    // Another ipto on the usual port is no reason not to play.
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken) throw error
    return openApp({ config: { ...config, port: 0 }, ...options })
  })
}

async function play(app: App): Promise<{ stage: Stage; trialBalance: number }> {
  const connect = (credential: { token?: string; apiKey?: string } = {}) =>
    new Client({ baseUrl: app.url, ...credential })
  const login = await connect().auth.login(operatorLogin)
  const corpus = readCorpus()
  const nobody = { name: '', email: '', password: '', tenantId: '', token: '', client: connect() }
  const stage: Stage = {
    narrator,
    url: app.url,
    connect,
    samples: corpus.files,
    question: corpus.question,
    operator: {
      ...operatorLogin,
      name: 'Platform',
      tenantId: login.tenant_id,
      token: login.session_token,
      client: connect({ token: login.session_token }),
    },
    provider: nobody,
    buyer: nobody,
    stranger: nobody,
    datasets: { invoices: '', reports: '', legal: '' },
    objects: new Map(),
    charged: { search: 0n, download: 0n, citation: 0n, outcome: 0n },
    buyerKey: { id: '', text: '' },
    bought: [],
    documents: { invoice: '', credit: '', payout: '', dispute: '' },
    folder: kept,
    now: clock.now,
    moveTo: async (time, schedules) => {
      moveClock(time)
      await app.runSchedules(schedules)
      for (const party of [stage.provider, stage.buyer, stage.stranger, stage.operator]) {
        const { email, password } = party
        party.token = (await connect().auth.login({ email, password })).session_token
        party.client = connect({ token: party.token })
      }
    },
    runDue: app.runSchedules,
  }
  await providerScenes(stage)
  await operatorScenes(stage)
  await buyerScenes(stage)
  await borderScenes(stage)
  await useScenes(stage)
  await reportScenes(stage)
  await monthScenes(stage)
  await checkScenes(stage)
  const { trialBalance } = await balanceScene(stage)
  return { stage, trialBalance }
}

function invite(app: App, { provider, buyer, operator, buyerKey }: Stage): void {
  const login = (role: string, party: Party) =>
    narrator.say(`  ${role.padEnd(9)} ${party.email}  ${party.password}`)
  narrator.say(`\nipto goes on serving at ${app.publicUrl} (docs at ${app.publicUrl}/docs)\n`)
  login('provider', provider)
  login('buyer', buyer)
  login('operator', operator)
  narrator.say(`
Try:

  curl -s ${app.publicUrl}/v1/catalog/datasets -H "X-API-Key: ${buyerKey.text}"

  curl -s ${app.publicUrl}/v1/search -H "X-API-Key: ${buyerKey.text}" \\
    -H "Content-Type: application/json" -d '{"query": "invoice NEAR/5 VAT", "top_k": 3}'

  curl -s ${app.publicUrl}/v1/auth/login -H "Content-Type: application/json" \\
    -d '{"email": "${buyer.email}", "password": "${buyer.password}"}'

Ctrl-C ends it and removes its data; invoice and exports stay in ${kept}.`)
}

async function main(): Promise<number> {
  narrator.say('ipto: private data, sold by retrieval instead of by file transfer.')
  const app = await open()
  narrator.say(`The whole product runs in this process at ${app.url}.`)
  const end = async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { stage, trialBalance } = await play(app)
    writeReport(trialBalance)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    narrator.say(`\n${narrator.steps.length} steps, all well, in ${seconds} s.`)
    if (flags.exit) {
      await end()
      return 0
    }
    invite(app, stage)
    await new Promise((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
    await end()
    return 0
  } catch (error) {
    writeReport(null)
    const step = error instanceof StepFailed ? error.step : 'The start'
    narrator.say(`\nFailed at: ${step}`)
    narrator.say(`  ${error instanceof Error ? error.message : String(error)}`)
    await end()
    rmSync(kept, { recursive: true, force: true })
    return 1
  }
}

process.exit(await main())
