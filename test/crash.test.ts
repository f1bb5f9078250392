// The server kills itself at statement number n of an upload, a confirm, an approval, an ingestion, a
// search or a download; it is started again and the call is repeated under its idempotency key. Nothing
// is lost, nothing is charged twice, nothing is revealed without a charge, and the books balance.
// CRASH_POINTS (25) and CRASH_SEED choose how many and which.
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiError, Client } from '@ipto/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CrashConfig, type CrashServer, startServer } from './crash-world.ts'
import { databaseForTest, type TestDatabase } from './database.ts'
import { randomOf } from './random.ts'
import { until } from './wait.ts'

const points = Number(process.env.CRASH_POINTS ?? 25)
const seed = Number(process.env.CRASH_SEED ?? randomInt(1, 2 ** 31))

const actions = ['upload', 'confirm', 'approve', 'ingest', 'search', 'download'] as const
type Action = (typeof actions)[number]

// The last statement that an action may be killed at; beyond its own, the kill hits what follows it.
const statementsMax: Record<Action, number> = {
  upload: 14,
  confirm: 24,
  approve: 20,
  ingest: 45,
  search: 40,
  download: 34,
}

const operator = { email: 'operator@example.com', password: 'operator password' }
const minuteMs = 60_000

interface Tokens {
  provider: string
  buyer: string
  operator: string
  providerTenantId: string
}

let database: TestDatabase
let config: CrashConfig
let tokens: Tokens
let datasetId: string
let aheadMs = 0
let expectedSpend = 0n
let server: CrashServer

beforeAll(async () => {
  console.log(`crash test: CRASH_SEED=${seed} CRASH_POINTS=${points}`)
  database = await databaseForTest()
  const folder = await mkdtemp(join(tmpdir(), 'ipto-crash-'))
  config = { folder, databaseUrl: database.url, operator }
  server = await startServer(config, { killAt: 0, aheadMs })
  tokens = await signEveryoneUp(server.url)
  const dataset = await client('provider').datasets.create({
    name: 'Crash',
    visibility: 'listed',
    pricing_model: 'fixed',
  })
  datasetId = dataset.dataset_id
  await publish('steady.txt', 'The steady lighthouse has a lamp that never fails.')
}, 60_000)

afterAll(async () => {
  await server.kill()
  await database.remove()
  await rm(config.folder, { recursive: true, force: true })
})

const micros = (amount: number) => BigInt(Math.round(amount * 1e6))

function client(who: 'provider' | 'buyer' | 'operator'): Client {
  return new Client({ baseUrl: server.url, token: tokens[who], retries: 0, timeoutMs: 20_000 })
}

async function signEveryoneUp(url: string): Promise<Tokens> {
  const anonymous = new Client({ baseUrl: url, retries: 0 })
  const signUp = (name: string) =>
    anonymous.auth.signup({
      email: `${name}@example.com`,
      password: 'a long password',
      display_name: name,
      tenant_name: name,
    })
  const provider = await signUp('provider')
  const buyer = await signUp('buyer')
  const login = await anonymous.auth.login(operator)
  return {
    provider: provider.session_token,
    buyer: buyer.session_token,
    operator: login.session_token,
    providerTenantId: provider.tenant_id,
  }
}

// Each action is made of calls that may be repeated: under a key, or harmless by what they do.
async function upload(name: string, text: string, key: string): Promise<string> {
  const body = Buffer.from(text)
  const input = {
    dataset_id: datasetId,
    filename: name,
    content_type: 'text/plain',
    size_bytes: body.length,
  }
  const made = await client('provider').objects.upload(input, { idempotencyKey: key })
  const sent = await fetch(made.upload_url.replace(/^https?:\/\/[^/]+/, server.url), {
    method: 'PUT',
    headers: made.headers,
    body,
  })
  // A second try of bytes that arrived the first time is told so.
  expect([200, 409]).toContain(sent.status)
  return made.object_id
}

function confirm(objectId: string, key: string) {
  return client('provider').objects.confirm({ object_id: objectId }, { idempotencyKey: key })
}

// An approval that was done before its answer was lost is found done.
async function approve(objectId: string, key: string): Promise<void> {
  const one = { tenant_id: tokens.providerTenantId, object_id: objectId }
  await client('operator')
    .review.approve(one, { idempotencyKey: key })
    .catch(async (error) => {
      const { data } = await client('operator').review.get(one)
      if (
        !(error instanceof ApiError && error.status === 409 && data.review_state === 'approved')
      ) {
        throw error
      }
    })
}

async function indexed(objectId: string): Promise<void> {
  await until(async () => {
    const object = await client('provider').objects.get({ object_id: objectId })
    expect(object.failure).toBeNull()
    return object.index_state === 'indexed'
  }, 120_000)
}

async function publish(name: string, text: string): Promise<string> {
  const objectId = await upload(name, text, randomUUID())
  await confirm(objectId, randomUUID())
  await approve(objectId, randomUUID())
  await indexed(objectId)
  return objectId
}

