// The language of a text, told from its beginning, by tinyld. It is sure of itself also where it is
// wrong, so rare languages are not believed, and plain English words overrule it.

const lettersMin = 40
const unitsMax = 3_000
const believed = new Set(
  'ar bg cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv nl no pl pt ro ru sk sl sr sv th tr uk vi zh'.split(
    ' ',
  ),
)
/** Words that hardly occur in another language. */
const englishWords = new Set(['the', 'and', 'with', 'this', 'that', 'from', 'which', 'are'])
const englishShareMin = 0.05

/** ISO 639-1, or null where the text is short or its language is not told with some certainty. */
export async function tellLanguage(sample: string): Promise<string | null> {
  const letters = sample
    .slice(0, unitsMax * 2)
    .replace(/[^\p{L}\p{M}]+/gu, ' ')
    .trim()
    .toLowerCase()
    .slice(0, unitsMax)
  if (letters.length < lettersMin) return null
  const words = letters.split(' ')
  const english = words.filter((word) => englishWords.has(word)).length
  if (english / words.length >= englishShareMin) return 'en'
  const { detectAll } = await import('tinyld')
  const [best] = detectAll(letters)
  return best && believed.has(best.lang) ? best.lang : null
}
