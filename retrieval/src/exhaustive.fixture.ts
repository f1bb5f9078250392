// The plain twin of every engine: looks at each passage for each word, with Maps and arrays, no index
// and no pruning. Written apart from the engines, so that both are wrong alike only by accident.
import { analyse, stemSpaceOf, type Token } from './analysis/analyse.ts'
import type { Chunk, SearchRequest } from './engine.ts'
import type { NearOperand, Node, PatternPart, WordNode } from './tree.ts'

interface Doc {
  chunk: Chunk
  space: string
  tokens: { position: number; isTitle: boolean; token: Token }[]
  length: number
}

type Span = [start: number, end: number]
type Scored = { doc: Doc; score: number }

/** All matches, best first, without the limit; scores as any engine must give them. */
export function searchExhaustively(
  chunks: Iterable<Chunk>,
  request: SearchRequest,
): { chunkNo: bigint; score: number }[] {
  const reach = new Set(request.reach)
  const docs = [...chunks].filter(({ datasetNo }) => reach.has(datasetNo)).map(docOf)
  const question = new Question(docs, request.plain)
  const found: Scored[] = []
  for (const doc of docs) {
    const score = question.score(request.tree, doc, { zone: 'all', isPositive: true })
    if (score !== undefined && passes(doc.chunk, request)) found.push({ doc, score })
  }
  if (!hasScored(request.tree, false)) {
    const byAge = (one: Scored, other: Scored) =>
      other.doc.chunk.createdAtSeconds - one.doc.chunk.createdAtSeconds || byNo(one, other)
    return found.sort(byAge).map(({ doc, score }) => ({ chunkNo: doc.chunk.chunkNo, score }))
  }
  const byScore = (one: Scored, other: Scored) => other.score - one.score || byNo(one, other)
  found.sort(byScore)
  for (const one of found.slice(0, 200)) one.score += 0.1 * question.bonus(request.tree, one.doc)
  return found.sort(byScore).map(({ doc, score }) => ({ chunkNo: doc.chunk.chunkNo, score }))
}

function byNo(one: Scored, other: Scored): number {
  return one.doc.chunk.chunkNo < other.doc.chunk.chunkNo ? -1 : 1
}

const knownDocs = new WeakMap<Chunk, Doc>()

function docOf(chunk: Chunk): Doc {
  const found = knownDocs.get(chunk) ?? analysed(chunk)
  knownDocs.set(chunk, found)
  return found
}

function analysed(chunk: Chunk): Doc {
  const title = analyse(chunk.title, chunk.language)
  const body = analyse(chunk.text, chunk.language)
  return {
    chunk,
    space: stemSpaceOf(chunk.language),
    tokens: [
      ...title.map((token) => ({ position: token.position, isTitle: true, token })),
      ...body.map((token) => ({
        position: title.length + 100 + token.position,
        isTitle: false,
        token,
      })),
    ],
    length: [...title, ...body].filter(({ isFunction }) => !isFunction).length,
  }
}

function passes(
  { modality, mime, language, objectNo, keywords, createdAtSeconds }: Chunk,
  { filters }: SearchRequest,
) {
  return filters.every((filter) => {
    if (filter.field === 'modality') return filter.anyOf.includes(modality)
    if (filter.field === 'mime') return filter.anyOf.includes(mime)
    if (filter.field === 'language') return filter.anyOf.includes(language)
    if (filter.field === 'object') return filter.anyOf.includes(objectNo)
    if (filter.field === 'meta') {
      return filter.anyOf.some((value) =>
        keywords.some(([name, found]) => name === `meta.${filter.key}` && found === value),
      )
    }
    const ms = createdAtSeconds * 1_000
    return ms >= (filter.fromMs ?? -Infinity) && ms < (filter.toMs ?? Infinity)
  })
}

function hasScored(node: Node, isInFilename: boolean): boolean {
  if (node.kind === 'keyword' || node.kind === 'range' || node.kind === 'not') return false
  if (node.kind === 'text_field')
    return hasScored(node.child, isInFilename || node.field === 'filename')
  if (node.kind === 'plain' || node.kind === 'and' || node.kind === 'or') {
    return node.children.some((child) => hasScored(child, isInFilename))
  }
  return !isInFilename
}

interface Place {
  zone: 'all' | 'title' | 'filename'
  isPositive: boolean
}

interface Wanted {
  key: string
  /** One token, or the whole of a split word. */
  spans: (doc: Doc) => Span[]
  idf: number
  isSingle: boolean
  isFunctionIn: (space: string) => boolean
}

