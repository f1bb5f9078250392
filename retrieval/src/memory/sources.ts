// From a part of a question to the postings of the reach. Expansion counts only terms that live chunks
// of the reach hold, and ends in an error at the first one too many: a cut list would be a wrong answer,
// and counting foreign terms would tell of foreign text.
import { wordIn } from '../analysis/analyse.ts'
import { QuestionError } from '../error.ts'
import { fuzzyMatcher, type Matcher, patternMatcher } from '../search/pattern.ts'
import { hasGram, type QueryToken, queryTokens } from '../search/query-tokens.ts'
import type { FuzzyNode, NearOperand, Node, PatternNode } from '../tree.ts'
import type { Dictionary } from './dictionary.ts'
import type { Posting } from './posting.ts'
import type { Reach, Zone } from './reach.ts'
import type { Shard } from './shard.ts'
import type { Source, Terms } from './source.ts'

const expandedTermsMax = 1_024
const expandedTermsInNearMax = 128

type SourceNode = NearOperand | FuzzyNode | Extract<Node, { kind: 'near' }>

export const noSpaces: ReadonlySet<string> = new Set()

export class Sources {
  private readonly reach: Reach
  /** All of the question, so that many small patterns are one large one. */
  private readonly expanded = new Set<string>()

  constructor(reach: Reach) {
    this.reach = reach
  }

  of(node: SourceNode, zone: Zone, cap = expandedTermsMax): Source {
    switch (node.kind) {
      case 'word':
        return this.ofWord(queryTokens(node.text), zone, noSpaces)
      case 'phrase':
        return this.ofPhrase(queryTokens(node.text), zone)
      case 'pattern':
        return this.ofPattern(node, zone, cap)
      case 'fuzzy':
        return this.ofFuzzy(node, zone)
      case 'or':
        return {
          kind: 'any',
          children: node.children.map((child) => this.of(child, zone, cap)),
        }
      case 'near': {
        if (zone === 'filename') {
          throw new QuestionError('near_operand', node, 'The words of a file name have no order.')
        }
        const left = this.of(node.left, zone, expandedTermsInNearMax)
        const right = this.of(node.right, zone, expandedTermsInNearMax)
        return { kind: 'near', left, right, distance: node.distance, isOrdered: node.ordered }
      }
    }
  }

  ofWord(tokens: QueryToken[], zone: Zone, droppedIn: ReadonlySet<string>): Source {
    const [token] = tokens
    if (
      tokens.length > 1 ||
      token === undefined ||
      zone === 'filename' ||
      token.kind === 'single'
    ) {
      return this.ofPhrase(tokens, zone)
    }
    const terms = this.reach.spaces
      .filter((space) => !droppedIn.has(space))
      .map((space) => wordIn(token.word, space).stem)
    return this.exactly(terms, (shard) => shard.stems)
  }

  private ofPhrase(tokens: QueryToken[], zone: Zone): Source {
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

  private ofPattern(node: PatternNode, zone: Zone, cap: number): Source {
    const [first, second] = node.parts
    const hasGrams = node.parts.some((part) => part.kind === 'text' && hasGram(part.text))
    if (hasGrams) {
      if (node.parts.length === 2 && first?.kind === 'text' && second?.kind === 'any') {
        return this.ofPhrase(queryTokens(first.text), zone)
      }
      const hint = 'In scripts without blanks only a `*` at the end has a meaning; use NEAR.'
      throw new QuestionError('bad_value', node, hint)
    }
    if (!node.parts.some((part) => part.kind === 'text')) {
      throw new QuestionError('wildcard_too_short', node, 'Write some letters beside the wildcard.')
    }
    return this.expand(node, patternMatcher(node.parts), { zone, cap })
  }

  private ofFuzzy(node: FuzzyNode, zone: Zone): Source {
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

const surfacesOf = (shard: Shard) => shard.surfaces
const filenamesOf = (shard: Shard) => shard.filenames

function addTo(postings: Map<Shard, Posting[]>, shard: Shard, posting: Posting): void {
  const list = postings.get(shard)
  if (list) list.push(posting)
  else postings.set(shard, [posting])
}
