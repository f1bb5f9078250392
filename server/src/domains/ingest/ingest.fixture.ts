// The world of objects with an extractor whose answers are told beforehand. For tests only.
import { readFile } from 'node:fs/promises'
import type { Actor } from '../../base/call.ts'
import type { Id } from '../../base/ids.ts'
import * as objectsFixture from '../objects/objects.fixture.ts'
import * as objects from '../objects/objects.ts'
import { retry } from '../objects/stage.ts'
import { confirmUpload, type NewUpload } from '../objects/upload.ts'
import { advance } from './advance.ts'
import type {
  ExtractedPage,
  Extractor,
  ExtractRequest,
  ExtractResult,
  PageImage,
} from './extractor.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

export type IngestWorld = Awaited<ReturnType<typeof openIngestWorld>>

/** Answers with what was told, in order, and after that with one section for each paragraph. */
export class ToldExtractor implements Extractor {
  readonly isolated = true
  calls = 0
  private readonly told: ((signal: AbortSignal) => Promise<ExtractResult>)[] = []

  tell(...answers: (ExtractResult | Error | ((signal: AbortSignal) => Promise<ExtractResult>))[]) {
    for (const answer of answers) {
      if (typeof answer === 'function') this.told.push(answer)
      else if (answer instanceof Error) this.told.push(() => Promise.reject(answer))
      else this.told.push(() => Promise.resolve(answer))
    }
  }

  async extract({ path }: ExtractRequest, signal: AbortSignal): Promise<ExtractResult> {
    this.calls++
    const told = this.told.shift()
    return told ? told(signal) : extractedOf(await readFile(path, 'utf8'))
  }

  async draw({ path }: ExtractRequest): Promise<PageImage[]> {
    return [{ page: 1, jpeg: await readFile(path) }]
  }

  async close(): Promise<void> {}
}

export function extractedOf(text: string): ExtractResult & { kind: 'extracted' } {
  return {
    kind: 'extracted',
    contentType: 'text/markdown',
    title: 'Lease of 2026',
    language: 'en',
    pages: text.split('\n\n').map((part, index) => sectionOf(index + 1, part)),
  }
}

export function sectionOf(number: number, text: string): ExtractedPage {
  return { kind: 'section', number, text, path: ['Lease'], columns: [], boxes: [] }
}

export async function openIngestWorld() {
  const world = await objectsFixture.openWorld()
  const extractor = new ToldExtractor()
  const deps = { ...world.deps, extractor }
  const { db } = world
  const provider = await world.addTenant('Provider')
  const datasetId = await world.addDataset(provider)

  const upload = async (body: string, change: Partial<NewUpload> = {}): Promise<ObjectName> => {
    const started = await world.start(provider, change.datasetId ?? datasetId, body, change)
    await world.send(started, body)
    const call = world.callOf(provider)
    return objectsFixture.named(await confirmUpload(world.deps, call, started.object.id))
  }

  const objectOf = async ({ objectId }: ObjectName) => {
    const object = await objects.findObject(db, objectId)
    if (!object) throw new Error('the object is gone')
    return object
  }

  const approve = async (body: string, change: Partial<NewUpload> = {}): Promise<ObjectName> => {
    const name = await upload(body, change)
    await world.judge(await objectOf(name), 'approved')
    return name
  }

  return {
    ...world,
    deps,
    extractor,
    provider,
    datasetId,
    upload,
    approve,
    objectOf,
    /** Does one stage, at the time of the hand-set clock. */
    advance: (name: ObjectName) => advance(deps, name, world.run()),
    retry: ({ objectId }: ObjectName, actor: Actor = provider) =>
      retry(deps, world.callOf(actor), objectId),
    runOf: (name: ObjectName) => store.findRun(db, name),
    pagesOf: (name: ObjectName) => store.listPages(db, name),
    chunksOf: ({ objectId }: ObjectName) => db.rows<StoredChunk>`
      select ord, text, locator, language, title, modality, mime, passage_sha256, dataset_no, keywords
      from chunks where object_id = ${objectId} order by ord`,
    outboxOf: async ({ objectId }: ObjectName): Promise<string[]> => {
      const rows = await db.rows<{ kind: string }>`
        select kind from outbox where object_id = ${objectId} order by seq`
      return rows.map((row) => row.kind)
    },
    /** As the feeder does, but without the note that the object is indexed. */
    markFed: ({ objectId }: ObjectName) => db.run`
      update outbox set fed_at = ${world.clock.now()} where object_id = ${objectId}`,
    jobStatusOf: async (jobId: Id<'job'>) =>
      (await db.first<{ status: string }>`select status from jobs where id = ${jobId}`)?.status,
  }
}

interface StoredChunk {
  ord: number
  text: string
  locator: Record<string, unknown>
  language: string
  title: string
  modality: string
  mime: string
  passageSha256: string
  datasetNo: number
  keywords: [string, string][]
}
