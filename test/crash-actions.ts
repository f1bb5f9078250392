// Uploads, reviews, ingestion, searches and downloads that the server dies in.
import { randomUUID } from 'node:crypto'
import { ApiError } from '@ipto/sdk'
import { expect } from 'vitest'
import { book, bookSearch, client, type Point, type Stage, survive, useOf } from './crash-stage.ts'
import { until } from './wait.ts'

// Long enough for every lease of the dead process to have lapsed, and for its watchdogs to look.
const lapseMs = 6 * 60_000

// Each action is made of calls that may be repeated: under a key, or harmless by what they do.
async function upload(
  stage: Stage,
  file: { name: string; text: string; shop?: number },
  key: string,
): Promise<string> {
  const body = Buffer.from(file.text)
  const input = {
    dataset_id: stage.shops[file.shop ?? 0]?.id ?? '',
    filename: file.name,
    content_type: 'text/plain',
    size_bytes: body.length,
  }
  const made = await client(stage, 'provider').objects.upload(input, { idempotencyKey: key })
  const sent = await fetch(here(stage, made.upload_url), {
    method: 'PUT',
    headers: made.headers,
    body,
  })
  // A second try of bytes that arrived the first time is told so.
  expect([200, 409]).toContain(sent.status)
  return made.object_id
}

// The port is another one after each start.
const here = ({ server }: Stage, url: string) => url.replace(/^https?:\/\/[^/]+/, server.url)

function confirm(stage: Stage, objectId: string, key: string) {
  return client(stage, 'provider').objects.confirm({ object_id: objectId }, { idempotencyKey: key })
}

// An approval that was done before its answer was lost is found done.
async function approve(stage: Stage, objectId: string, key: string): Promise<void> {
  const { review } = client(stage, 'operator')
  const one = { tenant_id: stage.tenants.provider, object_id: objectId }
  await review.approve(one, { idempotencyKey: key }).catch(async (error) => {
    const { data } = await review.get(one)
    const isDone = data.review_state === 'approved'
    if (!(error instanceof ApiError && error.status === 409 && isDone)) throw error
  })
}

async function indexed(stage: Stage, objectId: string): Promise<void> {
  await until(async () => {
    const object = await client(stage, 'provider').objects.get({ object_id: objectId })
    expect(object.failure).toBeNull()
    return object.index_state === 'indexed'
  }, 120_000)
}

export async function publish(
  stage: Stage,
  name: string,
  text: string,
  shop?: number,
): Promise<string> {
  const file = { name, text, ...(shop !== undefined && { shop }) }
  const objectId = await upload(stage, file, randomUUID())
  await confirm(stage, objectId, randomUUID())
  await approve(stage, objectId, randomUUID())
  await indexed(stage, objectId)
  return objectId
}

function fileOf({ key, round }: Point) {
  const word = `marker${key.replaceAll('-', '')}`
  const text = `The ${word} stands in round ${round} beside the lighthouse.`
  return { word, name: `${word}.txt`, text }
}

const steps = ['upload', 'confirm', 'approve', 'ingest'] as const

/** From a file to a hit; the server dies in one step. */
const publishing = (deadly: (typeof steps)[number]) => async (stage: Stage, point: Point) => {
  const { word, ...file } = fileOf(point)
  const { key } = point
  let objectId = ''
  const works = {
    upload: async () => {
      objectId = await upload(stage, file, key)
    },
    confirm: () => confirm(stage, objectId, key),
    approve: () => approve(stage, objectId, key),
    ingest: () => indexed(stage, objectId),
  }
  let end = ''
  for (const step of steps) {
    const action = works[step]
    if (step === deadly) end = await survive(stage, point, { action, lapseMs })
    else await action()
  }
  await indexed(stage, objectId)
  const found = await client(stage, 'buyer').search.query({
    query: word,
    retrieval_mode: 'lexical',
  })
  expect(found.results.map((hit) => hit.object_id)).toEqual([objectId])
  bookSearch(stage, found)
  return end
}

async function search(stage: Stage, point: Point): Promise<string> {
  const question = { query: 'lighthouse', top_k: 5, retrieval_mode: 'lexical' as const }
  const query = () => client(stage, 'buyer').search.query(question, { idempotencyKey: point.key })
  const end = await survive(stage, point, { action: query, lapseMs })
  // Under its own key a repeated search tells what it was charged; it was charged once.
  bookSearch(stage, await query())
  return end
}

async function download(stage: Stage, point: Point): Promise<string> {
  const { name, text } = fileOf(point)
  const objectId = await publish(stage, name, text)
  let url = ''
  const action = async () => {
    url = (await client(stage, 'buyer').objects.download({ object_id: objectId })).download_url
  }
  const end = await survive(stage, point, { action, lapseMs })
  const [shop] = stage.shops
  if (shop) book(stage, [useOf(stage, shop, 'download', { amount: shop.prices.download })])
  expect(await (await fetch(here(stage, url))).text()).toBe(text)
  return end
}

export type Act = (stage: Stage, point: Point) => Promise<string>

/** Each with the last statement that it may be killed at: its own end, and a little of what follows. */
export const actions: Record<string, { statementsMax: number; run: Act }> = {
  upload: { statementsMax: 14, run: publishing('upload') },
  confirm: { statementsMax: 24, run: publishing('confirm') },
  approve: { statementsMax: 20, run: publishing('approve') },
  ingest: { statementsMax: 45, run: publishing('ingest') },
  search: { statementsMax: 24, run: search },
  download: { statementsMax: 21, run: download },
}
