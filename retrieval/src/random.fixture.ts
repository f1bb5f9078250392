// Random corpora and questions from a seed, small enough that words meet and questions match.
import type { Chunk, Filter, SearchRequest } from './engine.ts'
import type { NearOperand, Node, PatternPart, WordNode } from './tree.ts'

export interface Random {
  below: (limit: number) => number
  pick: <T>(list: readonly T[]) => T
  chance: (share: number) => boolean
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, pick: (list) => list[below(list.length)]!, chance: (share) => next() < share }
}

const words = (
  'run runs running runner contract contracts contractor rate rates form from the and of in die der ' +
  'haus häuser straße strasse café cafe state art x1 2024 黑豹队 黑豹 豹 学习 iphone手机 Ⅷ ﬁne'
).split(' ')
const joinedWords = ['state-of-the-art', 'INV-2023-114', "run's", 'the-and', 'a/b']
const languages = ['en', 'de', 'fr', 'zh', '', 'en-US']

export function randomText(random: Random, wordsMax: number): string {
  const count = random.below(wordsMax + 1)
  return Array.from({ length: count }, () =>
    random.chance(0.08) ? random.pick(joinedWords) : random.pick(words),
  ).join(random.pick([' ', ', ', '\n']))
}

export function randomChunk(random: Random, chunkNo: number, datasets: number): Chunk {
  const datasetNo = random.below(datasets)
  return {
    chunkNo: BigInt(chunkNo),
    datasetNo,
    objectNo: random.below(12),
    ord: 0,
    language: random.chance(0.2)
      ? random.pick(languages)
      : languages[datasetNo % languages.length]!,
    title: randomText(random, 4),
    text: randomText(random, 24),
    modality: random.below(3),
    mime: random.pick(['text/plain', 'application/pdf']),
    createdAtSeconds: 1_700_000_000 + random.below(5),
    ...(random.chance(0.5) ? { dateDays: 19_000 + random.below(5) } : {}),
    keywords: [
      ['filename', `${random.pick(['report', 'contracts'])}-${2020 + random.below(4)}.pdf`],
      ['meta.team', random.pick(['red', 'blue'])],
    ],
    passageHash: BigInt(random.below(100)),
  }
}

export function randomRequest(random: Random, datasets: number): SearchRequest {
  const reach = Array.from({ length: datasets + 2 }, (_, no) => no).filter(() => random.chance(0.6))
  return {
    reach: Uint32Array.from(reach),
    tree: randomTree(random, 3),
    vectors: new Map(),
    filters: random.chance(0.3) ? [randomFilter(random)] : [],
    mode: 'lexical',
    plain: random.pick(['and', 'or']),
    limit: random.chance(0.7) ? 1_000 : random.below(20),
    timeLimitMs: 60_000,
    explain: random.chance(0.5),
  }
}

function randomFilter(random: Random): Filter {
  const filters: Filter[] = [
    { field: 'modality', anyOf: [random.below(3)] },
    { field: 'mime', anyOf: ['text/plain'] },
    { field: 'language', anyOf: ['en', 'de'] },
    { field: 'object', anyOf: [1, 2, 3, 4] },
    { field: 'meta', key: 'team', anyOf: ['red'] },
    { field: 'created', fromMs: 1_700_000_001_000, toMs: null },
  ]
  return random.pick(filters)
}

// Offsets only tell nodes apart here.
function span(random: Random) {
  const start = random.below(1_000_000)
  return { start, end: start + 1 }
}

export function randomTree(random: Random, depth: number): Node {
  const roll = random.below(depth > 0 ? 16 : 9)
  const branch = () => randomTree(random, depth - 1)
  if (roll < 3) return randomPlain(random)
  if (roll === 3) return randomWord(random)
  if (roll === 4) return randomPhrase(random)
  if (roll === 5) return { kind: 'pattern', parts: randomParts(random), ...span(random) }
  if (roll === 6) {
    const text = random.pick(['form', 'rate', 'runer', 'contarct'])
    return { kind: 'fuzzy', text, distance: random.pick([1, 2] as const), ...span(random) }
  }
  if (roll === 7) return randomNear(random)
  if (roll === 8) return randomFact(random)
  if (roll < 12) return { kind: 'or', children: [branch(), branch()], ...span(random) }
  if (roll === 12) return { kind: 'and', children: [branch(), branch(), branch()], ...span(random) }
  if (roll < 15) {
    const not: Node = { kind: 'not', child: branch(), ...span(random) }
    return { kind: 'and', children: [branch(), not], ...span(random) }
  }
  if (random.chance(0.5)) {
    const child = random.pick([randomWord, randomPhrase, randomNear])(random)
    return { kind: 'text_field', field: 'title', child, ...span(random) }
  }
  const text = random.pick(['report', '2021', 'report-2022', 'contracts pdf'])
  const child: Node = { kind: 'phrase', text, ...span(random) }
  return { kind: 'text_field', field: 'filename', child, ...span(random) }
}

function randomPlain(random: Random): Node {
  const children = Array.from({ length: 1 + random.below(5) }, () => randomWord(random))
  return { kind: 'plain', children, ...span(random) }
}

function randomWord(random: Random): WordNode {
  const text = random.chance(0.15) ? random.pick(joinedWords) : random.pick(words)
  return { kind: 'word', text, ...span(random) }
}

function randomPhrase(random: Random): Extract<Node, { kind: 'phrase' }> {
  const text = `${random.pick(words)} ${random.pick(words)}${random.chance(0.2) ? ' the' : ''}`
  return { kind: 'phrase', text, ...span(random) }
}

function randomParts(random: Random): PatternPart[] {
  const text = (value: string): PatternPart => ({ kind: 'text', text: value })
  return random.pick<PatternPart[]>([
    [text('run'), { kind: 'any' }],
    [text('CON'), { kind: 'any' }, text('or')],
    [{ kind: 'any' }, text('rat'), { kind: 'one' }],
    [text('f'), { kind: 'one' }, { kind: 'any' }, text('m')],
    [{ kind: 'any' }, text('unn'), { kind: 'any' }],
  ])
}

function randomNear(random: Random): Node {
  const operand = (): NearOperand =>
    random.pick<() => NearOperand>([
      () => randomWord(random),
      () => randomPhrase(random),
      () => ({ kind: 'pattern', parts: randomParts(random), ...span(random) }),
      () => ({ kind: 'or', children: [randomWord(random), randomPhrase(random)], ...span(random) }),
    ])()
  const distance = random.pick([0, 1, 3, 10, 99])
  const ordered = random.chance(0.5)
  return { kind: 'near', left: operand(), right: operand(), distance, ordered, ...span(random) }
}

function randomFact(random: Random): Node {
  return random.pick<Node>([
    { kind: 'keyword', field: 'meta.team', value: 'red', ...span(random) },
    { kind: 'keyword', field: 'modality', value: '1', ...span(random) },
    { kind: 'keyword', field: 'lang', value: 'en', ...span(random) },
    { kind: 'range', field: 'created', from: 1_700_000_002_000, to: null, ...span(random) },
    { kind: 'range', field: 'date', from: null, to: 19_003 * 86_400_000, ...span(random) },
  ])
}
