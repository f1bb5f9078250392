import { toMajor } from '@ipto/contract/money.ts'
import type { Wire } from '../../base/route.ts'
import type { TrialBalance } from './ledger.ts'

export function presentTrialBalance(
  { balance, asOf }: { balance: TrialBalance; asOf: Date },
  wire: Wire,
) {
  return {
    accounts: balance.accounts.map(({ account, tenantId, balanceMicros }) => ({
      account,
      tenant_id: tenantId,
      balance: toMajor(balanceMicros),
    })),
    total: toMajor(balance.totalMicros),
    as_of: wire.time(asOf),
  }
}
