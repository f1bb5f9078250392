// A running market for measurements: the real server, a provider with one open dataset, a buyer and an
// operator. Files go the way of every file: signed address, confirm, approve, ingest.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@ipto/sdk'
import { type App, openApp, readConfig } from '@ipto/server/src/app.ts'

export interface Market {
  app: App
  provider: Client
  buyer: Client
  operator: Client
  providerTenantId: string
  datasetId: string
  upload(file: { name: string; contentType: string; body: Uint8Array }): Promise<string>
  approve(objectIds: readonly string[]): Promise<void>
  close(): Promise<void>
}

const operatorLogin = { email: 'operator@example.com', password: 'operator password' }
const decisionsMax = 100

export async function openMarket(databaseUrl?: string): Promise<Market> {
  const folder = mkdtempSync(join(tmpdir(), 'ipto-bench-'))
  const config = readConfig({
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    IPTO_OPERATOR_EMAIL: operatorLogin.email,
    IPTO_OPERATOR_PASSWORD: operatorLogin.password,
  })
  const app = await openApp({ config, limits: 'off' })
  const client = (token?: string) =>
    new Client({ baseUrl: app.url, timeoutMs: 60_000, ...(token && { token }) })
  const signUp = (name: string) =>
    client().auth.signup({
      email: `${name}-${process.pid}@example.com`,
      password: 'a long password',
      display_name: name,
      tenant_name: name,
    })
  const made = await signUp('provider')
  const provider = client(made.session_token)
  const buyer = client((await signUp('buyer')).session_token)
  const operator = client((await client().auth.login(operatorLogin)).session_token)
  const dataset = await provider.datasets.create({
    name: 'Bench',
    visibility: 'listed',
    source_modality: 'mixed',
  })
  const datasetId = dataset.dataset_id
  return {
    app,
    provider,
    buyer,
    operator,
    providerTenantId: made.tenant_id,
    datasetId,
    async upload({ name, contentType, body }) {
      const upload = await provider.objects.upload({
        dataset_id: datasetId,
        filename: name,
        content_type: contentType,
        size_bytes: body.length,
      })
      await provider.uploads.put(upload, body)
      await provider.objects.confirm({ object_id: upload.object_id })
      return upload.object_id
    },
    async approve(objectIds) {
      for (let from = 0; from < objectIds.length; from += decisionsMax) {
        await operator.review.bulk({
          decisions: objectIds.slice(from, from + decisionsMax).map((object_id) => ({
            tenant_id: made.tenant_id,
            object_id,
            decision: 'approve' as const,
          })),
        })
      }
    },
    async close() {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const ended = ['indexed', 'failed']
type StoredObject = Awaited<ReturnType<Client['objects']['get']>>

/** Waits until every object has ended, and tells how many have. */
export async function awaitIngested(
  market: Market,
  objectIds: readonly string[],
  onProgress: (done: number) => void,
): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>()
  let waiting = [...objectIds]
  while (waiting.length > 0) {
    for (const id of waiting) objects.set(id, await market.provider.objects.get({ object_id: id }))
    waiting = waiting.filter((id) => !ended.includes(objects.get(id)?.index_state ?? ''))
    onProgress(objectIds.length - waiting.length)
    if (waiting.length > 0) await sleep(500)
  }
  return objects
}
