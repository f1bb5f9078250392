// The month ends: invoice, payment, dispute, refund, payout. The clock is moved by hand, and what is due
// by then is done at once.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusalOf } from './buyer.ts'
import { claim, micros, usd } from './narrator.ts'
import { chargedSum, type Stage } from './stage.ts'

export async function monthScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('The month ends, and the invoice is written', () => closeMonth(stage))
  await narrator.step('The buyer keeps it as PDF', () => keepPdf(stage))
  await narrator.step('The operator records its payment', () => recordPayment(stage))
  await narrator.step('The payout waits in its hold window', () => showPayout(stage))
  await narrator.step('The buyer disputes one passage', () => openDispute(stage))
  await narrator.step('The operator looks at it, and refunds', () => refund(stage))
  await narrator.step('The hold window ends, and the payout is paid', () => payOut(stage))
}

/** The first moment of the next month. */
export function monthEndOf(time: Date): Date {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 1))
}

const dayOf = (time: string) => time.slice(0, 10)

async function closeMonth(stage: Stage) {
  await stage.moveTo(monthEndOf(stage.now()), ['invoices.close-months', 'payouts.make'])
  const { items } = await stage.buyer.client.invoices.list()
  const invoice = items.find((one) => one.status === 'open')
  claim(invoice, 'the month has an open invoice')
  const strangers = (await stage.stranger.client.invoices.list()).items
  stage.documents.invoice = invoice.invoice_id
  for (const line of invoice.lines) {
    const name = `${line.dataset_name}, ${line.event_type}`
    stage.narrator.say(
      `   ${name.padEnd(36)} ${String(line.quantity).padStart(4)}  ${usd(line.amount).padStart(10)}`,
    )
  }
  const lines = invoice.lines.reduce((sum, line) => sum + micros(line.amount), 0n)
  claim(lines === micros(invoice.total), 'the lines add up to the total')
  claim(lines === chargedSum(stage), 'and the total is what the buyer was told it was charged')
  claim(
    strangers.some((one) => one.status === 'open'),
    'the stranger has an invoice as well',
  )
  stage.narrator.say(
    `   ${invoice.number}: ${usd(invoice.total)} for ${dayOf(invoice.period_start)} to ${dayOf(invoice.period_end)}, due ${dayOf(invoice.due_at ?? '')}`,
  )
  return { number: invoice.number, total: invoice.total, lines: invoice.lines.length }
}

async function keepPdf(stage: Stage) {
  const invoice_id = stage.documents.invoice
  const bytes = await stage.buyer.client.invoices.pdf({ invoice_id })
  claim(Buffer.from(bytes.subarray(0, 5)).toString() === '%PDF-', 'it is a PDF')
  const path = join(stage.folder, 'invoice.pdf')
  writeFileSync(path, bytes)
  stage.narrator.say(`   ${bytes.length} bytes: ${path}`)
  return { path, bytes: bytes.length }
}

async function recordPayment(stage: Stage) {
  const invoice_id = stage.documents.invoice
  const { adminInvoices, admin } = stage.operator.client
  const { total } = await stage.buyer.client.invoices.get({ invoice_id })
  const payment = {
    invoice_id,
    currency: 'USD' as const,
    reference: 'SEPA 4711',
    paid_at: stage.now().toISOString(),
  }
  const wrong = await refusalOf(adminInvoices.pay({ ...payment, amount: total - 0.01 }))
  claim(wrong.status === 422, 'less than what is due is no payment')
  const { data } = await adminInvoices.pay({ ...payment, amount: total })
  claim(data.status === 'paid' && data.amount_due === 0, 'the invoice is paid')
  claim((await admin.system()).data.unexplained_money === 0, 'no money is unexplained')
  stage.narrator.say(`   a cent less: ${wrong.status}; ${usd(total)}: ${data.status}`)
  return { status: data.status, paid: total, reference: data.payment_reference }
}

async function showPayout(stage: Stage) {
  const [payout] = (await stage.provider.client.payouts.list()).data.payouts
  claim(payout, 'the provider has a payout')
  const { payout_id } = payout
  stage.documents.payout = payout_id
  const invoices = (await stage.operator.client.adminInvoices.list()).data.invoices
  const invoiced = invoices.reduce((sum, one) => sum + micros(one.total), 0n)
  claim(micros(payout.gross) === invoiced, 'gross is what all buyers were invoiced')
  claim(micros(payout.net) + micros(payout.platform_fee) === invoiced, 'shares sum to the whole')
  claim(payout.status === 'pending', 'the payout is pending')
  const early = await refusalOf(
    stage.operator.client.adminPayouts.pay({ payout_id, bank_reference: 'too early' }),
  )
  claim(early.status === 409, 'it cannot be paid yet')
  stage.narrator.say(
    `   gross ${usd(payout.gross)} − platform ${usd(payout.platform_fee)} = net ${usd(payout.net)}`,
  )
  stage.narrator.say(`   ${payout.status} until ${payout.release_at}; paid today: ${early.status}`)
  return { status: payout.status, net: payout.net, release_at: payout.release_at }
}

