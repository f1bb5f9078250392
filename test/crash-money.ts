// What moves money beside searches and downloads, with a server that dies in it: quotes, citations,
// outcomes, the end of months, payments, payouts and disputes.
import { expect } from 'vitest'
import { type Act, publish } from './crash-actions.ts'
import {
  type Bought,
  book,
  bookSearch,
  client,
  logIn,
  micros,
  nowOf,
  type Point,
  pick,
  type Stage,
  survive,
  useOf,
} from './crash-stage.ts'
import { monthAfter, monthOf, outcomeParts } from './simulation-model.ts'

const hourMs = 3_600_000
const holdMs = 14 * 24 * hourMs

// Longer than a dead call holds its key, and short enough for a quote to live on.
const lapseMs = 90_000

/** Under its key a call is answered alike, however often it is sent. */
async function surviveCall<T>(
  stage: Stage,
  point: Point,
  call: (key: { idempotencyKey: string }) => Promise<T>,
): Promise<{ end: string; answer: T }> {
  const key = { idempotencyKey: point.key }
  const answers: T[] = []
  const action = async () => answers.push(await call(key))
  const end = await survive(stage, point, { action, lapseMs })
  const answer = await call(key)
  for (const one of answers) expect(one).toEqual(answer)
  return { end, answer }
}

const steadyText = 'The steady lighthouse has a lamp that never fails.'

/** One passage in each dataset, found by a word of its own. */
export async function stockShops(stage: Stage): Promise<void> {
  await publish(stage, 'steady.txt', steadyText)
  await publish(stage, 'beacon.txt', 'The beacon lighthouse pays with every ship.', 1)
}

// --- Use ------------------------------------------------------------------------------------------

const question = { query: 'lighthouse', top_k: 5, retrieval_mode: 'lexical' as const }

async function buy(stage: Stage, query: string): Promise<Bought> {
  const found = await client(stage, 'buyer').search.query({ ...question, query, top_k: 1 })
  const [bought] = bookSearch(stage, found)
  if (!bought) throw new Error('nothing was bought')
  return bought
}

const makeQuote: Act = async (stage, point) => {
  const { end, answer } = await surviveCall(stage, point, (key) =>
    client(stage, 'buyer').search.quote(question, key),
  )
  const { quote_id, max_amount } = answer
  const found = await client(stage, 'buyer').search.query({ ...question, quote_id })
  expect(found.charged_amount).toBe(max_amount)
  bookSearch(stage, found)
  return end
}

const redeem: Act = async (stage, point) => {
  const { quote_id, max_amount } = await client(stage, 'buyer').search.quote(question)
  const { end, answer } = await surviveCall(stage, point, async (key) => {
    const sold = await client(stage, 'buyer').search.query({ ...question, quote_id }, key)
    // A cursor carries the time at which it was signed.
    return { ...sold, next_cursor: null }
  })
  expect(answer.charged_amount).toBe(max_amount)
  bookSearch(stage, answer)
  const again = client(stage, 'buyer').search.query({ ...question, quote_id })
  await expect(again).rejects.toMatchObject({ status: 409 })
  return end
}

const cite: Act = async (stage, point) => {
  const { retrievalId } = await buy(stage, 'steady')
  const output_text = `They say: “${steadyText}”`
  const citation = { retrieval_event_id: retrievalId, output_text }
  const { end, answer } = await surviveCall(stage, point, (key) =>
    client(stage, 'buyer').citations.create(citation, key),
  )
  const [shop] = stage.shops
  if (!shop) throw new Error('nobody sells')
  expect(answer.verified).toBe(true)
  expect(micros(answer.charged_amount)).toBe(shop.prices.citation)
  book(stage, [useOf(stage, shop, 'citation', { amount: shop.prices.citation })])
  const again = client(stage, 'buyer').citations.create(citation)
  await expect(again).rejects.toMatchObject({ status: 409 })
  return end
}

const report: Act = async (stage, point) => {
  const events = [await buy(stage, 'steady'), await buy(stage, 'beacon')]
  const value = BigInt(Math.floor(stage.random() * 4e8) + 1_000)
  const outcome = {
    retrieval_event_ids: events.map((one) => one.retrievalId),
    value_amount: Number(value) / 1e6,
    currency: 'USD' as const,
  }
  const { end, answer } = await surviveCall(stage, point, (key) =>
    client(stage, 'buyer').outcomes.create(outcome, key),
  )
  const parts = outcomeParts(value, new Map(stage.shops.map((shop) => [shop, 1])))
  const shops = stage.shops.filter((shop) => parts.has(shop))
  const uses = shops.map((shop) => useOf(stage, shop, 'outcome', { amount: parts.get(shop) ?? 0n }))
  expect(micros(answer.charged_amount)).toBe(uses.reduce((sum, use) => sum + use.amount, 0n))
  book(stage, uses)
  return end
}

