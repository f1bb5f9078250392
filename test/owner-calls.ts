// For each operation one call that its owner may make, with what the caller must know to make it. The
// matrix of tenants.test.ts puts strangers, weak keys and unknown ids in its place.
import { randomUUID } from 'node:crypto'
import type { CallerInput, OperationId } from '@ipto/contract/operations.ts'
import { closeMonth } from './close-month.ts'
import { ingested, publish, textFile, uploadFile } from './publish.ts'
import { until } from './wait.ts'
import type { Party, World } from './world.ts'

/** What every call may name. Made once; calls that use something up make their own. */
export interface Seed {
  world: World
  /** Private, of the provider, with one indexed object. */
  privateId: string
  objectId: string
  /** Listed, of the provider, for use after a grant only. */
  listedId: string
  /** Listed, of the provider, for use at once, with one indexed object. */
  saleId: string
  /** Of the provider. */
  keyId: string
  jobId: string
  /** Of the provider. */
  resourceId: string
  /** Of the provider, with one delivery. */
  webhookId: string
  deliveryId: string
  /** Of the buyer, who bought it from the provider. */
  retrievalId: string
  /** Of the buyer, for the month in which it bought. */
  invoiceId: string
  /** Of a tenant that owes the fee of its plan. */
  feeInvoiceId: string
  /** Of the provider, for the month in which the buyer bought. Its hold window is over. */
  payoutId: string
}

export interface OwnerCall<K extends OperationId> {
  /** Who may make it; the provider unless said otherwise. `nobody`: no credential at all. */
  by?: 'provider' | 'buyer' | 'operator' | 'nobody'
  /** Valid for the owner, and effective: made anew where the call uses it up. */
  input: (seed: Seed) => CallerInput<K> | Promise<CallerInput<K>>
  /** Fields of the input that name something of the owner. */
  names?: readonly (keyof CallerInput<K> & string)[]
  /** The names lie in a dataset of the provider: a key limited to another one must not reach them. */
  inDataset?: true
  /** Instead of `input` for a stranger: the owner may discover more than the stranger. */
  hidden?: (seed: Seed) => Partial<CallerInput<K>>
}

type OwnerCalls = { [K in OperationId]: OwnerCall<K> }

const text = 'The harbour master keeps the tide tables of the old port in a green ledger.'

export async function openSeed(world: World): Promise<Seed> {
  const { provider, buyer } = world
  const files = [textFile('tides.txt', text)]
  const own = await publish(world, {
    terms: { visibility: 'private', name: 'Hidden tides' },
    files,
  })
  const listed = await provider.client.datasets.create({
    name: 'On request',
    visibility: 'listed',
    access_policy: 'approval',
  })
  const key = await provider.client.apiKeys.create({ name: 'seed', scopes: ['datasets:read'] })
  const resource = await provider.client.resources.create({ name: 'seed' })
  const webhook = await provider.client.webhooks.create({ url: deadUrl, events: ['object.failed'] })
  const { webhook_id } = webhook
  const delivery = await provider.client.webhooks.test({ webhook_id })
  const sale = await publish(world, {
    terms: { name: 'For sale' },
    files: [textFile('sale.txt', `Sale. ${text}`)],
  })
  const bought = await buyer.client.search.query({ query: 'harbour' })
  const { tenantId: payerId } = await world.signUp('payer')
  await world.operator.client.adminTenants.update({ tenant_id: payerId, plan: 'pro' })
  await closeMonth(world)
  const payoutId = await releasedPayout(world)
  return {
    world,
    privateId: own.datasetId,
    objectId: own.objectIds[0] ?? '',
    listedId: listed.dataset_id,
    saleId: sale.datasetId,
    keyId: key.api_key_id,
    jobId: await removedDataset(provider),
    resourceId: resource.id,
    webhookId: webhook_id,
    deliveryId: delivery.delivery_id,
    retrievalId: bought.results[0]?.retrieval_event_id ?? '',
    invoiceId: await openInvoice(world, buyer.tenantId),
    feeInvoiceId: await openInvoice(world, payerId),
    payoutId,
  }
}

