// From texts to searchable objects, by the way that every provider goes: dataset, upload, confirm,
// approval, ingestion.
import type { DatasetsCreateInput, StoredObject } from '@ipto/sdk'
import { until } from './wait.ts'
import type { Party, World } from './world.ts'

export interface Published {
  datasetId: string
  /** In the order of the files. */
  objectIds: string[]
}

export interface File {
  filename: string
  bytes: Uint8Array
  contentType?: string
  metadata?: Record<string, string | number | boolean>
}

const typeByEnding: Record<string, string> = {
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  pdf: 'application/pdf',
  png: 'image/png',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
}

export function textFile(filename: string, text: string, metadata?: File['metadata']): File {
  return { filename, bytes: Buffer.from(text), ...(metadata && { metadata }) }
}

/** Uploads and confirms one file; it then waits for its review. */
export async function uploadFile(
  { client }: Pick<Party, 'client'>,
  datasetId: string,
  file: File,
): Promise<string> {
  const upload = await client.objects.upload({
    dataset_id: datasetId,
    filename: file.filename,
    content_type:
      file.contentType ?? typeByEnding[file.filename.split('.').at(-1) ?? ''] ?? 'text/plain',
    size_bytes: file.bytes.length,
    ...(file.metadata && { metadata: file.metadata }),
  })
  await client.uploads.put(upload, file.bytes)
  await client.objects.confirm({ object_id: upload.object_id })
  return upload.object_id
}

/** The object after its ingestion: indexed or failed. */
export async function ingested(
  { client }: Pick<Party, 'client'>,
  objectId: string,
): Promise<StoredObject> {
  let object = await client.objects.get({ object_id: objectId })
  await until(async () => {
    object = await client.objects.get({ object_id: objectId })
    return object.index_state === 'indexed' || object.index_state === 'failed'
  }, 60_000)
  return object
}

export async function approve(world: World, party: Party, objectId: string): Promise<void> {
  await world.operator.client.review.approve({ tenant_id: party.tenantId, object_id: objectId })
}

/** Adds files to a dataset and waits until they can be found. */
export async function addFiles(
  world: World,
  party: Party,
  { datasetId, files }: { datasetId: string; files: readonly File[] },
): Promise<string[]> {
  const objectIds: string[] = []
  for (const file of files) {
    const objectId = await uploadFile(party, datasetId, file)
    await approve(world, party, objectId)
    objectIds.push(objectId)
  }
  for (const objectId of objectIds) {
    const { failure } = await ingested(party, objectId)
    if (failure) throw new Error(`${failure.stage} ${failure.code}: ${failure.message}`)
  }
  return objectIds
}

/** A listed dataset at the fixed price of 0.03 a hit, unless `terms` says something else. */
export async function publish(
  world: World,
  {
    by = world.provider,
    terms = {},
    files,
  }: { by?: Party; terms?: Partial<DatasetsCreateInput>; files: readonly File[] },
): Promise<Published> {
  const dataset = await by.client.datasets.create({
    name: 'Published',
    visibility: 'listed',
    pricing_model: 'fixed',
    ...terms,
  })
  const datasetId = dataset.dataset_id
  return { datasetId, objectIds: await addFiles(world, by, { datasetId, files }) }
}
