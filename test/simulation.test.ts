// Two models of one market: the server, and plain sums written apart from it. Random steps are taken in
// both; after every hundred, balances, budgets, spend, invoices and payouts must agree to the micro.
// SIMULATION_STEPS (1,000; CI asks for 10,000) and SIMULATION_SEED choose how many steps and which.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomOf } from './random.ts'
import { steps } from './simulation-actions.ts'
import { type Market, monthAfter, monthOf, netOf, shownStatusOf } from './simulation-model.ts'
import { major, micros, nowOf, openStage, type Stage } from './simulation-stage.ts'

const count = Number(process.env.SIMULATION_STEPS ?? 1_000)
const seed = Number(process.env.SIMULATION_SEED ?? randomInt(1, 2 ** 31))
const comparedEvery = 100

let stage: Stage
beforeAll(async () => {
  console.log(`simulation: SIMULATION_SEED=${seed} SIMULATION_STEPS=${count}`)
  stage = await openStage(randomOf(seed))
}, 120_000)
afterAll(() => stage.world.close())

const weights = Object.entries(steps)
const weightOfAll = weights.reduce((sum, [, { weight }]) => sum + weight, 0)

function chooseStep(): string {
  let place = stage.random() * weightOfAll
  for (const [name, { weight }] of weights) {
    place -= weight
    if (place < 0) return name
  }
  return 'search'
}

test(`${count} steps of the market agree with plain sums (seed ${seed})`, {
  timeout: 600_000 + count * 200,
}, async () => {
  for (let at = 1; at <= count; at++) {
    const name = chooseStep()
    const ended = await steps[name]?.run(stage).catch((error: unknown) => {
      throw new Error(`step ${at} (${name}) of seed ${seed}`, { cause: error })
    })
    const end = `${name}: ${ended}`
    stage.ends.set(end, (stage.ends.get(end) ?? 0) + 1)
    if (at % comparedEvery === 0 || at === count) await compare(at)
    if (at % 10_000 === 0) console.log(`  ${at} steps, ${new Date(nowOf(stage)).toISOString()}`)
  }
  const { data: books } = await stage.world.operator.client.books.check()
  expect(books.findings).toEqual([])
  const lines = [...stage.ends].sort(([a], [b]) => (a < b ? -1 : 1))
  console.log(lines.map(([end, times]) => `  ${String(times).padStart(6)} ${end}`).join('\n'))
})

async function compare(at: number): Promise<void> {
  const { market } = stage
  const shown = { ...(await shownByServer()) }
  expect(shown, `after ${at} steps of seed ${seed}`).toEqual(knownByModel(market))
}

async function shownByServer() {
  const { operator } = stage.world
  const { data: balance } = await operator.client.ledger.trialBalance()
  expect(balance.total).toBe(0)
  expect((await operator.client.admin.system()).data.unexplained_money).toBe(0)
  const accounts = balance.accounts.filter((one) => one.balance !== 0)
  return {
    balances: sorted(accounts.map((one) => `${one.account} ${micros(one.balance)}`)),
    budgets: sorted(await budgetsShown()),
    spend: sorted(await spendShown()),
    invoices: sorted(await invoicesShown()),
    payouts: sorted(await payoutsShown()),
  }
}

const sorted = (lines: readonly string[]) => [...lines].sort()

const recent = () => nowOf(stage) - 100 * 86_400_000

/** Two of the buyers are agents of one tenant. */
function tenantsThatBuy() {
  return [...new Map(stage.buyers.map((buyer) => [buyer.tenant, buyer])).values()]
}

async function budgetsShown(): Promise<string[]> {
  const lines: string[] = []
  for (const { client } of tenantsThatBuy()) {
    for (const one of (await client.budgets.list()).items) {
      if (one.amount === null) continue
      const owner = one.resource_id ?? one.api_key_id ?? 'tenant'
      lines.push(
        `${owner} ${micros(one.amount)} ${micros(one.spent)} ${micros(one.remaining ?? 0)}`,
      )
    }
  }
  return lines
}

