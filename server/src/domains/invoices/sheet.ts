// A sheet of figures as PDF: a title, facts, a table and its totals. Its bytes follow from what it says alone:
// no date of printing, no random part.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'

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

export interface Column {
  title: string
  /** In points, from the left; a page is 483 wide. */
  at: number
  width: number
  align: 'left' | 'right'
}

export interface Sheet {
  title: string
  /** In large letters under the title, such as VOID. */
  mark: string | null
  date: Date
  facts: readonly string[]
  columns: readonly Column[]
  rows: readonly (readonly string[])[]
  totals: readonly (readonly string[])[]
}

export async function printSheet(sheet: Sheet): Promise<Uint8Array> {
  faces ??= loadFaces()
  const { regular, bold } = await faces
  const { title, date } = sheet
  const pdf = new PDFDocument({
    size: 'A4',
    margin,
    compress: true,
    bufferPages: true,
    info: { Title: title, Author: 'ipto', Creator: 'ipto', CreationDate: date },
  })
  pdf.registerFont('regular', regular)
  pdf.registerFont('bold', bold)
  const bytes = bytesOf(pdf)
  drawHead(pdf, sheet)
  drawHeading(pdf, sheet)
  for (const row of sheet.rows) drawRow(pdf, sheet, row)
  drawTotals(pdf, sheet)
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
const gap = 6
// Below this nothing is drawn but the foot.
const pageEnd = 760
const totalHeight = 24

function drawHead(pdf: Pdf, { title, mark, facts }: Sheet): void {
  pdf.font('bold').fontSize(20).text(title, margin, margin)
  if (mark !== null) pdf.fontSize(14).text(mark)
  pdf.moveDown(0.5).font('regular').fontSize(10)
  for (const fact of facts) pdf.text(printable(fact), { width })
  pdf.moveDown(1.5)
}

function drawHeading(pdf: Pdf, sheet: Sheet): void {
  pdf.font('bold').fontSize(9)
  const titles = sheet.columns.map((column) => column.title)
  drawRow(pdf, sheet, titles)
  drawRule(pdf)
  pdf.font('regular')
}

function drawRow(pdf: Pdf, sheet: Sheet, row: readonly string[]): void {
  const { columns } = sheet
  const cells = row.map(printable)
  const heights = columns.map(({ width }, at) => pdf.heightOfString(cells[at] ?? '', { width }))
  const height = Math.max(...heights)
  makeRoom(pdf, sheet, height)
  const top = pdf.y
  for (const [at, { at: left, width, align }] of columns.entries()) {
    pdf.text(cells[at] ?? '', margin + left, top, { width, align })
  }
  pdf.x = margin
  pdf.y = top + height + gap
}

function makeRoom(pdf: Pdf, sheet: Sheet, height: number): void {
  if (pdf.y + height <= pageEnd) return
  pdf.addPage()
  drawHeading(pdf, sheet)
}

function drawRule(pdf: Pdf): void {
  pdf
    .moveTo(margin, pdf.y - gap / 2)
    .lineTo(margin + width, pdf.y - gap / 2)
    .lineWidth(0.5)
    .stroke('#999999')
  pdf.y += gap / 2
}

function drawTotals(pdf: Pdf, sheet: Sheet): void {
  // Before the font is chosen: a new page begins with its heading.
  makeRoom(pdf, sheet, totalHeight * sheet.totals.length)
  drawRule(pdf)
  pdf.font('bold').fontSize(11)
  for (const total of sheet.totals) drawRow(pdf, sheet, total)
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

export function dayText(time: Date): string {
  return time.toISOString().slice(0, 10)
}

const kindLabels: Record<string, string> = {
  retrieval: 'Retrievals',
  citation: 'Citations',
  download: 'Downloads',
  outcome: 'Outcomes',
}

/** What was used, and of what. */
export function useLabel(datasetName: string, eventType: string): string {
  return `${datasetName} – ${kindLabels[eventType] ?? eventType}`
}

/** To the micro, with at least two decimals: `0.45`, `-1.234567`. */
export function moneyText(micros: bigint): string {
  const size = micros < 0n ? -micros : micros
  const decimals = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${micros < 0n ? '-' : ''}${size / 1_000_000n}.${decimals}`
}
