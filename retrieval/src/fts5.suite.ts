// SQLite's full-text search as oracle for which passages match. Words of a–z and digits only, so that
// analysis plays no part. Left out, because FTS5 means something else there: NEAR of three, NEAR of a
// word with itself, NOT without a left side, a wildcard in front. Its scores have another idf.
import Database from 'libsql'
import { expect, test } from 'vitest'
import type { Chunk, RetrievalIndex } from './engine.ts'
import { type Random, randomFrom } from './random.fixture.ts'
import type { NearOperand, Node } from './tree.ts'

const at = { start: 0, end: 1 }
const words = 'a ab abc abd b bc bcd c1 c12 d2 d22 e'.split(' ')

interface Question {
  tree: Node
  sql: string
}

export function testAgainstFts5(open: () => Promise<RetrievalIndex>): void {
  const seed = Math.floor(Math.random() * 2 ** 32)

  test(`Boolean, phrase, NEAR and prefix questions find what FTS5 finds (seed ${seed})`, async () => {
    const random = randomFrom(seed)
    for (let round = 0; round < 10; round++) {
      const texts = Array.from({ length: 120 }, () => randomText(random))
      const index = await open()
      await index.apply(
        texts.map((text, no) => ({ kind: 'put' as const, chunk: chunkOf(no + 1, text) })),
        1n,
      )
      const table = openTable(texts)
      for (let no = 0; no < 200; no++) {
        const { tree, sql } = randomQuestion(random, 3)
        expect(await find(index, tree), sql).toEqual(table.find(sql))
      }
      table.close()
      await index.close()
    }
  }, 60_000)
}

function openTable(texts: string[]) {
  const db = new Database(':memory:')
  db.exec("create virtual table passage using fts5(text, tokenize='ascii')")
  const insert = db.prepare('insert into passage(rowid, text) values (?, ?)')
  for (const [index, text] of texts.entries()) insert.run(index + 1, text)
  const select = db.prepare('select rowid as id from passage where passage match ? order by rowid')
  return {
    find: (sql: string) => select.all(sql).map((row) => (row as { id: number }).id),
    close: () => db.close(),
  }
}

function randomText(random: Random): string {
  return Array.from({ length: 1 + random.below(14) }, () => random.pick(words)).join(' ')
}

function chunkOf(no: number, text: string): Chunk {
  return {
    chunkNo: BigInt(no),
    datasetNo: no % 3,
    objectNo: no,
    ord: 0,
    language: '',
    title: '',
    text,
    modality: 1,
    mime: 'text/plain',
    createdAtSeconds: 0,
    keywords: [],
    passageHash: 0n,
  }
}

async function find(index: RetrievalIndex, tree: Node): Promise<number[]> {
  const { hits } = await index.search(
    {
      reach: Uint32Array.of(0, 1, 2),
      tree,
      vectors: new Map(),
      filters: [],
      mode: 'lexical',
      plain: 'and',
      limit: 1_000,
      timeLimitMs: 60_000,
      explain: false,
    },
    new AbortController().signal,
  )
  return hits.map(({ chunkNo }) => Number(chunkNo)).sort((one, other) => one - other)
}

function randomQuestion(random: Random, depth: number): Question {
  const roll = random.below(depth > 0 ? 9 : 4)
  if (roll === 0) return randomWord(random)
  if (roll === 1) return randomPhrase(random, words)
  if (roll === 2) return randomPrefix(random)
  if (roll === 3) return randomNear(random)
  const one = randomQuestion(random, depth - 1)
  const other = randomQuestion(random, depth - 1)
  const children = [one.tree, other.tree]
  if (roll < 6)
    return { tree: { kind: 'or', children, ...at }, sql: `(${one.sql}) OR (${other.sql})` }
  if (roll < 8)
    return { tree: { kind: 'and', children, ...at }, sql: `(${one.sql}) AND (${other.sql})` }
  const not: Node = { kind: 'not', child: other.tree, ...at }
  return {
    tree: { kind: 'and', children: [one.tree, not], ...at },
    sql: `(${one.sql}) NOT (${other.sql})`,
  }
}

function randomWord(random: Random, from = words) {
  const text = random.pick(from)
  const tree: NearOperand = { kind: 'word', text, ...at }
  return { tree, sql: `"${text}"` }
}

function randomPhrase(random: Random, from: string[]) {
  const text = `${random.pick(from)} ${random.pick(from)}`
  const tree: NearOperand = { kind: 'phrase', text, ...at }
  return { tree, sql: `"${text}"` }
}

function randomPrefix(random: Random) {
  const text = random.pick(['a', 'ab', 'b', 'c', 'd2'])
  const tree: NearOperand = {
    kind: 'pattern',
    parts: [{ kind: 'text', text }, { kind: 'any' }],
    ...at,
  }
  return { tree, sql: `"${text}" *` }
}

// The operands have no word in common, so they cannot overlap.
function randomNear(random: Random): Question {
  const operand = (from: string[]) =>
    random.chance(0.6) ? randomWord(random, from) : randomPhrase(random, from)
  const left = operand(words.slice(0, 6))
  const right = operand(words.slice(6))
  const [first, second] = random.chance(0.5) ? [left, right] : [right, left]
  const distance = random.below(6)
  return {
    tree: { kind: 'near', left: first.tree, right: second.tree, distance, ordered: false, ...at },
    sql: `NEAR(${first.sql} ${second.sql}, ${distance})`,
  }
}
