import { toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import type { Wire } from '../../base/route.ts'
import type { TrialBalance } from './ledger.ts'
import type { ShownAccount, ShownTransfer, TransferQuery } from './pages.ts'

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

export function readAccounts(input: ParsedInput<'ledger.accounts'>) {
  return {
    tenantId: input.tenant_id ?? null,
    purpose: input.purpose ?? null,
    limit: input.limit,
  }
}

export function presentAccount(account: ShownAccount) {
  return {
    account: account.account,
    tenant_id: account.tenantId,
    purpose: account.purpose,
    balance: toMajor(account.balanceMicros),
  }
}

export function readTransfers(input: ParsedInput<'ledger.transfers'>): TransferQuery {
  return {
    account: input.account ?? null,
    tenantId: input.tenant_id ?? null,
    from: input.from ? dateOf(input.from) : null,
    to: input.to ? dateOf(input.to) : null,
    limit: input.limit,
  }
}

export function presentTransfer(transfer: ShownTransfer, wire: Wire) {
  return {
    transfer_id: transfer.id,
    debit_account: transfer.debitAccount,
    credit_account: transfer.creditAccount,
    amount: toMajor(transfer.amountMicros),
    currency: transfer.currency,
    reason: transfer.reason,
    posted_at: wire.time(transfer.postedAt),
  }
}