/** Each is cited and reported once. */
async function boughtPassage({ world }: Seed): Promise<string> {
  const { results } = await world.buyer.client.search.query({ query: 'harbour' })
  return results[0]?.retrieval_event_id ?? ''
}

/** Waits for the payout, and lets its hold window end; sessions do not outlive that. */
async function releasedPayout(world: World): Promise<string> {
  const { provider, buyer, stranger, operator } = world
  const payoutsOf = async () =>
    (await operator.client.adminPayouts.list({ tenant_id: provider.tenantId })).data.payouts
  await until(async () => (await payoutsOf()).length > 0)
  const [payout] = await payoutsOf()
  if (!payout) throw new Error('the provider has no payout')
  world.clock.forward(Date.parse(payout.release_at) - world.clock.now().getTime())
  for (const party of [provider, buyer, stranger, operator]) await world.logIn(party)
  return payout.payout_id
}

async function openInvoice({ operator }: World, tenant_id: string): Promise<string> {
  const { data } = await operator.client.adminInvoices.list({ tenant_id, status: 'open' })
  return data.invoices[0]?.invoice_id ?? ''
}

async function removedDataset({ client }: Party): Promise<string> {
  const { dataset_id } = await client.datasets.create({ name: 'Gone' })
  return (await client.datasets.delete({ dataset_id })).job_id ?? ''
}

const freshDataset = async ({ world }: Seed) =>
  (await world.provider.client.datasets.create({ name: 'Fresh' })).dataset_id

const freshUpload = ({ world, privateId }: Seed) =>
  world.provider.client.objects.upload({ dataset_id: privateId, ...newFile })

const freshKey = ({ world }: Seed) =>
  world.provider.client.apiKeys.create({ name: 'fresh', scopes: ['datasets:read'] })

/** An API key as an OAuth client. */
function clientOf({ key, key_prefix }: { key: string; key_prefix: string }) {
  return {
    grant_type: 'client_credentials',
    client_id: `ipto_${key_prefix}`,
    client_secret: key.slice(`ipto_${key_prefix}_`.length),
  }
}

const freshInvitation = ({ world }: Seed) =>
  world.provider.client.members.invite({ email: `${randomUUID()}@example.com`, roles: ['viewer'] })

const freshResource = ({ world }: Seed) => world.provider.client.resources.create({ name: 'Fresh' })

// A name that no resolver may know (RFC 6761), so nothing is ever sent.
const deadUrl = 'https://hooks.invalid/ipto'

// A tenant may have twenty, so those that no call took away make room.
async function freshWebhook({ world, webhookId }: Seed): Promise<{ webhook_id: string }> {
  const { webhooks } = world.provider.client
  const { items } = await webhooks.list({ limit: 100 })
  for (const { webhook_id } of items) {
    if (webhook_id !== webhookId) await webhooks.delete({ webhook_id })
  }
  const made = await webhooks.create({ url: deadUrl, events: ['object.failed'] })
  return { webhook_id: made.webhook_id }
}

const newFile = { filename: 'note.txt', content_type: 'text/plain', size_bytes: 5 }
const bytes = Buffer.from('hello')
const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'

async function sentUpload(seed: Seed) {
  const upload = await freshUpload(seed)
  await seed.world.provider.client.uploads.put(upload, bytes)
  return upload
}

async function stagedObject({ world, privateId }: Seed) {
  const object_id = await uploadFile(world.provider, privateId, textFile('staged.txt', text))
  return { tenant_id: world.provider.tenantId, object_id }
}

async function failedObject(seed: Seed): Promise<string> {
  const { provider, operator } = seed.world
  const object_id = await uploadFile(provider, seed.privateId, textFile('not-a.pdf', 'no PDF'))
  await operator.client.review.approve({ tenant_id: provider.tenantId, object_id })
  await ingested(provider, object_id)
  return object_id
}

