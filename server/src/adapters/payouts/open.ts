// The only switch between the ways in which providers are paid.
import type { PayoutRail } from '../../domains/payouts/payout-rail.ts'
import { openManualRail } from './manual.ts'

export type PayoutRailConfig = { kind: 'manual' }

export function openPayoutRail(config: PayoutRailConfig): PayoutRail {
  switch (config.kind) {
    case 'manual':
      return openManualRail()
  }
}
