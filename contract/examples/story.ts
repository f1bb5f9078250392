// What the examples tell of, all in one story: Harbour Archive sells the passages of its invoices, Lumen
// Research finds and buys them. Ids, times and amounts fit together from one example to the next.
import type { IdPrefix } from '../ids.ts'

/** An id in the form that the server makes; the number tells several of a kind apart. */
function idOf(prefix: IdPrefix, number = 1): string {
  return `${prefix}_01jr2k7m4x9q8w5t3y6n0b1c${String(number).padStart(2, '0')}`
}

export const currency = 'USD'

export const times = {
  made: '2026-04-05T10:00:00Z',
  later: '2026-04-05T10:15:00Z',
  decided: '2026-04-05T11:30:00Z',
  monthStart: '2026-04-01T00:00:00Z',
  monthEnd: '2026-04-30T23:59:59Z',
  closed: '2026-05-01T00:00:00Z',
  due: '2026-05-15T00:00:00Z',
  paid: '2026-05-12T09:00:00Z',
  yearEnd: '2026-12-31T00:00:00Z',
}

export const ids = {
  provider: idOf('tnt', 1),
  buyer: idOf('tnt', 2),
  providerUser: idOf('usr', 1),
  buyerUser: idOf('usr', 2),
  member: idOf('mem'),
  key: idOf('key'),
  dataset: idOf('dset'),
  object: idOf('obj'),
  upload: idOf('upl'),
  grant: idOf('grt'),
  accessRequest: idOf('arq'),
  search: idOf('sa'),
  retrieval: idOf('rte'),
  citation: idOf('cit'),
  outcome: idOf('out'),
  download: idOf('dl'),
  quote: idOf('quo'),
  usage: idOf('ue'),
  budget: idOf('bud'),
  invoice: idOf('inv'),
  feeLine: idOf('line', 1),
  usageLine: idOf('line', 2),
  payout: idOf('pay'),
  dispute: idOf('dsp'),
  job: idOf('job'),
  resource: idOf('res'),
  webhook: idOf('whk'),
  delivery: idOf('del'),
  event: idOf('evt'),
  request: idOf('req'),
  audit: idOf('aud'),
}

/** Of the whole file, and of the one passage that is sold. */
export const hashes = {
  object: '7582215d1edc9f9febc317e27553e37901ae290187dcd555a3abb8bc1a94ca70',
  passage: '2614132dadce4b635b29cc4f9e00c3c312afdd74e7f9b5efefa00c89584e1e29',
}

export const passage = 'The VAT of 19 % is disputed by the supplier and stays open until the audit.'