/** A request for a dataset of its own, so that each can be decided once. */
async function pendingRequest({ world }: Seed): Promise<string> {
  const { provider, buyer } = world
  const { dataset_id } = await provider.client.datasets.create({
    name: 'Asked for',
    visibility: 'listed',
    access_policy: 'approval',
  })
  const asked = await buyer.client.accessRequests.create({ dataset_id, purpose: 'research' })
  return asked.access_request_id
}

async function openGrant({ world, listedId }: Seed): Promise<string> {
  const { tenantId } = await world.signUp('grantee')
  const grant = { dataset_id: listedId, tenant_id: tenantId }
  return (await world.provider.client.grants.create(grant)).grant_id
}

/** Leads the payout of the seed round until it stands where the call finds it. */
async function payoutThatIs(
  status: 'pending' | 'approved' | 'paid' | 'held',
  { world, payoutId: payout_id }: Seed,
): Promise<{ payout_id: string }> {
  const { adminPayouts } = world.operator.client
  const reason = 'on the way'
  for (;;) {
    const { data } = await adminPayouts.list({ tenant_id: world.provider.tenantId })
    const now = data.payouts.find((one) => one.payout_id === payout_id)?.status
    if (now === status) return { payout_id }
    if (now === 'pending' || now === 'reversed') await adminPayouts.approve({ payout_id })
    else if (now === 'paid') await adminPayouts.reverse({ payout_id, reason })
    else if (now === 'held') await adminPayouts.release({ payout_id })
    else if (status === 'paid') await adminPayouts.pay({ payout_id, bank_reference: 'bank 2' })
    else await adminPayouts.hold({ payout_id, reason })
  }
}

/** A usage event of the buyer that nobody has disputed, bought now. */
async function freshUsage({ world, saleId }: Seed): Promise<string> {
  const { client, tenantId } = world.buyer
  await client.search.query({ query: 'harbour', dataset_ids: [saleId] })
  const usage = await world.app.services.db.first<{ id: string }>`
    select id from usage_events
    where tenant_id = ${tenantId} and amount_micros > 0
      and id not in (select usage_event_id from dispute_events where tenant_id = ${tenantId})
    order by occurred_at desc
    limit 1`
  return usage?.id ?? ''
}

async function openDispute(seed: Seed): Promise<{ dispute_id: string }> {
  const usage_event_ids = [await freshUsage(seed)]
  return seed.world.buyer.client.disputes.create({ usage_event_ids, reason: 'not what it says' })
}

/** In a far year, and after all versions of the price book that there are. */
async function freshStart({ operator, clock }: World): Promise<string> {
  const { data } = await operator.client.priceBooks.list({ limit: 1 })
  const last = Date.parse(data.price_books[0]?.starts_at ?? '')
  const far = clock.now().getTime() + 10 * 365 * 86_400_000
  return new Date(Math.max(last, far) + 86_400_000).toISOString()
}

const documentOf = ({ objectId }: Seed) => ({ id: objectId })

