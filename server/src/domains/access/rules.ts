// Who may discover and use a dataset, as pure functions of one dataset's standing towards one tenant.
// The SQL of `store.listUsable` says the same for many at once; a test holds the two together.
import type { Id } from '../../base/ids.ts'

export type Visibility = 'private' | 'listed' | 'restricted'
export type AccessPolicy = 'automatic' | 'approval'
export type AccessKind = 'owned' | 'granted' | 'available' | 'request_required' | 'pending'

export interface Policy {
  datasetId: Id<'dset'>
  /** The dataset's number in the search engine. */
  datasetNo: number
  /** Who owns it. */
  tenantId: Id<'tnt'>
  visibility: Visibility
  accessPolicy: AccessPolicy
  openForUse: boolean
  discoverable: boolean
}

/** A policy as one tenant meets it now. */
export interface Standing extends Policy {
  isOwned: boolean
  /** A grant that is neither revoked nor expired. */
  isGranted: boolean
  /** A request that waits for its decision. */
  isRequested: boolean
}

/** May the tenant know that the dataset exists? A grant on a private dataset has no effect. */
export function mayDiscover(standing: Standing): boolean {
  if (!standing.discoverable) return false
  if (standing.isOwned || standing.visibility === 'listed') return true
  return standing.visibility === 'restricted' && standing.isGranted
}

/** May the tenant use it, whenever it is open for use? */
export function mayUse(standing: Standing): boolean {
  if (!mayDiscover(standing)) return false
  if (standing.isOwned || standing.isGranted) return true
  return standing.visibility === 'listed' && standing.accessPolicy === 'automatic'
}

/** What the catalog says about it; undefined where it may not be discovered. */
export function accessKindOf(standing: Standing): AccessKind | undefined {
  if (!mayDiscover(standing)) return undefined
  if (standing.isOwned) return 'owned'
  if (standing.isGranted) return 'granted'
  if (standing.accessPolicy === 'automatic') return 'available'
  return standing.isRequested ? 'pending' : 'request_required'
}