/** Runs `action` to its end, however often the server dies on the way. */
async function survive(killAt: number, action: () => Promise<unknown>): Promise<boolean> {
  await server.kill()
  server = await startServer(config, { killAt, aheadMs })
  await server.arm()
  let error: unknown
  await action().catch((failed: unknown) => {
    error = failed
  })
  // The kill may come a moment after the answer, in the work that follows from it; but not later, in
  // work that has nothing to do with the action.
  if (error === undefined) await server.disarm()
  const died = server.isDead() || (error !== undefined && (await diesSoon()))
  if (error !== undefined && !died) throw error
  if (died) {
    // Long enough for every lease of the dead process to have lapsed, and for its watchdogs to look.
    aheadMs += 6 * minuteMs
    server = await startServer(config, { killAt: 0, aheadMs })
    if (error !== undefined) await action()
  }
  return died
}

function diesSoon(): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false))
  return Promise.race([server.gone.then(() => true), later])
}

async function run(action: Action, killAt: number, round: number): Promise<boolean> {
  const key = randomUUID()
  const word = `marker${seed}x${round}`
  const text = `The ${word} stands in round ${round} beside the lighthouse.`
  const name = `${word}.txt`
  if (action === 'search') return searchOnce(killAt, key)
  if (action === 'download') return downloadOnce(killAt, name, text)

  let objectId = ''
  const steps: Record<string, () => Promise<unknown>> = {
    upload: async () => {
      objectId = await upload(name, text, key)
    },
    confirm: () => confirm(objectId, key),
    approve: () => approve(objectId, key),
    ingest: () => indexed(objectId),
  }
  let died = false
  for (const [step, work] of Object.entries(steps)) {
    if (step === action) died = await survive(killAt, work)
    else await work()
  }
  await indexed(objectId)
  await expectFound(word, objectId)
  return died
}

async function searchOnce(killAt: number, key: string): Promise<boolean> {
  let answer: Awaited<ReturnType<Client['search']['query']>> | undefined
  const died = await survive(killAt, async () => {
    answer = await client('buyer').search.query(
      { query: 'lighthouse', top_k: 5, retrieval_mode: 'lexical' },
      { idempotencyKey: key },
    )
  })
  // Under its own key a repeated search tells what it was charged; it was charged once.
  expect(answer?.results.length).toBeGreaterThan(0)
  expectedSpend += micros(answer?.charged_amount ?? 0)
  return died
}

async function downloadOnce(killAt: number, name: string, text: string): Promise<boolean> {
  const objectId = await publish(name, text)
  let url = ''
  const died = await survive(killAt, async () => {
    url = (await client('buyer').objects.download({ object_id: objectId })).download_url
  })
  expectedSpend += 500_000n
  const bytes = await fetch(url.replace(/^https?:\/\/[^/]+/, server.url))
  expect(await bytes.text()).toBe(text)
  return died
}

async function expectFound(word: string, objectId: string): Promise<void> {
  const found = await client('buyer').search.query({ query: word, retrieval_mode: 'lexical' })
  expect(found.results.map((hit) => hit.object_id)).toEqual([objectId])
  expectedSpend += micros(found.charged_amount)
}

// After every point: what was charged is what answers said, row for row, and the books balance.
async function expectSoundBooks(): Promise<void> {
  const { data: spend } = await client('buyer').spend.get()
  expect(micros(spend.total_spend)).toBe(expectedSpend)
  const { data: balance } = await client('operator').ledger.trialBalance()
  expect(balance.total).toBe(0)
  const receivable = balance.accounts.filter(({ account }) => account.startsWith('receivable'))
  expect(receivable.reduce((sum, one) => sum + micros(one.balance), 0n)).toBe(expectedSpend)
  const { data: system } = await client('operator').admin.system()
  expect(system.unexplained_money).toBe(0)
  let told = 0n
  let hits = 0
  for await (const one of await client('buyer').activity.searches({ limit: 100 })) {
    told += micros(one.charged_amount)
    hits += one.result_count
  }
  expect(told).toBe(micros(spend.search_spend))
  // Fixed price, one hit one charge: a hit without a charge or a charge without a hit would differ.
  expect(BigInt(hits) * 30_000n).toBe(told)
}

test(`${points} crashes lose nothing, charge nothing twice and reveal nothing unpaid (seed ${seed})`, {
  timeout: points * 60_000,
}, async () => {
  const random = randomOf(seed)
  let deaths = 0
  for (let round = 0; round < points; round++) {
    const action = actions[Math.floor(random() * actions.length)] ?? 'search'
    const killAt = 1 + Math.floor(random() * statementsMax[action])
    const died = await run(action, killAt, round)
    deaths += Number(died)
    await expectSoundBooks()
    console.log(
      `  ${round + 1}/${points} ${action} at statement ${killAt}: ${died ? 'died' : 'ended before'}`,
    )
  }
  // Points beyond the end of an action kill nothing; most must.
  expect(deaths).toBeGreaterThan(points / 3)
})
