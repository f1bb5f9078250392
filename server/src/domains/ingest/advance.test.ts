import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Db } from '../../base/db.ts'
import { removeObject } from '../objects/remove.ts'
import type { Engine, EngineChange } from '../search/engine.ts'
import * as search from '../search/search.ts'
import { advance } from './advance.ts'
import type { ExtractResult } from './extractor.ts'
import { extractedOf, type IngestWorld, openIngestWorld, sectionOf } from './ingest.fixture.ts'
import { attemptsMax, leaseMs, takeLease } from './lease.ts'
import type { ObjectName } from './store.ts'

let world: IngestWorld
beforeAll(async () => {
  world = await openIngestWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.extractor.calls = 0
})

const lease7 =
  'The tenant of Lease 7 pays 900 euros on the first of the month.\n\nThe deposit is three rents.'

const refuse = () => {
  throw new Error('nobody searches here')
}
/** An engine that only notes what it is fed. */
const engineInto = (applied: EngineChange[]): Engine => ({
  hasVectors: refuse,
  search: refuse,
  snippet: refuse,
  apply: async (changes) => void applied.push(...changes),
  check: async () => {},
  close: async () => {},
})
const stagesOf = async (name: ObjectName) => {
  const [object, run] = [await world.objectOf(name), await world.runOf(name)]
  return [object.indexState, run?.stage ?? null, run?.attempts ?? null]
}
const takeAndDie = (name: ObjectName) => world.db.tx((tx) => takeLease(tx, name, world.clock.now()))
const failedWith = (code: 'time_limit' | 'corrupt_file' | 'memory_limit'): ExtractResult => ({
  kind: 'failed',
  code,
  message: `It is ${code}.`,
})

describe('the way of an approved object', () => {
  test('leads over pages to chunks and the outbox, one stage at a time', async () => {
    const name = await world.approve(lease7)
    expect(await stagesOf(name)).toEqual(['queued', null, null])

    await world.advance(name)
    expect(await stagesOf(name)).toEqual(['extracting', 'chunk', 0])
    expect((await world.pagesOf(name)).map((page) => page.text)).toEqual(lease7.split('\n\n'))
    expect(await world.chunksOf(name)).toEqual([])

    await world.advance(name)
    expect(await stagesOf(name)).toEqual(['embedding', 'index', 1])
    expect(await world.outboxOf(name)).toEqual(['put'])
    const chunks = await world.chunksOf(name)
    expect(chunks.map((chunk) => chunk.text).join(' ')).toContain('The deposit is three rents.')
    expect(chunks[0]).toMatchObject({
      ord: 0,
      title: 'Lease of 2026',
      language: 'en',
      modality: 'document',
      mime: 'text/markdown',
      keywords: expect.arrayContaining([['meta.internal_id', '7']]),
    })
    expect(await world.objectOf(name)).toMatchObject({
      title: 'Lease of 2026',
      language: 'en',
      pageCount: null,
      chunkCount: chunks.length,
      failure: null,
    })
  })

  test('ends there: once more does nothing, until the engine has it and after', async () => {
    const name = await world.approve(lease7)
    for (let time = 0; time < 4; time++) await world.advance(name)
    expect(await world.outboxOf(name)).toEqual(['put'])
    expect(world.extractor.calls).toBe(1)
  })

  test('reaches `indexed` when the engine has every chunk', async () => {
    const applied: EngineChange[] = []
    const engine = engineInto(applied)
    await search.fillEngine({ db: world.db, engine })
    const name = await world.approve(lease7)
    for (let time = 0; time < 2; time++) await world.advance(name)
    applied.length = 0
    while ((await search.feedEngine({ db: world.db, engine }, world.run())) > 0);
    expect((await world.objectOf(name)).indexState).toBe('indexed')
    const texts = applied.flatMap((change) => (change.kind === 'put' ? [change.chunk.text] : []))
    expect(texts).toEqual(expect.arrayContaining((await world.chunksOf(name)).map((c) => c.text)))
  })

  test("takes the dataset's language, whatever the text looks like", async () => {
    const datasetId = await world.addDataset(world.provider, { language: 'de' })
    const name = await world.approve(lease7, { datasetId })
    for (let time = 0; time < 2; time++) await world.advance(name)
    expect((await world.chunksOf(name))[0]?.language).toBe('de')
    expect((await world.objectOf(name)).language).toBe('de')
  })

  test('leaves the language open where neither dataset nor text tell it', async () => {
    world.extractor.tell({ ...extractedOf(lease7), language: null, title: null })
    const name = await world.approve(lease7)
    for (let time = 0; time < 2; time++) await world.advance(name)
    const [chunk] = await world.chunksOf(name)
    expect(chunk).toMatchObject({ language: '', title: 'Lease 7' })
    expect(await world.objectOf(name)).toMatchObject({ language: null, title: null })
  })

  test('is not begun in review, after a refusal, for another tenant, or for nothing', async () => {
    const staged = await world.upload(lease7)
    const refused = await world.upload(lease7)
    await world.judge(await world.objectOf(refused), 'rejected')
    const approved = await world.approve(lease7)
    await world.advance(staged)
    await world.advance(refused)
    await world.advance({ ...approved, tenantId: 'tnt_other' })
    await world.advance({ ...approved, objectId: 'obj_nothing' })
    expect(world.extractor.calls).toBe(0)
    expect(await world.runOf(staged)).toBeUndefined()
  })

  test('keeps many and large pages, in their order', async () => {
    const pages = Array.from({ length: 450 }, (_, index) =>
      sectionOf((index % 10) + 1, index === 3 ? `${'word '.repeat(500_000)}3` : `Row ${index}.`),
    )
    world.extractor.tell({ ...extractedOf(''), pages })
    const name = await world.approve(lease7)
    await world.advance(name)
    expect((await world.pagesOf(name)).map((page) => page.text.slice(-4))).toEqual(
      pages.map((page) => page.text.slice(-4)),
    )
  })
})

