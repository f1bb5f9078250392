// A question made ready for one reach: every word is replaced by the postings that it stands for, and
// every scored part has its idf. Nothing outside the reach is looked at, so caps, errors and statistics
// cannot tell of foreign text.
import { wordIn } from '../analysis/analyse.ts'
import type { Explain } from '../engine.ts'
import { QuestionError } from '../error.ts'
import { fuzzyMatcher, type Matcher, patternMatcher } from '../search/pattern.ts'
import { hasGram, type QueryToken, queryTokens } from '../search/query-tokens.ts'
import type { NearOperand, Node, PatternNode, WordNode } from '../tree.ts'
import type { Deadline } from './deadline.ts'
import type { Dictionary } from './dictionary.ts'
import type { Posting } from './posting.ts'
import { testRow } from './row-test.ts'
import type { Row, Shard } from './shard.ts'
import { idfOfSource, type Source, type Terms } from './source.ts'

const expandedTermsMax = 1_024
const expandedTermsInNearMax = 128

/** The datasets of a search, their statistics, and its deadline. */
export interface Reach {
  shards: Shard[]
  spaces: string[]
  chunks: number
  averageLength: number
  deadline: Deadline
}

type Zone = 'all' | 'title' | 'filename'

export interface Leaf {
  kind: 'leaf'
  zone: Zone
  source: Source
  idf: number
  isScored: boolean
  /** Languages in which it is a function word, and not asked for. */
  droppedIn: ReadonlySet<string>
  weight: number
  /** The same for the same word, wherever it stands in the question; empty where it is no single word. */
  key: string
}

export type PlanNode =
  | Leaf
  | { kind: 'and'; children: PlanNode[]; nots: PlanNode[] }
  | { kind: 'or'; children: PlanNode[] }
  /** Distinct words, `weight` times each. `isAll`: those not dropped in the chunk's language. */
  | { kind: 'plain'; words: Leaf[]; isAll: boolean }
  | { kind: 'rows'; test: (row: Row) => boolean }
  /** Nothing to look for, such as a lone `&`: no restriction and no match. */
  | { kind: 'nothing' }

export interface Plan {
  root: PlanNode
  /** Single words that are asked for, in the order of the question, for proximity. */
  words: Leaf[]
  parts: Explain['parts']
  isScored: boolean
}

interface Place {
  zone: Zone
  isPositive: boolean
}

export function planQuestion(tree: Node, plain: 'and' | 'or', reach: Reach): Plan {
  const planner = new Planner(reach, plain)
  const root = planner.plan(tree, { zone: 'all', isPositive: true })
  return { root, words: planner.words, parts: planner.parts, isScored: planner.parts.length > 0 }
}

class Planner {
  readonly words: Leaf[] = []
  readonly parts: Explain['parts'] = []
  private readonly expanded = new Set<string>()
  private readonly reach: Reach
  private readonly plainMode: 'and' | 'or'

  constructor(reach: Reach, plainMode: 'and' | 'or') {
    this.reach = reach
    this.plainMode = plainMode
  }

  plan(node: Node, place: Place): PlanNode {
    switch (node.kind) {
      case 'plain':
        return this.planPlain(node, place)
      case 'and':
        return this.planAnd(node, place)
      case 'or':
        return { kind: 'or', children: node.children.map((child) => this.plan(child, place)) }
      case 'not':
        throw new QuestionError('only_negative', node, 'Ask also for something that must occur.')
      case 'text_field':
        return this.plan(node.child, { ...place, zone: node.field })
      case 'keyword':
      case 'range':
        return { kind: 'rows', test: testRow(node) }
      case 'word':
        return this.planWord(node, place)
      default:
        return this.leaf(node, this.sourceOf(node, place.zone, expandedTermsMax), place)
    }
  }

  private planAnd(node: Extract<Node, { kind: 'and' }>, place: Place): PlanNode {
    const children: PlanNode[] = []
    const nots: PlanNode[] = []
    for (const child of node.children) {
      if (child.kind === 'not') nots.push(this.plan(child.child, { ...place, isPositive: false }))
      else children.push(this.plan(child, place))
    }
    if (children.length === 0) {
      throw new QuestionError('only_negative', node, 'Ask also for something that must occur.')
    }
    const asked = children.filter((child) => child.kind !== 'nothing')
    return asked.length === 0 ? { kind: 'nothing' } : { kind: 'and', children: asked, nots }
  }

  private planWord(node: WordNode, place: Place): PlanNode {
    const tokens = queryTokens(node.text)
    const leaf = this.leaf(node, this.wordSource(tokens, place.zone, noSpaces), place)
    const isSingle = leaf.kind === 'leaf' && tokens.length === 1 && place.zone === 'all'
    if (isSingle && place.isPositive) {
      this.words.push({ ...leaf, key: this.keyOf(tokens, noSpaces) })
    }
    return leaf
  }

