// What any engine of this package promises. `open` gives an empty index; the suite closes it.
import { expect, test } from 'vitest'
import type { Change, Chunk, RetrievalIndex, SearchRequest } from './engine.ts'
import { QuestionError, SearchTimeout } from './error.ts'
import { searchExhaustively } from './exhaustive.fixture.ts'
import { type Random, randomChunk, randomFrom, randomRequest } from './random.fixture.ts'
import type { Node, PatternPart } from './tree.ts'

const at = { start: 0, end: 1 }
const word = (text: string) => ({ kind: 'word' as const, text, ...at })
const plain = (text: string): Node => ({
  kind: 'plain',
  children: text.split(' ').map(word),
  ...at,
})
const phrase = (text: string) => ({ kind: 'phrase' as const, text, ...at })
const and = (...children: Node[]): Node => ({ kind: 'and', children, ...at })
const prefix = (
  text: string,
): { kind: 'pattern'; parts: PatternPart[]; start: 0 | 3; end: number } => ({
  kind: 'pattern',
  parts: [{ kind: 'text', text }, { kind: 'any' }],
  start: 3,
  end: 7,
})

function chunk(no: number, text: string, more: Partial<Chunk> = {}): Chunk {
  return {
    chunkNo: BigInt(no),
    datasetNo: 1,
    objectNo: no,
    ord: 0,
    language: 'en',
    title: '',
    text,
    modality: 1,
    mime: 'text/plain',
    createdAtSeconds: 1_700_000_000,
    keywords: [],
    passageHash: BigInt(no),
    ...more,
  }
}

const put = (one: Chunk): Change => ({ kind: 'put', chunk: one })

function request(tree: Node, more: Partial<SearchRequest> = {}): SearchRequest {
  return {
    reach: Uint32Array.of(1, 2, 3),
    tree,
    vectors: new Map(),
    filters: [],
    mode: 'lexical',
    plain: 'or',
    limit: 100,
    timeLimitMs: 60_000,
    explain: false,
    ...more,
  }
}

const never = new AbortController().signal

export function testIndex(open: () => Promise<RetrievalIndex>): void {
  const withIndex = async (chunks: Chunk[], use: (index: RetrievalIndex) => Promise<void>) => {
    const index = await open()
    if (chunks.length > 0) await index.apply(chunks.map(put), 1n)
    await use(index)
    await index.close()
  }
  const find = async (index: RetrievalIndex, tree: Node, more: Partial<SearchRequest> = {}) =>
    (await index.search(request(tree, more), never)).hits.map(({ chunkNo }) => Number(chunkNo))

  testRandomly(open)
  testWords(withIndex, find)
  testChanges(withIndex, find)
  testRefusals(withIndex)
}

type WithIndex = (chunks: Chunk[], use: (index: RetrievalIndex) => Promise<void>) => Promise<void>
type Find = (index: RetrievalIndex, tree: Node, more?: Partial<SearchRequest>) => Promise<number[]>

function testRandomly(open: () => Promise<RetrievalIndex>): void {
  const seed = Math.floor(Math.random() * 2 ** 32)

  test(`ids and scores are exactly those of the exhaustive scorer (seed ${seed})`, async () => {
    for (let round = 0; round < 40; round++) {
      const random = randomFrom(seed + round)
      const index = await open()
      const kept = new Map<bigint, Chunk>()
      for (let batch = 0; batch < 3; batch++) {
        await index.apply(randomBatch(random, kept), BigInt(batch))
        for (let no = 0; no < 12; no++) await compare(index, kept, randomRequest(random, 6))
      }
      expect(await index.verify()).toEqual([])
      await index.flush()
      await compare(index, kept, randomRequest(random, 6))
      await index.close()
    }
  }, 120_000)

  test(`only the best 200 get the bonus of near words (seed ${seed})`, async () => {
    const random = randomFrom(seed)
    const index = await open()
    const kept = new Map<bigint, Chunk>()
    for (let no = 0; no < 320; no++) kept.set(BigInt(no), randomChunk(random, no, 3))
    await index.apply([...kept.values()].map(put), 1n)
    const tree = plain('run contract rate form')
    const reach = Uint32Array.of(0, 1, 2)
    const wanted = request(tree, { reach, limit: 1_000 })
    expect(searchExhaustively(kept.values(), wanted).length).toBeGreaterThan(210)
    await compare(index, kept, wanted)
    await index.close()
  })

  test(`an answer does not change when foreign datasets come (seed ${seed})`, async () => {
    for (let round = 0; round < 15; round++) {
      const random = randomFrom(seed + round)
      const index = await open()
      const own = Array.from({ length: 40 }, (_, no) => randomChunk(random, no, 6))
      await index.apply(own.map(put), 1n)
      const requests = Array.from({ length: 10 }, () => {
        const reach = Uint32Array.from([0, 1, 2, 3, 4, 5])
        return { ...randomRequest(random, 6), reach, explain: true }
      })
      const before = await answers(index, requests)
      const foreign = Array.from({ length: 60 }, (_, no) => {
        const made = randomChunk(random, 1_000 + no, 4)
        return {
          ...made,
          datasetNo: made.datasetNo + 6,
          text: `${made.text} runs${no} contracting`,
        }
      })
      await index.apply(foreign.map(put), 2n)
      expect(await answers(index, requests)).toEqual(before)
      await index.apply([{ kind: 'drop', datasetNo: 7 }], 3n)
      expect(await answers(index, requests)).toEqual(before)
      await index.close()
    }
  }, 60_000)
}

