// Rules 3 and 4: words that have one place, and the casing of the wire, which stays at the edge.

import { glossarySynonyms } from './glossary.ts'
import { domainOf } from './imports.ts'
import type { Problem, Source, Tree, Word } from './source.ts'

interface Ban {
  /** Matched against an expression as written, such as `process.env` or `new Date(`. */
  pattern: RegExp
  /** Folders that may use it. Tests may use all but `.only`. */
  allowed: readonly string[]
  instead: string
}

const beside = ['tools/', 'test/', 'bench/', 'examples/']

const bans: readonly Ban[] = [
  {
    pattern: /^process\.env$/,
    allowed: ['server/src/config.ts', 'cli/', ...beside],
    instead: 'settings come from config.ts, handed on in slices',
  },
  {
    pattern: /^Date\.now$|^new Date\($/,
    allowed: ['server/src/base/clock.ts', 'console/', 'cli/', ...beside],
    instead: 'time comes from `call` or from clock.now(); base/clock.ts does the arithmetic',
  },
  {
    pattern: /^console\./,
    allowed: ['cli/', ...beside],
    instead: 'the log is handed in (base/log.ts)',
  },
]

const only = /^(test|it|describe|suite)(\.\w+)*\.only$/

// Third-party names in the product itself: an adapter, jobs/ or http/ is their place.
const vendors =
  /fastify|pg_?boss|pglite|opensearch|elastic|minio|tesseract|pdfjs|mammoth|linkedom|readability|openai|postgres/i

export function checkWords(tree: Tree): Problem[] {
  const synonyms = glossarySynonyms(tree)
  const values = wireValues(tree)
  return tree.sources.flatMap((source) => [
    ...checkBans(source),
    ...checkComments(source),
    ...checkCasts(source),
    ...checkVendors(source),
    ...once(checkSynonyms(source, synonyms)),
    ...once(checkCasing(source, values)),
  ])
}

function problem(rule: number, { path }: Source, { text, line }: Word, message: string): Problem {
  return { rule, path, line, name: text, message }
}

// A name is reported where it stands first; the others follow it.
function once(problems: Problem[]): Problem[] {
  const names = new Set<string>()
  return problems.filter(({ name }) => !names.has(name) && names.add(name))
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)))
}

function checkBans(source: Source): Problem[] {
  return source.expressions.flatMap((word) => {
    if (only.test(word.text)) {
      return [problem(3, source, word, `${word.text} keeps other tests from running: take it out`)]
    }
    const ban = bans.find(({ pattern }) => pattern.test(word.text))
    if (!ban || source.isTest || isIn(source.path, ban.allowed)) return []
    return [problem(3, source, word, `${word.text} is not used here: ${ban.instead}`)]
  })
}

// Written in two parts, so that this file does not find itself.
const left = new RegExp(`${'FIX'}ME|${'TO'}DO(?! #\\d)`)

function checkComments(source: Source): Problem[] {
  return source.text.split('\n').flatMap((text, index) => {
    const found = left.exec(text)
    if (!found) return []
    const word = { text: found[0], line: index + 1 }
    return [problem(3, source, word, 'name an issue (#12), or do it now')]
  })
}

function checkCasts(source: Source): Problem[] {
  const allowed = ['contract/', 'server/src/base/', 'server/src/adapters/', 'test/', 'bench/']
  if (source.isTest || isIn(source.path, allowed)) return []
  return source.casts.map((line) =>
    problem(
      3,
      source,
      { text: 'as', line },
      'no `as` here: parse at the edge, and let types prove',
    ),
  )
}

function checkVendors(source: Source): Problem[] {
  const isProduct = /^server\/src\/(base|domains)\//.test(source.path)
  if (!isProduct || source.isTest) return []
  const words = source.identifiers.filter(({ text }) => vendors.test(text))
  const packages = source.imports
    .filter((one) => !one.isFile && vendors.test(one.target))
    .map((one) => ({ text: one.target, line: one.line }))
  return [...words, ...packages].map((word) =>
    problem(
      3,
      source,
      word,
      `${word.text} names a vendor: put a port here and the rest in adapters/`,
    ),
  )
}

/** `priceBookId` → price, book, id. */
export function wordsOf(identifier: string): string[] {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
    .filter((word) => word !== '')
}

function checkSynonyms(source: Source, synonyms: Map<string, string>): Problem[] {
  if (!domainOf(source.path) || source.isTest || source.path.endsWith('/wire.ts')) return []
  return source.identifiers.flatMap((word) => {
    const found = wordsOf(word.text).find((one) => synonyms.has(one))
    if (found === undefined) return []
    const right = synonyms.get(found)
    return [problem(3, source, word, `say "${right}", not "${found}" (docs/glossary.md)`)]
  })
}

const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/
// Other people's APIs have their own casing, so adapters may write it.
const edges =
  /^(contract|sdk|cli|mcp|console|test|bench|examples|tools)\/|^server\/src\/(http|adapters)\/|\/wire\.ts$|webhooks\/payloads\.ts$/
const moneyEdges =
  /^(contract|sdk|cli|mcp|console|test|bench|examples)\/|^server\/src\/http\/|\/wire\.ts$|webhooks\/payloads\.ts$/

// A value of the wire, such as `outcome_share`, may be the key of a table inside.
function wireValues({ sources }: Tree): Set<string> {
  const texts = sources.filter(({ path }) => path.startsWith('contract/')).map(({ text }) => text)
  return new Set(texts.flatMap((text) => text.match(/(?<=')[a-z0-9]+(_[a-z0-9]+)+(?=')/g) ?? []))
}

function checkCasing(source: Source, values: Set<string>): Problem[] {
  if (source.isTest) return []
  return source.identifiers.flatMap((word) => {
    if (/^(toMajor|fromMajor)$/.test(word.text) && !moneyEdges.test(source.path)) {
      return [
        problem(4, source, word, `${word.text} stands in wire.ts only: inside money is micros`),
      ]
    }
    if (!snake.test(word.text) || values.has(word.text) || edges.test(source.path)) return []
    return [problem(4, source, word, `${word.text} is the casing of the wire: name it in wire.ts`)]
  })
}
