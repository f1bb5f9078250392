// `npm run bench`: what the market costs. In one run, on one corpus and one set of questions: the bare
// engine call, the same search through HTTP with permission, charge and record, and the ratio. Absolute
// times mean little on shared hardware; the ratio is what is compared.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Chunk, openMemoryIndex, type RetrievalIndex } from '@ipto/retrieval'
import { awaitIngested, type Market, openMarket } from './market-world.ts'

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    documents: { type: 'string', default: '40' },
    rounds: { type: 'string', default: '600' },
  },
})
const documents = Number(flags.documents)
const rounds = Number(flags.rounds)
const clients = 8
const hitsMax = 20
const passagesEach = 500
const wordsEach = 150

// A small language with the frequencies of a real one: word n has weight 1/n (Zipf).
function textMaker(seed: number) {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
  const vocabulary = 20_000
  const word = () => `w${Math.floor(vocabulary ** random())}`
  const sentence = () => `${Array.from({ length: 15 }, word).join(' ')}.`
  return { word, passage: () => Array.from({ length: wordsEach / 15 }, sentence).join(' ') }
}

interface Times {
  p50: number
  p99: number
  mean: number
}

function timesOf(ms: number[]): Times {
  const sorted = [...ms].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), mean: ms.reduce((sum, one) => sum + one, 0) / ms.length }
}

/** Runs `work` for every question with so many callers at once. */
async function measure(
  questions: string[],
  atOnce: number,
  work: (question: string) => Promise<unknown>,
): Promise<Times> {
  const ms: number[] = []
  let next = 0
  const caller = async () => {
    for (let index = next++; index < questions.length; index = next++) {
      const startedAt = performance.now()
      await work(questions[index] ?? '')
      ms.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return timesOf(ms)
}

async function fill(market: Market, texts: string[][]): Promise<void> {
  const ids: string[] = []
  for (const [index, passages] of texts.entries()) {
    const body = Buffer.from(passages.join('\n\n'))
    ids.push(await market.upload({ name: `text-${index}.txt`, contentType: 'text/plain', body }))
  }
  await market.approve(ids)
  await awaitIngested(market, ids, (done) => {
    if (process.stdout.isTTY) process.stdout.write(`\r  ${done}/${ids.length} indexed`)
  })
  if (process.stdout.isTTY) process.stdout.write('\n')
}

/** The same passages in an engine of its own, as the server holds them. */
async function bareEngine(texts: string[][]): Promise<RetrievalIndex> {
  const index = openMemoryIndex()
  const chunks = texts.flatMap((passages, object) =>
    passages.map((text, ord): Chunk => {
      const no = object * passagesEach + ord + 1
      return {
        chunkNo: BigInt(no),
        datasetNo: 1,
        objectNo: object + 1,
        ord,
        language: 'en',
        title: `text-${object}`,
        text,
        modality: 0,
        mime: 'text/plain',
        createdAtSeconds: 0,
        keywords: [],
        passageHash: BigInt(no),
      }
    }),
  )
  await index.apply(
    chunks.map((chunk) => ({ kind: 'put', chunk })),
    1n,
  )
  return index
}

function searchBare(index: RetrievalIndex, question: string) {
  const words = question.split(' ')
  let start = 0
  const children = words.map((text) => {
    const node = { kind: 'word' as const, text, start, end: start + text.length }
    start = node.end + 1
    return node
  })
  return index.search(
    {
      reach: Uint32Array.of(1),
      tree: { kind: 'plain', children, start: 0, end: question.length },
      vectors: new Map(),
      filters: [],
      mode: 'lexical',
      plain: 'or',
      limit: 1_000,
      timeLimitMs: 2_000,
      explain: false,
    },
    new AbortController().signal,
  )
}

const show = (name: string, { p50, p99, mean }: Times) =>
  console.log(
    `${name.padEnd(44)} p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms   mean ${mean.toFixed(2)} ms`,
  )

async function main(): Promise<void> {
  const { word, passage } = textMaker(4_786)
  const texts = Array.from({ length: documents }, () =>
    Array.from({ length: passagesEach }, passage),
  )
  const questions = Array.from({ length: rounds }, () => [word(), word(), word()].join(' '))
  console.log(
    `${documents * passagesEach} passages of ${wordsEach} words, ${rounds} questions of 3 words, ${hitsMax} hits each`,
  )

  const market = await openMarket(process.env.BENCH_DATABASE_URL)
  const index = await bareEngine(texts)
  try {
    await fill(market, texts)
    const charged = (question: string) =>
      market.buyer.search.query({ query: question, top_k: hitsMax })
    const free = (question: string) =>
      market.provider.search.query({ query: question, top_k: hitsMax })
    // Once unmeasured: compiled code and filled caches are what a running server has.
    await measure(questions.slice(0, 50), 1, (question) => searchBare(index, question))
    await measure(questions.slice(0, 50), 1, charged)

    const bare = await measure(questions, 1, (question) => searchBare(index, question))
    const me = await measure(questions, 1, () => market.buyer.me.get())
    const own = await measure(questions, 1, free)
    const one = await measure(questions, 1, charged)
    const bareEight = await measure(questions, clients, (question) => searchBare(index, question))
    const eight = await measure(questions, clients, charged)

    show('bare engine, 1 caller', bare)
    show('GET /v1/me, 1 caller (HTTP, credential)', me)
    show('search of own dataset, 1 caller (no charge)', own)
    show('search with charge, 1 caller', one)
    show(`bare engine, ${clients} callers`, bareEight)
    show(`search with charge, ${clients} clients`, eight)
    const ratio = one.p50 / bare.p50
    const ratioEight = eight.p50 / bareEight.p50
    console.log(
      `cost of the market: ${ratio.toFixed(2)} × the engine at p50, ${ratioEight.toFixed(2)} × at ${clients} clients`,
    )
    console.log(
      `where it goes, p50: engine ${bare.p50.toFixed(2)}, HTTP and credential ${me.p50.toFixed(2)}, charge ${(one.p50 - own.p50).toFixed(2)}, permission, reading, record and presenting ${(own.p50 - me.p50 - bare.p50).toFixed(2)} ms`,
    )
    if (flags.json) {
      const results = { bare, me, own, one, bareEight, eight, ratio, ratioEight }
      const machine = {
        cpu: cpus()[0]?.model ?? 'unknown',
        cores: cpus().length,
        node: process.version,
      }
      writeFileSync(
        flags.json,
        `${JSON.stringify({ machine, documents, rounds, results }, null, 2)}\n`,
      )
    }
  } finally {
    await index.close()
    await market.close()
  }
}

await main()
process.exit(0)
