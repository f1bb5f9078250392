// The English stemmer of Porter, "An algorithm for suffix stripping" (Program 14, 1980), with its
// author's two later changes (bli → ble, logi → log). Takes lower case; other letters are consonants.

const step2: readonly [string, string][] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['logi', 'log'],
]

const step3: readonly [string, string][] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
]

// Longer endings stand before those that they end in.
const step4 = 'ement ment ance ence able ible ant ent ism ate iti ous ive ize al er ic ou'.split(
  ' ',
)

export function stemEnglish(word: string): string {
  if (word.length < 3) return word
  let stem = stripPlural(word)
  stem = stripPast(stem)
  if (stem.endsWith('y') && hasVowel(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`
  stem = replaceEnding(stem, step2)
  stem = replaceEnding(stem, step3)
  return tidyEnd(stripLast(stem))
}

function isVowel(word: string, index: number): boolean {
  const letter = word[index] ?? ''
  if (letter === 'y') return index > 0 && !isVowel(word, index - 1)
  return letter !== '' && 'aeiou'.includes(letter)
}

// Porter's m: how often a vowel is followed by a consonant.
function measure(stem: string): number {
  let count = 0
  let wasVowel = false
  for (let index = 0; index < stem.length; index++) {
    const letter = stem[index] ?? ''
    const vowel: boolean = letter === 'y' ? index > 0 && !wasVowel : 'aeiou'.includes(letter)
    if (wasVowel && !vowel) count++
    wasVowel = vowel
  }
  return count
}

function hasVowel(stem: string): boolean {
  for (let index = 0; index < stem.length; index++) if (isVowel(stem, index)) return true
  return false
}

function endsDouble(word: string): boolean {
  const last = word.length - 1
  return last > 0 && word[last] === word[last - 1] && !isVowel(word, last)
}

function endsShort(word: string): boolean {
  const last = word.length - 1
  if (last < 2 || isVowel(word, last) || !isVowel(word, last - 1) || isVowel(word, last - 2)) {
    return false
  }
  return !'wxy'.includes(word[last] ?? '')
}

function stripPlural(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2)
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function stripPast(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  const length = word.endsWith('ed') ? 2 : word.endsWith('ing') ? 3 : 0
  if (length === 0 || !hasVowel(word.slice(0, -length))) return word
  const stem = word.slice(0, -length)
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`
  if (endsDouble(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1)
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem
}

function replaceEnding(word: string, endings: readonly [string, string][]): string {
  const found = endings.find(([ending]) => word.endsWith(ending))
  if (!found) return word
  const stem = word.slice(0, -found[0].length)
  return measure(stem) > 0 ? stem + found[1] : word
}

function stripLast(word: string): string {
  const ending = step4.find((one) => word.endsWith(one))
  if (ending !== undefined) {
    const stem = word.slice(0, -ending.length)
    return measure(stem) > 1 ? stem : word
  }
  const stem = word.slice(0, -3)
  return /[st]ion$/.test(word) && measure(stem) > 1 ? stem : word
}

function tidyEnd(word: string): string {
  let stem = word
  if (stem.endsWith('e')) {
    const before = stem.slice(0, -1)
    const count = measure(before)
    if (count > 1 || (count === 1 && !endsShort(before))) stem = before
  }
  return stem.endsWith('ll') && measure(stem) > 1 ? stem.slice(0, -1) : stem
}