describe('two workers at one object', () => {
  test('at the same moment read the file once', async () => {
    const name = await world.approve(lease7)
    await Promise.all([world.advance(name), world.advance(name), world.advance(name)])
    expect(world.extractor.calls).toBe(1)
    // On a real server a late one may already have found the next stage open, and done it.
    expect([
      ['extracting', 'chunk', 0],
      ['embedding', 'index', 1],
    ]).toContainEqual(await stagesOf(name))
  })

  test('the one that lost its lease writes nothing, however late it ends', async () => {
    const name = await world.approve(lease7)
    world.extractor.tell(async () => {
      world.passMs(leaseMs)
      await world.advance(name)
      return extractedOf('Something else.')
    })
    await world.advance(name)
    expect(world.extractor.calls).toBe(2)
    expect(await stagesOf(name)).toEqual(['extracting', 'chunk', 0])
    expect((await world.pagesOf(name)).map((page) => page.text)).toEqual(lease7.split('\n\n'))
  })
})

/** A database that dies at the end of its n-th transaction: what that did is lost. */
function dyingAt(db: Db, last: number): Db {
  let count = 0
  return {
    ...db,
    tx: (work) => {
      if (++count > last) throw new Error('the process is dead')
      return db.tx(async (tx) => {
        const result = await work(tx)
        if (count === last) throw new Error('the process died before the commit')
        return result
      })
    },
  }
}

