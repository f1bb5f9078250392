// What happens in the market, step by step: each step works out from the plain model how the server must
// answer, asks the server, and holds the answer against it.
import { expect } from 'vitest'
import { monthOf, outcomeParts, priceOf, type Terms, type Use } from './simulation-model.ts'
import {
  type Bought,
  type Buyer,
  major,
  micros,
  nowOf,
  outcomeOf,
  passTime,
  pick,
  type Shop,
  type Stage,
  settle,
} from './simulation-stage.ts'

export type Step = (stage: Stage) => Promise<string>

const dayMs = 86_400_000
const boughtMax = 400

/** An answer that must be: its status, and what it says where it is a success. */
async function expectStatus<T>(call: Promise<T>, status: number): Promise<T | undefined> {
  const ended = await outcomeOf(call)
  expect(ended.status).toBe(status)
  return ended.answer
}

function useOf(
  stage: Stage,
  { buyer, shop, type }: { buyer: Buyer; shop: Shop; type: 'retrieval' | 'citation' | 'download' },
  price = priceOf(shop, type, nowOf(stage)),
): Use {
  const amount = shop.owner === buyer.tenant ? 0n : price
  return {
    buyer: buyer.tenant,
    provider: shop.owner,
    datasetId: shop.id,
    type,
    quantity: 1n,
    amount,
    platform: (amount * shop.platformBps) / 10_000n,
    month: monthOf(nowOf(stage)),
    contest: 'none',
  }
}

const sumOf = (uses: readonly Use[]) => uses.reduce((sum, use) => sum + use.amount, 0n)

function retrievals(
  stage: Stage,
  sale: { buyer: Buyer; shop: Shop },
  count: number,
  price?: bigint,
) {
  return Array.from({ length: count }, () => useOf(stage, { ...sale, type: 'retrieval' }, price))
}

function remember(
  stage: Stage,
  { buyer, shop }: { buyer: Buyer; shop: Shop },
  uses: Use[],
  ids: string[],
): void {
  uses.forEach((use, at) => {
    const retrievalId = ids[at] ?? ''
    stage.bought.push({ buyer, shop, retrievalId, use, isCited: false, isReported: false })
  })
  stage.bought.splice(0, Math.max(0, stage.bought.length - boughtMax))
}

interface Answer {
  charged_amount: number
  results: { retrieval_event_id: string; price: { amount: number } }[]
}

/** All or none, within what the caller allows and the budgets cover. */
async function buy(
  stage: Stage,
  sale: { buyer: Buyer; shop: Shop },
  uses: Use[],
  { call, maxAmount }: { call: Promise<Answer>; maxAmount: bigint | null },
): Promise<string> {
  const now = nowOf(stage)
  const isTooMuch = maxAmount !== null && sumOf(uses) > maxAmount
  if (isTooMuch || !stage.market.charge(sale.buyer, uses, now)) {
    await expectStatus(call, 402)
    return 'refused'
  }
  const answer = await expectStatus(call, 200)
  expect(micros(answer?.charged_amount ?? -1)).toBe(sumOf(uses))
  expect(answer?.results.map(({ price }) => micros(price.amount))).toEqual(
    uses.map((use) => use.amount),
  )
  const ids = answer?.results.map((hit) => hit.retrieval_event_id) ?? []
  remember(stage, sale, uses, ids)
  return 'bought'
}

function chooseSale(stage: Stage) {
  const buyer = pick(stage, stage.buyers)
  const shop = pick(stage, stage.shops)
  if (!buyer || !shop) throw new Error('the stage is empty')
  return { buyer, shop }
}

const search: Step = async (stage) => {
  const sale = chooseSale(stage)
  const limit = 1 + Math.floor(stage.random() * 12)
  const uses = retrievals(stage, sale, Math.min(limit, sale.shop.passages))
  const maxAmount = stage.random() < 0.2 ? micros(Math.round(stage.random() * 100) / 100) : null
  const call = sale.buyer.client.search.query({
    query: sale.shop.word,
    top_k: limit,
    ...(maxAmount !== null && { max_amount: major(maxAmount) }),
  })
  return buy(stage, sale, uses, { call, maxAmount })
}

const searchInPart: Step = async (stage) => {
  const sale = chooseSale(stage)
  const maxAmount = micros(Math.round(stage.random() * 50) / 100)
  const left = stage.market.leftOf(sale.buyer, nowOf(stage))
  const limit = left !== null && left < maxAmount ? left : maxAmount
  const [one] = retrievals(stage, sale, 1)
  const price = one?.amount ?? 0n
  const count =
    price === 0n ? sale.shop.passages : Math.min(Number(limit / price), sale.shop.passages)
  const call = sale.buyer.client.search.query({
    query: sale.shop.word,
    top_k: 20,
    max_amount: major(maxAmount),
    allow_partial: true,
  })
  if (count === 0) {
    await expectStatus(call, 402)
    return 'refused'
  }
  return buy(stage, sale, retrievals(stage, sale, count), { call, maxAmount })
}

