// The provider signs up, makes three datasets and uploads its files to signed addresses.
import { createHash } from 'node:crypto'
import { claim } from './narrator.ts'
import { type Stage, sampleBytes, signUp } from './stage.ts'

export async function providerScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('A provider signs up', async () => {
    stage.provider = await signUp(stage, {
      name: 'Petra',
      tenant: 'Nordwind Archive',
      email: 'petra@nordwind.example',
    })
    narrator.say(`   Nordwind Archive is tenant ${stage.provider.tenantId}`)
    return { tenant_id: stage.provider.tenantId }
  })
  await narrator.step('It creates three datasets', () => createDatasets(stage))
  await narrator.step('It uploads its files to signed addresses', () => uploadAll(stage))
}

async function createDatasets(stage: Stage) {
  const { datasets } = stage.provider.client
  const made = [
    await datasets.create({
      name: 'AP Invoices 2025',
      description: 'Incoming invoices with VAT, a payment ledger and receipts.',
      source_modality: 'mixed',
      monetization_mode: 'open',
      visibility: 'listed',
      language: 'en',
      tags: ['invoices', 'vat'],
    }),
    await datasets.create({
      name: 'Quarterly Reports 2025',
      description: 'Quarterly reports with figures and outlook.',
      source_modality: 'mixed',
      monetization_mode: 'premium',
      pricing_model: 'fixed',
      unit_prices: { retrieval: 0.1 },
      visibility: 'listed',
      access_policy: 'approval',
      language: 'en',
    }),
    await datasets.create({
      name: 'Legal Correspondence',
      description: 'Contracts and letters.',
      source_modality: 'document',
      monetization_mode: 'outcome_share',
      pricing_model: 'time_decay',
      half_life_days: 90,
      visibility: 'restricted',
      language: 'en',
    }),
  ]
  for (const one of made) {
    stage.narrator.say(
      `   ${one.dataset_id}  ${one.visibility}/${one.monetization_mode}/${one.access_policy}  ${one.name}`,
    )
  }
  const [invoices, reports, legal] = made
  claim(invoices && reports && legal, 'three datasets were made')
  stage.datasets = {
    invoices: invoices.dataset_id,
    reports: reports.dataset_id,
    legal: legal.dataset_id,
  }
  return { dataset_ids: made.map((one) => one.dataset_id) }
}

async function uploadAll(stage: Stage) {
  const { client } = stage.provider
  const kinds = new Map<string, number>()
  let bytes = 0
  let done = 0
  for (const sample of stage.samples) {
    const body = sampleBytes(sample)
    const upload = await client.objects.upload({
      dataset_id: stage.datasets[sample.dataset],
      filename: sample.path.split('/').at(-1) ?? sample.path,
      content_type: sample.contentType,
      size_bytes: body.length,
      checksum_sha256: createHash('sha256').update(body).digest('hex'),
      metadata: { source: 'demo' },
    })
    await client.uploads.put(upload, body)
    const object = await client.objects.confirm({ object_id: upload.object_id })
    claim(object.review_state === 'staged', 'a confirmed object is staged for review')
    stage.objects.set(sample.path, upload.object_id)
    kinds.set(sample.contentType, (kinds.get(sample.contentType) ?? 0) + 1)
    bytes += body.length
    done += 1
    stage.narrator.progress(done, stage.samples.length, 'files uploaded and verified')
  }
  for (const [kind, count] of kinds) stage.narrator.say(`   ${count} × ${kind}`)
  stage.narrator.say(`   ${bytes} bytes, each file checked for size and SHA-256`)
  return { files: stage.samples.length, bytes, kinds: Object.fromEntries(kinds) }
}
