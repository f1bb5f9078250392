// The names of accounts: one of a tenant for each purpose, and those of the platform in stripes.
import type { Id } from '../../base/ids.ts'
import { type Purpose, purposes } from './store.ts'

/** An account of a tenant, or of the platform: then `tenantId` only chooses the stripe. */
export interface AccountName {
  purpose: Purpose
  tenantId: Id<'tnt'>
}

export const tenantPurposes: readonly Purpose[] = ['receivable', 'payable', 'held']

// Platform accounts are kept in stripes, so that no row is shared by all; shown as one.
const stripes = 16

export function accountId({ purpose, tenantId }: AccountName): string {
  if (tenantPurposes.includes(purpose)) return `${purpose}:${tenantId}`
  let sum = 0
  for (const letter of tenantId) sum = (sum * 31 + letter.charCodeAt(0)) % 65_521
  return stripeId(purpose, sum % stripes)
}

function stripeId(purpose: string, stripe: number): string {
  return `${purpose}:${String(stripe).padStart(2, '0')}`
}

/** As operators name and see it: the stripes of a platform account are one. */
export function shownAccount(id: string): string {
  const [purpose = ''] = id.split(':')
  return tenantPurposes.some((one) => one === purpose) ? id : purpose
}

/** The accounts that stand behind a shown one. */
export function accountIdsOf(shown: string): string[] {
  const isPlatforms = purposes.some((one) => one === shown) && shownAccount(shown) === shown
  if (!isPlatforms) return [shown]
  return Array.from({ length: stripes }, (_, stripe) => stripeId(shown, stripe))
}

export function accountIdsOfTenant(tenantId: string): string[] {
  return tenantPurposes.map((purpose) => `${purpose}:${tenantId}`)
}
