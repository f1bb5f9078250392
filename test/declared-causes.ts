// What brings about the errors that an operation declares for itself: for each code a state of the market
// in which the call is refused so. Complete by declared-errors.test.ts, and nothing too many.
import type { ErrorCode } from '@ipto/contract/errors.ts'
import type { CallerInput, OperationId } from '@ipto/contract/operations.ts'
import { identityCauses } from './declared-causes-identity.ts'
import { marketCauses } from './declared-causes-market.ts'
import { moneyCauses } from './declared-causes-money.ts'
import { searchCauses } from './declared-causes-search.ts'
import type { Credential } from './declared-requests.ts'
import type { Seed } from './owner-calls.ts'

export interface Refused<K extends OperationId> {
  input: CallerInput<K>
  /** Where it is not the owner who calls. */
  credential?: Credential
  after?: () => void
}

export type Cause<K extends OperationId> = (seed: Seed) => Refused<K> | Promise<Refused<K>>

/** By operation and code. */
export type Causes = {
  [K in OperationId]?: Partial<Record<ErrorCode, Cause<K>>>
}

export const ownCauses: Causes = {
  ...identityCauses,
  ...marketCauses,
  ...searchCauses,
  ...moneyCauses,
}