function randomBatch(random: Random, kept: Map<bigint, Chunk>): Change[] {
  const batch: Change[] = []
  for (let no = 0; no < 30; no++) {
    const made = randomChunk(random, random.below(60), 6)
    kept.set(made.chunkNo, made)
    batch.push(put(made))
  }
  const gone = [...kept.keys()].filter(() => random.chance(0.2))
  const objectNo = random.below(12)
  const datasetNo = random.below(6)
  batch.push({ kind: 'drop', chunkNos: gone }, { kind: 'drop', objectNos: [objectNo] })
  if (random.chance(0.3)) batch.push({ kind: 'drop', datasetNo })
  const isWhole = batch.length > 32
  for (const [chunkNo, one] of kept) {
    const isGone = gone.includes(chunkNo) || one.objectNo === objectNo
    if (isGone || (isWhole && one.datasetNo === datasetNo)) kept.delete(chunkNo)
  }
  return batch
}

async function compare(
  index: RetrievalIndex,
  kept: Map<bigint, Chunk>,
  wanted: SearchRequest,
): Promise<void> {
  const expected = searchExhaustively(kept.values(), wanted)
  const { hits, countsPerDataset } = await index.search(wanted, never)
  const found = hits.map(({ chunkNo, score }) => ({ chunkNo, score }))
  expect(found, show(wanted)).toEqual(expected.slice(0, wanted.limit))
  const total = [...countsPerDataset.values()].reduce((sum, count) => sum + count, 0)
  expect(total, show(wanted)).toBe(expected.length)
}

async function answers(index: RetrievalIndex, requests: SearchRequest[]): Promise<string[]> {
  const texts: string[] = []
  for (const one of requests) {
    const { hits, countsPerDataset, explain } = await index.search(one, never)
    texts.push(show({ hits, counts: [...countsPerDataset], explain }))
  }
  return texts
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))
}