class Question {
  private readonly docs: Doc[]
  private readonly plain: 'and' | 'or'
  private readonly spaces: string[]
  private readonly averageLength: number
  private treeWords: Wanted[] | undefined

  constructor(docs: Doc[], plain: 'and' | 'or') {
    this.docs = docs
    this.plain = plain
    this.spaces = [...new Set(docs.map(({ space }) => space))].sort()
    this.averageLength = docs.reduce((sum, { length }) => sum + length, 0) / docs.length
  }

  /** Undefined: no match. */
  score(node: Node, doc: Doc, place: Place): number | undefined {
    switch (node.kind) {
      case 'plain':
        return this.scorePlain(node.children, doc)
      case 'and': {
        let sum: number | undefined
        for (const child of node.children) {
          const part = this.score(child.kind === 'not' ? child.child : child, doc, place)
          if (child.kind === 'not' ? part !== undefined : part === undefined) return undefined
          if (child.kind !== 'not') sum = (sum ?? 0) + (part ?? 0)
        }
        return sum
      }
      case 'or': {
        const parts = node.children.flatMap((child) => this.score(child, doc, place) ?? [])
        return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part, 0)
      }
      case 'text_field':
        return this.score(node.child, doc, { ...place, zone: node.field })
      case 'keyword':
        return keywordHolds(node, doc.chunk) ? 0 : undefined
      case 'range':
        return rangeHolds(node, doc.chunk) ? 0 : undefined
      case 'not':
        throw new Error('a question is not only negative')
      default: {
        if (place.zone === 'filename') return filenameHolds(node, doc.chunk) ? 0 : undefined
        const titleLength = doc.tokens.filter(({ isTitle }) => isTitle).length
        const tf = this.count(node, doc, place.zone === 'title' ? titleLength : Infinity)
        return tf === 0 ? undefined : this.bm25(tf, this.idf(node), doc)
      }
    }
  }

  /** The proximity of neighbouring words. */
  bonus(tree: Node, doc: Doc): number {
    this.treeWords ??= this.wordsOf(tree)
    const words = this.treeWords.filter(({ isFunctionIn }) => !isFunctionIn(doc.space))
    if (this.treeWords.length < 2) return 0
    let sum = 0
    for (let at = 0; at + 1 < words.length; at++) {
      const left = words[at]!
      const right = words[at + 1]!
      if (left.key === right.key) continue
      let near = 0
      for (const [one] of left.spans(doc)) {
        for (const [other] of right.spans(doc)) {
          const distance = other - one
          if (distance !== 0 && Math.abs(distance) <= 5) near += 1 / (distance * distance)
        }
      }
      if (near > 0) sum += this.bm25(near, Math.min(left.idf, right.idf), doc)
    }
    return sum
  }

  private bm25(tf: number, idf: number, { length }: Doc): number {
    const relative = this.averageLength > 0 ? length / this.averageLength : 1
    return (idf * (tf * 2.2)) / (tf + 1.2 * (0.25 + 0.75 * relative))
  }

  private readonly knownIdfs = new Map<NearOperand | Node, number>()
  private readonly knownPlain = new Map<WordNode[], Wanted[]>()

  private idfOfSpans(spans: (doc: Doc) => Span[]): number {
    const df = this.docs.filter((doc) => spans(doc).length > 0).length
    return Math.log(1 + (this.docs.length - df + 0.5) / (df + 0.5))
  }

  private scorePlain(children: WordNode[], doc: Doc): number | undefined {
    const all = this.plainWords(children)
    const distinct = [...new Map(all.map((one) => [one.key, one])).values()]
    const asked = distinct.filter(({ isFunctionIn }) => !isFunctionIn(doc.space))
    let sum = 0
    let found = 0
    for (const word of asked) {
      const tf = word.spans(doc).length
      if (tf === 0) continue
      found++
      sum += all.filter(({ key }) => key === word.key).length * this.bm25(tf, word.idf, doc)
    }
    const needed = this.plain === 'and' ? asked.length : 1
    return found === 0 || found < needed ? undefined : sum
  }

  private plainWords(children: WordNode[]): Wanted[] {
    const found = this.knownPlain.get(children) ?? this.plainWordsOf(children)
    this.knownPlain.set(children, found)
    return found
  }

  private plainWordsOf(children: WordNode[]): Wanted[] {
    const groups = children.flatMap(({ text }) => {
      const tokens = questionTokens(text)
      const isPhrase = this.plain === 'and' && tokens.every(({ kind }) => kind === 'word')
      return isPhrase ? [tokens] : tokens.map((token) => [token])
    })
    const flagsIn = (space: string) =>
      groups.map((tokens) => tokens.length === 1 && inSpace(tokens[0]!, space).isFunction)
    const dropsIn = new Map(
      this.spaces.map((space) => {
        const flags = flagsIn(space)
        return [space, flags.every((flag) => flag) ? flags.map(() => false) : flags]
      }),
    )
    return groups.map((tokens, at) => {
      const isFunctionIn = (space: string) => dropsIn.get(space)?.[at] ?? false
      const spans = (doc: Doc) => (isFunctionIn(doc.space) ? [] : wordSpans(tokens, doc))
      const stems = this.spaces.map((space) =>
        isFunctionIn(space) ? '' : tokens.map((token) => inSpace(token, space).stem).join(' '),
      )
      const key =
        tokens.length > 1
          ? tokens.map(({ surface }) => surface).join('+')
          : `${tokens[0]!.kind} ${stems.join(',')}`
      const idf =
        tokens.length > 1
          ? tokens.reduce((sum, one) => sum + this.idfOfSpans((doc) => formSpans(one, doc)), 0)
          : this.idfOfSpans(spans)
      return { key, spans, idf, isSingle: tokens.length === 1, isFunctionIn }
    })
  }

  private wordsOf(node: Node): Wanted[] {
    if (node.kind === 'plain')
      return this.plainWords(node.children).filter(({ isSingle }) => isSingle)
    if (node.kind === 'and' || node.kind === 'or') {
      return node.children.flatMap((child) => this.wordsOf(child))
    }
    if (node.kind !== 'word') return []
    const tokens = questionTokens(node.text)
    if (tokens.length !== 1) return []
    const spans = (doc: Doc) => wordSpans(tokens, doc)
    const stems = this.spaces.map((space) => inSpace(tokens[0]!, space).stem)
    const key = `${tokens[0]!.kind} ${stems.join(',')}`
    return [{ key, spans, idf: this.idfOfSpans(spans), isSingle: true, isFunctionIn: () => false }]
  }

  private count(node: NearOperand | Node, doc: Doc, limit: number): number {
    if (node.kind !== 'near') return spansOf(node, doc).filter(([start]) => start < limit).length
    const [lefts, rights] = [node.left, node.right].map((operand) =>
      spansOf(operand, doc).filter(([start]) => start < limit),
    ) as [Span[], Span[]]
    const isNear = (left: Span, right: Span) => {
      const after = right[0] - left[1] - 1
      const before = left[0] - right[1] - 1
      return (
        (after >= 0 && after <= node.distance) ||
        (!node.ordered && before >= 0 && before <= node.distance)
      )
    }
    return Math.min(
      lefts.filter((left) => rights.some((right) => isNear(left, right))).length,
      rights.filter((right) => lefts.some((left) => isNear(left, right))).length,
    )
  }

  private idf(node: NearOperand | Node): number {
    const found = this.knownIdfs.get(node) ?? this.idfOf(node)
    this.knownIdfs.set(node, found)
    return found
  }

  private idfOf(node: NearOperand | Node): number {
    if (node.kind === 'near') return this.idf(node.left) + this.idf(node.right)
    if (node.kind === 'phrase' || node.kind === 'word') {
      const tokens = questionTokens(node.text)
      if (tokens.length > 1) {
        return tokens.reduce((sum, one) => sum + this.idfOfSpans((doc) => formSpans(one, doc)), 0)
      }
    }
    return this.idfOfSpans((doc) => spansOf(node, doc))
  }
}

