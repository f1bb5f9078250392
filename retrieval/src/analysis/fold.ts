// Accents off, so that `café` and `cafe` are one surface form. Only the Latin, Greek and Cyrillic
// marks (U+0300 to U+036F) go: in other scripts a mark is a vowel, and dropping it makes another word.

const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ς: 'σ',
}

/** Takes lower case NFKC text; its length may change. */
export function fold(word: string): string {
  if (isAscii(word)) return word
  return word
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ßæœøđðłıþς]/g, (letter) => plainLetters[letter] ?? letter)
    .normalize('NFC')
}

function isAscii(word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    if (word.charCodeAt(index) > 0x7f) return false
  }
  return true
}