const payoutOf = async ({ provider, documents }: Stage) =>
  (await provider.client.payouts.get({ payout_id: documents.payout })).data

async function openDispute(stage: Stage) {
  const { usageEvents, disputes } = stage.buyer.client
  const { items } = await usageEvents.list({
    invoice_id: stage.documents.invoice,
    dataset_id: stage.datasets.reports,
    event_type: 'retrieval',
  })
  const [event] = items
  claim(event, 'passages stand behind the invoice')
  const dispute = await disputes.create({
    usage_event_ids: [event.usage_event_id],
    reason: 'This passage has nothing to do with the question.',
  })
  stage.documents.dispute = dispute.dispute_id
  const payout = await payoutOf(stage)
  claim(dispute.amount === event.amount, 'all that the passage cost is in dispute')
  claim(
    micros(payout.held) === micros(event.amount) - micros(event.platform_amount),
    'the provider’s share is held',
  )
  claim(payout.status === 'held', 'and nothing is paid out meanwhile')
  stage.narrator.say(`   ${dispute.dispute_id}: ${usd(dispute.amount)} of ${event.dataset_name}`)
  stage.narrator.say(`   payout ${payout.status}, ${usd(payout.held)} of it in dispute`)
  return { dispute_id: dispute.dispute_id, amount: dispute.amount, held: payout.held }
}

async function refund(stage: Stage) {
  const { adminDisputes } = stage.operator.client
  const dispute_id = stage.documents.dispute
  const before = await payoutOf(stage)
  const [exhibit] = (await adminDisputes.evidence({ dispute_id })).data.evidence
  claim(exhibit?.query && exhibit.passage, 'question and passage are shown as they were sold')
  stage.narrator.say(`   asked “${exhibit.query}”, sold at rank ${exhibit.rank}:`)
  stage.narrator.say(`   ${exhibit.passage.replace(/\s+/g, ' ').slice(0, 96)} …`)
  const note = 'Looked at the passage; the buyer is right.'
  const { data } = await adminDisputes.resolve({ dispute_id, resolution: 'refunded', note })
  claim(data.status === 'refunded', 'the dispute is settled')
  const { items } = await stage.buyer.client.invoices.list()
  const credit = items.find((one) => one.credits_invoice_id === stage.documents.invoice)
  claim(credit && micros(credit.total) === -micros(data.amount), 'a credit note takes it back')
  stage.documents.credit = credit.invoice_id
  const after = await payoutOf(stage)
  claim(after.status === 'pending' && after.held === 0, 'nothing is held any more')
  claim(micros(before.net) - micros(before.held) === micros(after.net), 'the provider earns less')
  stage.narrator.say(`   credit note ${credit.number}: ${usd(credit.total)}; net ${usd(after.net)}`)
  const paid = await adminInvoicesOf(stage).pay({
    invoice_id: credit.invoice_id,
    amount: -credit.total,
    currency: 'USD',
    reference: 'SEPA 4713',
    paid_at: stage.now().toISOString(),
  })
  claim(credit.status === 'open' && paid.data.status === 'paid', 'and the money goes back')
  stage.narrator.say(`   paid back to the buyer: ${usd(-credit.total)}, SEPA 4713`)
  return { credit_note: credit.number, total: credit.total, net: after.net }
}

const adminInvoicesOf = ({ operator }: Stage) => operator.client.adminInvoices

async function payOut(stage: Stage) {
  const { release_at } = await payoutOf(stage)
  await stage.moveTo(new Date(release_at), ['payouts.make'])
  const { payout_id, status } = await payoutOf(stage)
  claim(status === 'approved', 'the clock has approved it')
  const { adminPayouts } = stage.operator.client
  const { data } = await adminPayouts.pay({ payout_id, bank_reference: 'SEPA 4712' })
  claim(data.status === 'paid' && data.bank_reference === 'SEPA 4712', 'it is paid')
  const late = await refusalOf(
    stage.buyer.client.disputes.create({
      usage_event_ids: await someUsage(stage),
      reason: 'Too late.',
    }),
  )
  claim(late.status === 409, 'what is paid out is disputed no more')
  stage.narrator.say(`   ${dayOf(release_at)}: ${status} by the clock`)
  stage.narrator.say(
    `   ${usd(data.net)} paid, ${data.bank_reference}; a dispute now: ${late.status}`,
  )
  return { status: data.status, net: data.net, bank_reference: data.bank_reference }
}

async function someUsage({ buyer, documents }: Stage): Promise<string[]> {
  const { items } = await buyer.client.usageEvents.list({
    invoice_id: documents.invoice,
    event_type: 'download',
  })
  return items.map((event) => event.usage_event_id)
}
