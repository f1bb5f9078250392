// JSON bodies. `JSON.parse` takes the last of two equal keys without a word: what a proxy or a log has read
// is then not what is done. So a key that stands twice in one object is refused.
import { Failure } from '../base/errors.ts'

export function parseJson(body: Uint8Array): unknown {
  const text = decoded(body, notJson)
  const value = parsed(text)
  const key = repeatedKey(text)
  if (key !== undefined) {
    throw unreadable(
      `The body is ambiguous: the key '${shortened(key)}' stands twice in one object.`,
    )
  }
  return value
}

const notJson = 'The body is not valid JSON in UTF-8.'

/** Throws with `refusal` what is no UTF-8. */
export function decoded(body: Uint8Array, refusal: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body)
  } catch {
    throw unreadable(refusal)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable(notJson)
  }
}

export function unreadable(text: string): Failure {
  return new Failure('unreadable_body', text)
}

const shownMax = 100

function shortened(key: string): string {
  const characters = [...key.slice(0, 2 * shownMax)]
  return characters.length > shownMax ? `${characters.slice(0, shownMax).join('')}…` : key
}

/**
 * The first key that stands twice in one object of a text that is valid JSON. One pass and no recursion:
 * a body may be a megabyte of brackets.
 */
export function repeatedKey(text: string): string | undefined {
  // The keys of each object around the place; null for an array.
  const around: (Set<string> | null)[] = []
  let isKey = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '{') around.push(new Set())
    else if (sign === '[') around.push(null)
    else if (sign === '}' || sign === ']') around.pop()
    if (sign === '{' || sign === ',') isKey = true
    if (sign !== '"') continue

    const end = endOfText(text, at)
    const keys = around.at(-1)
    if (isKey && keys) {
      // `"a"` and `"\u0061"` are one key.
      const key: string = JSON.parse(text.slice(at, end + 1))
      if (keys.has(key)) return key
      keys.add(key)
    }
    isKey = false
    at = end
  }
  return undefined
}

/** Where the text ends that begins at `start`. */
function endOfText(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
