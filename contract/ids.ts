// Ids: a prefix, `_`, and 26 characters of a time-ordered UUID. Opaque to callers (decisions 7).

export const idPrefixes = {
  usr: 'user',
  tnt: 'tenant',
  mem: 'membership',
  sess: 'session',
  key: 'API key',
  dset: 'dataset',
  obj: 'object',
  upl: 'upload',
  grt: 'grant',
  arq: 'access request',
  sa: 'search activity',
  rte: 'retrieval event',
  cit: 'citation',
  out: 'outcome',
  dl: 'download event',
  quo: 'quote',
  inv: 'invoice',
  pay: 'payout',
  dsp: 'dispute',
  job: 'job',
  res: 'resource',
  whk: 'webhook endpoint',
  evt: 'event',
  req: 'request',
  aud: 'audit event',
  ue: 'usage event',
  bud: 'budget',
  line: 'invoice line',
  del: 'delivery',
  pp: 'price point',
  // Inside only.
  idem: 'idempotency record',
  chg: 'charge',
} as const

export type IdPrefix = keyof typeof idPrefixes
export type Id<P extends IdPrefix> = `${P}_${string}`
