// What each search engine must do behind the port. How it ranks is the engine's own suite; here stands
// what the market relies on: reach, order, deletes, snippets, errors.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Reach } from '../../domains/access/access.ts'
import type {
  Engine,
  EngineChunk,
  EngineFilters,
  EngineRequest,
} from '../../domains/search/engine.ts'
import { parseQuestion } from '../../domains/search/question.ts'

// Only `access` makes a reach; a suite of an adapter stands in for it with numbers alone.
export function reachOfNumbers(...numbers: number[]): Reach {
  const datasets = numbers.map((no) => ({
    id: `dset_${no}` as const,
    no,
    ownerTenantId: 'tnt_a' as const,
    isOwned: false,
  }))
  return { datasets } as unknown as Reach
}

const noFilters: EngineFilters = {
  modalities: null,
  mimes: null,
  languages: null,
  objectNos: null,
  createdFrom: null,
  createdTo: null,
  metadata: [],
}

function chunkOf(chunkNo: number, text: string, more: Partial<EngineChunk> = {}): EngineChunk {
  return {
    chunkNo: BigInt(chunkNo),
    datasetNo: 1,
    objectNo: chunkNo,
    ord: 0,
    language: 'en',
    title: 'A title',
    text,
    filename: `file-${chunkNo}.txt`,
    modality: 'document',
    mime: 'text/plain',
    createdAt: new Date(Date.UTC(2026, 0, chunkNo)),
    keywords: [['meta.year', '2025']],
    passageSha256: String(chunkNo).padStart(64, '0'),
    ...more,
  }
}

export function testEngine(open: () => Promise<Engine>): void {
  let engine: Engine
  let sequence = 0n

  const put = (...chunks: EngineChunk[]) =>
    engine.apply(
      chunks.map((chunk) => ({ kind: 'put', chunk })),
      ++sequence,
    )
  const search = async (text: string, more: Partial<EngineRequest> = {}) => {
    const request: EngineRequest = {
      reach: reachOfNumbers(1),
      tree: parseQuestion(text).tree,
      plain: 'or',
      filters: noFilters,
      limit: 10,
      timeLimitMs: 2_000,
      explain: false,
      ...more,
    }
    const { found } = await engine.search(request, new AbortController().signal)
    return found
  }
  const numbersOf = (found: { chunkNo: bigint }[]) => found.map((one) => Number(one.chunkNo))

  beforeAll(async () => {
    engine = await open()
    await put(
      chunkOf(1, 'the lighthouse keeper pays the invoice'),
      chunkOf(2, 'an invoice for lamp oil', { mime: 'application/pdf', language: 'en' }),
      chunkOf(3, 'the keeper sleeps', { keywords: [['meta.year', '2024']] }),
      chunkOf(4, 'invoice of another market', { datasetNo: 2 }),
    )
  })
  afterAll(() => engine.close())

  test('what was applied is found at once, best first', async () => {
    expect(numbersOf(await search('lighthouse invoice'))[0]).toBe(1)
    expect(numbersOf(await search('invoice')).sort()).toEqual([1, 2])
  })

  test('nothing outside the reach is found, and an empty reach finds nothing', async () => {
    expect(numbersOf(await search('invoice', { reach: reachOfNumbers(2) }))).toEqual([4])
    expect(await search('invoice', { reach: reachOfNumbers() })).toEqual([])
  })

  test('what others have changes no score', async () => {
    const before = await search('invoice keeper')
    await put(
      ...Array.from({ length: 50 }, (_, n) => chunkOf(100 + n, 'invoice keeper', { datasetNo: 9 })),
    )
    expect(await search('invoice keeper')).toEqual(before)
  })

  test('filters are any-of, and equality on every metadata key', async () => {
    const only = (filters: Partial<EngineFilters>) =>
      search('invoice keeper', { filters: { ...noFilters, ...filters } }).then(numbersOf)
    expect(await only({ mimes: ['application/pdf'] })).toEqual([2])
    expect(await only({ metadata: [['year', '2024']] })).toEqual([3])
    expect(await only({ objectNos: [1] })).toEqual([1])
    expect(await only({ modalities: ['image'] })).toEqual([])
    expect(await only({ createdFrom: new Date(Date.UTC(2026, 0, 3)) })).toEqual([3])
    expect(await only({ createdTo: new Date(Date.UTC(2026, 0, 2)) })).toEqual([1])
  })

  test('fields of a question work: file name, object and metadata', async () => {
    expect(numbersOf(await search('filename:"file-2.txt"'))).toEqual([2])
    expect(numbersOf(await search('keeper meta.year:2024', { plain: 'and' }))).toEqual([3])
    expect(numbersOf(await search('mime:application/pdf'))).toEqual([2])
  })

  test('a dropped object is gone, and a put replaces', async () => {
    await put(chunkOf(5, 'a passing zebra'))
    expect(numbersOf(await search('zebra'))).toEqual([5])
    await put(chunkOf(5, 'a passing giraffe'))
    expect(await search('zebra')).toEqual([])
    await engine.apply([{ kind: 'drop', objectNo: 5 }], ++sequence)
    expect(await search('giraffe')).toEqual([])
  })

  test('an expansion over the cap is an error with its place, never a cut list', async () => {
    const words = Array.from({ length: 1_100 }, (_, n) => `prefixed${n}`).join(' ')
    await put(chunkOf(6, words, { datasetNo: 3 }))
    const wide = search('prefix*', { reach: reachOfNumbers(3) })
    await expect(wide).rejects.toMatchObject({ code: 'expansion_limit', details: { start: 0 } })
    expect(await search('prefix*')).toEqual([])
  })

  test('a search that takes too long is an error, never a part', async () => {
    await expect(search('invoice keeper lamp', { timeLimitMs: 0 })).rejects.toMatchObject({
      code: 'search_timeout',
    })
  })

  test('a snippet marks the words of the question, inside its own text', () => {
    const text = `${'filler word '.repeat(60)}the disputed VAT of Acme ${'more filler '.repeat(60)}`
    const cut = engine.snippet({ text, language: 'en' }, parseQuestion('VAT dispute Acme').tree)
    expect(cut.text.split(' ').length).toBeLessThan(40)
    const marked = cut.highlights.map(([start, end]) => cut.text.slice(start, end))
    expect(marked).toEqual(['disputed', 'VAT', 'Acme'])
  })
}
