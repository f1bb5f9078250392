// Cuts text into tokens with their place in it. NFKC and lower case are applied to each base character
// with its marks, which gives what they give on the whole text and keeps the places. The normal forms
// themselves are those of the running Node: Unicode promises never to change them for assigned characters.
// Hot: index arithmetic, paid for by `npm run eval`.
import { classOf, codePointAt, GRAM, MARK, OTHER, unitsOf } from './classes.ts'

const tokenUnitsMax = 64

/**
 * `gram`: two characters of a script without blanks. `tail`: the last character of such a run, alone.
 * `single`: a run of one character. `start` and `end` are UTF-16 offsets into the text.
 */
export interface RawToken {
  word: string
  start: number
  end: number
  kind: 'word' | 'gram' | 'tail' | 'single'
}

export function splitTokens(text: string): RawToken[] {
  const tokens: RawToken[] = []
  let index = 0
  while (index < text.length) {
    const first = codePointAt(text, index)
    const found = classOf(first)
    if (found === OTHER || found === MARK) {
      index += unitsOf(first)
      continue
    }
    const start = index
    let isAscii = true
    while (index < text.length) {
      const codePoint = codePointAt(text, index)
      if (classOf(codePoint) === OTHER) break
      if (codePoint > 0x7f) isAscii = false
      index += unitsOf(codePoint)
    }
    if (isAscii) {
      tokens.push({
        word: cut(text.slice(start, index).toLowerCase()),
        start,
        end: index,
        kind: 'word',
      })
    } else addRun(tokens, text, start, index)
  }
  return tokens
}

/** The normal form of a run; unit i of it comes from the text between starts[i] and ends[i]. */
interface Run {
  text: string
  starts: number[]
  ends: number[]
}

function addRun(tokens: RawToken[], text: string, from: number, to: number): void {
  const run = normalForm(text, from, to)
  let index = 0
  while (index < run.text.length) {
    const first = codePointAt(run.text, index)
    const found = classOf(first)
    if (found === OTHER || found === MARK) index += unitsOf(first)
    else index = found === GRAM ? addGrams(tokens, run, index) : addWord(tokens, run, index)
  }
}

function normalForm(text: string, from: number, to: number): Run {
  const run: Run = { text: '', starts: [], ends: [] }
  let index = from
  while (index < to) {
    const start = index
    index += unitsOf(codePointAt(text, index))
    while (index < to && continues(codePointAt(text, index))) {
      index += unitsOf(codePointAt(text, index))
    }
    const form = text.slice(start, index).normalize('NFKC').toLowerCase().replaceAll('\u00ad', '')
    run.text += form
    for (let unit = 0; unit < form.length; unit++) {
      run.starts.push(start)
      run.ends.push(index)
    }
  }
  return run
}

// Vowels and finals of Korean, which compose with the letter before them, are letters, not marks.
function continues(codePoint: number): boolean {
  return classOf(codePoint) === MARK || (codePoint >= 0x1160 && codePoint <= 0x11ff)
}

function addWord(tokens: RawToken[], run: Run, from: number): number {
  let index = from
  while (index < run.text.length) {
    const codePoint = codePointAt(run.text, index)
    const found = classOf(codePoint)
    if (found === OTHER || found === GRAM) break
    index += unitsOf(codePoint)
  }
  push(tokens, run, { from, to: index, kind: 'word' })
  return index
}

function addGrams(tokens: RawToken[], run: Run, from: number): number {
  const bounds = [from]
  let index = from
  while (index < run.text.length) {
    const codePoint = codePointAt(run.text, index)
    const found = classOf(codePoint)
    if (found !== GRAM && found !== MARK) break
    index += unitsOf(codePoint)
    if (found === MARK) bounds.pop()
    bounds.push(index)
  }
  const characters = bounds.length - 1
  for (let at = 0; at + 2 <= characters; at++) {
    push(tokens, run, { from: bounds[at]!, to: bounds[at + 2]!, kind: 'gram' })
  }
  const kind = characters === 1 ? 'single' : 'tail'
  push(tokens, run, { from: bounds[characters - 1]!, to: bounds[characters]!, kind })
  return index
}

function push(
  tokens: RawToken[],
  run: Run,
  { from, to, kind }: { from: number; to: number; kind: RawToken['kind'] },
): void {
  const word = cut(run.text.slice(from, to))
  tokens.push({ word, start: run.starts[from]!, end: run.ends[to - 1]!, kind })
}

function cut(word: string): string {
  if (word.length <= tokenUnitsMax) return word
  const last = word.charCodeAt(tokenUnitsMax - 1)
  return word.slice(0, last >= 0xd800 && last <= 0xdbff ? tokenUnitsMax - 1 : tokenUnitsMax)
}
