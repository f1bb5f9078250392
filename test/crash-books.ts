// Holds the money that the server shows against the plain sums.
import { expect } from 'vitest'
import { client, hitMicros, micros, nowOf, type Stage } from './crash-stage.ts'
import { netOf, shownStatusOf } from './simulation-model.ts'

/** What was charged is what answers said, row for row, and every account holds what it must. */
export async function expectSoundBooks(stage: Stage): Promise<void> {
  const { market, tenants } = stage
  const { data: balance } = await client(stage, 'operator').ledger.trialBalance()
  expect(balance.total).toBe(0)
  const shown = balance.accounts.filter((one) => one.balance !== 0)
  const known = [...market.balances].filter(([, amount]) => amount !== 0n)
  expect(sorted(shown.map((one) => `${one.account} ${micros(one.balance)}`))).toEqual(
    sorted(known.map(([account, amount]) => `${account} ${amount}`)),
  )
  const { data: system } = await client(stage, 'operator').admin.system()
  expect(system.unexplained_money).toBe(0)
  const { data: spend } = await client(stage, 'buyer').spend.get()
  expect(micros(spend.total_spend)).toBe(market.spentOf(tenants.buyer, nowOf(stage)))
  let told = 0n
  let hits = 0n
  for await (const one of await client(stage, 'buyer').activity.searches({ limit: 100 })) {
    told += micros(one.charged_amount)
    hits += BigInt(one.result_count)
  }
  expect(told).toBe(stage.searchMicros)
  // One hit one charge: a hit without a charge or a charge without a hit would differ.
  expect(hits * hitMicros).toBe(told)
}

/** Everything is added up again by the server, and invoices, payouts and disputes are compared. */
export async function expectSoundPapers(stage: Stage): Promise<void> {
  const { data: books } = await client(stage, 'operator').books.check()
  expect(books.findings).toEqual([])
  expect(await invoicesShown(stage)).toEqual(invoicesKnown(stage))
  expect(await payoutsShown(stage)).toEqual(payoutsKnown(stage))
  const disputes: string[] = []
  for await (const one of await client(stage, 'buyer').disputes.list({ limit: 100 })) {
    disputes.push(`${one.dispute_id} ${one.status}`)
  }
  const known = [...stage.market.disputes].map(([id, { status }]) => `${id} ${status}`)
  expect(sorted(disputes)).toEqual(sorted(known))
}

const sorted = (lines: readonly string[]) => [...lines].sort()
const nameOf = (month: string) => new Date(Number(month)).toISOString().slice(0, 7)

async function invoicesShown(stage: Stage): Promise<string[]> {
  const lines: string[] = []
  const numbers = new Map<string, number[]>()
  for await (const one of await client(stage, 'operator').adminInvoices.list({ limit: 100 })) {
    const { tenant_id, period_start, status, total } = one
    lines.push(`${tenant_id} ${period_start.slice(0, 7)} ${status} ${micros(total)}`)
    const [year = '', place] = (one.number ?? '').split('-')
    numbers.set(year, [...(numbers.get(year) ?? []), Number(place)])
  }
  // No number is left out or given twice.
  for (const given of numbers.values()) {
    expect(given.sort((a, b) => a - b)).toEqual(given.map((_, at) => at + 1))
  }
  return sorted(lines)
}

function invoicesKnown({ market }: Stage): string[] {
  const lines = [...market.invoices].flatMap(([cell, invoice]) => {
    const [tenant, month = ''] = cell.split(' ')
    const whose = `${tenant} ${nameOf(month)}`
    const notes = invoice.notes.map(({ status, total }) => `${whose} ${status} ${total}`)
    return [`${whose} ${invoice.status} ${invoice.total}`, ...notes]
  })
  return sorted(lines)
}

async function payoutsShown(stage: Stage): Promise<string[]> {
  const lines: string[] = []
  for await (const one of await client(stage, 'operator').adminPayouts.list({ limit: 100 })) {
    if (one.gross === 0) continue
    const figures = [one.gross, one.platform_fee, one.net, one.held].map(micros)
    const month = one.period_start.slice(0, 7)
    lines.push(`${one.tenant_id} ${month} ${one.status} ${figures.join(' ')}`)
  }
  return sorted(lines)
}

function payoutsKnown({ market }: Stage): string[] {
  const lines = [...market.payouts].flatMap(([cell, payout]) => {
    const [tenant, month = ''] = cell.split(' ')
    if (!payout.isMade || payout.gross === 0n) return []
    const figures = [payout.gross, payout.fee, netOf(payout), payout.held]
    return [`${tenant} ${nameOf(month)} ${shownStatusOf(payout)} ${figures.join(' ')}`]
  })
  return sorted(lines)
}
