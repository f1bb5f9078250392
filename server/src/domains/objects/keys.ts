// The two keys of an object's bytes, made of its id, so that a sweep knows them without having seen them.
import type { Id } from '../../base/ids.ts'

/** Where the signed address writes. Nothing here was verified. */
export function arrivalKeyOf(objectId: Id<'obj'>): string {
  return `uploads/${objectId}`
}

/**
 * Where the bytes stay. No address can write here, so what was verified is what is kept. Known bytes
 * get a key of their own too, and the copy dies afterwards: so no key is ever used twice, no purge can
 * hit bytes that somebody just confirmed, and known bytes look and cost like new ones.
 */
export function keptKeyOf(objectId: Id<'obj'>): string {
  return `blobs/${objectId}`
}