async function spendShown(): Promise<string[]> {
  const lines: string[] = []
  for (const { client, tenant } of tenantsThatBuy()) {
    const { data } = await client.spend.get()
    lines.push(`${tenant} ${micros(data.total_spend)}`)
  }
  return lines
}

async function invoicesShown(): Promise<string[]> {
  const lines: string[] = []
  for (const { client, tenant } of tenantsThatBuy()) {
    const { items } = await client.invoices.list({ limit: 100 })
    for (const one of items) {
      if (Date.parse(one.period_start) < recent()) continue
      lines.push(`${tenant} ${one.period_start.slice(0, 7)} ${one.status} ${micros(one.total)}`)
    }
  }
  return lines
}

async function payoutsShown(): Promise<string[]> {
  const lines: string[] = []
  for (const tenant of stage.providers) {
    const { provider, stranger } = stage.world
    const party = tenant === provider.tenantId ? provider : stranger
    const { data } = await party.client.payouts.list({ limit: 10 })
    for (const one of data.payouts) {
      if (Date.parse(one.period_start) < recent() || one.gross === 0) continue
      const figures = [one.gross, one.platform_fee, one.net, one.held].map(micros)
      lines.push(`${tenant} ${one.period_start.slice(0, 7)} ${one.status} ${figures.join(' ')}`)
    }
  }
  return lines
}

const nameOf = (month: number) => new Date(month).toISOString().slice(0, 7)

function knownByModel(market: Market) {
  const balances = [...market.balances].filter(([, amount]) => amount !== 0n)
  return {
    balances: sorted(balances.map(([account, amount]) => `${account} ${amount}`)),
    budgets: sorted(tenantsThatBuy().flatMap((buyer) => budgetsKnown(market, buyer.tenant))),
    spend: sorted(
      tenantsThatBuy().map(({ tenant }) => `${tenant} ${market.spentOf(tenant, nowOf(stage))}`),
    ),
    invoices: sorted(tenantsThatBuy().flatMap(({ tenant }) => invoicesKnown(market, tenant))),
    payouts: sorted(stage.providers.flatMap((tenant) => payoutsKnown(market, tenant))),
  }
}

function budgetsKnown(market: Market, tenant: string): string[] {
  const owners = stage.buyers
    .filter((buyer) => buyer.tenant === tenant)
    .flatMap((buyer) => [buyer.tenant, buyer.key, buyer.resource])
  return [...new Set(owners)].flatMap((owner) => {
    const limit = owner === null ? undefined : market.limits.get(owner)
    if (owner === null || limit === undefined) return []
    const spent = market.spentOf(owner, nowOf(stage))
    const left = spent > limit ? 0n : limit - spent
    return [`${owner === tenant ? 'tenant' : owner} ${limit} ${spent} ${left}`]
  })
}

function invoicesKnown(market: Market, tenant: string): string[] {
  const lines: string[] = []
  const fee = market.fees.get(tenant) ?? 0n
  const now = monthOf(nowOf(stage))
  const charged = market.charged.get(`${tenant} ${now}`) ?? 0n
  lines.push(`${tenant} ${nameOf(now)} draft ${fee + charged}`)
  for (let month = monthOf(recent()); month < now; month = monthAfter(month)) {
    if (month < recent()) continue
    const invoice = market.invoiceOf(tenant, month)
    if (!invoice) continue
    lines.push(`${tenant} ${nameOf(month)} ${invoice.status} ${invoice.total}`)
    for (const { status, total } of invoice.notes) {
      lines.push(`${tenant} ${nameOf(month)} ${status} ${total}`)
    }
  }
  return lines
}

function payoutsKnown(market: Market, tenant: string): string[] {
  return [...market.payouts].flatMap(([cell, payout]) => {
    const [provider, month] = cell.split(' ')
    if (provider !== tenant || Number(month) < recent() || payout.gross === 0n) return []
    const figures = [payout.gross, payout.fee, netOf(payout), payout.held]
    return [`${tenant} ${nameOf(Number(month))} ${shownStatusOf(payout)} ${figures.join(' ')}`]
  })
}

test('the model counts in whole micro-units', () => {
  expect(major(micros(0.000001))).toBe(0.000001)
})
