// What the crash test plays on: a market in a process that dies and is started again, and the plain sums
// that its money must agree with.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@ipto/sdk'
import { expect } from 'vitest'
import { type CrashConfig, type CrashServer, startServer } from './crash-world.ts'
import { Market, monthAfter, monthOf, type Terms, type Use } from './simulation-model.ts'

const hourMs = 3_600_000

// One price everywhere, so that hits and charges can be held against each other.
export const hitMicros = 30_000n

export interface Bought {
  retrievalId: string
  use: Use
}

export interface Stage {
  config: CrashConfig
  server: CrashServer
  /** How far the server's clock is before ours. */
  aheadMs: number
  random: () => number
  tenants: { provider: string; buyer: string }
  keys: { provider: string; buyer: string }
  operatorToken: string
  loggedInAt: number
  /** The first one sells at a fixed price, the second one also takes its share of outcomes. */
  shops: Terms[]
  market: Market
  bought: Bought[]
  /** What searches cost, in all months. */
  searchMicros: bigint
}

/** One action: where the server dies in it, and the key that it is repeated under. */
export interface Point {
  killAt: number
  round: number
  key: string
}

export const micros = (amount: number) => BigInt(Math.round(amount * 1e6))
export const nowOf = ({ aheadMs }: Pick<Stage, 'aheadMs'>) => Date.now() + aheadMs

export function pick<T>({ random }: Stage, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}

export function client(stage: Stage, who: 'provider' | 'buyer' | 'operator'): Client {
  const login = who === 'operator' ? { token: stage.operatorToken } : { apiKey: stage.keys[who] }
  return new Client({ baseUrl: stage.server.url, ...login, retries: 0, timeoutMs: 20_000 })
}

export async function openStage(config: CrashConfig, random: () => number): Promise<Stage> {
  // The first day of a month: what minutes of ours and of dead servers add up to ends no month.
  const aheadMs = monthAfter(monthOf(Date.now())) + hourMs - Date.now()
  const server = await startServer(config, aheadMs)
  const provider = await signUp(server.url, 'provider')
  const buyer = await signUp(server.url, 'buyer')
  const stage: Stage = {
    config,
    server,
    aheadMs,
    random,
    tenants: { provider: provider.tenantId, buyer: buyer.tenantId },
    keys: { provider: provider.key, buyer: buyer.key },
    operatorToken: '',
    loggedInAt: 0,
    shops: [],
    market: new Market(new Map([[buyer.tenantId, 49_000_000n]]), nowOf({ aheadMs })),
    bought: [],
    searchMicros: 0n,
  }
  await logIn(stage)
  await client(stage, 'operator').adminTenants.update({ tenant_id: buyer.tenantId, plan: 'pro' })
  await openShop(stage, 'open')
  await openShop(stage, 'outcome_share')
  return stage
}

// Keys, because sessions do not outlive a day, and days pass here.
async function signUp(url: string, name: string): Promise<{ tenantId: string; key: string }> {
  const made = await new Client({ baseUrl: url, retries: 0 }).auth.signup({
    email: `${name}@example.com`,
    password: 'a long password',
    display_name: name,
    tenant_name: name,
  })
  const owner = new Client({ baseUrl: url, token: made.session_token, retries: 0 })
  const key = await owner.apiKeys.create({
    name: 'agent',
    scopes: [
      'datasets:read',
      'datasets:write',
      'objects:write',
      'search:query',
      'usage:read',
      'keys:write',
      'billing:read',
      'admin:*',
    ],
  })
  return { tenantId: made.tenant_id, key: key.secret }
}

async function openShop(stage: Stage, mode: 'open' | 'outcome_share'): Promise<void> {
  const dataset = await client(stage, 'provider').datasets.create({
    name: mode,
    visibility: 'listed',
    access_policy: 'automatic',
    monetization_mode: mode,
    pricing_model: 'fixed',
    unit_prices: { retrieval: 0.03, citation: 0.02, download: 0.5 },
  })
  stage.shops.push({
    id: dataset.dataset_id,
    owner: stage.tenants.provider,
    prices: { retrieval: hitMicros, citation: 20_000n, download: 500_000n },
    outcomeBps: mode === 'outcome_share' ? 500n : null,
    platformBps: 4_000n,
    halfLife: null,
    indexedAt: 0,
  })
}

