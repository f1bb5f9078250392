// An operator pays at the bank and takes its reference down here: nothing leaves this process, so the
// same payment may be told again.
import type { PayoutRail } from '../../domains/payouts/payout-rail.ts'

export function openManualRail(): PayoutRail {
  return { pay: async ({ bankReference }) => bankReference }
}