// --- The clock ------------------------------------------------------------------------------------

const schedules = ['invoices.close-months', 'payouts.make']

/** Goes on to `target`, unless the server's clock is there already, and does what is due by then. */
async function moveTo(stage: Stage, target: number, point?: Point): Promise<string> {
  const action = () => {
    stage.aheadMs = Math.max(stage.aheadMs, target - Date.now())
    return stage.server.run(schedules, stage.aheadMs)
  }
  let end = ''
  if (point) end = await survive(stage, point, { action, lapseMs })
  else await action()
  stage.market.pass(nowOf(stage))
  await logIn(stage)
  return end
}

/** Nothing of the clock's work is left for a later moment. */
export async function settle(stage: Stage): Promise<void> {
  await stage.server.run(schedules, stage.aheadMs)
  stage.market.pass(nowOf(stage))
}

function closeMonth(stage: Stage, point?: Point): Promise<string> {
  return moveTo(stage, monthAfter(monthOf(nowOf(stage))) + hourMs, point)
}

/** The hold window of the last month ends, or, where it is over, that of the running one. */
function releasePayouts(stage: Stage, point?: Point): Promise<string> {
  const now = nowOf(stage)
  const released = monthOf(now) + holdMs + hourMs
  const next = monthAfter(monthOf(now)) + holdMs + hourMs
  return moveTo(stage, now < released ? released : next, point)
}

const close: Act = async (stage, point) => {
  await buy(stage, 'steady')
  return closeMonth(stage, point)
}

const release: Act = async (stage, point) => {
  await pendingPayout(stage)
  return releasePayouts(stage, point)
}

// --- Payments -------------------------------------------------------------------------------------

async function openInvoice(stage: Stage) {
  const { adminInvoices } = client(stage, 'operator')
  const tenant_id = stage.tenants.buyer
  const { data } = await adminInvoices.list({ tenant_id, status: 'open', limit: 100 })
  return pick(stage, data.invoices)
}

/** What the model says is due; of a credit note it is owed to the buyer. */
function settled(
  { market, tenants }: Stage,
  invoice: { period_start: string; total: number; credits_invoice_id: string | null },
): bigint | 'conflict' {
  const month = Date.parse(invoice.period_start)
  if (invoice.credits_invoice_id === null) return market.pay(tenants.buyer, month)
  const total = micros(invoice.total)
  return market.payBack(tenants.buyer, month, total) === 'ok' ? total : 'conflict'
}

const payInvoice: Act = async (stage, point) => {
  if (!(await openInvoice(stage))) await close(stage, { ...point, killAt: 0 })
  const invoice = await openInvoice(stage)
  if (!invoice) throw new Error('no invoice is open')
  const { invoice_id, amount_due } = invoice
  expect(micros(amount_due)).toBe(settled(stage, invoice))
  const payment = {
    invoice_id,
    amount: Math.abs(amount_due),
    currency: 'USD' as const,
    reference: 'bank 7',
    paid_at: invoice.opened_at ?? '',
  }
  const { end, answer } = await surviveCall(stage, point, async (key) => {
    const { data } = await client(stage, 'operator').adminInvoices.pay(payment, key)
    return data
  })
  expect(answer).toMatchObject({ status: 'paid', amount_due: 0 })
  return end
}

async function findPayout(stage: Stage, status: 'pending' | 'approved') {
  const { data } = await client(stage, 'operator').adminPayouts.list({ status, limit: 100 })
  const payable = data.payouts.filter(({ net, release_at }) => {
    return net > 0 && (status === 'pending' || Date.parse(release_at) <= nowOf(stage))
  })
  return pick(stage, payable)
}

async function pendingPayout(stage: Stage) {
  const found = await findPayout(stage, 'pending')
  if (found) return found
  // A dispute of the running month would hold what its end makes.
  for (const disputeId of openDisputes(stage)) await settleDispute(stage, disputeId)
  await buy(stage, 'steady')
  await closeMonth(stage)
  const made = await findPayout(stage, 'pending')
  if (!made) throw new Error('no payout is pending')
  return made
}

async function operate(
  stage: Stage,
  move: 'approve' | 'pay',
  { payout, point }: { payout: { payout_id: string; period_start: string }; point: Point },
): Promise<string> {
  const { payout_id } = payout
  const at = { month: Date.parse(payout.period_start), now: nowOf(stage) }
  expect(stage.market.operate(move, stage.tenants.provider, at)).toBe('ok')
  const { end, answer } = await surviveCall(stage, point, async (key) => {
    const { adminPayouts } = client(stage, 'operator')
    const { data } =
      move === 'approve'
        ? await adminPayouts.approve({ payout_id }, key)
        : await adminPayouts.pay({ payout_id, bank_reference: 'bank 9' }, key)
    return data
  })
  expect(answer.status).toBe(move === 'approve' ? 'approved' : 'paid')
  return end
}

