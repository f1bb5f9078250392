// Budgets, invoices, payouts and disputes whose state does not allow the call.
import type { Causes } from './declared-causes.ts'
import { freshUsage, openDispute, ownerCalls, payoutThatIs, type Seed } from './owner-calls.ts'

const reason = 'it does not fit'

async function statusOf({ operator }: Seed['world'], invoice_id: string) {
  const { data } = await operator.client.adminInvoices.list({ limit: 100 })
  return data.invoices.find((one) => one.invoice_id === invoice_id)?.status
}

/** What pays an invoice that is paid. */
async function secondPayment(seed: Seed) {
  const input = await ownerCalls['admin_invoices.pay'].input(seed)
  const { client } = seed.world.operator
  if ((await statusOf(seed.world, input.invoice_id)) === 'open')
    await client.adminInvoices.pay(input)
  return input
}

async function voidInvoice({
  world,
  feeInvoiceId: invoice_id,
}: Seed): Promise<{ invoice_id: string }> {
  const { client } = world.operator
  const isOpen = (await statusOf(world, invoice_id)) === 'open'
  if (isOpen) await client.adminInvoices.void({ invoice_id, reason })
  return { invoice_id }
}

/** Of the running month, which has use in it. */
async function draftInvoice(seed: Seed): Promise<{ invoice_id: string }> {
  await freshUsage(seed)
  const { items } = await seed.world.buyer.client.invoices.list({ limit: 100 })
  return { invoice_id: items.find(({ status }) => status === 'draft')?.invoice_id ?? '' }
}

async function runningPayout(seed: Seed): Promise<{ payout_id: string }> {
  await freshUsage(seed)
  const { world, payoutId } = seed
  const { data } = await world.provider.client.payouts.list({ limit: 100 })
  const now = world.clock.now().getTime()
  const running = data.payouts.find(({ period_end }) => Date.parse(period_end) >= now)
  return { payout_id: running?.payout_id ?? payoutId }
}

async function contested(seed: Seed): Promise<{ usage_event_ids: string[]; reason: string }> {
  const usage_event_ids = [await freshUsage(seed)]
  await seed.world.buyer.client.disputes.create({ usage_event_ids, reason })
  return { usage_event_ids, reason }
}

async function rejectedDispute(seed: Seed): Promise<{ dispute_id: string }> {
  const { dispute_id } = await openDispute(seed)
  const settled = { dispute_id, resolution: 'rejected' as const, note: reason }
  await seed.world.operator.client.adminDisputes.resolve(settled)
  return { dispute_id }
}

export const moneyCauses: Causes = {
  'budgets.set': {
    not_found: () => ({ input: { amount: 5, currency: 'USD', resource_id: 'res_unknown' } }),
  },
  'usage_events.list': { not_found: () => ({ input: { invoice_id: 'inv_unknown' } }) },
  'invoices.pdf': { conflict: async (seed) => ({ input: await draftInvoice(seed) }) },
  'admin_invoices.pay': { conflict: async (seed) => ({ input: await secondPayment(seed) }) },
  'admin_invoices.void': {
    conflict: async (seed) => ({ input: { ...(await voidInvoice(seed)), reason } }),
  },
  'payouts.statement': { conflict: async (seed) => ({ input: await runningPayout(seed) }) },
  'admin_payouts.approve': {
    conflict: async (seed) => ({ input: await payoutThatIs('held', seed) }),
  },
  'admin_payouts.pay': {
    conflict: async (seed) => ({
      input: { ...(await payoutThatIs('pending', seed)), bank_reference: 'bank 4' },
    }),
  },
  'admin_payouts.hold': {
    conflict: async (seed) => ({ input: { ...(await payoutThatIs('held', seed)), reason } }),
  },
  'admin_payouts.release': {
    conflict: async (seed) => ({ input: await payoutThatIs('approved', seed) }),
  },
  'admin_payouts.reverse': {
    conflict: async (seed) => ({ input: { ...(await payoutThatIs('approved', seed)), reason } }),
  },
  'disputes.create': {
    not_found: () => ({ input: { usage_event_ids: ['ue_unknown'], reason } }),
    conflict: async (seed) => ({ input: await contested(seed) }),
  },
  'admin_disputes.resolve': {
    conflict: async (seed) => ({
      input: { ...(await rejectedDispute(seed)), resolution: 'refunded', note: reason },
    }),
  },
}
