// Reads the source documents: their JSON examples, their curl commands and their JavaScript, as they
// stand in the text. What is found is run and compared; nothing is repeated by hand.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../shared/spec/seeds/', import.meta.url))

export const haveSources = existsSync(`${folder}making-requests.txt`)
if (!haveSources && process.env.CI) throw new Error(`The source documents are missing: ${folder}`)

export type SourceName = 'making-requests' | 'faq' | 'buyer' | 'platform-template'

/** Empty where the documents are missing: then nothing of them is run. */
export function readSource(name: SourceName): string {
  return haveSources ? readFileSync(`${folder}${name}.txt`, 'utf8').replace(/\r\n/g, '\n') : ''
}

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** Objects that begin at the start of a line, in order. */
export function jsonExamples(text: string): Json[] {
  return [...text.matchAll(/^\{\n[\s\S]*?^\}$/gm)].map(([block]): Json => JSON.parse(block))
}

export interface Curl {
  method: string
  url: string
  headers: Record<string, string>
  body: string | undefined
}

/** Commands with all their continued lines. */
export function curlCommands(text: string): Curl[] {
  return [...text.matchAll(/^curl (?:[^\n']|'[^']*'|\\\n)*?(?<!\\)$/gm)].map(([command]) => {
    const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|[^\s\\]+/g)].map(
      ([word, single, double]) => single ?? double ?? word,
    )
    const curl: Curl = { method: 'GET', url: '', headers: {}, body: undefined }
    for (let at = 1; at < words.length; at++) {
      const word = words[at] ?? ''
      const next = words[at + 1] ?? ''
      if (word === '-X') curl.method = next
      else if (word === '-d') curl.body = next
      else if (word === '-H') {
        const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(next) ?? []
        curl.headers[name.toLowerCase()] = value
      } else curl.url = word
      if (word.startsWith('-')) at += 1
    }
    return curl
  })
}

/** Snippets that call `fetch`, with all their lines. */
export function scripts(text: string): string[] {
  const found: string[] = []
  let lines: string[] | undefined
  for (const line of [...text.split('\n'), 'End']) {
    const isStart = /^(const \w+ = await fetch\(|let cursor)/.test(line)
    const isCode = line === '' || /^(const |let |while |[\])}]|\s)/.test(line)
    if (lines && isCode && !isStart) lines.push(line)
    else {
      if (lines) found.push(lines.join('\n').trim())
      lines = isStart ? [line] : undefined
    }
  }
  return found
}

/** Rows of a table that was flattened to lines: `404 Not Found Resource …` → 404. */
export function statusTable(text: string): number[] {
  const [, table = ''] = /HTTP Status Codes\n\n(?:Status.*\n)([\s\S]*?)\n\n/.exec(text) ?? []
  return table.split('\n').map((row) => Number(row.slice(0, 3)))
}

/**
 * What an answer lacks or has otherwise than its example: names, JSON types, nesting, and the form of
 * times and ids. `exact`: names that the example does not have are told as well, save these.
 */
export function shapeProblems(
  example: Json,
  actual: Json | undefined,
  { exact = null, path = '$' }: { exact?: readonly string[] | null; path?: string } = {},
): string[] {
  if (kindOf(example) !== kindOf(actual)) {
    return [`${path} is ${kindOf(actual)}, not ${kindOf(example)}`]
  }
  if (typeof example === 'string') return formProblems(example, String(actual), path)
  if (Array.isArray(example)) {
    const [first] = example
    if (first === undefined || !Array.isArray(actual)) return []
    if (actual.length === 0) return [`${path} is empty`]
    return actual.flatMap((one) => shapeProblems(first, one, { exact, path: `${path}[]` }))
  }
  if (!isObject(example) || !isObject(actual)) return []
  const inner = Object.entries(example).flatMap(([name, value]) =>
    shapeProblems(value, actual[name], { exact, path: `${path}.${name}` }),
  )
  const more = Object.keys(actual).filter((name) => !(name in example) && !exact?.includes(name))
  return exact === null ? inner : [...inner, ...more.map((name) => `${path}.${name} is new`)]
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: Json | undefined): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function formProblems(example: string, actual: string, path: string): string[] {
  const forms = [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, /^[A-Z]{3}$/]
  const [prefix] = /^(dset|sa|req)_/.exec(example) ?? []
  if (prefix !== undefined) forms.push(new RegExp(`^${prefix}`))
  const broken = forms.filter((form) => form.test(example) && !form.test(actual))
  return broken.map((form) => `${path} is ${JSON.stringify(actual)}, not as ${form}`)
}