export const ownerCalls: OwnerCalls = {
  'auth.signup': {
    by: 'nobody',
    input: () => ({
      email: `${randomUUID()}@example.com`,
      password: 'a long password',
      display_name: 'New',
      tenant_name: 'New Ltd',
    }),
  },
  'auth.login': {
    by: 'nobody',
    input: ({ world }) => ({ email: world.provider.email, password: world.provider.password }),
  },
  'auth.logout': { input: () => ({}) },
  'auth.accept_invite': {
    by: 'nobody',
    input: async (seed) => ({
      invite_token: (await freshInvitation(seed)).invite_token,
      password: 'a long password',
      display_name: 'Invited',
    }),
  },
  'oauth.token': { by: 'nobody', input: async (seed) => clientOf(await freshKey(seed)) },
  'oauth.integration_token': {
    by: 'nobody',
    input: async (seed) => clientOf(await freshKey(seed)),
  },
  'me.get': { input: () => ({}) },
  'me.password': {
    input: ({ world }) => ({
      current_password: world.provider.password,
      new_password: world.provider.password,
    }),
  },
  'tenant.get': { input: () => ({}) },
  'tenant.update': { input: () => ({ name: 'Provider Ltd' }) },
  'members.list': { input: () => ({}) },
  'members.invite': {
    input: () => ({ email: `${randomUUID()}@example.com`, roles: ['viewer'] }),
  },
  'members.update': {
    input: async (seed) => ({
      member_id: (await freshInvitation(seed)).member_id,
      roles: ['buyer_manager'],
    }),
    names: ['member_id'],
  },
  'members.remove': {
    input: async (seed) => ({ member_id: (await freshInvitation(seed)).member_id }),
    names: ['member_id'],
  },
  'api_keys.create': {
    input: ({ privateId }) => ({
      name: 'made',
      scopes: ['search:query'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [privateId],
    }),
    names: ['dataset_ids'],
    inDataset: true,
  },
  'api_keys.list': { input: () => ({}) },
  'api_keys.get': { input: ({ keyId }) => ({ api_key_id: keyId }), names: ['api_key_id'] },
  'api_keys.update': {
    input: ({ keyId }) => ({ api_key_id: keyId, name: 'renamed' }),
    names: ['api_key_id'],
  },
  'api_keys.revoke': {
    input: async (seed) => ({ api_key_id: (await freshKey(seed)).api_key_id }),
    names: ['api_key_id'],
  },
  'datasets.create': { input: () => ({ name: 'Made' }) },
  'datasets.list': { input: () => ({}) },
  'datasets.get': {
    input: ({ privateId }) => ({ dataset_id: privateId }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'datasets.update': {
    input: ({ privateId }) => ({ dataset_id: privateId, description: 'changed' }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'datasets.delete': {
    input: async (seed) => ({ dataset_id: await freshDataset(seed) }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'catalog.list': { input: () => ({}) },
  // What is listed may be discovered by anyone, also with a key that may not use it.
  'catalog.get': {
    input: ({ saleId }) => ({ dataset_id: saleId }),
    names: ['dataset_id'],
    hidden: ({ privateId }) => ({ dataset_id: privateId }),
  },
  'access_requests.create': {
    by: 'buyer',
    input: ({ listedId }) => ({ dataset_id: listedId, purpose: 'research' }),
    names: ['dataset_id'],
    hidden: ({ privateId }) => ({ dataset_id: privateId }),
  },
  'access_requests.list': { input: () => ({}) },
  'access_requests.approve': {
    input: async (seed) => ({ access_request_id: await pendingRequest(seed) }),
    names: ['access_request_id'],
    inDataset: true,
  },
  'access_requests.deny': {
    input: async (seed) => ({ access_request_id: await pendingRequest(seed), reason: 'no' }),
    names: ['access_request_id'],
    inDataset: true,
  },
  'access_requests.withdraw': {
    by: 'buyer',
    input: async (seed) => ({ access_request_id: await pendingRequest(seed) }),
    names: ['access_request_id'],
    inDataset: true,
  },
  'grants.create': {
    input: async ({ world, listedId }) => ({
      dataset_id: listedId,
      tenant_id: (await world.signUp('granted')).tenantId,
    }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'grants.list': {
    input: ({ listedId }) => ({ dataset_id: listedId }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'grants.revoke': {
    input: async (seed) => ({ dataset_id: seed.listedId, grant_id: await openGrant(seed) }),
    names: ['dataset_id', 'grant_id'],
    inDataset: true,
  },
  'objects.upload': {
    input: ({ privateId }) => ({ dataset_id: privateId, ...newFile }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'objects.confirm': {
    input: async (seed) => ({ object_id: (await sentUpload(seed)).object_id }),
    names: ['object_id'],
    inDataset: true,
  },
  'objects.cancel_upload': {
    input: async (seed) => ({ object_id: (await freshUpload(seed)).object_id }),
    names: ['object_id'],
    inDataset: true,
  },
  'uploads.create': {
    input: ({ privateId }) => ({
      dataset_id: privateId,
      filename: 'note.txt',
      mime_type: 'text/plain',
      size_bytes: bytes.length,
      checksum_sha256: sha256,
    }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'uploads.complete': {
    input: async (seed) => ({ upload_id: (await sentUpload(seed)).upload_id }),
    names: ['upload_id'],
    inDataset: true,
  },
  'objects.list': {
    input: ({ privateId }) => ({ dataset_id: privateId }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'objects.get': {
    input: ({ objectId }) => ({ object_id: objectId }),
    names: ['object_id'],
    inDataset: true,
  },
  'objects.download': {
    input: ({ objectId }) => ({ object_id: objectId }),
    names: ['object_id'],
    inDataset: true,
  },
  'objects.retry': {
    input: async (seed) => ({ object_id: await failedObject(seed) }),
    names: ['object_id'],
    inDataset: true,
  },
  'objects.delete': {
    input: async (seed) => ({ object_id: (await stagedObject(seed)).object_id }),
    names: ['object_id'],
    inDataset: true,
  },
  'search.query': {
    input: ({ privateId }) => ({ query: 'harbour', dataset_ids: [privateId] }),
    names: ['dataset_ids'],
    inDataset: true,
  },
  'retrievals.get': {
    by: 'buyer',
    input: ({ retrievalId }) => ({ retrieval_event_id: retrievalId }),
    names: ['retrieval_event_id'],
    inDataset: true,
  },
  'search.quote': {
    input: ({ privateId }) => ({ query: 'harbour', dataset_ids: [privateId] }),
    names: ['dataset_ids'],
    inDataset: true,
  },
  'citations.create': {
    by: 'buyer',
    input: async (seed) => ({ retrieval_event_id: await boughtPassage(seed) }),
    names: ['retrieval_event_id'],
    inDataset: true,
  },
  'citations.list': { by: 'buyer', input: () => ({}) },
  'outcomes.create': {
    by: 'buyer',
    input: async (seed) => ({
      retrieval_event_ids: [await boughtPassage(seed)],
      value_amount: 10,
      currency: 'USD',
    }),
    names: ['retrieval_event_ids'],
    inDataset: true,
  },
  'outcomes.list': { by: 'buyer', input: () => ({}) },
  'buyer.dashboard': { input: () => ({}) },
  'activity.searches': { by: 'buyer', input: () => ({}) },
  'activity.accesses': { by: 'buyer', input: () => ({}) },
  'spend.get': { by: 'buyer', input: () => ({}) },
  'spend.timeseries': { by: 'buyer', input: () => ({ interval: 'month', group_by: 'dataset' }) },
  'usage_events.list': {
    by: 'buyer',
    input: ({ invoiceId }) => ({ invoice_id: invoiceId }),
    names: ['invoice_id'],
  },
  'provider.dashboard': { input: () => ({}) },
  'provider.dataset_analytics': {
    input: ({ privateId }) => ({ dataset_id: privateId }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'provider.analytics': {
    input: ({ privateId }) => ({ dataset_id: privateId }),
    names: ['dataset_id'],
    inDataset: true,
  },
  'payouts.list': { input: () => ({}) },
  'budgets.list': { by: 'buyer', input: () => ({}) },
  'budgets.set': {
    input: ({ resourceId }) => ({ amount: 5, currency: 'USD', resource_id: resourceId }),
    names: ['resource_id'],
  },
  'payouts.get': {
    input: ({ payoutId }) => ({ payout_id: payoutId }),
    names: ['payout_id'],
  },
  'payouts.statement': {
    input: ({ payoutId }) => ({ payout_id: payoutId }),
    names: ['payout_id'],
  },
  'invoices.list': { by: 'buyer', input: () => ({}) },
  'invoices.get': {
    by: 'buyer',
    input: ({ invoiceId }) => ({ invoice_id: invoiceId }),
    names: ['invoice_id'],
  },
  'invoices.pdf': {
    by: 'buyer',
    input: ({ invoiceId }) => ({ invoice_id: invoiceId }),
    names: ['invoice_id'],
  },
  'disputes.create': {
    by: 'buyer',
    input: async (seed) => ({ usage_event_ids: [await freshUsage(seed)], reason: 'not relevant' }),
    names: ['usage_event_ids'],
  },
  'disputes.list': { by: 'buyer', input: () => ({}) },
  'disputes.get': {
    by: 'buyer',
    input: async (seed) => ({ dispute_id: (await openDispute(seed)).dispute_id }),
    names: ['dispute_id'],
  },
  'admin_invoices.list': { by: 'operator', input: () => ({}) },
  'admin_invoices.pay': {
    by: 'operator',
    input: ({ world, invoiceId }) => ({
      invoice_id: invoiceId,
      amount: 0.03,
      currency: 'USD',
      reference: 'bank 1',
      paid_at: world.clock.now().toISOString(),
    }),
    names: ['invoice_id'],
  },
  'admin_invoices.void': {
    by: 'operator',
    input: ({ feeInvoiceId }) => ({ invoice_id: feeInvoiceId, reason: 'gone' }),
    names: ['invoice_id'],
  },
  'admin_payouts.list': { by: 'operator', input: () => ({}) },
  'admin_payouts.approve': {
    by: 'operator',
    input: (seed) => payoutThatIs('pending', seed),
    names: ['payout_id'],
  },
  'admin_payouts.pay': {
    by: 'operator',
    input: async (seed) => ({
      ...(await payoutThatIs('approved', seed)),
      bank_reference: 'bank 3',
    }),
    names: ['payout_id'],
  },
  'admin_payouts.hold': {
    by: 'operator',
    input: async (seed) => ({ ...(await payoutThatIs('approved', seed)), reason: 'odd' }),
    names: ['payout_id'],
  },
  'admin_payouts.release': {
    by: 'operator',
    input: (seed) => payoutThatIs('held', seed),
    names: ['payout_id'],
  },
  'admin_payouts.reverse': {
    by: 'operator',
    input: async (seed) => ({ ...(await payoutThatIs('paid', seed)), reason: 'came back' }),
    names: ['payout_id'],
  },
  'admin_disputes.list': { by: 'operator', input: () => ({}) },
  'admin_disputes.evidence': {
    by: 'operator',
    input: async (seed) => ({ dispute_id: (await openDispute(seed)).dispute_id }),
    names: ['dispute_id'],
  },
  'admin_disputes.resolve': {
    by: 'operator',
    input: async (seed) => ({
      dispute_id: (await openDispute(seed)).dispute_id,
      resolution: 'refunded',
      note: 'the hit was wrong',
    }),
    names: ['dispute_id'],
  },
  'review.queue': { by: 'operator', input: () => ({}) },
  'review.get': { by: 'operator', input: stagedObject, names: ['tenant_id', 'object_id'] },
  'review.approve': { by: 'operator', input: stagedObject, names: ['tenant_id', 'object_id'] },
  'review.reject': {
    by: 'operator',
    input: async (seed) => ({ ...(await stagedObject(seed)), reason: 'not fit' }),
    names: ['tenant_id', 'object_id'],
  },
  'review.bulk': {
    by: 'operator',
    input: async (seed) => ({
      decisions: [{ ...(await stagedObject(seed)), decision: 'approve' }],
    }),
  },
  'admin_tenants.list': { by: 'operator', input: () => ({}) },
  'admin_tenants.update': {
    by: 'operator',
    input: ({ world }) => ({ tenant_id: world.provider.tenantId, plan: 'pro' }),
    names: ['tenant_id'],
  },
  'price_books.list': { by: 'operator', input: () => ({}) },
  'price_books.create': {
    by: 'operator',
    input: async ({ world }) => ({
      starts_at: await freshStart(world),
      prices: {
        open: { retrieval: 0.03, citation: 0.02, download: 0.5 },
        premium: { retrieval: 0.08, citation: 0.05, download: 2 },
        outcome_share: { retrieval: 0.01, citation: 0.01, download: 0.25, outcome_percent: 5 },
      },
    }),
  },
  'ledger.trial_balance': { by: 'operator', input: () => ({}) },
  'ledger.accounts': {
    by: 'operator',
    input: ({ world }) => ({ tenant_id: world.buyer.tenantId }),
  },
  'ledger.transfers': {
    by: 'operator',
    input: ({ world }) => ({ tenant_id: world.buyer.tenantId }),
  },
  'books.get': { by: 'operator', input: () => ({}) },
  'books.check': { by: 'operator', input: () => ({}) },
  'admin.system': { by: 'operator', input: () => ({}) },
  'audit.list': { input: ({ objectId }) => ({ target_id: objectId }), names: ['target_id'] },
  'resources.create': { input: () => ({ name: 'Made' }) },
  'resources.list': { input: () => ({}) },
  'resources.get': { input: ({ resourceId }) => ({ id: resourceId }), names: ['id'] },
  'resources.update': {
    input: ({ resourceId }) => ({ id: resourceId, description: 'changed' }),
    names: ['id'],
  },
  'resources.delete': {
    input: async (seed) => ({ id: (await freshResource(seed)).id }),
    names: ['id'],
  },
  'webhooks.create': { input: () => ({ url: deadUrl, events: ['object.indexed'] }) },
  'webhooks.list': { input: () => ({}) },
  'webhooks.get': { input: ({ webhookId }) => ({ webhook_id: webhookId }), names: ['webhook_id'] },
  'webhooks.update': {
    input: ({ webhookId }) => ({ webhook_id: webhookId, rotate_secret: true }),
    names: ['webhook_id'],
  },
  'webhooks.delete': { input: freshWebhook, names: ['webhook_id'] },
  'webhooks.test': { input: ({ webhookId }) => ({ webhook_id: webhookId }), names: ['webhook_id'] },
  'webhook_deliveries.list': {
    input: ({ webhookId }) => ({ webhook_id: webhookId }),
    names: ['webhook_id'],
  },
  'webhook_deliveries.retry': {
    input: ({ webhookId, deliveryId }) => ({ webhook_id: webhookId, delivery_id: deliveryId }),
    names: ['webhook_id', 'delivery_id'],
  },
  'jobs.get': { input: ({ jobId }) => ({ id: jobId }), names: ['id'] },
  'jobs.list': { input: () => ({}) },
  'documents.list': { input: () => ({}) },
  'documents.get': { input: documentOf, names: ['id'], inDataset: true },
  'documents.states': { input: documentOf, names: ['id'], inDataset: true },
  'documents.external_data': {
    input: (seed) => ({ ...documentOf(seed), externalData: { order: randomUUID() } }),
    names: ['id'],
    inDataset: true,
  },
  'documents.external_id': {
    input: (seed) => ({ ...documentOf(seed), externalId: randomUUID() }),
    names: ['id'],
    inDataset: true,
  },
  'documents.title': {
    input: (seed) => ({ ...documentOf(seed), title: randomUUID() }),
    names: ['id'],
    inDataset: true,
  },
  'projects.list': { input: () => ({}) },
  'projects.get': { input: ({ privateId }) => ({ id: privateId }), names: ['id'], inDataset: true },
  'companies.list': { input: () => ({}) },
  'companies.get': { input: ({ world }) => ({ id: world.provider.tenantId }), names: ['id'] },
}