const searchOn: Step = async (stage) => {
  const sale = chooseSale(stage)
  const { buyer, shop } = sale
  const first = retrievals(stage, sale, 2)
  const body = { query: shop.word, top_k: 2 }
  const call = buyer.client.search.query(body)
  const kept: { next_cursor: string | null }[] = []
  const ended = await buy(stage, sale, first, {
    call: call.then((answer) => {
      kept.push(answer)
      return answer
    }),
    maxAmount: null,
  })
  const cursor = kept[0]?.next_cursor
  if (ended !== 'bought' || !cursor) return ended
  const second = retrievals(stage, sale, Math.min(2, shop.passages - 2))
  const next = buyer.client.search.query({ ...body, cursor })
  return buy(stage, sale, second, { call: next, maxAmount: null })
}

const quote: Step = async (stage) => {
  const { buyer, shop } = chooseSale(stage)
  const limit = 1 + Math.floor(stage.random() * 12)
  const uses = retrievals(stage, { buyer, shop }, Math.min(limit, shop.passages))
  const made = await buyer.client.search.quote({ query: shop.word, top_k: limit })
  expect(micros(made.max_amount)).toBe(sumOf(uses))
  stage.quotes.push({
    buyer,
    shop,
    quoteId: made.quote_id,
    limit,
    price: priceOf(shop, 'retrieval', nowOf(stage)),
    expiresAt: nowOf(stage) + 300_000,
    isRedeemed: false,
  })
  stage.quotes.splice(0, Math.max(0, stage.quotes.length - 6))
  return 'made'
}

const redeem: Step = async (stage) => {
  const chosen = pick(stage, stage.quotes)
  if (!chosen) return 'none'
  const { buyer, shop, limit, price, quoteId } = chosen
  const call = buyer.client.search.query({ query: shop.word, top_k: limit, quote_id: quoteId })
  if (chosen.isRedeemed || chosen.expiresAt <= nowOf(stage)) {
    // A caller without means is told so before its quote is looked at.
    const isBroke = stage.market.leftOf(buyer, nowOf(stage)) === 0n
    const ended = await outcomeOf(call)
    expect(isBroke ? [402, 409] : [409]).toContain(ended.status)
    return 'refused'
  }
  const uses = retrievals(stage, { buyer, shop }, Math.min(limit, shop.passages), price)
  const ended = await buy(stage, { buyer, shop }, uses, { call, maxAmount: null })
  chosen.isRedeemed = ended === 'bought'
  return ended
}

const cite: Step = async (stage) => {
  const bought = pick(stage, stage.bought)
  if (!bought) return 'none'
  const { buyer, shop, retrievalId, isCited, use } = bought
  const call = buyer.client.citations.create({ retrieval_event_id: retrievalId })
  if (isCited || use.contest === 'refunded') {
    await expectStatus(call, 409)
    return 'refused'
  }
  const cited = useOf(stage, { buyer, shop, type: 'citation' })
  if (!stage.market.charge(buyer, [cited], nowOf(stage))) {
    await expectStatus(call, 402)
    return 'refused'
  }
  const answer = await expectStatus(call, 200)
  expect(micros(answer?.charged_amount ?? -1)).toBe(cited.amount)
  bought.isCited = true
  return 'cited'
}

const report: Step = async (stage) => {
  const first = pick(stage, stage.bought)
  if (!first) return 'none'
  const mine = stage.bought.filter(({ buyer }) => buyer.tenant === first.buyer.tenant).slice(-60)
  const events = [...new Set([first, pick(stage, mine), pick(stage, mine), pick(stage, mine)])]
  const reported = events.filter((one): one is Bought => one !== undefined)
  const value = BigInt(Math.floor(stage.random() * 3e9) + 1)
  const call = first.buyer.client.outcomes.create({
    retrieval_event_ids: reported.map((one) => one.retrievalId),
    value_amount: major(value),
    currency: 'USD',
  })
  if (reported.some(({ isReported, use }) => isReported || use.contest === 'refunded')) {
    await expectStatus(call, 409)
    return 'refused'
  }
  const uses = outcomeUses(stage, reported, value)
  if (!stage.market.charge(first.buyer, uses, nowOf(stage))) {
    await expectStatus(call, 402)
    return 'refused'
  }
  const answer = await expectStatus(call, 200)
  expect(micros(answer?.charged_amount ?? -1)).toBe(sumOf(uses))
  for (const one of reported) one.isReported = true
  return 'reported'
}