const approvePayout: Act = async (stage, point) => {
  const payout = await pendingPayout(stage)
  return operate(stage, 'approve', { payout, point })
}

const payPayout: Act = async (stage, point) => {
  const approved = await findPayout(stage, 'approved')
  if (approved) return operate(stage, 'pay', { payout: approved, point })
  await pendingPayout(stage)
  await releasePayouts(stage)
  // What is too little waits for more, unless it is approved by hand.
  const waiting = await findPayout(stage, 'pending')
  if (waiting) {
    const { payout_id, period_start } = waiting
    const at = { month: Date.parse(period_start), now: nowOf(stage) }
    await client(stage, 'operator').adminPayouts.approve({ payout_id })
    expect(stage.market.operate('approve', stage.tenants.provider, at)).toBe('ok')
  }
  const payout = await findPayout(stage, 'approved')
  if (!payout) throw new Error('no payout is approved')
  return operate(stage, 'pay', { payout, point })
}

// --- Disputes -------------------------------------------------------------------------------------

function disputable(stage: Stage): Bought[] {
  const now = nowOf(stage)
  return stage.bought.filter(({ use }) => stage.market.mayDispute([use], now) === 'ok')
}

/** Two events of any months that may be contested still. */
async function chooseEvents(stage: Stage) {
  if (disputable(stage).length === 0) await buy(stage, 'steady')
  const candidates = disputable(stage)
  const events = new Set([pick(stage, candidates), pick(stage, candidates)])
  const bought = [...events].filter((one): one is Bought => one !== undefined)
  const usage_event_ids: string[] = []
  for (const { retrievalId } of bought) {
    const { retrievals } = client(stage, 'buyer')
    const sold = await retrievals.get({ retrieval_event_id: retrievalId })
    const [, body = ''] = (sold.receipt ?? '').split('.')
    const receipt = JSON.parse(Buffer.from(body, 'base64url').toString())
    usage_event_ids.push(receipt.usage_event_id)
  }
  return { uses: bought.map(({ use }) => use), usage_event_ids }
}

async function openDispute(stage: Stage, point: Point): Promise<string> {
  const { uses, usage_event_ids } = await chooseEvents(stage)
  const { end, answer } = await surviveCall(stage, point, (key) =>
    client(stage, 'buyer').disputes.create({ usage_event_ids, reason: 'not about ships' }, key),
  )
  expect(answer.status).toBe('open')
  expect(micros(answer.amount)).toBe(uses.reduce((sum, use) => sum + use.amount, 0n))
  stage.market.openDispute(answer.dispute_id, stage.tenants.buyer, uses)
  return end
}

function openDisputes({ market }: Stage): string[] {
  return [...market.disputes].filter(([, one]) => one.status === 'open').map(([id]) => id)
}

async function settleDispute(stage: Stage, dispute_id: string): Promise<void> {
  const { adminDisputes } = client(stage, 'operator')
  await adminDisputes.resolve({ dispute_id, resolution: 'rejected', note: 'looked at' })
  expect(stage.market.resolve(dispute_id, 'rejected')).toBe('ok')
}

const resolving =
  (resolution: 'refunded' | 'rejected'): Act =>
  async (stage, point) => {
    const { key } = point
    if (openDisputes(stage).length === 0) {
      await openDispute(stage, { ...point, killAt: 0, key: `${key} first` })
    }
    const dispute_id = pick(stage, openDisputes(stage)) ?? ''
    const { end, answer } = await surviveCall(stage, point, async (idempotencyKey) => {
      const { adminDisputes } = client(stage, 'operator')
      const decision = { dispute_id, resolution, note: 'looked at' }
      return (await adminDisputes.resolve(decision, idempotencyKey)).data
    })
    expect(answer.status).toBe(resolution)
    expect(stage.market.resolve(dispute_id, resolution)).toBe('ok')
    return end
  }

/** Each with the last statement that it may be killed at. */
export const moneyActions: Record<string, { statementsMax: number; run: Act }> = {
  quote: { statementsMax: 14, run: makeQuote },
  redeem: { statementsMax: 24, run: redeem },
  cite: { statementsMax: 20, run: cite },
  outcome: { statementsMax: 20, run: report },
  close: { statementsMax: 75, run: close },
  release: { statementsMax: 40, run: release },
  pay_invoice: { statementsMax: 16, run: payInvoice },
  approve_payout: { statementsMax: 16, run: approvePayout },
  pay_payout: { statementsMax: 19, run: payPayout },
  dispute: { statementsMax: 22, run: openDispute },
  refund: { statementsMax: 32, run: resolving('refunded') },
  reject: { statementsMax: 27, run: resolving('rejected') },
}