  private planPlain(node: Extract<Node, { kind: 'plain' }>, place: Place): PlanNode {
    const wanted = node.children.flatMap((child) => cutWord(child, this.plainMode === 'and'))
    if (wanted.length === 0) return { kind: 'nothing' }
    const dropped = this.functionSpaces(wanted.map(({ tokens }) => tokens))
    const distinct = new Map<string, Leaf>()
    for (const [index, { child, tokens }] of wanted.entries()) {
      const droppedIn = dropped[index] ?? noSpaces
      const key = this.keyOf(tokens, droppedIn)
      let leaf = distinct.get(key)
      if (leaf) leaf.weight++
      else {
        const made = this.leaf(child, this.wordSource(tokens, place.zone, droppedIn), place)
        if (made.kind !== 'leaf') continue
        leaf = { ...made, droppedIn, key }
        distinct.set(key, leaf)
      }
      if (tokens.length === 1 && place.zone === 'all' && place.isPositive) this.words.push(leaf)
    }
    return { kind: 'plain', words: [...distinct.values()], isAll: this.plainMode === 'and' }
  }

  // For each word the languages of the reach that drop it: those where it is a function word, unless
  // the language would be left without any word.
  private functionSpaces(words: QueryToken[][]): Set<string>[] {
    const dropped = words.map(() => new Set<string>())
    for (const space of this.reach.spaces) {
      const flags = words.map(
        (tokens) => tokens.length === 1 && wordIn(tokens[0]!.word, space).isFunction,
      )
      if (flags.every((flag) => flag)) continue
      for (const [index, flag] of flags.entries()) if (flag) dropped[index]!.add(space)
    }
    return dropped
  }

  private keyOf(tokens: QueryToken[], droppedIn: ReadonlySet<string>): string {
    if (tokens.length > 1) return tokens.map(({ surface }) => surface).join(' ')
    const stems = this.reach.spaces.map((space) =>
      droppedIn.has(space) ? '' : wordIn(tokens[0]!.word, space).stem,
    )
    return `${tokens[0]!.kind} ${stems.join(' ')}`
  }

  private leaf(node: { start: number; end: number }, source: Source, place: Place): PlanNode {
    if (source.kind === 'terms' && source.isEmpty) return { kind: 'nothing' }
    const isScored = place.isPositive && place.zone !== 'filename'
    const idf = isScored ? idfOfSource(source, this.reach) : 0
    if (isScored) {
      const terms = [...termsOf(source)].sort()
      this.parts.push({ start: node.start, end: node.end, idf, terms })
    }
    const { zone } = place
    return { kind: 'leaf', zone, source, idf, isScored, droppedIn: noSpaces, weight: 1, key: '' }
  }

  private sourceOf(
    node: NearOperand | Extract<Node, { kind: 'near' | 'fuzzy' }>,
    zone: Zone,
    cap: number,
  ): Source {
    switch (node.kind) {
      case 'word':
        return this.wordSource(queryTokens(node.text), zone, noSpaces)
      case 'phrase':
        return this.phraseSource(queryTokens(node.text), zone)
      case 'pattern':
        return this.patternSource(node, zone, cap)
      case 'fuzzy':
        return this.fuzzySource(node, zone)
      case 'or':
        return {
          kind: 'any',
          children: node.children.map((child) => this.sourceOf(child, zone, cap)),
        }
      case 'near': {
        if (zone === 'filename') {
          throw new QuestionError('near_operand', node, 'The words of a file name have no order.')
        }
        const left = this.sourceOf(node.left, zone, expandedTermsInNearMax)
        const right = this.sourceOf(node.right, zone, expandedTermsInNearMax)
        return { kind: 'near', left, right, distance: node.distance, isOrdered: node.ordered }
      }
    }
  }

  private wordSource(tokens: QueryToken[], zone: Zone, droppedIn: ReadonlySet<string>): Source {
    const [token] = tokens
    if (
      tokens.length > 1 ||
      token === undefined ||
      zone === 'filename' ||
      token.kind === 'single'
    ) {
      return this.phraseSource(tokens, zone)
    }
    const terms = this.reach.spaces
      .filter((space) => !droppedIn.has(space))
      .map((space) => wordIn(token.word, space).stem)
    return this.exactly(terms, (shard) => shard.stems)
  }

  private phraseSource(tokens: QueryToken[], zone: Zone): Source {
    const last = tokens.at(-1)
    const first = tokens[0]
    if (!first || !last) return { kind: 'terms', postings: new Map(), terms: [], isEmpty: true }
    const isFilename = zone === 'filename'
    const elements = tokens.map((token) => ({
      offset: token.position - first.position,
      terms: this.surfaceTerms(token, isFilename),
    }))
    if (elements.length === 1) return elements[0]!.terms
    const width = last.position - first.position + (last.kind === 'gram' ? 2 : 1)
    return { kind: 'phrase', elements, width, isUnordered: isFilename }
  }

