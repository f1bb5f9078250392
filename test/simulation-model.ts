// The market's money in plain numbers, for the simulation: maps, sums and the rules as the documents say
// them. It shares nothing with the server. Amounts are micro-units.

export type EventType = 'retrieval' | 'citation' | 'download' | 'outcome'

export interface Terms {
  id: string
  owner: string
  prices: Record<'retrieval' | 'citation' | 'download', bigint>
  /** Basis points of a reported value; null where the dataset has no outcome share. */
  outcomeBps: bigint | null
  platformBps: bigint
  /** Days; null where the price does not fall with age. */
  halfLife: number | null
  indexedAt: number
}

export interface Use {
  buyer: string
  provider: string
  datasetId: string
  type: EventType
  quantity: bigint
  amount: bigint
  platform: bigint
  month: number
  contest: 'none' | 'open' | 'refunded' | 'rejected'
}

export interface Invoice {
  status: 'open' | 'paid' | 'void'
  total: bigint
  credited: bigint
  /** Its credit notes: one on a paid invoice is owed to the buyer until it is paid out. */
  notes: { total: bigint; status: 'open' | 'paid' }[]
}

export interface Payout {
  status: 'pending' | 'approved' | 'paid' | 'reversed'
  isHeld: boolean
  isMade: boolean
  paid: bigint
  /** Of its uses that were not refunded. */
  gross: bigint
  fee: bigint
  /** The provider's share of those in open disputes, and how many they are. */
  held: bigint
  open: number
}

export interface Dispute {
  buyer: string
  uses: Use[]
  status: 'open' | 'refunded' | 'rejected'
}

export interface Payer {
  tenant: string
  key: string | null
  resource: string | null
}

const dayMs = 86_400_000
const holdMs = 14 * dayMs
const minimum = 10_000_000n

const cellOf = (one: string, other: number) => `${one} ${other}`

