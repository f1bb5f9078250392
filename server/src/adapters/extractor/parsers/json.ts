// JSON to records: the elements of an array, of the one array in an object, or the lines of NDJSON.
// Numbers keep the digits of the file: 10.50 stays 10.50, and a long id is not rounded.
import type { Output, Parsed } from '../output.ts'
import { Refusal } from '../refusal.ts'
import { recordPage } from './records.ts'

const depthMax = 100
const cellsMax = 5_000

export async function parseJson(text: string, output: Output): Promise<Parsed> {
  let row = 0
  for (const record of recordsOf(text)) {
    row += 1
    await output.add(recordPage(row, cellsOf(record)))
  }
  return { title: null }
}

function recordsOf(text: string): unknown[] {
  const source = text.replace(/^\uFEFF/, '')
  const whole = tryParse(source)
  if (whole === undefined) return source.split('\n').filter(isFilled).map(parseLine)
  if (Array.isArray(whole)) return whole
  return isObject(whole) ? unwrap(whole) : [whole]
}

/** The one array of objects is the records; what stands beside it follows as one more. */
function unwrap(object: object): unknown[] {
  const entries = Object.entries(object)
  const lists = entries.filter(([, value]) => Array.isArray(value) && value.some(isObject))
  const [only] = lists
  if (!only || lists.length > 1) return [object]
  const rest = entries.filter((entry) => entry !== only)
  const records: unknown[] = only[1]
  return rest.length === 0 ? records : [...records, Object.fromEntries(rest)]
}

const isFilled = (line: string) => line.trim() !== ''
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseLine(line: string): unknown {
  const value = tryParse(line)
  if (value === undefined) throw new Refusal('corrupt_file', 'The file is not valid JSON.')
  return value
}

function tryParse(text: string): unknown {
  const quoted = quoteNumbers(text)
  try {
    return JSON.parse(quoted)
  } catch {
    return undefined
  }
}

/** Puts quotes around every number outside a string, and refuses deep nesting on the way. */
function quoteNumbers(text: string): string {
  const parts: string[] = []
  let depth = 0
  let taken = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at)
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, at)
      parts.push(text.slice(taken, at), '"', text.slice(at, end), '"')
      taken = end
      at = end
    } else {
      if (code === 0x5b || code === 0x7b) depth += 1
      if (code === 0x5d || code === 0x7d) depth -= 1
      if (depth > depthMax) {
        throw new Refusal('corrupt_file', `JSON may be nested at most ${depthMax} levels deep.`)
      }
      at += 1
    }
  }
  parts.push(text.slice(taken))
  return parts.join('')
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at + 1
    at += code === 0x5c ? 2 : 1
  }
  return text.length
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && /[\d.eE+-]/.test(text.charAt(at))) at += 1
  return at
}

/** Nested names are joined by dots; a list of plain values is one cell. */
function* cellsOf(record: unknown, name = ''): Generator<readonly [string, string]> {
  let left = cellsMax
  for (const cell of flatten(record, name)) {
    if (left === 0) throw new Refusal('too_much_text', `A record has more than ${cellsMax} fields.`)
    left -= 1
    yield cell
  }
}

function* flatten(value: unknown, name: string): Generator<readonly [string, string]> {
  const prefix = name === '' ? '' : `${name}.`
  if (Array.isArray(value)) {
    if (value.some((it) => typeof it === 'object' && it !== null)) {
      for (const [index, it] of value.entries()) yield* flatten(it, `${prefix}${index + 1}`)
    } else {
      yield [name || 'value', value.filter((it) => it !== null).join(', ')]
    }
  } else if (isObject(value)) {
    for (const [key, it] of Object.entries(value)) yield* flatten(it, prefix + key.trim())
  } else if (value !== null) {
    yield [name || 'value', String(value)]
  }
}