  // One character of a script without blanks starts a gram wherever it stands, so it is a prefix. The
  // number of grams is bounded by the script, and the cap would fail the simplest questions.
  private surfaceTerms({ surface, kind }: QueryToken, isFilename: boolean): Terms {
    const dictionaryOf = isFilename ? filenamesOf : surfacesOf
    if (kind !== 'single') return this.exactly([surface], dictionaryOf)
    const matcher = { prefix: surface, fits: () => true }
    return this.collect(matcher, dictionaryOf, () => {})
  }

  private patternSource(node: PatternNode, zone: Zone, cap: number): Source {
    const [first, second] = node.parts
    const hasGrams = node.parts.some((part) => part.kind === 'text' && hasGram(part.text))
    if (hasGrams) {
      if (node.parts.length === 2 && first?.kind === 'text' && second?.kind === 'any') {
        return this.phraseSource(queryTokens(first.text), zone)
      }
      const hint = 'In scripts without blanks only a `*` at the end has a meaning; use NEAR.'
      throw new QuestionError('bad_value', node, hint)
    }
    if (!node.parts.some((part) => part.kind === 'text')) {
      throw new QuestionError('wildcard_too_short', node, 'Write some letters beside the wildcard.')
    }
    return this.expand(node, patternMatcher(node.parts), { zone, cap })
  }

  private fuzzySource(node: Extract<Node, { kind: 'fuzzy' }>, zone: Zone): Source {
    const [token, second] = queryTokens(node.text)
    if (token === undefined || second !== undefined) {
      throw new QuestionError('bad_value', node, 'The sign ~ works on one word.')
    }
    const matcher = fuzzyMatcher(token.surface, node.distance)
    return this.expand(node, matcher, { zone, cap: expandedTermsMax })
  }

  private expand(
    node: { start: number; end: number },
    matcher: Matcher,
    { zone, cap }: { zone: Zone; cap: number },
  ): Terms {
    const own = new Set<string>()
    return this.collect(matcher, zone === 'filename' ? filenamesOf : surfacesOf, (term) => {
      own.add(term)
      this.expanded.add(`${zone === 'filename'} ${term}`)
      if (own.size <= cap && this.expanded.size <= expandedTermsMax) return
      const hint = `It stands for more than ${own.size > cap ? cap : expandedTermsMax} words here; write more letters.`
      throw new QuestionError('expansion_limit', node, hint)
    })
  }

  private exactly(terms: string[], dictionaryOf: (shard: Shard) => Dictionary): Terms {
    const postings = new Map<Shard, Posting[]>()
    const found = new Set<string>()
    for (const shard of this.reach.shards) {
      for (const term of new Set(terms)) {
        const posting = dictionaryOf(shard).get(term)
        if (!posting || !shard.hasLive(posting)) continue
        found.add(term)
        addTo(postings, shard, posting)
      }
    }
    return { kind: 'terms', postings, terms: [...found], isEmpty: false }
  }

  private collect(
    { prefix, fits }: Matcher,
    dictionaryOf: (shard: Shard) => Dictionary,
    onTerm: (term: string) => void,
  ): Terms {
    const postings = new Map<Shard, Posting[]>()
    const found = new Set<string>()
    for (const shard of this.reach.shards) {
      const dictionary = dictionaryOf(shard)
      for (const term of dictionary.withPrefix(prefix)) {
        this.reach.deadline.spend(8)
        const posting = fits(term) ? dictionary.get(term) : undefined
        if (!posting || !shard.hasLive(posting)) continue
        onTerm(term)
        found.add(term)
        addTo(postings, shard, posting)
      }
    }
    return { kind: 'terms', postings, terms: [...found], isEmpty: false }
  }
}

const noSpaces: ReadonlySet<string> = new Set()
const surfacesOf = (shard: Shard) => shard.surfaces
const filenamesOf = (shard: Shard) => shard.filenames

function addTo(postings: Map<Shard, Posting[]>, shard: Shard, posting: Posting): void {
  const list = postings.get(shard)
  if (list) list.push(posting)
  else postings.set(shard, [posting])
}

// A word with grams in it is several words, as blanks would make it. Any other word that splits is a
// phrase where it is required; where words are optional, so are its parts, or a hyphen would cost hits.
function cutWord(child: WordNode, isWhole: boolean): { child: WordNode; tokens: QueryToken[] }[] {
  const tokens = queryTokens(child.text)
  if (tokens.length === 0) return []
  if (isWhole && tokens.every(({ kind }) => kind === 'word')) return [{ child, tokens }]
  return tokens.map((token) => ({ child, tokens: [token] }))
}

function* termsOf(source: Source): Generator<string> {
  if (source.kind === 'terms') yield* source.terms
  else if (source.kind === 'phrase') for (const { terms } of source.elements) yield* terms.terms
  else if (source.kind === 'any') for (const child of source.children) yield* termsOf(child)
  else {
    yield* termsOf(source.left)
    yield* termsOf(source.right)
  }
}
