// A child that has become hostile is contained: the fixture is such a child.
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ExtractLimits, Extractor } from '../../domains/ingest/extractor.ts'
import { codeOf, pagesOf, suiteLimits } from './extractor.suite.ts'
import { openExtractor } from './open.ts'

const childPath = new URL('./hostile.fixture.ts', import.meta.url)
const idle = new AbortController().signal
const opened: Extractor[] = []

async function open(limits: Partial<ExtractLimits> = {}, workers = 1): Promise<Extractor> {
  const extractor = await openExtractor({
    limits: { ...suiteLimits, timeoutMs: 20_000, ...limits },
    workers,
    isolate: true,
    childPath,
  })
  opened.push(extractor)
  return extractor
}
const orderOf = (deed: string) => ({ path: '/dev/null', contentType: 'text/plain', filename: deed })

function childCount(): number {
  const list = execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
  const isOurs = (line: string) =>
    line.trim().startsWith(`${process.pid} `) && line.includes('hostile.fixture')
  return list.split('\n').filter(isOurs).length
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((extractor) => extractor.close()))
  expect(childCount()).toBe(0)
})

describe('limits', () => {
  test.each(['spin', 'hang'])('a child that does not end (%s) is stopped in time', async (deed) => {
    const extractor = await open({ timeoutMs: 1_500 })
    const began = performance.now()
    expect(codeOf(await extractor.extract(orderOf(deed), idle))).toBe('time_limit')
    expect(performance.now() - began).toBeLessThan(15_000)
  })

  test.each(['swallow', 'heap'])('a child that takes memory (%s) is stopped', async (deed) => {
    const extractor = await open({ memoryBytesMax: 300 * 1024 ** 2 })
    expect(codeOf(await extractor.extract(orderOf(deed), idle))).toBe('memory_limit')
  })

  test('a child that floods its answer is stopped while it does', async () => {
    const extractor = await open()
    expect(codeOf(await extractor.extract(orderOf('flood'), idle))).toBe('too_much_text')
  })

  test.each(['abort', 'leave', 'hugeFrame', 'nonsense', 'unclean'])(
    'a child without a proper answer (%s) is a crash, and the next file is read',
    async (deed) => {
      const extractor = await open()
      expect(codeOf(await extractor.extract(orderOf(deed), idle))).toBe('extractor_crashed')
      expect(codeOf(await extractor.extract(orderOf('identity'), idle))).toBe('extracted')
    },
  )

  test('a program that cannot be started is a crash, not an error', async () => {
    const missing = new URL('./not-there.ts', import.meta.url)
    const extractor = await openExtractor({
      limits: suiteLimits,
      isolate: false,
      childPath: missing,
    })
    opened.push(extractor)
    expect(extractor.isolated).toBe(false)
    expect(codeOf(await extractor.extract(orderOf('x'), idle))).toBe('extractor_crashed')
  })
})

describe('images', () => {
  const pagesDrawn = async (deed: string, limits: Partial<ExtractLimits> = {}) =>
    (await (await open(limits)).draw(orderOf(deed), idle)).map(({ page }) => page)

  test('of a child that keeps the rules are taken as they are', async () => {
    expect(await pagesDrawn('draw')).toEqual([2, 5])
  })

  test.each([
    'drawNoJpeg',
    'drawNothing',
    'drawTooMuch',
    'drawBeyond',
    'nonsense',
    'hugeFrame',
    'flood',
    'identity',
    'leave',
  ])('of a child that does not (%s) are none', async (deed) => {
    expect(await pagesDrawn(deed)).toEqual([])
  })

  test('are one for each page, the first that came', async () => {
    const images = await (await open()).draw(orderOf('drawAgain'), idle)
    expect(images.map(({ page, jpeg }) => [page, jpeg.length])).toEqual([[1, 4]])
  })

  test('that came before the end of a child count', async () => {
    expect(await pagesDrawn('drawAndHang', { timeoutMs: 1_500 })).toEqual([3])
    expect(await pagesDrawn('drawAndAbort')).toEqual([1])
  })

  test('are limited in time and memory, and end with the signal', async () => {
    expect(await pagesDrawn('spin', { timeoutMs: 1_500 })).toEqual([])
    expect(await pagesDrawn('swallow', { memoryBytesMax: 300 * 1024 ** 2 })).toEqual([])
    const abort = new AbortController()
    const work = (await open()).draw(orderOf('spin'), abort.signal)
    abort.abort(new Error('the job was taken away'))
    await expect(work).rejects.toThrow('the job was taken away')
  })

  test('are no answer where text was asked for', async () => {
    const extractor = await open()
    expect(codeOf(await extractor.extract(orderOf('draw'), idle))).toBe('extractor_crashed')
  })
})

describe('borders', () => {
  test('no child reads a second file', async () => {
    const extractor = await open()
    const read = async () => pagesOf(await extractor.extract(orderOf('identity'), idle))
    const ids = [await read(), await read(), await read()].map((it) => it.pages[0]?.text)
    expect(new Set(ids).size).toBe(3)
  })

  test('a child knows nothing of the environment of the server', async () => {
    const extractor = await open()
    const { pages } = pagesOf(await extractor.extract(orderOf('environment'), idle))
    expect(pages[0]?.text).toBe('PATH TMPDIR TZ')
  })

  test('an isolated child reaches no port of this machine', async () => {
    let connectionCount = 0
    const server = createServer((socket) => {
      connectionCount += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const extractor = await open()
    const { pages } = pagesOf(await extractor.extract(orderOf(`dial:${port}`), idle))
    server.close()
    // Where the system refuses a network of its own, the extractor must not claim to have one.
    expect(pages[0]?.text).toBe(extractor.isolated ? 'no network' : 'connected')
    expect(connectionCount).toBe(extractor.isolated ? 0 : 1)
  })
})

describe('ending', () => {
  test('an abort ends the child and rejects with its reason', async () => {
    const extractor = await open()
    const abort = new AbortController()
    const work = extractor.extract(orderOf('spin'), abort.signal)
    abort.abort(new Error('the job was taken away'))
    await expect(work).rejects.toThrow('the job was taken away')
  })

  test('closing ends what runs and what waits', async () => {
    const extractor = await open()
    const works = [orderOf('spin'), orderOf('hang')].map((it) => extractor.extract(it, idle))
    const ends = works.map((work) => expect(work).rejects.toThrow('the extractor is closed'))
    await extractor.close()
    await Promise.all(ends)
    await expect(extractor.extract(orderOf('identity'), idle)).rejects.toThrow('closed')
  })

  test('files beyond the number of workers wait for their turn', async () => {
    const extractor = await open({}, 2)
    const works = Array.from({ length: 5 }, () => extractor.extract(orderOf('identity'), idle))
    await expect.poll(childCount).toBeLessThanOrEqual(3)
    for (const result of await Promise.all(works)) expect(codeOf(result)).toBe('extracted')
  })
})
