// Workers die, files fail, disks go away, tasks get lost and come twice, in a random order that can be
// repeated. In the end every object is with the engine, its chunks once, or has failed with a cause.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../base/db.ts'
import { advance } from './advance.ts'
import { type IngestWorld, openIngestWorld } from './ingest.fixture.ts'
import { leaseMs, takeLease } from './lease.ts'
import type { ObjectName } from './store.ts'
import { findStuck, resumeStuck, unfedMs } from './stuck.ts'

let world: IngestWorld
beforeAll(async () => {
  world = await openIngestWorld()
})
afterAll(() => world.close())

// mulberry32: small, and the same everywhere.
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The process dies at the end of its n-th transaction; nothing works after that. */
function dyingAt(db: Db, last: number): Db {
  let count = 0
  const tx: Db['tx'] = (work) => {
    if (++count > last) throw new Error('dead')
    return db.tx(async (inner) => {
      const result = await work(inner)
      if (count === last) throw new Error('died')
      return result
    })
  }
  return { ...db, tx }
}

const tooMuch = { kind: 'failed', code: 'memory_limit', message: 'Too much.' } as const
const text = 'The tenant pays 900 euros on the first of the month.\n\nThe deposit is three rents.'

test.each([1, 2, 3])('no object is lost or doubled, whatever happens (seed %i)', async (seed) => {
  const random = randomFrom(seed)
  const names: ObjectName[] = []
  for (let count = 0; count < 6; count++) names.push(await world.approve(text))
  const quietly = (work: Promise<unknown>) => work.then(() => {}).catch(() => {})

  const acts: ((name: ObjectName) => Promise<void>)[] = [
    (name) => quietly(world.advance(name)),
    (name) => quietly(Promise.all([world.advance(name), world.advance(name)])),
    (name) => quietly(world.db.tx((tx) => takeLease(tx, name, world.clock.now()))),
    (name) => {
      const db = dyingAt(world.db, 1 + Math.floor(random() * 2))
      return quietly(advance({ ...world.deps, db }, name, world.run()))
    },
    async () => void (random() < 0.4 && world.extractor.tell(new Error('the disk is away'))),
    async () => void (random() < 0.2 && world.extractor.tell(tooMuch)),
    (name) => quietly(world.retry(name)),
    async () => world.passMs(leaseMs),
    async () => world.passMs(unfedMs),
    () => quietly(resumeStuck(world.deps, world.run())),
    async (name) => void (random() < 0.3 && (await world.markFed(name))),
  ]
  for (let step = 0; step < 120; step++) {
    const act = acts[Math.floor(random() * acts.length)]
    const name = names[Math.floor(random() * names.length)]
    if (act && name) await act(name)
  }
  for (let round = 0; round < 40; round++) {
    world.passMs(600_000)
    await quietly(resumeStuck(world.deps, world.run()))
  }

  expect(await findStuck(world.db, world.clock.now())).toEqual([])
  for (const name of names) {
    const object = await world.objectOf(name)
    const chunks = await world.chunksOf(name)
    if (object.indexState === 'failed') {
      expect(object.failure).toMatchObject({ message: expect.any(String) })
      expect(object.failure?.attempts).toBeGreaterThan(0)
    } else {
      expect(object.indexState).toBe('embedding')
      expect(chunks.map((chunk) => chunk.ord)).toEqual(chunks.map((_, index) => index))
      expect(chunks).toHaveLength(object.chunkCount)
      expect(await world.pagesOf(name)).toHaveLength(2)
    }
  }
})
