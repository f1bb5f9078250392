// Examples of the documents as values, and what an answer has otherwise than its example.
import type { Json } from './documents.ts'

/** An example, also where it breaks off, leaves fields out (`...`) or has a comma too many; or null. */
export function readExample(text: string): Json {
  const left = /("(?:[^"\\]|\\.)*")|,?\s*\.\.\.|,(?=\s*(?:[}\]]|$))/g
  const shown = text.trim().replace(left, (_, string) => string ?? '')
  const closers: string[] = []
  for (const [mark] of shown.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[{}[\]]/g)) {
    if (mark === '{' || mark === '[') closers.unshift(mark === '{' ? '}' : ']')
    else closers.shift()
  }
  return shown === '' ? null : JSON.parse(shown + closers.join(''))
}

/** `error.details.fields.0`, in a body. */
export function partOf(body: Json | undefined, path: string | undefined): Json | undefined {
  let part = body
  for (const name of path?.split('.') ?? []) {
    if (Array.isArray(part)) part = part[Number(name)]
    else part = isObject(part) ? part[name] : undefined
  }
  return part
}

/**
 * What an answer lacks or has otherwise than its example: names, JSON types, nesting, and the form of
 * times and ids. With `more`, names that neither it nor the example has are told as well.
 */
export function shapeProblems(
  example: Json,
  actual: Json | undefined,
  { more, path = '$' }: { more?: readonly string[] | undefined; path?: string } = {},
): string[] {
  if (kindOf(example) !== kindOf(actual)) {
    return [`${path} is ${kindOf(actual)}, not ${kindOf(example)}`]
  }
  if (typeof example === 'string') return formProblems(example, String(actual), path)
  if (Array.isArray(example)) {
    const [first] = example
    if (first === undefined || !Array.isArray(actual)) return []
    if (actual.length === 0) return [`${path} is empty`]
    return actual.flatMap((one) => shapeProblems(first, one, { more, path: `${path}[]` }))
  }
  if (!isObject(example) || !isObject(actual)) return []
  const inner = Object.entries(example).flatMap(([name, value]) =>
    shapeProblems(value, actual[name], { more, path: `${path}.${name}` }),
  )
  const others = Object.keys(actual).filter((name) => !(name in example) && !more?.includes(name))
  return more ? [...inner, ...others.map((name) => `${path}.${name} is new`)] : inner
}

const types: Record<string, (value: Json | undefined) => boolean> = {
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
}

/** Rows `name type description` of a table, held against each of the things that they describe. */
export function fieldProblems(rows: readonly string[], things: readonly Json[]): string[] {
  return rows.flatMap((row) => {
    const [, name = '', type = '', isList] = /^(\w+) (\w+)(\[\])? /.exec(row) ?? []
    const fits = types[type] ?? isObject
    return things.flatMap((thing) => {
      const value = partOf(thing, name)
      const isRight = isList ? Array.isArray(value) && value.every(fits) : fits(value)
      return isRight ? [] : [`${name} is ${JSON.stringify(value)}, not ${type}${isList ?? ''}`]
    })
  })
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: Json | undefined): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function formProblems(example: string, actual: string, path: string): string[] {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.source
  const forms = [new RegExp(`${time}Z$`), new RegExp(`${time}\\.\\d{3}Z$`), /^[A-Z]{3}$/]
  const [prefix] = /^(dset|sa|req|res|job)_/.exec(example) ?? []
  if (prefix !== undefined) forms.push(new RegExp(`^${prefix}[0-9a-z]{12,}$`))
  const broken = forms.filter((form) => form.test(example) && !form.test(actual))
  return broken.map((form) => `${path} is ${JSON.stringify(actual)}, not as ${form}`)
}
