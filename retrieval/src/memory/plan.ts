// A question made ready for one reach: every word is replaced by the postings that it stands for, and
// every scored part has its idf. Nothing outside the reach is looked at, so caps, errors and statistics
// cannot tell of foreign text.
import { wordIn } from '../analysis/analyse.ts'
import type { Explain } from '../engine.ts'
import { QuestionError } from '../error.ts'
import { type QueryToken, queryTokens } from '../search/query-tokens.ts'
import type { Node, WordNode } from '../tree.ts'
import type { Reach, Zone } from './reach.ts'
import { testRow } from './row-test.ts'
import type { Row } from './shard.ts'
import { idfOfSource, type Source, termsOf } from './source.ts'
import { noSpaces, Sources } from './sources.ts'

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
  private readonly reach: Reach
  private readonly sources: Sources
  private readonly plainMode: 'and' | 'or'

  constructor(reach: Reach, plainMode: 'and' | 'or') {
    this.reach = reach
    this.sources = new Sources(reach)
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
        return this.leaf(node, this.sources.of(node, place.zone), place)
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
    const leaf = this.leaf(node, this.sources.ofWord(tokens, place.zone, noSpaces), place)
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
        const made = this.leaf(child, this.sources.ofWord(tokens, place.zone, droppedIn), place)
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
      const terms = [...new Set(termsOf(source))].sort()
      this.parts.push({ start: node.start, end: node.end, idf, terms })
    }
    const { zone } = place
    return { kind: 'leaf', zone, source, idf, isScored, droppedIn: noSpaces, weight: 1, key: '' }
  }
}

// A word with grams in it is several words, as blanks would make it. Any other word that splits is a
// phrase where it is required; where words are optional, so are its parts, or a hyphen would cost hits.
function cutWord(child: WordNode, isWhole: boolean): { child: WordNode; tokens: QueryToken[] }[] {
  const tokens = queryTokens(child.text)
  if (tokens.length === 0) return []
  if (isWhole && tokens.every(({ kind }) => kind === 'word')) return [{ child, tokens }]
  return tokens.map((token) => ({ child, tokens: [token] }))
}
