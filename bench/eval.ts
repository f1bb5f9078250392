// Relevance on the test collections: `npm run eval -- [--mode lexical] [--set NAME]… [--json FILE]`.
// Ends in 1 where a set falls below its floor, in 2 where the collections are not there. The floors are
// those of a plain BM25 script; no question or judgement of a set is used for anything but this table.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { type Chunk, type Node, openMemoryIndex, type RetrievalIndex } from '@ipto/retrieval'

interface Floor {
  set: string
  language: string
  ndcg10: number
  recall100: number
}

const floors: readonly Floor[] = [
  { set: 'scifact', language: 'en', ndcg10: 0.6828, recall100: 0.9276 },
  { set: 'cranfield', language: 'en', ndcg10: 0.3586, recall100: 0.7305 },
  { set: 'cisi', language: 'en', ndcg10: 0.3705, recall100: 0.4357 },
  { set: 'xquad/en', language: 'en', ndcg10: 0.9642, recall100: 0.9966 },
  { set: 'xquad/de', language: 'de', ndcg10: 0.9402, recall100: 0.9941 },
  { set: 'xquad/zh', language: 'zh', ndcg10: 0.9016, recall100: 0.9429 },
]

const tolerance = 0.003
const rankedMax = 100
const datasetCount = 7
const batchSize = 500
const timeLimitMs = 60_000

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../shared/data/retrieval')

interface Result {
  set: string
  mode: 'lexical'
  fusion: null
  model: null
  ndcg10: number
  recall100: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: 'lexical' },
      json: { type: 'string' },
      set: { type: 'string', multiple: true },
    },
  })
  const unknown = values.set?.find((name) => !floors.some(({ set }) => set === name))
  if (values.mode !== 'lexical' || unknown !== undefined) {
    console.error(unknown ? `There is no set ${unknown}.` : 'Only --mode lexical is there.')
    return 2
  }
  if (!existsSync(folder)) {
    console.error(`The test collections are missing: put them into ${folder}.`)
    return 2
  }
  const results: Result[] = []
  for (const floor of floors) {
    if (values.set && !values.set.includes(floor.set)) continue
    if (results.length === 0)
      console.log(row(['set', 'nDCG@10', 'floor', 'R@100', 'floor', 's', '']))
    const startMs = performance.now()
    const { ndcg10, recall100 } = await evaluateSet(floor)
    results.push({ set: floor.set, mode: 'lexical', fusion: null, model: null, ndcg10, recall100 })
    const figures = [ndcg10, floor.ndcg10, recall100, floor.recall100].map((one) => one.toFixed(4))
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1)
    console.log(row([floor.set, ...figures, seconds, passes(ndcg10, floor) ? 'pass' : 'FAIL']))
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ results }, null, 2)}\n`)
  const isGood = results.every(({ set, ndcg10 }) =>
    floors.some((floor) => floor.set === set && passes(ndcg10, floor)),
  )
  return isGood ? 0 : 1
}

function row(cells: string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(10) : cell.padStart(8))).join('')
}

function passes(ndcg10: number, floor: Floor): boolean {
  return ndcg10 >= floor.ndcg10 - tolerance
}

async function evaluateSet({ set, language }: Floor) {
  const documents = readLines(join(folder, set), 'corpus.jsonl')
  const index = await openWith(documents, language)
  const judged = readJudgements(join(folder, set, 'qrels.tsv'))
  const questions = readLines(join(folder, set), 'queries.jsonl')
  let ndcgSum = 0
  let recallSum = 0
  let count = 0
  for (const { _id: id, text } of questions) {
    const grades = judged.get(id)
    if (!grades || ![...grades.values()].some((grade) => grade > 0)) continue
    const ranked = await searchIn(index, text, documents)
    ndcgSum += ndcgAt10(ranked, grades)
    recallSum += recallOf(ranked, grades)
    count++
  }
  await index.close()
  return { ndcg10: ndcgSum / count, recall100: recallSum / count }
}

interface Line {
  _id: string
  title: string
  text: string
}

function readLines(from: string, name: string): Line[] {
  const packed = join(from, `${name}.gz`)
  const bytes = existsSync(packed)
    ? gunzipSync(readFileSync(packed))
    : readFileSync(join(from, name))
  return bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

function readJudgements(path: string): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>()
  for (const line of readFileSync(path, 'utf8').trim().split('\n').slice(1)) {
    const [questionId = '', documentId = '', grade = '0'] = line.split('\t')
    const grades = judged.get(questionId) ?? new Map<string, number>()
    judged.set(questionId, grades.set(documentId, Number(grade)))
  }
  return judged
}

// Spread over several datasets and batches, as a reach has them; the answer must not depend on it.
async function openWith(documents: Line[], language: string): Promise<RetrievalIndex> {
  const index = openMemoryIndex()
  for (let from = 0; from < documents.length; from += batchSize) {
    const batch = documents.slice(from, from + batchSize).map((document, offset) => ({
      kind: 'put' as const,
      chunk: chunkOf(document, from + offset, language),
    }))
    await index.apply(batch, BigInt(from + 1))
  }
  return index
}

function chunkOf({ title, text }: Line, no: number, language: string): Chunk {
  return {
    chunkNo: BigInt(no),
    datasetNo: no % datasetCount,
    objectNo: no,
    ord: 0,
    language,
    title,
    text,
    modality: 1,
    mime: 'text/plain',
    createdAtSeconds: 0,
    keywords: [],
    passageHash: BigInt(no),
  }
}

async function searchIn(index: RetrievalIndex, text: string, documents: Line[]): Promise<string[]> {
  const { hits } = await index.search(
    {
      reach: Uint32Array.from({ length: datasetCount }, (_, datasetNo) => datasetNo),
      tree: plainTree(text),
      vectors: new Map(),
      filters: [],
      mode: 'lexical',
      plain: 'or',
      limit: rankedMax,
      timeLimitMs,
      explain: false,
    },
    new AbortController().signal,
  )
  return hits.map(({ chunkNo }) => documents[Number(chunkNo)]?._id ?? '')
}

// A question of a collection is plain words; what looks like an operator in it is not meant as one.
function plainTree(text: string): Node {
  const children = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({
    kind: 'word' as const,
    text: word,
    start: index,
    end: index + word.length,
  }))
  return { kind: 'plain', children, start: 0, end: text.length }
}

/** Linear gain, log2 discount (Järvelin, Kekäläinen 2002). */
function ndcgAt10(ranked: string[], grades: Map<string, number>): number {
  const ideal = [...grades.values()].sort((one, other) => other - one)
  return dcg(ranked.map((id) => grades.get(id) ?? 0)) / dcg(ideal)
}

function dcg(gains: number[]): number {
  return gains.slice(0, 10).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0)
}

function recallOf(ranked: string[], grades: Map<string, number>): number {
  const relevant = [...grades].filter(([, grade]) => grade > 0).map(([id]) => id)
  const found = new Set(ranked)
  return relevant.filter((id) => found.has(id)).length / relevant.length
}

process.exitCode = await main()
