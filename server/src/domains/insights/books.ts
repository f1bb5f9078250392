// The check of the books: everything is added up again, and what does not fit is named. It reads in
// batches and keeps only what it found, so that memory stays flat however much was ever sold.
import type { Call } from '../../base/call.ts'
import { dateOf, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { assert } from '../../base/errors.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as audit from '../audit/audit.ts'
import * as billing from '../billing/billing.ts'
import * as invoices from '../invoices/invoices.ts'
import * as ledger from '../ledger/ledger.ts'
import * as metering from '../metering/metering.ts'
import * as payouts from '../payouts/payouts.ts'
import type { BookCheck, ChargeRow, Finding, SoldInCharge } from './store.ts'
import * as store from './store.ts'

export type { BookCheck, Finding } from './store.ts'

const findingsMax = 1_000
const chargesAtOnce = 500
const rowsAtOnce = 1_000

/** What is wrong: nothing, as long as the books are sound. At most 1,000 findings, some of each kind. */
export async function checkBooks(db: Db): Promise<Finding[]> {
  const passes = [
    wrongBalances(db),
    wrongCharges(db),
    unaskedTransfers(db),
    unchargedUsage(db),
    wrongUsage(db),
    wrongInvoices(db),
    wrongPayouts(db),
    wrongMovements(db),
  ]
  const findings: Finding[] = []
  // A pass that finds very much stops there: it must not hide what another one would find.
  const eachMax = Math.floor(findingsMax / passes.length)
  for (const pass of passes) {
    let count = 0
    for await (const finding of pass) {
      findings.push(finding)
      count += 1
      if (count >= eachMax) break
    }
  }
  return findings
}

async function* wrongBalances(db: Db): AsyncGenerator<Finding> {
  for (const { account, balanceMicros, transfersMicros } of await ledger.verify(db)) {
    const text = `The balance is ${balanceMicros} micros, the transfers make ${transfersMicros}.`
    yield { kind: 'balance', targetId: account, text }
  }
  const { totalMicros } = await ledger.trialBalance(db)
  if (totalMicros === 0n) return
  const text = `All balances make ${totalMicros} micros, not zero.`
  yield { kind: 'trial_balance', targetId: 'ledger', text }
}

// Charge, usage events and transfers become facts together, so whoever sees the charge sees them all.
async function* wrongCharges(db: Db): AsyncGenerator<Finding> {
  let after = ''
  for (;;) {
    const charges = await store.listCharges(db, { after, limit: chargesAtOnce })
    const chargeIds = charges.map((charge) => charge.id)
    const sold = soldByCharge(await store.listSoldInCharges(db, chargeIds))
    const booked = charges.map((charge) => bookedFor(charge, sold.get(charge.id) ?? []))
    const transfers = booked.flatMap((one) => one.transfers)
    const found = await ledger.findTransfers(
      db,
      transfers.map(({ id }) => id),
    )
    for (const { charge, soldMicros } of booked) {
      if (charge.amountMicros === soldMicros) continue
      const text = `The charge is ${charge.amountMicros} micros, its usage events make ${soldMicros}.`
      yield { kind: 'charge', targetId: charge.id, text }
    }
    for (const transfer of transfers) yield* wrongTransfer(transfer, found.get(transfer.id))
    const last = charges.at(-1)
    if (!last || charges.length < chargesAtOnce) return
    after = last.id
  }
}

function soldByCharge(rows: readonly SoldInCharge[]): Map<string, SoldInCharge[]> {
  const sold = new Map<string, SoldInCharge[]>()
  for (const row of rows) sold.set(row.chargeId, [...(sold.get(row.chargeId) ?? []), row])
  return sold
}

function bookedFor(charge: ChargeRow, sold: readonly SoldInCharge[]) {
  const own = sold.filter((row) => row.tenantId === charge.tenantId)
  return {
    charge,
    soldMicros: own.reduce((sum, row) => sum + row.amountMicros, 0n),
    transfers: billing.transfersOf(charge.id, charge.tenantId, own),
  }
}

function* wrongTransfer(
  asked: ledger.Transfer,
  posted: ledger.TransferRow | undefined,
): Generator<Finding> {
  const { id, amountMicros } = asked
  if (!posted) {
    const text = `A transfer of ${amountMicros} micros for a charge is missing.`
    yield { kind: 'transfer_missing', targetId: id, text }
    return
  }
  if (posted.amountMicros !== amountMicros) {
    const text = `The transfer moves ${posted.amountMicros} micros, its usage events make ${amountMicros}.`
    yield { kind: 'transfer_wrong', targetId: id, text }
  }
  const isBetween =
    posted.debitAccountId === ledger.accountId(asked.debit) &&
    posted.creditAccountId === ledger.accountId(asked.credit)
  if (isBetween) return
  const text = 'The transfer stands between other accounts than its charge asks for.'
  yield { kind: 'transfer_wrong', targetId: id, text }
}

async function* unaskedTransfers(db: Db): AsyncGenerator<Finding> {
  const text = 'The transfer is in the name of a charge, and no usage event asks for it.'
  let after = ''
  for (;;) {
    const last = await store.findTransferAfter(db, { after, limit: rowsAtOnce })
    if (last === undefined) return
    for (const targetId of await store.listUnasked(db, { after, last })) {
      yield { kind: 'transfer_wrong', targetId, text }
    }
    after = last
  }
}

async function* unchargedUsage(db: Db): AsyncGenerator<Finding> {
  const text = 'The usage event belongs to no charge of its tenant.'
  let after = ''
  for (;;) {
    const last = await store.findUsageAfter(db, { after, limit: rowsAtOnce })
    if (last === undefined) return
    for (const targetId of await store.listUncharged(db, { after, last })) {
      yield { kind: 'usage_event', targetId, text }
    }
    after = last
  }
}

const usageTexts: Record<metering.WrongUsage['problem'], string> = {
  digest: 'The usage event was changed after it was written.',
  amount: 'The amounts of the usage event do not follow from its price.',
}

async function* wrongUsage(db: Db): AsyncGenerator<Finding> {
  for await (const { id, problem } of metering.verifyUsage(db)) {
    yield { kind: 'usage_event', targetId: id, text: usageTexts[problem] }
  }
}

const invoiceTexts: Record<invoices.WrongInvoice['problem'], string> = {
  total: 'The total of the invoice is not the sum of its lines.',
  usage: 'The lines of the invoice are not the usage events of its month.',
  credits: 'The invoice was credited beyond its total.',
  unbilled: 'The month is closed without an invoice, although something was charged.',
}

async function* wrongInvoices(db: Db): AsyncGenerator<Finding> {
  for (const { id, problem } of await invoices.verifyInvoices(db)) {
    yield { kind: 'invoice', targetId: id, text: invoiceTexts[problem] }
  }
}

const payoutTexts: Record<payouts.WrongPayout['problem'], string> = {
  lines: 'The payout is not the sum of its lines.',
  usage: 'The lines of the payout are not the usage events of its month.',
}

async function* wrongPayouts(db: Db): AsyncGenerator<Finding> {
  for (const { id, problem } of await payouts.verifyPayouts(db)) {
    yield { kind: 'payout', targetId: id, text: payoutTexts[problem] }
  }
}

async function* wrongMovements(db: Db): AsyncGenerator<Finding> {
  for (const { id, isMissing } of await store.listWrongTransfers(db)) {
    yield isMissing
      ? { kind: 'transfer_missing', targetId: id, text: 'This transfer is missing.' }
      : { kind: 'transfer_wrong', targetId: id, text: 'This transfer moves another amount.' }
  }
}

/** What the last check found; undefined before the first. */
export async function lastBookCheck({ db }: { db: Db }, _: Call): Promise<BookCheck | undefined> {
  return store.findLastBookCheck(db)
}

/** For operators who do not want to wait for the night. A repeated call finds its own check. */
export async function checkBooksNow({ db }: { db: Db }, call: Call): Promise<BookCheck> {
  const { chargeKey, now } = call
  const made = await store.findBookCheckBy(db, chargeKey)
  if (made) return made
  const findings = await checkBooks(db)
  return db.tx(async (tx) => {
    await store.insertBookCheck(tx, { checkedAt: now, findings, askedBy: chargeKey })
    await audit.record(tx, call, { action: 'books.check', changes: { found: findings.length } })
    const check = await store.findBookCheckBy(tx, chargeKey)
    assert(check, 'the check was stored just before')
    return check
  })
}

/** Once each UTC day. Who finds something wrong fails, so that it stands in the log as well. */
export async function checkBooksNightly({ db }: { db: Db }, { now }: TaskRun): Promise<void> {
  const startOfDay = dateOf(Math.floor(now.getTime() / msPerDay) * msPerDay)
  if (await store.wasCheckedSince(db, startOfDay)) return
  const findings = await checkBooks(db)
  await db.tx((tx) => store.insertBookCheck(tx, { checkedAt: now, findings, askedBy: null }))
  assert(findings.length === 0, `the books are sound: ${findings.length} findings`)
}
