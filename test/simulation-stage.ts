// What the simulation plays on: a server with two providers and three buyers, and what the plain model
// must know of them.
import type { Client } from '@ipto/sdk'
import { ApiError } from '@ipto/sdk'
import { publish, textFile } from './publish.ts'
import { Market, monthOf, type Payer, type Terms, type Use } from './simulation-model.ts'
import { openWorld, type Party, type World } from './world.ts'

export interface Shop extends Terms {
  /** Finds every passage of the dataset, and none of another. */
  word: string
  passages: number
  objectId: string
}

export interface Buyer extends Payer {
  client: Client
}

export interface Bought {
  buyer: Buyer
  shop: Shop
  retrievalId: string
  use: Use
  isCited: boolean
  isReported: boolean
}

export interface Quoted {
  buyer: Buyer
  shop: Shop
  quoteId: string
  limit: number
  price: bigint
  expiresAt: number
  isRedeemed: boolean
}

export interface Stage {
  world: World
  market: Market
  random: () => number
  buyers: Buyer[]
  shops: Shop[]
  /** The last ones, to be cited, reported and disputed. */
  bought: Bought[]
  quotes: Quoted[]
  downloads: Map<string, number>
  openDisputes: string[]
  providers: string[]
  tenants: string[]
  loggedInAt: number
  /** How often each kind of step ended how. */
  ends: Map<string, number>
}

export const micros = (amount: number) => BigInt(Math.round(amount * 1e6))
export const major = (amount: bigint) => Number(amount) / 1e6

const scopes = [
  'datasets:read',
  'search:query',
  'usage:read',
  'keys:write',
  'billing:read',
  'admin:*',
] as const

export async function openStage(random: () => number): Promise<Stage> {
  const world = await openWorld({ startsAt: new Date('2026-01-05T10:00:00Z') })
  const second = await world.signUp('second')
  const { provider, stranger, buyer, operator } = world
  await operator.client.adminTenants.update({ tenant_id: buyer.tenantId, plan: 'pro' })
  const shops = [
    await openShop(world, provider, 'albatross', 12, {
      prices: { retrieval: 0.05, citation: 0.03, download: 0.7 },
    }),
    await openShop(world, provider, 'bittern', 8, { mode: 'premium', halfLife: 30, curated: true }),
    await openShop(world, stranger, 'curlew', 10, { mode: 'outcome_share' }),
    await openShop(world, stranger, 'dunlin', 6, { prices: { retrieval: 0.13 } }),
    await openShop(world, provider, 'egret', 5, { mode: 'outcome_share' }),
  ]
  const resource = await buyer.client.resources.create({ name: 'agent' })
  const buyers = [
    await openBuyer(world, buyer, {}),
    await openBuyer(world, buyer, { resource: resource.id }),
    await openBuyer(world, second, { budget: 30 }),
    // Provider and buyer at once.
    await openBuyer(world, stranger, {}),
  ]
  const tenants = [provider, stranger, buyer, second, operator].map((party) => party.tenantId)
  const fees = new Map(tenants.map((id) => [id, id === buyer.tenantId ? 49_000_000n : 0n]))
  const market = new Market(fees, world.clock.now().getTime())
  for (const { key } of buyers)
    if (key === buyers[2]?.key && key) market.limits.set(key, 30_000_000n)
  return {
    world,
    market,
    random,
    buyers,
    shops,
    bought: [],
    quotes: [],
    downloads: new Map(),
    openDisputes: [],
    providers: [provider.tenantId, stranger.tenantId],
    tenants,
    loggedInAt: world.clock.now().getTime(),
    ends: new Map(),
  }
}

interface ShopTerms {
  mode?: 'open' | 'premium' | 'outcome_share'
  prices?: { retrieval?: number; citation?: number; download?: number }
  halfLife?: number
  curated?: boolean
}

const bases = {
  open: { retrieval: 0.03, citation: 0.02, download: 0.5 },
  premium: { retrieval: 0.08, citation: 0.05, download: 2 },
  outcome_share: { retrieval: 0.01, citation: 0.01, download: 0.25 },
}

async function openShop(
  world: World,
  party: Party,
  word: string,
  passages: number,
  { mode = 'open', prices, halfLife, curated }: ShopTerms,
): Promise<Shop> {
  const rows = Array.from({ length: passages }, (_, at) => `${word} ${at},seen in ${word} bay`)
  const { datasetId, objectIds } = await publish(world, {
    by: party,
    terms: {
      name: word,
      access_policy: 'automatic',
      monetization_mode: mode,
      pricing_model: halfLife ? 'time_decay' : 'fixed',
      ...(prices && { unit_prices: prices }),
      ...(halfLife && { half_life_days: halfLife }),
    },
    files: [textFile(`${word}.csv`, ['bird,place', ...rows].join('\n'))],
  })
  if (curated) {
    const change = { tenant_id: party.tenantId, curated_dataset_ids: [datasetId] }
    await world.operator.client.adminTenants.update(change)
  }
  const asked = { ...bases[mode], ...prices }
  return {
    id: datasetId,
    owner: party.tenantId,
    word,
    passages,
    objectId: objectIds[0] ?? '',
    prices: {
      retrieval: micros(asked.retrieval),
      citation: micros(asked.citation),
      download: micros(asked.download),
    },
    outcomeBps: mode === 'outcome_share' ? 500n : null,
    platformBps: curated ? 3_000n : 4_000n,
    halfLife: halfLife ?? null,
    indexedAt: world.clock.now().getTime(),
  }
}

async function openBuyer(
  world: World,
  party: Party,
  { resource, budget }: { resource?: string; budget?: number },
): Promise<Buyer> {
  const key = await party.client.apiKeys.create({
    name: 'agent',
    scopes: [...scopes],
    ...(resource && { resource_id: resource }),
    ...(budget && { budget: { amount: budget, currency: 'USD' } }),
  })
  return {
    tenant: party.tenantId,
    key: key.api_key_id,
    resource: resource ?? null,
    client: world.client({ apiKey: key.secret }),
  }
}

export function pick<T>({ random }: Pick<Stage, 'random'>, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}

export const nowOf = ({ world }: Stage) => world.clock.now().getTime()

/** The status that a call ends with; 200 for every success, whose answer is kept. */
export async function outcomeOf<T>(
  call: Promise<T>,
): Promise<{ status: number; answer: T | undefined }> {
  return call.then(
    (answer) => ({ status: 200, answer }),
    (error: unknown) => {
      if (error instanceof ApiError) return { status: error.status, answer: undefined }
      throw error
    },
  )
}

/** Moves the clock, and waits for what is due by then on both sides. */
export async function passTime(stage: Stage, ms: number): Promise<void> {
  const { world, market } = stage
  const before = nowOf(stage)
  world.clock.forward(ms)
  const now = nowOf(stage)
  market.pass(now)
  const isOver = monthOf(now) !== monthOf(before)
  const release = monthOf(now) + 14 * 86_400_000
  if (isOver || (before < release && release <= now)) await settle(stage)
  // A session lives for twelve hours.
  if (now - stage.loggedInAt < 11 * 3_600_000) return
  for (const party of [world.operator, world.provider, world.stranger]) await world.logIn(party)
  stage.loggedInAt = now
}

/** The clock's work, done now: nothing of it is left for a later moment. */
export async function settle({ world }: Stage): Promise<void> {
  await world.app.runSchedules(['invoices.close-months', 'payouts.make'])
}