const knownTokens = new Map<string, Token[]>()

function questionTokens(text: string): Token[] {
  const found = knownTokens.get(text) ?? cutQuestion(text)
  knownTokens.set(text, found)
  return found
}

function cutQuestion(text: string): Token[] {
  return analyse(text, '').filter(({ kind }) => kind !== 'tail')
}

function inSpace(token: Token, space: string): Token {
  return analyse(token.surface, space)[0]!
}

function wordSpans(tokens: Token[], doc: Doc): Span[] {
  const [only] = tokens
  if (tokens.length > 1 || only?.kind === 'single') return phraseSpans(tokens, doc)
  const { stem } = inSpace(only!, doc.space)
  return doc.tokens
    .filter(({ token }) => token.stem === stem)
    .map(({ position }): Span => [position, position])
}

function formSpans(wanted: Token, doc: Doc): Span[] {
  return doc.tokens
    .filter(({ token: { surface } }) =>
      wanted.kind === 'single' ? surface.startsWith(wanted.surface) : surface === wanted.surface,
    )
    .map(({ position }): Span => [position, position])
}

function phraseSpans(tokens: Token[], doc: Doc): Span[] {
  const [first, ...others] = tokens
  const last = tokens.at(-1)!
  const width =
    last.position - first!.position + (last.kind === 'gram' && tokens.length > 1 ? 2 : 1)
  return formSpans(first!, doc)
    .filter(([start]) =>
      others.every((other) =>
        formSpans(other, doc).some(([at]) => at === start + other.position - first!.position),
      ),
    )
    .map(([start]): Span => [start, start + width - 1])
}

