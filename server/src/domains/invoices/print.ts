// An invoice as PDF. Its bytes follow from the invoice alone: no date of printing, no random part.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'
import { addMs } from '../../base/clock.ts'
import type { IssuedInvoice } from './lines.ts'
import type { InvoiceLine } from './store.ts'

type Pdf = PDFKit.PDFDocument

// Liberation Sans comes with the reader of PDF files, and knows Latin, Greek and Cyrillic; the fonts that
// every PDF viewer has know Latin alone.
const fonts = createRequire(import.meta.url)
const fontOf = (face: string) =>
  readFile(fonts.resolve(`pdfjs-dist/standard_fonts/LiberationSans-${face}.ttf`))
let faces: Promise<{ regular: Buffer; bold: Buffer }> | undefined

async function loadFaces(): Promise<{ regular: Buffer; bold: Buffer }> {
  return { regular: await fontOf('Regular'), bold: await fontOf('Bold') }
}

const unknownLetters =
  /[^\x20-\x7e\u00a0-\u017f\u0218-\u021b\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u045f\u0490\u0491\u1e80-\u1e85\u2010\u2011\u2013-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2116\u2122]/gu

/** What the font cannot write becomes a question mark. */
function printable(text: string): string {
  return text.normalize('NFC').replace(unknownLetters, '?')
}

/** `creditedNumber`: of the invoice that a credit note takes from. */
export async function printInvoice(
  invoice: IssuedInvoice,
  creditedNumber: string | null,
): Promise<Uint8Array> {
  faces ??= loadFaces()
  const { regular, bold } = await faces
  const title = `${creditedNumber ? 'Credit note' : 'Invoice'} ${invoice.number}`
  const pdf = new PDFDocument({
    size: 'A4',
    margin,
    compress: true,
    bufferPages: true,
    info: { Title: title, Author: 'ipto', Creator: 'ipto', CreationDate: invoice.openedAt },
  })
  pdf.registerFont('regular', regular)
  pdf.registerFont('bold', bold)
  const bytes = bytesOf(pdf)
  drawHead(pdf, invoice, { title, creditedNumber })
  drawLines(pdf, invoice.lines)
  drawTotal(pdf, invoice)
  drawFoot(pdf, title)
  pdf.end()
  return bytes
}

function bytesOf(pdf: Pdf): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    pdf.on('data', (part: Buffer) => parts.push(part))
    pdf.on('end', () => resolve(Buffer.concat(parts)))
    pdf.on('error', reject)
  })
}

// A4 is 595 × 842 points.
const margin = 56
const width = 483
const columns = [
  { title: 'Description', at: 0, width: 258, align: 'left' },
  { title: 'Quantity', at: 268, width: 75, align: 'right' },
  { title: 'Amount (USD)', at: 353, width: 130, align: 'right' },
] as const
const gap = 6
// Below this nothing is drawn but the foot.
const pageEnd = 760
const totalHeight = 24

const day = (time: Date) => time.toISOString().slice(0, 10)

function drawHead(
  pdf: Pdf,
  invoice: IssuedInvoice,
  { title, creditedNumber }: { title: string; creditedNumber: string | null },
): void {
  pdf.font('bold').fontSize(20).text(title, margin, margin)
  if (invoice.status === 'void') pdf.fontSize(14).text('VOID')
  pdf.moveDown(0.5).font('regular').fontSize(10)
  const facts = [
    `To: ${printable(invoice.tenantName)}`,
    `Tenant: ${invoice.tenantId}`,
    `Date: ${day(invoice.openedAt)}`,
    `Period: ${day(invoice.periodStart)} to ${day(addMs(invoice.periodEnd, -1))} (UTC)`,
    ...(invoice.dueAt ? [`Due: ${day(invoice.dueAt)}`] : []),
    ...(creditedNumber ? [`Credits invoice: ${creditedNumber}`] : []),
  ]
  for (const fact of facts) pdf.text(fact, { width })
  pdf.moveDown(1.5)
}

function drawLines(pdf: Pdf, lines: readonly InvoiceLine[]): void {
  drawHeading(pdf)
  for (const line of lines) {
    const { quantity, amountMicros } = line
    const cells = [labelOf(line), quantity.toString(), moneyText(amountMicros)]
    drawRow(pdf, cells)
  }
}

function drawHeading(pdf: Pdf): void {
  pdf.font('bold').fontSize(9)
  drawRow(
    pdf,
    columns.map((column) => column.title),
  )
  drawRule(pdf)
  pdf.font('regular')
}

function drawRow(pdf: Pdf, cells: readonly string[]): void {
  const heights = columns.map(({ width }, at) => pdf.heightOfString(cells[at] ?? '', { width }))
  const height = Math.max(...heights)
  makeRoom(pdf, height)
  const top = pdf.y
  for (const [at, { at: left, width, align }] of columns.entries()) {
    pdf.text(cells[at] ?? '', margin + left, top, { width, align })
  }
  pdf.x = margin
  pdf.y = top + height + gap
}

function makeRoom(pdf: Pdf, height: number): void {
  if (pdf.y + height <= pageEnd) return
  pdf.addPage()
  drawHeading(pdf)
}

function drawRule(pdf: Pdf): void {
  pdf
    .moveTo(margin, pdf.y - gap / 2)
    .lineTo(margin + width, pdf.y - gap / 2)
    .lineWidth(0.5)
    .stroke('#999999')
  pdf.y += gap / 2
}

function drawTotal(pdf: Pdf, { totalMicros }: IssuedInvoice): void {
  // Before the font is chosen: a new page begins with its heading.
  makeRoom(pdf, totalHeight)
  drawRule(pdf)
  pdf.font('bold').fontSize(11)
  drawRow(pdf, ['Total', '', moneyText(totalMicros)])
}

function drawFoot(pdf: Pdf, title: string): void {
  const { start, count } = pdf.bufferedPageRange()
  for (let page = 0; page < count; page += 1) {
    pdf.switchToPage(start + page)
    const text = `${title} – page ${page + 1} of ${count}`
    pdf.font('regular').fontSize(8)
    pdf.text(text, margin, pageEnd + 12, { width, align: 'center', lineBreak: false })
  }
}

const kindLabels: Record<string, string> = {
  retrieval: 'Retrievals',
  citation: 'Citations',
  download: 'Downloads',
  outcome: 'Outcomes',
}

function labelOf({ kind, datasetName, eventType }: InvoiceLine): string {
  if (kind === 'plan_fee') return 'Plan fee'
  const label = kindLabels[eventType ?? ''] ?? eventType ?? ''
  return printable(`${datasetName} – ${label}`)
}

/** To the micro, with at least two decimals: `0.45`, `-1.234567`. */
function moneyText(micros: bigint): string {
  const size = micros < 0n ? -micros : micros
  const decimals = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${micros < 0n ? '-' : ''}${size / 1_000_000n}.${decimals}`
}