export function monthOf(time: number): number {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

export function monthAfter(month: number): number {
  const date = new Date(month)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

const half = (a: bigint, b: bigint) => (a + b / 2n) / b

/** The price of one unit at a time. */
export function priceOf(terms: Terms, type: Exclude<EventType, 'outcome'>, now: number): bigint {
  const base = terms.prices[type]
  if (terms.halfLife === null) return base
  const age = Math.floor((now - terms.indexedAt) / dayMs)
  const parts = Math.round(Math.max(0.25, 2 ** (-age / terms.halfLife)) * 1_000_000)
  return half(base * BigInt(parts), 1_000_000n)
}

export class Market {
  readonly balances = new Map<string, bigint>()
  readonly spent = new Map<string, bigint>()
  readonly limits = new Map<string, bigint>()
  readonly invoices = new Map<string, Invoice>()
  readonly payouts = new Map<string, Payout>()
  readonly disputes = new Map<string, Dispute>()
  /** Charged to a tenant in a month, before any refund. */
  readonly charged = new Map<string, bigint>()
  /** Refunded before the month was closed: by tenant and month, a sum for each dispute. */
  readonly pending = new Map<string, Map<string, bigint>>()
  readonly fees: Map<string, bigint>
  private nextToClose: number

  constructor(fees: Map<string, bigint>, now: number) {
    this.fees = fees
    this.nextToClose = monthOf(now)
  }

  private move(debit: string, credit: string, amount: bigint): void {
    this.balances.set(debit, (this.balances.get(debit) ?? 0n) + amount)
    this.balances.set(credit, (this.balances.get(credit) ?? 0n) - amount)
  }

  // --- Use ---------------------------------------------------------------------------------------

  private budgetsOf({ tenant, key, resource }: Payer): string[] {
    return [tenant, key, resource].filter((one) => one !== null)
  }

  /** What is left of the tightest budget; null where nothing limits. */
  leftOf(payer: Payer, now: number): bigint | null {
    let least: bigint | null = null
    for (const owner of this.budgetsOf(payer)) {
      const limit = this.limits.get(owner)
      if (limit === undefined) continue
      const left = limit - this.spentOf(owner, now)
      const free = left < 0n ? 0n : left
      if (least === null || free < least) least = free
    }
    return least
  }

  spentOf(owner: string, now: number): bigint {
    return this.spent.get(cellOf(owner, monthOf(now))) ?? 0n
  }

  /** Books the uses, all or none. False where a budget does not cover them. */
  charge(payer: Payer, uses: readonly Use[], now: number): boolean {
    const amount = uses.reduce((sum, one) => sum + one.amount, 0n)
    const left = this.leftOf(payer, now)
    if (left !== null && amount > left) return false
    const month = monthOf(now)
    for (const owner of this.budgetsOf(payer)) {
      const cell = cellOf(owner, month)
      this.spent.set(cell, (this.spent.get(cell) ?? 0n) + amount)
    }
    const cell = cellOf(payer.tenant, month)
    this.charged.set(cell, (this.charged.get(cell) ?? 0n) + amount)
    for (const use of uses) {
      if (use.amount === 0n) continue
      this.move(`receivable:${use.buyer}`, 'revenue', use.platform)
      this.move(`receivable:${use.buyer}`, `payable:${use.provider}`, use.amount - use.platform)
      const payout = this.payoutOf(use.provider, month)
      payout.gross += use.amount
      payout.fee += use.platform
    }
    return true
  }

  payoutOf(provider: string, month: number): Payout {
    const cell = cellOf(provider, month)
    const known = this.payouts.get(cell)
    if (known) return known
    const made: Payout = {
      status: 'pending',
      isHeld: false,
      isMade: false,
      paid: 0n,
      gross: 0n,
      fee: 0n,
      held: 0n,
      open: 0,
    }
    this.payouts.set(cell, made)
    return made
  }

  // --- The clock ---------------------------------------------------------------------------------

  /** Everything that is due by then. */
  pass(now: number): void {
    while (monthAfter(this.nextToClose) <= now) {
      this.close(this.nextToClose)
      this.nextToClose = monthAfter(this.nextToClose)
    }
    this.approve(now)
  }

  private close(month: number): void {
    for (const [tenant, fee] of this.fees) {
      const cell = cellOf(tenant, month)
      const total = fee + (this.charged.get(cell) ?? 0n)
      if (fee > 0n) this.move(`receivable:${tenant}`, 'revenue', fee)
      if (total === 0n) continue
      this.invoices.set(cell, { status: 'open', total, credited: 0n, notes: [] })
      for (const amount of this.pending.get(cell)?.values() ?? []) {
        this.credit(tenant, month, amount)
      }
    }
    for (const [cell, payout] of this.payouts) {
      if (cell.endsWith(` ${month}`)) payout.isMade = payout.gross > 0n
    }
  }

  private credit(tenant: string, month: number, amount: bigint): void {
    const invoice = this.invoiceOf(tenant, month)
    if (!invoice) throw new Error('the model credits an invoice that it does not know')
    invoice.credited += amount
    const status = invoice.status === 'paid' ? 'open' : 'paid'
    invoice.notes.push({ total: -amount, status })
    if (invoice.status === 'open' && invoice.credited === invoice.total) invoice.status = 'paid'
  }

  /** Released payouts of a provider that nothing holds, together, from the minimum on. */
  approve(now: number): void {
    const released = new Map<string, Payout[]>()
    for (const [cell, payout] of this.payouts) {
      const [provider = '', month] = cell.split(' ')
      const isDue = monthAfter(Number(month)) + holdMs <= now
      const isFree = payout.status === 'pending' && !payout.isHeld && payout.open === 0
      if (!payout.isMade || !isDue || !isFree || netOf(payout) === 0n) continue
      released.set(provider, [...(released.get(provider) ?? []), payout])
    }
    for (const payouts of released.values()) {
      const net = payouts.reduce((sum, one) => sum + netOf(one), 0n)
      if (net >= minimum) for (const payout of payouts) payout.status = 'approved'
    }
  }

  // --- Invoices ----------------------------------------------------------------------------------

  invoiceOf(tenant: string, month: number): Invoice | undefined {
    return this.invoices.get(cellOf(tenant, month))
  }

  pay(tenant: string, month: number): bigint | 'conflict' {
    const invoice = this.invoiceOf(tenant, month)
    if (invoice?.status !== 'open') return 'conflict'
    const due = invoice.total - invoice.credited
    invoice.status = 'paid'
    this.move('cash', `receivable:${tenant}`, due)
    return due
  }

  /** The oldest of these notes that is owed. */
  payBack(tenant: string, month: number, total: bigint): 'ok' | 'conflict' {
    const notes = this.invoiceOf(tenant, month)?.notes ?? []
    const note = notes.find((one) => one.status === 'open' && one.total === total)
    if (!note) return 'conflict'
    note.status = 'paid'
    this.move(`receivable:${tenant}`, 'cash', -total)
    return 'ok'
  }

  giveUp(tenant: string, month: number): 'ok' | 'conflict' {
    const invoice = this.invoiceOf(tenant, month)
    if (invoice?.status !== 'open' || invoice.credited > 0n) return 'conflict'
    invoice.status = 'void'
    this.move('refunds', `receivable:${tenant}`, invoice.total)
    return 'ok'
  }

  // --- Payouts -----------------------------------------------------------------------------------

  operate(
    move: 'approve' | 'hold' | 'release' | 'pay' | 'reverse',
    provider: string,
    { month, now }: { month: number; now: number },
  ): 'ok' | 'conflict' {
    const payout = this.payoutOf(provider, month)
    const { status, isHeld, open } = payout
    const net = netOf(payout)
    const isFree = !isHeld && open === 0
    const isWaiting = status === 'pending' || status === 'approved'
    const isReleased = monthAfter(month) + holdMs <= now
    const may = {
      approve: (status === 'pending' || status === 'reversed') && isFree,
      hold: isWaiting && !isHeld,
      release: isHeld && open === 0,
      pay: status === 'approved' && isFree && isReleased && net > 0n,
      reverse: status === 'paid',
    }
    if (!may[move]) return 'conflict'
    if (move === 'approve') payout.status = 'approved'
    if (move === 'hold') payout.isHeld = true
    if (move === 'release') Object.assign(payout, { isHeld: false, status: 'pending' })
    if (move === 'pay') {
      Object.assign(payout, { status: 'paid', paid: net })
      this.move(`payable:${provider}`, 'cash', net)
    }
    if (move === 'reverse') {
      payout.status = 'reversed'
      this.move('cash', `payable:${provider}`, payout.paid)
    }
    return 'ok'
  }

  // --- Disputes ----------------------------------------------------------------------------------

  mayDispute(uses: readonly Use[], now: number): 'ok' | 'conflict' | 'free' {
    if (uses.some((use) => use.amount === 0n)) return 'free'
    if (uses.some((use) => now >= monthAfter(use.month) + holdMs)) return 'conflict'
    if (uses.some((use) => use.contest !== 'none')) return 'conflict'
    const isPaid = uses.some((use) => this.payoutOf(use.provider, use.month).status === 'paid')
    return isPaid ? 'conflict' : 'ok'
  }

  openDispute(id: string, buyer: string, uses: Use[]): void {
    this.disputes.set(id, { buyer, uses, status: 'open' })
    for (const use of uses) {
      use.contest = 'open'
      const payout = this.payoutOf(use.provider, use.month)
      payout.held += use.amount - use.platform
      payout.open += 1
      this.move(`payable:${use.provider}`, `held:${use.provider}`, use.amount - use.platform)
    }
  }

  resolve(id: string, resolution: 'refunded' | 'rejected'): 'ok' | 'conflict' {
    const dispute = this.disputes.get(id)
    if (dispute?.status !== 'open') return 'conflict'
    const { buyer, uses } = dispute
    const isVoid = (use: Use) => this.invoiceOf(buyer, use.month)?.status === 'void'
    if (resolution === 'refunded' && uses.some(isVoid)) return 'conflict'
    dispute.status = resolution
    const credits = new Map<number, bigint>()
    for (const use of uses) {
      const { provider, platform, amount, month } = use
      use.contest = resolution
      const payout = this.payoutOf(provider, month)
      payout.held -= amount - platform
      payout.open -= 1
      if (resolution === 'rejected') {
        this.move(`held:${provider}`, `payable:${provider}`, amount - platform)
        continue
      }
      payout.gross -= amount
      payout.fee -= platform
      this.move(`held:${provider}`, `receivable:${buyer}`, amount - platform)
      this.move('refunds', `receivable:${buyer}`, platform)
      credits.set(month, (credits.get(month) ?? 0n) + amount)
    }
    for (const [month, amount] of credits) {
      if (this.invoiceOf(buyer, month)) this.credit(buyer, month, amount)
      else this.noteCredit(buyer, { month, disputeId: id, amount })
    }
    return 'ok'
  }

  private noteCredit(
    buyer: string,
    { month, disputeId, amount }: { month: number; disputeId: string; amount: bigint },
  ): void {
    const cell = cellOf(buyer, month)
    const waiting = this.pending.get(cell) ?? new Map<string, bigint>()
    this.pending.set(cell, waiting.set(disputeId, amount))
  }
}

export function netOf({ gross, fee }: Payout): bigint {
  return gross - fee
}

export function shownStatusOf(payout: Payout): Payout['status'] | 'held' {
  if (payout.status === 'paid' || payout.status === 'reversed') return payout.status
  return payout.isHeld || payout.open > 0 ? 'held' : payout.status
}

/** How an outcome is shared out: each dataset's part of the value, by a running sum in id order. */
export function outcomeParts(
  value: bigint,
  counts: ReadonlyMap<Terms, number>,
): Map<Terms, bigint> {
  const sharing = [...counts].filter(([terms]) => terms.outcomeBps !== null)
  sharing.sort(([a], [b]) => (a.id < b.id ? -1 : 1))
  const all = sharing.reduce((sum, [, count]) => sum + count, 0)
  const parts = new Map<Terms, bigint>()
  let weight = 0n
  let given = 0n
  for (const [terms, count] of sharing) {
    weight += BigInt(count) * (terms.outcomeBps ?? 0n)
    const until = half(value * weight, 10_000n * BigInt(all))
    parts.set(terms, until - given)
    given = until
  }
  return parts
}
