// Indexing a dataset anew: the old index serves until the new one is complete, whatever dies in between, and
// nothing that was sold or promised is lost.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advanceReindexes } from '../server/src/domains/ingest/reindex.ts'
import { feedEngine } from '../server/src/domains/search/search.ts'
import { addFiles, publish, textFile } from './publish.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

let count = 0
/** Two objects with a word of their own. */
async function published() {
  const word = `reindex${++count}word`
  const files = ['one', 'two'].map((name) =>
    textFile(`${name}.txt`, `The ${word} of number ${name} lies in the harbour.`),
  )
  return { word, ...(await publish(world, { terms: { name: word }, files })) }
}
const reindex = (dataset_id: string, more: object = {}) =>
  world.provider.client.datasets.reindex({ dataset_id, ...more })
const jobOf = (id: string) => world.provider.client.jobs.get({ id })
const done = (id: string) => until(async () => (await jobOf(id)).completedAt !== null)
const search = (query: string, more: object = {}) =>
  world.buyer.client.search.query({ query, ...more })

describe('a reindexing', () => {
  test('gives objects what the dataset says now, and search never misses one meanwhile', async () => {
    const { datasetId, objectIds, word } = await published()
    const { client } = world.provider
    const before = await client.datasets.get({ dataset_id: datasetId })
    await client.datasets.update({ dataset_id: datasetId, language: 'de' })
    const answer = await reindex(datasetId)
    expect(answer).toEqual({ dataset_id: datasetId, job_id: expect.stringMatching(/^job_/) })
    await until(async () => {
      expect((await search(word)).result_count).toBe(2)
      return (await jobOf(answer.job_id)).completedAt !== null
    })
    expect(await jobOf(answer.job_id)).toMatchObject({
      status: 'completed',
      error: null,
      result: { datasetId, objectCount: 2, skippedCount: 0 },
    })
    for (const object_id of objectIds) {
      const object = await client.objects.get({ object_id })
      expect(object).toMatchObject({ language: 'de', status: 'active', chunk_count: 1 })
      const told = await client.audit.list({ target_id: object_id, action: 'object.indexed' })
      expect(told.items).toHaveLength(1)
    }
    const filters = { language: ['de'] }
    expect((await search(word, { filters })).result_count).toBe(2)
    const after = await client.datasets.get({ dataset_id: datasetId })
    expect(after).toMatchObject({
      active_object_count: before.active_object_count,
      chunk_count: before.chunk_count,
      storage_bytes: before.storage_bytes,
    })
    const actions = (await client.audit.list({ target_id: datasetId })).items
    const asked = actions.map(({ action }) => action)
    expect(asked.slice(0, 2)).toEqual(['dataset.reindexed', 'dataset.reindex'])
  })

  test('leaves sessions, quotes and what was bought as they were', async () => {
    const { datasetId, word } = await published()
    const first = await search(word, { top_k: 1 })
    const { quote_id } = await world.buyer.client.search.quote({ query: word })
    await done((await reindex(datasetId)).job_id)
    const cursor = first.next_cursor ?? ''
    const second = await search(word, { top_k: 1, cursor })
    expect(second).toMatchObject({ result_count: 1, has_more: false })
    expect(second.results[0]?.object_id).not.toBe(first.results[0]?.object_id)
    expect((await search(word, { quote_id })).result_count).toBe(2)
    const retrieval_event_id = first.results[0]?.retrieval_event_id ?? ''
    const sold = await world.buyer.client.retrievals.get({ retrieval_event_id })
    expect(sold).toMatchObject({ expired: false, text: expect.stringContaining(word) })
  })

  test('of what is cut otherwise finds the new passage alone, and the old one stays with its buyer', async () => {
    const { datasetId, objectIds, word } = await published()
    const { db } = world.app.services
    const [objectId = ''] = objectIds
    // As an older release might have cut it.
    const old = `The ${word} of an older cut.`
    await db.run`
      update chunks set text = ${old} where object_id = ${objectId} and state = 'current'`
    const bought = await search(word, { include_text: true })
    const sale = bought.results.find((hit) => hit.text === old)
    await done((await reindex(datasetId)).job_id)
    const found = await search(word, { include_text: true })
    const texts = found.results.map((hit) => hit.text)
    expect(texts).toHaveLength(2)
    expect(texts).not.toContain(old)
    const retrieval_event_id = sale?.retrieval_event_id ?? ''
    const kept = await world.buyer.client.retrievals.get({ retrieval_event_id })
    expect(kept).toMatchObject({ text: old, expired: false })
    await world.provider.client.objects.delete({ object_id: objectId })
    await until(async () => {
      const left = await db.rows`select 1 from chunks where object_id = ${objectId}`
      return left.length === 0
    })
  })

  test('of an empty dataset is done at once, and of a foreign or deleted one is refused', async () => {
    const { client } = world.provider
    const { dataset_id } = await client.datasets.create({ name: 'Empty' })
    const { job_id } = await reindex(dataset_id)
    await done(job_id)
    expect(await jobOf(job_id)).toMatchObject({ status: 'completed', result: { objectCount: 0 } })
    const foreign = world.buyer.client.datasets.reindex({ dataset_id })
    await expect(foreign).rejects.toMatchObject({ status: 404 })
    await client.datasets.delete({ dataset_id })
    await expect(reindex(dataset_id)).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('needs a model that the server has', async () => {
    const { dataset_id } = await world.provider.client.datasets.create({ name: 'Model' })
    const asked = reindex(dataset_id, { embedding_model: 'no-such-model' })
    await expect(asked).rejects.toMatchObject({
      status: 422,
      details: { fields: [{ field: 'embedding_model', reason: expect.any(String) }] },
    })
    await done((await reindex(dataset_id, { embedding_model: null })).job_id)
  })
})

describe('a server that dies', () => {
  let datasetId: string
  let word: string
  beforeAll(async () => {
    ;({ datasetId, word } = await published())
    // Answers requests only: the test itself does the work, and lets it die where it likes.
    await world.restart({ works: false })
  })

  /** Ends the work when it was asked for the n-th time whether to go on. */
  function dyingAt(asked: number) {
    let times = 0
    const signal = Object.create(AbortSignal.prototype, {
      aborted: { get: () => ++times > asked },
    }) as AbortSignal
    return { now: world.clock.now(), signal }
  }

  test('after any step goes on where it was, once each, and search is whole all along', async () => {
    const { job_id } = await reindex(datasetId)
    expect(await jobOf(job_id)).toMatchObject({ status: 'pending', result: null })
    expect((await reindex(datasetId)).job_id).toBe(job_id)
    const { db, engine } = world.app.services
    const seen = new Set<string>()
    for (let round = 0; round < 20; round++) {
      await advanceReindexes({ db }, dyingAt(1))
      expect((await search(word)).result_count).toBe(2)
      seen.add((await jobOf(job_id)).status)
      await feedEngine({ db, engine }, { now: world.clock.now() })
      expect((await search(word)).result_count).toBe(2)
      if ((await jobOf(job_id)).status === 'completed') break
    }
    seen.add((await jobOf(job_id)).status)
    expect([...seen]).toEqual(['running', 'completed'])
    expect((await jobOf(job_id)).result).toMatchObject({ objectCount: 2, skippedCount: 0 })
    expect(await db.rows`select 1 from reindexes`).toEqual([])
  })

  test('and two that work at the same time do it once', async () => {
    const { job_id } = await reindex(datasetId)
    const { db, engine } = world.app.services
    const work = () => advanceReindexes({ db }, dyingAt(1_000))
    await Promise.all([work(), work()])
    await feedEngine({ db, engine }, { now: world.clock.now() })
    await work()
    expect((await jobOf(job_id)).result).toMatchObject({ objectCount: 2 })
    expect((await search(word)).result_count).toBe(2)
  })

  test('fails again and again: the job has failed, and the dataset is searched as it was', async () => {
    const { db } = world.app.services
    const job = await reindex(datasetId)
    await db.run`alter table reindexes rename column skipped_count to elsewhere`
    const work = () =>
      advanceReindexes({ db }, { now: world.clock.now(), signal: new AbortController().signal })
    for (let round = 0; round < 30; round++) await expect(work()).rejects.toThrow('not reindexed')
    await db.run`alter table reindexes rename column elsewhere to skipped_count`
    const { status, error } = await jobOf(job.job_id)
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'internal_error' })
    expect((await search(word)).result_count).toBe(2)
    await work()
    expect((await reindex(datasetId)).job_id).not.toBe(job.job_id)
  })

  test('finds its dataset deleted: the job has failed', async () => {
    const { client } = world.provider
    const { job_id } = await reindex(datasetId)
    const { db } = world.app.services
    await advanceReindexes({ db }, dyingAt(2))
    await client.datasets.delete({ dataset_id: datasetId })
    await advanceReindexes({ db }, dyingAt(1_000))
    expect(await jobOf(job_id)).toMatchObject({
      status: 'failed',
      result: null,
      error: { code: 'conflict', message: 'The dataset was deleted meanwhile.' },
    })
    expect((await search(word)).result_count).toBe(0)
  })
})

test('what comes into the dataset while it is indexed anew is found like the rest', async () => {
  await world.restart()
  const { datasetId, word } = await published()
  const { job_id } = await reindex(datasetId)
  const files = [textFile('three.txt', `The ${word} of number three came later.`)]
  await addFiles(world, world.provider, { datasetId, files })
  await done(job_id)
  expect((await search(word)).result_count).toBe(3)
})
