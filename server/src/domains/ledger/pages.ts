// Accounts and transfers as operators read them, page by page.
import type { Call } from '../../base/call.ts'
import { dateOf } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import { accountIdsOf, accountIdsOfTenant, shownAccount } from './accounts.ts'
import type { AccountFilter, Purpose } from './store.ts'
import * as store from './store.ts'

export interface ShownAccount {
  account: string
  tenantId: Id<'tnt'> | null
  purpose: Purpose
  balanceMicros: bigint
}

/** Of all tenants, in the order of their names; stripes of a platform account as one. */
export async function listAccounts(
  { db }: { db: Db },
  { after }: Call,
  { limit, ...filter }: AccountFilter & { limit: number },
): Promise<Page<ShownAccount>> {
  const rows = await store.listAccounts(db, filter, { after: afterId(after), limit })
  const total = await store.countAccounts(db, filter)
  return pageOf(rows, limit, (row) => [row.account], total)
}

export interface ShownTransfer {
  id: string
  debitAccount: string
  creditAccount: string
  amountMicros: bigint
  currency: string
  reason: string
  postedAt: Date
}

export interface TransferQuery {
  /** As shown: a platform account stands for all its stripes. */
  account: string | null
  tenantId: string | null
  from: Date | null
  to: Date | null
  limit: number
}

/** Of all tenants, newest first. Throws `invalid_request` for a period that ends before it begins. */
export async function listTransfers(
  { db }: { db: Db },
  { after }: Call,
  { account, tenantId, from, to, limit }: TransferQuery,
): Promise<Page<ShownTransfer>> {
  if (from && to && from > to) {
    throw new Failure('invalid_request', 'The period cannot be like that.', {
      fields: [{ path: 'from', reason: 'must not be after `to`', nature: 'value' }],
    })
  }
  const filter = {
    accountIds: account === null ? null : accountIdsOf(account),
    tenantAccountIds: tenantId === null ? null : accountIdsOfTenant(tenantId),
    from,
    to,
  }
  const [at, id] = after ?? []
  const position = at === undefined || id === undefined ? null : { at: dateOf(at), id: String(id) }
  const rows = await store.listTransfers(db, filter, { after: position, limit })
  const total = await store.countTransfers(db, filter)
  const page = pageOf(rows, limit, (row) => [row.postedAt.toISOString(), row.id], total)
  const items = page.items.map((row) => ({
    id: row.id,
    debitAccount: shownAccount(row.debitAccountId),
    creditAccount: shownAccount(row.creditAccountId),
    amountMicros: row.amountMicros,
    currency: row.currency,
    reason: row.reason,
    postedAt: row.postedAt,
  }))
  return { ...page, items }
}
