// The German stemmer of Snowball (snowballstem.org, "German stemming algorithm", as before version 3).
// Takes lower case. Vowels in capitals inside stand for consonants, as there.

const vowels = 'aeiouyäöü'

export function stemGerman(word: string): string {
  const marked = markConsonants(word.replaceAll('ß', 'ss'))
  const [first, second] = regions(marked)
  const stem = stripDerivation(stripComparison(stripCase(marked, first), first), first, second)
  return stem
    .replace(/[UY]/g, (letter) => letter.toLowerCase())
    .replaceAll('ä', 'a')
    .replaceAll('ö', 'o')
    .replaceAll('ü', 'u')
}

function isVowel(letter: string | undefined): boolean {
  return letter !== undefined && vowels.includes(letter)
}

// u and y between vowels are consonants. One that was marked is no vowel for the next one.
function markConsonants(word: string): string {
  const letters = [...word]
  for (let index = 1; index + 1 < letters.length; index++) {
    const letter = letters[index]
    if (letter !== 'u' && letter !== 'y') continue
    if (isVowel(letters[index - 1]) && isVowel(letters[index + 1])) {
      letters[index] = letter.toUpperCase()
    }
  }
  return letters.join('')
}

// R1 and R2: behind the first, and the next, consonant that follows a vowel. R1 leaves three
// letters, and R2 is measured from R1 as it was before that.
function regions(word: string): [number, number] {
  if (word.length < 3) return [word.length, word.length]
  const first = afterConsonant(word, 0)
  return [Math.max(first, 3), afterConsonant(word, first)]
}

function afterConsonant(word: string, from: number): number {
  let index = from
  while (index < word.length && !isVowel(word[index])) index++
  while (index < word.length && isVowel(word[index])) index++
  return Math.min(index + 1, word.length)
}

function longest(word: string, endings: readonly string[]): string | undefined {
  return endings.find((ending) => word.endsWith(ending))
}

function stripCase(word: string, first: number): string {
  const ending = longest(word, ['ern', 'em', 'er', 'en', 'es', 'e', 's'])
  if (ending === undefined || word.length - ending.length < first) return word
  const stem = word.slice(0, -ending.length)
  if (ending === 's') return /[bdfghklmnrt]$/.test(stem) ? stem : word
  if (ending.startsWith('e') && ['en', 'es', 'e'].includes(ending) && stem.endsWith('niss')) {
    return stem.slice(0, -1)
  }
  return stem
}

function stripComparison(word: string, first: number): string {
  const ending = longest(word, ['est', 'en', 'er', 'st'])
  if (ending === undefined || word.length - ending.length < first) return word
  const stem = word.slice(0, -ending.length)
  if (ending === 'st') return stem.length >= 4 && /[bdfghklmnt]$/.test(stem) ? stem : word
  return stem
}

function stripDerivation(word: string, first: number, second: number): string {
  const ending = longest(word, ['isch', 'lich', 'heit', 'keit', 'end', 'ung', 'ig', 'ik'])
  if (ending === undefined || word.length - ending.length < second) return word
  const stem = word.slice(0, -ending.length)
  if (ending === 'end' || ending === 'ung') {
    const isIg = stem.endsWith('ig') && !stem.endsWith('eig') && stem.length - 2 >= second
    return isIg ? stem.slice(0, -2) : stem
  }
  if (ending === 'ig' || ending === 'ik' || ending === 'isch') {
    return stem.endsWith('e') ? word : stem
  }
  if (ending === 'keit') {
    const inner = longest(stem, ['lich', 'ig'])
    return inner && stem.length - inner.length >= second ? stem.slice(0, -inner.length) : stem
  }
  return /e[rn]$/.test(stem) && stem.length - 2 >= first ? stem.slice(0, -2) : stem
}