describe('a death', () => {
  const undisturbed = async () => {
    const name = await world.approve(lease7)
    for (let time = 0; time < 2; time++) await world.advance(name)
    return contentOf(name)
  }
  const contentOf = async (name: ObjectName) => ({
    chunks: (await world.chunksOf(name)).map(({ keywords: _, ...chunk }) => chunk),
    pages: await world.pagesOf(name),
    outbox: await world.outboxOf(name),
    stages: (await stagesOf(name)).slice(0, 2),
  })

  test.each([1, 2, 3, 4])('before the commit of transaction %i changes no result', async (last) => {
    const expected = await undisturbed()
    const name = await world.approve(lease7)
    const dying = { ...world.deps, db: dyingAt(world.db, last) }
    await (async () => {
      for (let time = 0; time < 2; time++) await advance(dying, name, world.run())
    })().catch(() => {})
    world.passMs(leaseMs)
    for (let time = 0; time < 2; time++) await world.advance(name)
    expect(await contentOf(name)).toEqual(expected)
  })

  test('with the lease in hand is waited for, and then made good', async () => {
    const expected = await undisturbed()
    const name = await world.approve(lease7)
    for (let stage = 0; stage < 2; stage++) {
      await takeAndDie(name)
      world.passMs(leaseMs - 1)
      const before = await stagesOf(name)
      await world.advance(name)
      expect(await stagesOf(name)).toEqual(before)
      world.passMs(1)
      await world.advance(name)
    }
    expect(await contentOf(name)).toEqual(expected)
  })

  test('again and again ends in a failure with its cause, never in silence', async () => {
    const name = await world.approve(lease7)
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      expect(await takeAndDie(name)).toMatchObject({ stage: 'extract', attempts: attempt })
      world.passMs(leaseMs)
    }
    await world.advance(name)
    expect(await world.objectOf(name)).toMatchObject({
      indexState: 'failed',
      failure: { stage: 'extract', code: 'attempts_exhausted', attempts: attemptsMax },
    })
  })
})

describe('a file that cannot be read', () => {
  test('fails at once where the file is at fault', async () => {
    world.extractor.tell(failedWith('corrupt_file'))
    const name = await world.approve(lease7)
    await world.advance(name)
    expect(await world.objectOf(name)).toMatchObject({
      indexState: 'failed',
      failure: {
        stage: 'extract',
        code: 'corrupt_file',
        message: 'It is corrupt_file.',
        attempts: 1,
      },
    })
    await world.advance(name)
    expect(world.extractor.calls).toBe(1)
  })

  test('is tried three times where the machine may be, with pauses between', async () => {
    world.extractor.tell(
      failedWith('memory_limit'),
      failedWith('time_limit'),
      failedWith('time_limit'),
    )
    const name = await world.approve(lease7)
    for (const pauseMs of [30_000, 120_000]) {
      await world.advance(name)
      world.passMs(pauseMs - 1_000)
      await world.advance(name)
      expect((await world.objectOf(name)).indexState).toBe('extracting')
      world.passMs(2_000)
    }
    expect(world.extractor.calls).toBe(2)
    await world.advance(name)
    expect(await world.objectOf(name)).toMatchObject({
      indexState: 'failed',
      failure: { stage: 'extract', code: 'time_limit', attempts: 3 },
    })
  })

  test('fails with no_text where it holds blanks only, or nothing to search for', async () => {
    for (const result of [
      { ...extractedOf(''), pages: [] },
      { ...extractedOf(''), pages: [sectionOf(1, ' \n '), sectionOf(2, '')] },
    ]) {
      world.extractor.tell(result)
      const name = await world.approve(lease7)
      await world.advance(name)
      expect(await world.objectOf(name)).toMatchObject({
        indexState: 'failed',
        failure: { stage: 'extract', code: 'no_text', attempts: 1 },
      })
    }
  })
})

test('an object of more passages than one may have fails at once, with the limit', async () => {
  const pages = Array.from({ length: 100_001 }, (_, index) => sectionOf(index + 1, 'word'))
  world.extractor.tell({ ...extractedOf(''), pages })
  const name = await world.approve(lease7)
  for (let time = 0; time < 2; time++) await world.advance(name)
  expect((await world.objectOf(name)).failure).toMatchObject({
    stage: 'chunk',
    code: 'payload_too_large',
    message: expect.stringContaining('100000'),
    attempts: 1,
  })
  expect(await world.chunksOf(name)).toEqual([])
})