function outcomeUses(stage: Stage, reported: readonly Bought[], value: bigint): Use[] {
  const counts = new Map<Terms, number>()
  for (const { shop } of reported) counts.set(shop, (counts.get(shop) ?? 0) + 1)
  const buyer = reported[0]?.buyer.tenant ?? ''
  return [...outcomeParts(value, counts)].map(([terms, part]) => {
    const amount = terms.owner === buyer ? 0n : part
    return {
      buyer,
      provider: terms.owner,
      datasetId: terms.id,
      type: 'outcome',
      quantity: BigInt(counts.get(terms) ?? 0),
      amount,
      platform: (amount * terms.platformBps) / 10_000n,
      month: monthOf(nowOf(stage)),
      contest: 'none',
    }
  })
}

const download: Step = async (stage) => {
  const { buyer, shop } = chooseSale(stage)
  const now = nowOf(stage)
  const key = `${buyer.tenant} ${shop.objectId}`
  const isRecent = now - (stage.downloads.get(key) ?? 0) < dayMs
  const call = buyer.client.objects.download({ object_id: shop.objectId })
  const use = useOf(stage, { buyer, shop, type: 'download' })
  if (!isRecent && !stage.market.charge(buyer, [use], now)) {
    await expectStatus(call, 402)
    return 'refused'
  }
  const answer = await expectStatus(call, 200)
  expect(micros(answer?.charged_amount ?? -1)).toBe(isRecent ? 0n : use.amount)
  if (!isRecent) stage.downloads.set(key, now)
  return isRecent ? 'free' : 'bought'
}

const setBudget: Step = async (stage) => {
  const buyer = pick(stage, stage.buyers)
  if (!buyer) return 'none'
  const owner = buyer.resource ?? buyer.tenant
  const amount = stage.random() < 0.3 ? null : BigInt(Math.floor(stage.random() * 4e8))
  const answer = await buyer.client.budgets.set({
    amount: amount === null ? null : major(amount),
    currency: 'USD',
    ...(buyer.resource && { resource_id: buyer.resource }),
  })
  expect(micros(answer.spent)).toBe(stage.market.spentOf(owner, nowOf(stage)))
  if (amount === null) stage.market.limits.delete(owner)
  else stage.market.limits.set(owner, amount)
  return amount === null ? 'cleared' : 'set'
}

const wait: Step = async (stage) => {
  // Mostly minutes, so that quotes live; now and then days, so that months end.
  const msMax = stage.random() < 0.8 ? 10 * 60_000 : 3 * dayMs
  await passTime(stage, 1_000 + Math.floor(stage.random() * msMax))
  return 'waited'
}

const payInvoice: Step = async (stage) => {
  const { client } = stage.world.operator
  const tenant = pick(stage, stage.tenants) ?? ''
  const { data } = await client.adminInvoices.list({ tenant_id: tenant, limit: 20 })
  const invoice = pick(stage, data.invoices)
  if (!invoice) return 'none'
  if (invoice.credits_invoice_id !== null) return payCredit(stage, tenant, invoice)
  const { invoice_id, amount_due } = invoice
  const month = Date.parse(invoice.period_start)
  const move = stage.random()
  const paid_at = new Date(nowOf(stage)).toISOString()
  const payment = { invoice_id, currency: 'USD' as const, reference: 'bank', paid_at }
  if (move < 0.1) {
    const status = stage.market.giveUp(tenant, month) === 'ok' ? 200 : 409
    await expectStatus(client.adminInvoices.void({ invoice_id, reason: 'lost' }), status)
    return status === 200 ? 'given up' : 'refused'
  }
  const isOpen = stage.market.invoiceOf(tenant, month)?.status === 'open'
  if (move < 0.25) {
    const wrong = client.adminInvoices.pay({ ...payment, amount: amount_due + 0.000001 })
    await expectStatus(wrong, isOpen ? 422 : 409)
    return 'refused'
  }
  const due = stage.market.pay(tenant, month)
  const call = client.adminInvoices.pay({ ...payment, amount: amount_due })
  if (due === 'conflict') {
    await expectStatus(call, 409)
    return 'refused'
  }
  expect(micros(amount_due)).toBe(due)
  await expectStatus(call, 200)
  return 'paid'
}

