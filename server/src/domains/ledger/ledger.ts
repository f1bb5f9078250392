// Double entry: the only writer of accounts and transfers. A transfer has one debit, one credit, a
// positive amount and an id given by its caller, so it cannot be unbalanced; the sum of all balances is
// zero at all times. It does not know why money moves.
import type { Db, Tx } from '../../base/db.ts'
import { assert, Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { type AccountName, accountId, tenantPurposes } from './accounts.ts'
import type { Account, TransferRow } from './store.ts'
import * as store from './store.ts'

export { type AccountName, accountId } from './accounts.ts'
export { listAccounts, listTransfers } from './pages.ts'
export type { Account, Purpose, TransferRow } from './store.ts'

export interface Transfer {
  /** The same id with the same content is posted once; with another content it is a conflict. */
  id: string
  debit: AccountName
  credit: AccountName
  amountMicros: bigint
  reason: string
}

/**
 * Posts transfers; one that was posted before is left out. Accounts are made with their first transfer,
 * and locked in id order.
 */
export async function post(tx: Tx, transfers: readonly Transfer[], now: Date): Promise<void> {
  if (transfers.length === 0) return
  for (const { amountMicros } of transfers) assert(amountMicros > 0n, 'a transfer is positive')
  const rows = new Map<string, TransferRow>()
  const repeated: TransferRow[] = []
  for (const transfer of transfers) {
    const row = rowOf(transfer, now)
    // The same transfer may stand twice in one call.
    if (rows.has(row.id)) repeated.push(row)
    else rows.set(row.id, row)
  }
  const posted = new Set(await store.postTransfers(tx, [...rows.values()], accountsOf(transfers)))
  const found = [...rows.values()].filter((row) => !posted.has(row.id))
  for (const row of [...found, ...repeated]) await requirePosted(tx, row)
}

function rowOf(transfer: Transfer, now: Date): TransferRow {
  return {
    id: transfer.id,
    debitAccountId: accountId(transfer.debit),
    creditAccountId: accountId(transfer.credit),
    amountMicros: transfer.amountMicros,
    reason: transfer.reason,
    postedAt: now,
  }
}

/** What was posted before under this id must be what is posted now. */
async function requirePosted(tx: Tx, row: TransferRow): Promise<void> {
  const posted = await store.findTransfer(tx, row.id)
  const isSame =
    posted?.debitAccountId === row.debitAccountId &&
    posted.creditAccountId === row.creditAccountId &&
    posted.amountMicros === row.amountMicros &&
    posted.reason === row.reason
  if (!isSame) throw new Failure('conflict', 'This transfer was posted with another content.')
}

function accountsOf(transfers: readonly Transfer[]): Omit<Account, 'balanceMicros'>[] {
  const accounts = new Map<string, Omit<Account, 'balanceMicros'>>()
  for (const name of transfers.flatMap((one) => [one.debit, one.credit])) {
    const id = accountId(name)
    const isTenants = tenantPurposes.includes(name.purpose)
    accounts.set(id, {
      id,
      purpose: name.purpose,
      tenantId: isTenants ? name.tenantId : null,
    })
  }
  return [...accounts.values()]
}

/** Debits minus credits. A receivable is positive, a payable negative. */
export async function balanceOf(db: Db, name: AccountName): Promise<bigint> {
  return store.findBalance(db, accountId(name))
}

export interface TrialBalance {
  /** Stripes of a platform account shown as one, in id order. */
  accounts: { account: string; tenantId: Id<'tnt'> | null; balanceMicros: bigint }[]
  totalMicros: bigint
}

export async function trialBalance(db: Db): Promise<TrialBalance> {
  const accounts = await store.listBalances(db)
  return {
    accounts,
    totalMicros: accounts.reduce((sum, account) => sum + account.balanceMicros, 0n),
  }
}

/**
 * Adds up every transfer again and compares with the balances. Answers the accounts that differ: none,
 * as long as money is explained.
 */
export async function verify(
  db: Db,
): Promise<{ account: string; balanceMicros: bigint; transfersMicros: bigint }[]> {
  return store.listUnexplained(db)
}

/** Of these ids, those that are on record, by their ids. */
export async function findTransfers(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, TransferRow>> {
  return new Map((await store.listTransfersById(db, ids)).map((row) => [row.id, row]))
}
