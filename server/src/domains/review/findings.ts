// Findings by content and the risk that follows from them: pure functions and two tables. They inform an
// operator; nothing is decided here.
import { personalDataIn } from './personal.ts'
import type { Finding, Risk } from './store.ts'

export interface Inspected {
  /** As the uploader said. */
  declaredType: string
  preview: {
    /** By content; '' where the file could not be read. */
    contentType: string
    failure: { code: string; message: string } | null
  }
  /** Canonical text, as much of it as is looked at. */
  text: string
  /** The first bytes of the file. */
  head: Buffer
  /** Objects of the same tenant with the same bytes. */
  duplicateCount: number
}

const ranks: readonly Risk[] = ['low', 'medium', 'high']

// From how many occurrences on a kind is how severe.
const never = Number.POSITIVE_INFINITY
const severities = new Map([
  ['type_mismatch', { medium: 1, high: 1 }],
  ['active_content', { medium: 1, high: 1 }],
  ['encrypted', { medium: 1, high: 1 }],
  ['archive_bomb', { medium: 1, high: 1 }],
  ['unreadable', { medium: 1, high: never }],
  ['duplicate', { medium: never, high: never }],
  ['email', { medium: 10, high: 100 }],
  ['phone', { medium: 10, high: 100 }],
  ['iban', { medium: 5, high: 50 }],
  ['credit_card', { medium: 1, high: 3 }],
  ['payslip', { medium: 1, high: 3 }],
])

export function findingsOf(inspected: Inspected): Finding[] {
  const { preview, text, duplicateCount } = inspected
  const found: Omit<Finding, 'severity'>[] = [
    ...typeMismatch(inspected),
    ...failureOf(preview.failure),
    ...activeContentIn(inspected),
    ...(duplicateCount > 0 ? [{ kind: 'duplicate', count: duplicateCount, sample: null }] : []),
    ...personalDataIn(text),
  ]
  return found.map((one) => ({ ...one, severity: severityOf(one.kind, one.count) }))
}

/** The worst of all findings. */
export function riskOf(findings: readonly Finding[]): Risk {
  const worst = Math.max(0, ...findings.map((finding) => ranks.indexOf(finding.severity)))
  return ranks[worst] ?? 'low'
}

function severityOf(kind: string, count: number): Risk {
  const table = severities.get(kind)
  if (table === undefined) return 'medium'
  if (count >= table.high) return 'high'
  return count >= table.medium ? 'medium' : 'low'
}

function typeMismatch({ declaredType, preview }: Inspected): Omit<Finding, 'severity'>[] {
  const declared = baseTypeOf(declaredType)
  const actual = baseTypeOf(preview.contentType)
  const isReported = preview.failure?.code === 'type_mismatch'
  if (!isReported && (actual === '' || isSameType(declared, actual))) return []
  return [{ kind: 'type_mismatch', count: 1, sample: `${declared} is ${actual || 'unknown'}` }]
}

// Names that stand for one type.
const aliases: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'application/x-pdf': 'application/pdf',
  'application/xhtml+xml': 'text/html',
  'application/csv': 'text/csv',
  'audio/wav': 'audio/x-wav',
  'audio/vnd.wave': 'audio/x-wav',
  'application/xml': 'text/xml',
}

function baseTypeOf(contentType: string): string {
  const base = contentType.split(';', 1).join('').trim().toLowerCase()
  return aliases[base] ?? base
}

const textual = /^(?:text\/.+|application\/(?:json|x-ndjson|jsonl|yaml|x-yaml|.+\+(?:json|xml)))$/

function isSameType(declared: string, actual: string): boolean {
  // Nothing was claimed.
  if (declared === actual || declared === 'application/octet-stream') return true
  // Plain text has many names. HTML under another name is what a reader must know of.
  return textual.test(declared) && textual.test(actual) && actual !== 'text/html'
}

function failureOf(failure: Inspected['preview']['failure']): Omit<Finding, 'severity'>[] {
  if (failure === null || failure.code === 'type_mismatch') return []
  const one = { count: 1, sample: failure.code }
  if (failure.code === 'password_protected') return [{ ...one, kind: 'encrypted' }]
  if (failure.code === 'archive_bomb') return [{ ...one, kind: 'archive_bomb' }]
  return [{ ...one, kind: 'unreadable' }]
}

interface Marker {
  name: string
  pattern: RegExp
}

// PDF names may hide letters as #xx (ISO 32000-2, 7.3.5); they are written out before the search.
const pdfMarkers: readonly Marker[] = [
  { name: '/JavaScript', pattern: /\/(?:JavaScript|JS)\b/ },
  { name: '/Launch', pattern: /\/Launch\b/ },
  { name: '/EmbeddedFile', pattern: /\/EmbeddedFiles?\b/ },
  { name: '/RichMedia', pattern: /\/RichMedia\b/ },
]
const htmlMarkers: readonly Marker[] = [
  { name: '<script>', pattern: /<script[\s/>]/i },
  { name: 'javascript:', pattern: /javascript:/i },
  { name: 'event handler', pattern: /<[a-z][^<>]{0,2000}\son[a-z]{3,20}\s{0,9}=/i },
  { name: '<object>', pattern: /<(?:object|embed|iframe)[\s/>]/i },
]
const officeMarkers: readonly Marker[] = [
  { name: 'macros', pattern: /vbaProject\.bin|_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T/ },
]

function activeContentIn({ preview, head }: Inspected): Omit<Finding, 'severity'>[] {
  const text = head.toString('latin1')
  const found = markersFor(baseTypeOf(preview.contentType), text)
  const [first] = found
  return first === undefined
    ? []
    : [{ kind: 'active_content', count: found.length, sample: found.join(', ') }]
}

function markersFor(contentType: string, text: string): string[] {
  if (text.slice(0, 1_024).includes('%PDF-')) {
    const written = text.replace(/#([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    return namesOf(pdfMarkers, written)
  }
  if (text.startsWith('PK') || text.startsWith('\xd0\xcf\x11\xe0')) {
    return namesOf(officeMarkers, text)
  }
  // Markup of every kind, whatever it is called: HTML, XHTML, SVG, a mail with an HTML part.
  const isMarkup =
    /html|xml|svg|rfc822/.test(contentType) || /^\s{0,100}<(?:!doctype|html|svg|\?xml)/i.test(text)
  return isMarkup ? namesOf(htmlMarkers, text) : []
}

function namesOf(markers: readonly Marker[], text: string): string[] {
  return markers.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name)
}