async function payCredit(
  stage: Stage,
  tenant: string,
  note: { invoice_id: string; period_start: string; total: number; status: string },
): Promise<string> {
  // Notes of one amount are alike: which of them is owed, the answer of the server says.
  const isOwed = note.status === 'open'
  if (isOwed) {
    const month = Date.parse(note.period_start)
    expect(stage.market.payBack(tenant, month, micros(note.total))).toBe('ok')
  }
  const call = stage.world.operator.client.adminInvoices.pay({
    invoice_id: note.invoice_id,
    amount: -note.total,
    currency: 'USD',
    reference: 'bank',
    paid_at: new Date(nowOf(stage)).toISOString(),
  })
  await expectStatus(call, isOwed ? 200 : 409)
  return isOwed ? 'paid back' : 'refused'
}

const payoutMoves = ['approve', 'hold', 'release', 'pay', 'pay', 'pay', 'reverse'] as const

const operatePayout: Step = async (stage) => {
  const { client } = stage.world.operator
  const provider = pick(stage, stage.providers) ?? ''
  const { data } = await client.adminPayouts.list({ tenant_id: provider, limit: 4 })
  const payout = pick(stage, data.payouts)
  const move = pick(stage, payoutMoves)
  if (!payout || !move) return 'none'
  const { payout_id } = payout
  const month = Date.parse(payout.period_start)
  const ended = stage.market.operate(move, provider, { month, now: nowOf(stage) })
  const reason = 'simulation'
  const calls = {
    approve: () => client.adminPayouts.approve({ payout_id }),
    hold: () => client.adminPayouts.hold({ payout_id, reason }),
    release: () => client.adminPayouts.release({ payout_id }),
    pay: () => client.adminPayouts.pay({ payout_id, bank_reference: 'bank 9' }),
    reverse: () => client.adminPayouts.reverse({ payout_id, reason }),
  }
  await expectStatus(calls[move](), ended === 'ok' ? 200 : 409)
  // What was let go may be approved by the clock at any moment.
  await settleBoth(stage)
  return ended === 'ok' ? move : 'refused'
}

async function settleBoth(stage: Stage): Promise<void> {
  stage.market.approve(nowOf(stage))
  await settle(stage)
}

const dispute: Step = async (stage) => {
  const first = pick(stage, stage.bought)
  if (!first) return 'none'
  const { buyer } = first
  const mine = stage.bought.filter((one) => one.buyer.tenant === buyer.tenant)
  const events = [...new Set([first, pick(stage, mine) ?? first])]
  const usage_event_ids: string[] = []
  for (const { retrievalId } of events) {
    const sold = await buyer.client.retrievals.get({ retrieval_event_id: retrievalId })
    const [, body = ''] = (sold.receipt ?? '').split('.')
    const receipt = JSON.parse(Buffer.from(body, 'base64url').toString())
    usage_event_ids.push(receipt.usage_event_id)
  }
  const uses = events.map((one) => one.use)
  const may = stage.market.mayDispute(uses, nowOf(stage))
  const call = buyer.client.disputes.create({ usage_event_ids, reason: 'not what was asked for' })
  if (may !== 'ok') {
    await expectStatus(call, may === 'free' ? 422 : 409)
    return 'refused'
  }
  const answer = await expectStatus(call, 200)
  expect(micros(answer?.amount ?? -1)).toBe(sumOf(uses))
  const id = answer?.dispute_id ?? ''
  stage.market.openDispute(id, buyer.tenant, uses)
  stage.openDisputes.push(id)
  return 'opened'
}

const resolve: Step = async (stage) => {
  const id = pick(stage, stage.openDisputes)
  if (!id) return 'none'
  const resolution = stage.random() < 0.5 ? ('refunded' as const) : ('rejected' as const)
  const ended = stage.market.resolve(id, resolution)
  const call = stage.world.operator.client.adminDisputes.resolve({
    dispute_id: id,
    resolution,
    note: 'looked at',
  })
  await expectStatus(call, ended === 'ok' ? 200 : 409)
  await settleBoth(stage)
  // One that is settled is asked for again now and then, and refused.
  if (ended === 'ok' && stage.random() < 0.8) {
    stage.openDisputes = stage.openDisputes.filter((one) => one !== id)
  }
  return ended === 'ok' ? resolution : 'refused'
}

/** Each step with its weight. */
export const steps: Record<string, { weight: number; run: Step }> = {
  search: { weight: 30, run: search },
  searchInPart: { weight: 6, run: searchInPart },
  searchOn: { weight: 6, run: searchOn },
  quote: { weight: 6, run: quote },
  redeem: { weight: 7, run: redeem },
  cite: { weight: 12, run: cite },
  report: { weight: 5, run: report },
  download: { weight: 6, run: download },
  setBudget: { weight: 4, run: setBudget },
  wait: { weight: 6, run: wait },
  payInvoice: { weight: 3, run: payInvoice },
  operatePayout: { weight: 4, run: operatePayout },
  dispute: { weight: 4, run: dispute },
  resolve: { weight: 3, run: resolve },
}
