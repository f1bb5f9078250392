// The language of a text, told from its beginning, by tinyld.
import { detectAll } from 'tinyld'

const lettersMin = 40
const unitsMax = 3_000
const accuracyMin = 0.2

/** ISO 639-1, or null where the text is short or could be several. */
export function tellLanguage(sample: string): string | null {
  const letters = sample.replace(/[^\p{L}\p{M}]+/gu, ' ').trim().slice(0, unitsMax)
  if (letters.length < lettersMin) return null
  const [best] = detectAll(letters)
  return best && best.accuracy >= accuracyMin && /^[a-z]{2}$/.test(best.lang) ? best.lang : null
}
