// Writes tables.ts: `npx tsx retrieval/src/analysis/generate-tables.ts > retrieval/src/analysis/tables.ts`.
// Run only together with a new ANALYSIS_VERSION, because every index made before must be rebuilt.
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const lastCodePoint = 0x10ffff
const gram = /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}]$/u

// A code point counts as what NFKC makes of it: `①` is a digit, `㈱` is Han.
function classOf(codePoint: number): 0 | 1 | 2 | 3 {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return 0
  if (codePoint === 0xad) return 2
  const text = String.fromCodePoint(codePoint).normalize('NFKC')
  const content = [...text].find((one) => /[\p{L}\p{N}]/u.test(one))
  if (content !== undefined) return gram.test(content) && /[\p{L}\p{Nl}]/u.test(content) ? 3 : 1
  return /^\p{M}+$/u.test(text) ? 2 : 0
}

/** The text of tables.ts for the Unicode version of this Node. */
export function tablesSource(): string {
  const classes = Uint8Array.from({ length: lastCodePoint + 1 }, (_, at) => classOf(at))
  const rows: string[] = []
  let from = 0
  let last = 0
  for (let at = 1; at <= lastCodePoint + 1; at++) {
    if (at <= lastCodePoint && classes[at] === classes[from]) continue
    const found = classes[from] ?? 0
    if (found !== 0) rows.push(`${(from - last).toString(36)},${(at - from).toString(36)},${found}`)
    if (found !== 0) last = at
    from = at
  }
  return [
    '// Made by generate-tables.ts; never edited, and frozen with ANALYSIS_VERSION.',
    '',
    `export const unicodeVersion = '${process.versions.unicode}'`,
    '',
    '// Ranges in order, joined by `;`: code points left out before it, its length (both base 36), class.',
    '// Classes: 1 letter or digit, 2 mark, 3 letter of a script that is cut into two-character grams.',
    `export const classRanges =\n  '${rows.join(';')}'`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(tablesSource())
