// The canonical form of text: NFC, `\n` line ends, no control characters but tab and line end, no lone
// surrogates, no blanks at line ends, at most one empty line in a row. Applying it twice changes nothing.

const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/gu
const unwanted = /\p{Surrogate}|\uFEFF|[^\P{Cc}\t\n]/gu
const emptyLines = /\n{3,}/g

export function canonicalText(text: string): string {
  const clean = text.replace(lineEnds, '\n').replace(unwanted, '').normalize('NFC')
  // Line by line: a pattern for "blanks before a line end" takes quadratic time on a run of blanks.
  const lines = clean.split('\n')
  const trimmed = lines.map((line) => line.trimEnd()).join('\n')
  return trimmed.replace(emptyLines, '\n\n').replace(/^\n+/, '').trimEnd()
}

/** A name or title: canonical, on one line, cut to `unitsMax`. */
export function canonicalLine(text: string, unitsMax: number): string {
  const line = canonicalText(text.slice(0, unitsMax * 4))
    .replace(/\s+/g, ' ')
    .trim()
  return cutText(line, unitsMax).trimEnd()
}

/** The first units of a text, never half of a surrogate pair. */
function cutText(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text
  const code = text.charCodeAt(unitsMax - 1)
  const isHighSurrogate = code >= 0xd800 && code <= 0xdbff
  return text.slice(0, isHighSurrogate ? unitsMax - 1 : unitsMax)
}