describe('an outage', () => {
  test('is thrown, counts as an attempt, and the next one waits for its pause', async () => {
    world.extractor.tell(new Error('the disk is away'))
    const name = await world.approve(lease7)
    await expect(world.advance(name)).rejects.toThrow('the disk is away')
    expect(await stagesOf(name)).toEqual(['extracting', 'extract', 1])
    await world.advance(name)
    expect(world.extractor.calls).toBe(1)
    world.passMs(31_000)
    await world.advance(name)
    expect(await stagesOf(name)).toEqual(['extracting', 'chunk', 0])
  })

  test('that lasts ends in attempts_exhausted', async () => {
    const name = await world.approve(lease7)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      world.extractor.tell(new Error('the disk is away'))
      await expect(world.advance(name)).rejects.toThrow('the disk is away')
      world.passMs(3_600_000)
    }
    await world.advance(name)
    expect(world.extractor.calls).toBe(attemptsMax)
    expect(await world.objectOf(name)).toMatchObject({
      failure: { stage: 'extract', code: 'attempts_exhausted', attempts: attemptsMax },
    })
  })

  const stoppedBy = async (name: ObjectName, reason: unknown) => {
    const stop = new AbortController()
    world.extractor.tell((signal) => {
      stop.abort(reason)
      return Promise.reject(signal.reason)
    })
    const run = { now: world.clock.now(), signal: stop.signal }
    await expect(advance(world.deps, name, run)).rejects.toBeDefined()
  }

  test('by a server that stops is no attempt: the next start goes on at once', async () => {
    const name = await world.approve(lease7)
    await stoppedBy(name, undefined)
    expect(await stagesOf(name)).toEqual(['extracting', 'extract', 0])
    await world.advance(name)
    expect(await stagesOf(name)).toEqual(['extracting', 'chunk', 0])
  })

  test('by a task that took too long is one', async () => {
    const name = await world.approve(lease7)
    await stoppedBy(name, new DOMException('too long', 'TimeoutError'))
    expect(await stagesOf(name)).toEqual(['extracting', 'extract', 1])
  })
})

describe('a retry by command', () => {
  test('counts from one again, ends its job, and reads the file again', async () => {
    world.extractor.tell(failedWith('corrupt_file'), failedWith('corrupt_file'))
    const name = await world.approve(lease7)
    await world.advance(name)
    const first = await world.retry(name)
    await world.advance(name)
    expect(await world.jobStatusOf(first.jobId)).toBe('failed')
    expect((await world.objectOf(name)).failure).toMatchObject({ attempts: 1 })
    await world.retry(name)
    for (let time = 0; time < 2; time++) await world.advance(name)
    expect(await world.objectOf(name)).toMatchObject({ indexState: 'embedding', failure: null })
  })

  test('of a stage after the extraction goes on from there', async () => {
    const name = await world.approve(lease7)
    await world.advance(name)
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      await takeAndDie(name)
      world.passMs(leaseMs)
    }
    await world.advance(name)
    expect((await world.objectOf(name)).failure).toMatchObject({ stage: 'chunk' })
    await world.retry(name)
    await world.advance(name)
    expect(await stagesOf(name)).toEqual(['embedding', 'index', 1])
    expect(world.extractor.calls).toBe(1)
  })
})

describe('a removal on the way', () => {
  test('while the file is read: nothing of it is kept', async () => {
    const name = await world.approve(lease7)
    world.extractor.tell(async () => {
      await removeObject(world.deps, world.callOf(world.provider), name.objectId)
      return extractedOf(lease7)
    })
    await world.advance(name)
    await world.advance(name)
    expect(await world.pagesOf(name)).toEqual([])
    expect(await world.chunksOf(name)).toEqual([])
  })
})
