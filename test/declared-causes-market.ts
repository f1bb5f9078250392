// Datasets, access, uploads, review and webhooks whose state does not allow the call.
import { Readable } from 'node:stream'
import type { Cause, Causes } from './declared-causes.ts'
import {
  bytes,
  deadUrl,
  freshDataset,
  freshUpload,
  freshWebhook,
  newFile,
  pendingRequest,
  type Seed,
  sentUpload,
  sha256,
  stagedObject,
  text,
} from './owner-calls.ts'
import { publish, textFile } from './publish.ts'

async function removedDataset(seed: Seed): Promise<{ dataset_id: string }> {
  const dataset_id = await freshDataset(seed)
  await seed.world.provider.client.datasets.delete({ dataset_id })
  return { dataset_id }
}

async function withdrawnRequest(seed: Seed): Promise<{ access_request_id: string }> {
  const access_request_id = await pendingRequest(seed)
  await seed.world.buyer.client.accessRequests.withdraw({ access_request_id })
  return { access_request_id }
}

/** Other bytes than were announced lie where the address writes, as a careless store could have it. */
async function changedUpload(seed: Seed) {
  const { client } = seed.world.provider
  const upload = await client.objects.upload({
    dataset_id: seed.privateId,
    ...newFile,
    checksum_sha256: sha256,
  })
  const key = `uploads/${upload.object_id}`
  await seed.world.app.services.blobs.put(key, Readable.from(['other']), { bytesMax: 100 })
  return upload
}

async function confirmedUpload(seed: Seed): Promise<{ object_id: string }> {
  const { object_id } = await sentUpload(seed)
  await seed.world.provider.client.objects.confirm({ object_id })
  return { object_id }
}

async function approvedObject(seed: Seed) {
  const object = await stagedObject(seed)
  await seed.world.operator.client.review.approve(object)
  return object
}

/** For sale after a grant only, with one object. */
async function objectOnRequest({ world }: Seed): Promise<{ object_id: string }> {
  const { objectIds } = await publish(world, {
    terms: { name: 'Files on request', access_policy: 'approval' },
    files: [textFile('request.txt', text)],
  })
  return { object_id: objectIds[0] ?? '' }
}

/** A key of the buyer that may spend nothing. */
export async function pennilessKey({ world }: Seed): Promise<{ apiKey: string }> {
  const { secret } = await world.buyer.client.apiKeys.create({
    name: 'penniless',
    scopes: ['datasets:read', 'search:query'],
    budget: { amount: 0, currency: 'USD' },
  })
  return { apiKey: secret }
}

async function disabledWebhook(seed: Seed) {
  const { webhooks } = seed.world.provider.client
  const { webhook_id } = await freshWebhook(seed)
  const { delivery_id } = await webhooks.test({ webhook_id })
  await webhooks.update({ webhook_id, status: 'disabled' })
  return { webhook_id, delivery_id }
}

const upload = {
  dataset_id: 'dset_unknown',
  filename: 'note.txt',
  mime_type: 'text/plain',
  size_bytes: bytes.length,
  checksum_sha256: sha256,
}

const oneTooMany: Cause<'webhooks.create'> = async (seed) => {
  const { webhooks } = seed.world.provider.client
  const events: ['object.failed'] = ['object.failed']
  for (let made = (await webhooks.list({ limit: 100 })).items.length; made < 20; made++) {
    await webhooks.create({ url: deadUrl, events })
  }
  return { input: { url: deadUrl, events } }
}

export const marketCauses: Causes = {
  'datasets.update': {
    conflict: async (seed) => ({ input: { ...(await removedDataset(seed)), name: 'Too late' } }),
  },
  'datasets.reindex': {
    conflict: async (seed) => ({ input: await removedDataset(seed) }),
  },
  'access_requests.create': {
    conflict: ({ saleId }) => ({
      input: { dataset_id: saleId, purpose: 'it may be used already' },
    }),
  },
  'access_requests.approve': {
    conflict: async (seed) => ({ input: await withdrawnRequest(seed) }),
  },
  'access_requests.deny': {
    conflict: async (seed) => ({ input: { ...(await withdrawnRequest(seed)), reason: 'no' } }),
  },
  'access_requests.withdraw': {
    conflict: async (seed) => ({ input: await withdrawnRequest(seed) }),
  },
  'grants.create': {
    conflict: ({ world, privateId }) => ({
      input: { dataset_id: privateId, tenant_id: world.buyer.tenantId },
    }),
  },
  'objects.upload': {
    conflict: async (seed) => ({ input: { ...(await removedDataset(seed)), ...newFile } }),
  },
  'objects.confirm': {
    checksum_mismatch: async (seed) => ({
      input: { object_id: (await changedUpload(seed)).object_id },
    }),
    conflict: async (seed) => ({ input: { object_id: (await freshUpload(seed)).object_id } }),
  },
  'objects.cancel_upload': { conflict: async (seed) => ({ input: await confirmedUpload(seed) }) },
  'uploads.create': {
    not_found: () => ({ input: upload }),
    conflict: async (seed) => ({ input: { ...upload, ...(await removedDataset(seed)) } }),
  },
  'uploads.complete': {
    checksum_mismatch: async (seed) => ({
      input: { upload_id: (await changedUpload(seed)).upload_id },
    }),
    conflict: async (seed) => ({ input: { upload_id: (await freshUpload(seed)).upload_id } }),
  },
  'objects.download': {
    budget_exceeded: async (seed) => {
      const { items } = await seed.world.provider.client.objects.list({ dataset_id: seed.saleId })
      const credential = await pennilessKey(seed)
      return { input: { object_id: items[0]?.object_id ?? '' }, credential }
    },
    forbidden: async (seed) => ({
      input: await objectOnRequest(seed),
      credential: { token: seed.world.buyer.token },
    }),
  },
  'objects.retry': { conflict: ({ objectId }) => ({ input: { object_id: objectId } }) },
  'review.approve': { conflict: async (seed) => ({ input: await approvedObject(seed) }) },
  'review.reject': {
    conflict: async (seed) => ({ input: { ...(await approvedObject(seed)), reason: 'too late' } }),
  },
  'webhooks.create': { conflict: oneTooMany },
  'webhooks.test': {
    conflict: async (seed) => ({
      input: { webhook_id: (await disabledWebhook(seed)).webhook_id },
    }),
  },
  'webhook_deliveries.retry': {
    conflict: async (seed) => ({ input: await disabledWebhook(seed) }),
  },
  'provider.analytics': { not_found: () => ({ input: { dataset_id: 'dset_unknown' } }) },
}