function testWords(withIndex: WithIndex, find: Find): void {
  test('an empty reach is an empty answer', () =>
    withIndex([chunk(1, 'house')], async (index) => {
      expect(await find(index, word('house'), { reach: new Uint32Array(0) })).toEqual([])
    }))

  test('equal scores stand in the order of their numbers', () =>
    withIndex(
      [3, 1, 2].map((no) => chunk(no, 'house')),
      async (index) => {
        expect(await find(index, plain('house'))).toEqual([1, 2, 3])
      },
    ))

  test('a word finds its other forms, and a phrase only what it says', () =>
    withIndex([chunk(1, 'contracts were signed'), chunk(2, 'a contract')], async (index) => {
      expect((await find(index, word('contracting'))).sort()).toEqual([1, 2])
      expect(await find(index, phrase('contracts'))).toEqual([1])
      expect(await find(index, phrase('were signed'))).toEqual([1])
      expect(await find(index, phrase('signed were'))).toEqual([])
    }))

  test('required words leave function words free, unless there is nothing else', () =>
    withIndex([chunk(1, 'rate of pay'), chunk(2, 'to be or not to be')], async (index) => {
      expect(await find(index, plain('the rate'), { plain: 'and' })).toEqual([1])
      expect(await find(index, plain('to be'), { plain: 'and' })).toEqual([2])
      expect(await find(index, plain('the rate be'))).toEqual([1])
    }))

  test('each language of the reach reads a word in its own way', () => {
    const german = { datasetNo: 2, language: 'de' }
    const chunks = [chunk(1, 'they die young'), chunk(2, 'die Häuser', german)]
    return withIndex(chunks, async (index) => {
      expect(await find(index, plain('die haus'), { plain: 'and' })).toEqual([2])
      expect(await find(index, plain('die young'), { plain: 'and' })).toEqual([1])
    })
  })

  test('a passage is as long as its words, function words not counted', () => {
    const chunks = [
      chunk(1, 'rate pay'),
      chunk(2, 'the rate of the pay in it'),
      chunk(3, 'rate a b c'),
    ]
    return withIndex(chunks, async (index) => {
      const { hits } = await index.search(request(word('rate')), never)
      expect(hits.map(({ chunkNo }) => chunkNo)).toEqual([1n, 2n, 3n])
      expect(hits[0]?.score).toBe(hits[1]?.score)
    })
  })

  test('title and file name are asked for by themselves', () => {
    const chunks = [
      chunk(1, 'nothing here', {
        title: 'Annual report',
        keywords: [['filename', 'Q3-report.pdf']],
      }),
      chunk(2, 'an annual report'),
    ]
    const inField = (field: 'title' | 'filename', child: Node): Node => ({
      kind: 'text_field',
      field,
      child,
      ...at,
    })
    return withIndex(chunks, async (index) => {
      expect(await find(index, inField('title', word('reports')))).toEqual([1])
      expect(await find(index, inField('filename', prefix('rep')))).toEqual([1])
      expect(await find(index, inField('filename', word('q3-report')))).toEqual([1])
      const near: Node = {
        kind: 'near',
        left: word('report'),
        right: word('nothing'),
        distance: 99,
        ordered: false,
        ...at,
      }
      expect(await find(index, near)).toEqual([])
    })
  })

  test('one character of a script without blanks is found wherever it stands', () =>
    withIndex([chunk(1, '黑豹队', { language: 'zh' })], async (index) => {
      for (const text of ['黑', '豹', '队', '黑豹', '豹队', '黑豹队']) {
        expect(await find(index, plain(text), { plain: 'and' })).toEqual([1])
        expect(await find(index, phrase(text))).toEqual([1])
      }
      expect(await find(index, prefix('黑豹队'))).toEqual([1])
      expect(await find(index, phrase('黑队'))).toEqual([])
    }))

  test('a question without words gives the newest first', () => {
    const chunks = [1, 2, 3].map((no) => chunk(no, 'x', { createdAtSeconds: no === 2 ? 9 : 5 }))
    return withIndex(chunks, async (index) => {
      const mime: Node = { kind: 'keyword', field: 'mime', value: 'text/plain', ...at }
      expect(await find(index, mime)).toEqual([2, 1, 3])
      expect(await find(index, mime, { limit: 1 })).toEqual([2])
    })
  })
}

function testChanges(withIndex: WithIndex, find: Find): void {
  test('a second put of a number replaces the chunk, also in another dataset', () =>
    withIndex([chunk(1, 'old')], async (index) => {
      await index.apply([put(chunk(1, 'new', { datasetNo: 2 }))], 2n)
      expect(await find(index, word('old'))).toEqual([])
      expect(await find(index, word('new'), { reach: Uint32Array.of(2) })).toEqual([1])
      expect(index.stats()).toMatchObject({ chunks: 1, sequence: 2n })
    }))

  test('nothing is left of a dropped dataset', () =>
    withIndex([chunk(1, 'house'), chunk(2, 'tree', { datasetNo: 2 })], async (index) => {
      await index.apply([{ kind: 'drop', datasetNo: 1 }], 2n)
      await index.flush()
      expect(await find(index, plain('house tree'))).toEqual([2])
      expect(index.stats()).toMatchObject({ datasets: 1, chunks: 1, deadChunks: 0, terms: 2 })
    }))

  test('a drop inside one dataset leaves the others alone', () => {
    const chunks = [chunk(1, 'x', { objectNo: 7 }), chunk(2, 'x', { objectNo: 7, datasetNo: 2 })]
    return withIndex(chunks, async (index) => {
      await index.apply([{ kind: 'drop', datasetNo: 1, objectNos: [7], chunkNos: [2n] }], 2n)
      expect(await find(index, word('x'))).toEqual([2])
    })
  })

  test('a batch may come twice, but none from before', () =>
    withIndex([], async (index) => {
      await index.apply([put(chunk(1, 'x'))], 5n)
      await index.apply([put(chunk(1, 'x'))], 5n)
      await expect(index.apply([], 4n)).rejects.toThrow(RangeError)
      expect(index.stats()).toMatchObject({ chunks: 1, sequence: 5n })
    }))

  test('a batch with a malformed change is refused whole', () =>
    withIndex([], async (index) => {
      const bad = chunk(2, 'y', { datasetNo: -1 })
      await expect(index.apply([put(chunk(1, 'x')), put(bad)], 1n)).rejects.toThrow(RangeError)
      await expect(index.apply([{ kind: 'drop' }], 1n)).rejects.toThrow(RangeError)
      expect(index.stats()).toMatchObject({ chunks: 0, sequence: 0n })
    }))
}