function spansOf(node: NearOperand | Node, doc: Doc): Span[] {
  switch (node.kind) {
    case 'word':
      return wordSpans(questionTokens(node.text), doc)
    case 'phrase':
      return phraseSpans(questionTokens(node.text), doc)
    case 'pattern': {
      const fits = regExpOf(node.parts)
      return formsWhere((surface) => fits.test(surface), doc)
    }
    case 'fuzzy':
      return formsWhere((surface) => isClose(node.text, surface, node.distance), doc)
    case 'or': {
      const all = node.children.flatMap((child) => spansOf(child, doc))
      return [...new Map(all.map((span) => [span.join(), span])).values()]
    }
    default:
      throw new Error(`${node.kind} has no places`)
  }
}

function formsWhere(test: (surface: string) => boolean, doc: Doc): Span[] {
  return doc.tokens
    .filter(({ token }) => test(token.surface))
    .map(({ position }): Span => [position, position])
}

function regExpOf(parts: PatternPart[]): RegExp {
  const source = parts.map((part) =>
    part.kind === 'text' ? part.text.toLowerCase() : part.kind === 'any' ? '.*' : '.',
  )
  return new RegExp(`^${source.join('')}$`, 'su')
}

function isClose(from: string, to: string, distance: number): boolean {
  return from[0] === to[0] && edits(from, to) <= distance
}

// Optimal string alignment, as the recursion that defines it.
const known = new Map<string, number>()

function edits(from: string, to: string): number {
  const key = `${from} ${to}`
  const found = known.get(key) ?? editsOf(from, to)
  known.set(key, found)
  return found
}

function editsOf(from: string, to: string): number {
  if (from === '' || to === '') return from.length + to.length
  const [f, t] = [from.slice(0, -1), to.slice(0, -1)]
  const options = [
    edits(f, to) + 1,
    edits(from, t) + 1,
    edits(f, t) + (from.at(-1) === to.at(-1) ? 0 : 1),
  ]
  const isSwap =
    from.length > 1 && to.length > 1 && from.at(-1) === to.at(-2) && from.at(-2) === to.at(-1)
  if (isSwap) options.push(edits(f.slice(0, -1), t.slice(0, -1)) + 1)
  return Math.min(...options)
}

function keywordHolds({ field, value }: { field: string; value: string }, chunk: Chunk): boolean {
  const columns: Record<string, string> = {
    mime: chunk.mime,
    modality: String(chunk.modality),
    lang: chunk.language,
    object: String(chunk.objectNo),
  }
  return (
    columns[field] === value ||
    chunk.keywords.some(([name, found]) => name === field && found === value)
  )
}

function rangeHolds(
  { field, from, to }: { field: 'created' | 'date'; from: number | null; to: number | null },
  { createdAtSeconds, dateDays }: Chunk,
): boolean {
  if (field === 'date' && dateDays === undefined) return false
  const ms = field === 'created' ? createdAtSeconds * 1_000 : (dateDays ?? 0) * 86_400_000
  return ms >= (from ?? -Infinity) && ms < (to ?? Infinity)
}

function filenameHolds(node: NearOperand | Node, { keywords }: Chunk): boolean {
  const forms = keywords
    .filter(([name]) => name === 'filename')
    .flatMap(([, value]) => analyse(value, '').map(({ surface }) => surface))
  if (node.kind === 'word' || node.kind === 'phrase') {
    return questionTokens(node.text).every(({ surface }) => forms.includes(surface))
  }
  if (node.kind === 'fuzzy') return forms.some((form) => isClose(node.text, form, node.distance))
  return node.kind === 'pattern' && forms.some((form) => regExpOf(node.parts).test(form))
}