/** Sessions end after twelve hours. */
export async function logIn(stage: Stage): Promise<void> {
  const anonymous = new Client({ baseUrl: stage.server.url, retries: 0 })
  stage.operatorToken = (await anonymous.auth.login(stage.config.operator)).session_token
  stage.loggedInAt = nowOf(stage)
}

export async function keepLoggedIn(stage: Stage): Promise<void> {
  if (nowOf(stage) - stage.loggedInAt > 6 * hourMs) await logIn(stage)
}

/**
 * Runs `action` to its end, however the server dies on the way; where it died, the action is repeated
 * after `lapseMs`, and now and then dies once more. Answers how it went.
 */
export async function survive(
  stage: Stage,
  point: Point,
  { action, lapseMs }: { action: () => Promise<unknown>; lapseMs: number },
): Promise<string> {
  let { killAt } = point
  for (let deaths = 0; ; deaths++) {
    const statements = await attempt(stage, killAt, action)
    if (statements !== null) return deaths === 0 ? `ended after ${statements}` : died(deaths)
    stage.aheadMs += lapseMs
    stage.server = await startServer(stage.config, stage.aheadMs)
    const diesAgain = deaths === 0 && stage.random() < 0.25
    killAt = diesAgain ? 1 + Math.floor(stage.random() * killAt) : 0
  }
}

const died = (deaths: number) => (deaths === 1 ? 'died' : 'died twice')

/** How many statements it took; null where the server died in it. */
async function attempt(
  stage: Stage,
  killAt: number,
  action: () => Promise<unknown>,
): Promise<number | null> {
  await stage.server.arm(killAt)
  let error: unknown
  await action().catch((failed: unknown) => {
    error = failed
  })
  // The kill may come a moment after the answer, in the work that follows from it; but not later, in
  // work that has nothing to do with the action.
  if (error === undefined) return stage.server.disarm()
  if (await diesSoon(stage)) return null
  throw error
}

function diesSoon({ server }: Stage): Promise<boolean> {
  return Promise.race([server.gone.then(() => true), sleep(2_000, false)])
}

export function useOf(
  stage: Stage,
  shop: Terms,
  type: Use['type'],
  { amount, quantity }: { amount: bigint; quantity?: bigint },
): Use {
  return {
    buyer: stage.tenants.buyer,
    provider: shop.owner,
    datasetId: shop.id,
    type,
    quantity: quantity ?? 1n,
    amount,
    platform: (amount * shop.platformBps) / 10_000n,
    month: monthOf(nowOf(stage)),
    contest: 'none',
  }
}

/** The plain sums learn what was charged. */
export function book(stage: Stage, uses: readonly Use[]): void {
  const payer = { tenant: stage.tenants.buyer, key: null, resource: null }
  expect(stage.market.charge(payer, uses, nowOf(stage))).toBe(true)
}

interface SearchAnswer {
  charged_amount: number
  results: { retrieval_event_id: string; dataset_id: string }[]
}

/** Every hit costs the same, and what they cost together is what the answer says. */
export function bookSearch(stage: Stage, { charged_amount, results }: SearchAnswer): Bought[] {
  expect(results.length).toBeGreaterThan(0)
  const bought = results.map(({ retrieval_event_id: retrievalId, dataset_id }) => {
    const shop = stage.shops.find((one) => one.id === dataset_id)
    if (!shop) throw new Error('a hit of a dataset that nobody made')
    return { retrievalId, use: useOf(stage, shop, 'retrieval', { amount: hitMicros }) }
  })
  expect(micros(charged_amount)).toBe(hitMicros * BigInt(bought.length))
  book(
    stage,
    bought.map(({ use }) => use),
  )
  stage.searchMicros += micros(charged_amount)
  stage.bought.push(...bought)
  return bought
}