function testRefusals(withIndex: WithIndex): void {
  const manyForms = (count: number, datasetNo: number) =>
    Array.from({ length: count }, (_, no) =>
      chunk(datasetNo * 10_000 + no, `abc${no.toString(36)}`, { datasetNo }),
    )

  test('a pattern may stand for 1,024 words of the reach, and no more', () =>
    withIndex([...manyForms(1_024, 1), ...manyForms(2_000, 2)], async (index) => {
      const own = request(prefix('abc'), { reach: Uint32Array.of(1), limit: 2_000 })
      expect((await index.search(own, never)).hits).toHaveLength(1_024)
      const both = index.search(request(prefix('abc')), never)
      await expect(both).rejects.toMatchObject({ code: 'expansion_limit', start: 3, end: 7 })
      await index.apply([{ kind: 'drop', chunkNos: [20_000n] }, put(chunk(1, 'abcnew'))], 2n)
      await expect(index.search(own, never)).rejects.toBeInstanceOf(QuestionError)
      await index.apply([{ kind: 'drop', chunkNos: [1n] }], 3n)
      expect((await index.search(own, never)).hits).toHaveLength(1_024)
    }))

  test('inside NEAR a pattern may stand for 128 words', () =>
    withIndex(manyForms(129, 1), async (index) => {
      const near: Node = {
        kind: 'near',
        left: prefix('abc'),
        right: word('x'),
        distance: 3,
        ordered: false,
        ...at,
      }
      const search = index.search(request(near), never)
      await expect(search).rejects.toMatchObject({ code: 'expansion_limit' })
      await index.apply([{ kind: 'drop', chunkNos: [10_000n] }], 2n)
      expect((await index.search(request(near), never)).hits).toEqual([])
    }))

  test('what cannot be answered is refused with a code', () =>
    withIndex([chunk(1, 'x')], async (index) => {
      const not: Node = { kind: 'not', child: word('x'), ...at }
      let deep: Node = word('x')
      for (let level = 0; level < 100; level++) deep = and(deep)
      const wide = plain(Array.from({ length: 3_000 }, () => 'x').join(' '))
      const codes: [SearchRequest, string][] = [
        [request(not), 'only_negative'],
        [request(and(not)), 'only_negative'],
        [request(deep), 'too_deep'],
        [request(wide), 'too_many_clauses'],
        [request(word('x'), { mode: 'dense' }), 'no_vectors'],
        [request(word('x'), { mode: 'hybrid' }), 'no_vectors'],
      ]
      for (const [one, code] of codes) {
        await expect(index.search(one, never)).rejects.toMatchObject({ code })
      }
    }))

  test('a search over its time gives an error and nothing else', () =>
    withIndex(manyForms(100, 1), async (index) => {
      const search = index.search(request(prefix('abc'), { timeLimitMs: 0 }), never)
      await expect(search).rejects.toBeInstanceOf(SearchTimeout)
    }))

  test('a search that nobody waits for ends', () =>
    withIndex([chunk(1, 'x')], async (index) => {
      const left = new AbortController()
      const search = index.search(request(word('x')), left.signal)
      left.abort(new Error('left'))
      await expect(search).rejects.toThrow('left')
    }))

  test('a hostile pattern costs no more than a plain one', () =>
    withIndex(
      manyForms(200, 1).map((one) => ({ ...one, text: 'a'.repeat(63) + one.text.slice(-1) })),
      async (index) => {
        const parts: PatternPart[] = Array.from({ length: 30 }, (_, no) =>
          no % 2 ? { kind: 'text', text: 'aa' } : { kind: 'any' },
        )
        const tree: Node = {
          kind: 'pattern',
          parts: [...parts, { kind: 'text', text: 'b!' }],
          ...at,
        }
        const found = await index.search(request(tree, { timeLimitMs: 2_000 }), never)
        expect(found.hits).toEqual([])
      },
    ))
}
