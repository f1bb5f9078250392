// What all PDF documents of the sample corpus share: a document with fixed dates, prose, tables that
// break over pages, and footers. Streams stay uncompressed, because zlib gives other bytes in other
// versions of Node and the corpus must come out the same everywhere.
import PDFDocument from 'pdfkit'
import type { Block } from './text.ts'

export type Pdf = PDFKit.PDFDocument

export interface Sheet {
  title: string
  author: string
  /** ISO date of the document, which is also the date of the file. */
  issuedOn: string
  margins?: { top: number; bottom: number; left: number; right: number }
}

export interface Column {
  title: string
  width: number
  align?: 'left' | 'right'
}

export interface TableLook {
  font: string
  bold: string
  fontSize: number
  accent: string
  head: 'filled' | 'ruled'
  isStriped?: boolean
  isLastRowTotal?: boolean
}

const ink = '#1d2329'
const rule = '#c9ced4'
const cellGap = 5

export const defaultMargins = { top: 56, bottom: 72, left: 56, right: 56 } as const

/** The bytes of one PDF: A4, with the given dates and nothing of the machine that made it. */
export function renderPdf(sheet: Sheet, draw: (pdf: Pdf) => void): Promise<Buffer> {
  const pdf = new PDFDocument({
    size: 'A4',
    margins: sheet.margins ?? defaultMargins,
    compress: false,
    bufferPages: true,
    info: {
      Title: sheet.title,
      Author: sheet.author,
      Creator: 'ipto sample corpus',
      CreationDate: new Date(`${sheet.issuedOn}T09:00:00Z`),
    },
  })
  const parts: Buffer[] = []
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on('data', (part: Buffer) => parts.push(part))
    pdf.on('end', () => resolve(Buffer.concat(parts)))
    pdf.on('error', reject)
  })
  draw(pdf)
  pdf.end()
  return done
}

export function innerWidth(pdf: Pdf): number {
  return pdf.page.width - pdf.page.margins.left - pdf.page.margins.right
}

function lowestY(pdf: Pdf): number {
  return pdf.page.height - pdf.page.margins.bottom
}

/** Starts a new page where `heightPt` points no longer fit on this one. */
export function keepTogether(pdf: Pdf, heightPt: number): void {
  if (pdf.y + heightPt > lowestY(pdf)) pdf.addPage()
}

/** Writes at a place without moving the cursor of the running text. */
export function placeText(
  pdf: Pdf,
  text: string,
  at: { x: number; y: number; width: number; align?: 'left' | 'right' | 'center' },
): void {
  const { x, y } = pdf
  pdf.text(text, at.x, at.y, { width: at.width, align: at.align ?? 'left', lineGap: 2 })
  pdf.x = x
  pdf.y = y
}

export function drawRule(pdf: Pdf, y: number, color: string = rule): void {
  const { left } = pdf.page.margins
  pdf
    .moveTo(left, y)
    .lineTo(left + innerWidth(pdf), y)
    .lineWidth(0.6)
    .stroke(color)
}

/** A table from the cursor down; its head is repeated on each page it reaches. */
export function drawTable(
  pdf: Pdf,
  table: { columns: Column[]; rows: string[][] },
  look: TableLook,
): void {
  const { columns, rows } = table
  drawHead(pdf, columns, look)
  for (const [index, cells] of rows.entries()) {
    const isTotal = look.isLastRowTotal === true && index === rows.length - 1
    pdf.font(isTotal ? look.bold : look.font).fontSize(look.fontSize)
    const heightPt = rowHeight(pdf, columns, cells)
    if (pdf.y + heightPt > lowestY(pdf)) {
      pdf.addPage()
      drawHead(pdf, columns, look)
      pdf.font(isTotal ? look.bold : look.font).fontSize(look.fontSize)
    }
    if (look.isStriped && index % 2 === 1) fillRow(pdf, heightPt, '#f2f4f6')
    pdf.fillColor(ink)
    drawRow(pdf, columns, cells)
    pdf.y += heightPt
    if (!look.isStriped || isTotal) drawRule(pdf, pdf.y)
  }
  pdf.x = pdf.page.margins.left
  pdf.y += 8
}

function drawHead(pdf: Pdf, columns: Column[], look: TableLook): void {
  const titles = columns.map(({ title }) => title)
  pdf.font(look.bold).fontSize(look.fontSize)
  const heightPt = rowHeight(pdf, columns, titles)
  const isFilled = look.head === 'filled'
  if (isFilled) fillRow(pdf, heightPt, look.accent)
  pdf.fillColor(isFilled ? '#ffffff' : look.accent)
  drawRow(pdf, columns, titles)
  pdf.y += heightPt
  if (!isFilled) drawRule(pdf, pdf.y, look.accent)
}

function fillRow(pdf: Pdf, heightPt: number, color: string): void {
  pdf.rect(pdf.page.margins.left, pdf.y, innerWidth(pdf), heightPt).fill(color)
}

function rowHeight(pdf: Pdf, columns: Column[], cells: string[]): number {
  const heights = columns.map(({ width }, index) =>
    pdf.heightOfString(cells[index] ?? '', { width: width - 2 * cellGap, lineGap: 2 }),
  )
  return Math.max(...heights) + 2 * cellGap - 2
}

function drawRow(pdf: Pdf, columns: Column[], cells: string[]): void {
  let x = pdf.page.margins.left
  for (const [index, { width, align = 'left' }] of columns.entries()) {
    const at = { x: x + cellGap, y: pdf.y + cellGap, width: width - 2 * cellGap, align }
    placeText(pdf, cells[index] ?? '', at)
    x += width
  }
}

export interface ProseLook {
  font: string
  bold: string
  fontSize: number
  accent: string
}

/** Titles, headings, items and justified paragraphs; a heading stays with the text below it. */
export function drawProse(pdf: Pdf, blocks: readonly Block[], look: ProseLook): void {
  for (const { kind, text } of blocks) {
    if (kind === 'title') {
      pdf
        .font(look.bold)
        .fontSize(look.fontSize + 8)
        .fillColor(look.accent)
      pdf.text(text, { align: 'left' }).moveDown(0.6)
    } else if (kind === 'heading') {
      keepTogether(pdf, 60)
      pdf
        .moveDown(0.3)
        .font(look.bold)
        .fontSize(look.fontSize + 2)
        .fillColor(look.accent)
      pdf.text(text).moveDown(0.35)
    } else {
      drawParagraph(pdf, kind === 'item' ? { text, indent: 14 } : { text, indent: 0 }, look)
    }
  }
}

function drawParagraph(
  pdf: Pdf,
  { text, indent }: { text: string; indent: number },
  look: ProseLook,
): void {
  const { left } = pdf.page.margins
  const width = innerWidth(pdf) - indent
  pdf.font(look.font).fontSize(look.fontSize).fillColor(ink)
  keepTogether(pdf, Math.min(40, pdf.heightOfString(text, { width, lineGap: 2.5 })))
  if (indent > 0) placeText(pdf, '•', { x: left + 3, y: pdf.y, width: 10 })
  pdf.text(text, left + indent, pdf.y, {
    width,
    align: indent > 0 ? 'left' : 'justify',
    lineGap: 2.5,
  })
  pdf.x = left
  pdf.moveDown(0.55)
}

/** Writes a footer on every page, once the number of pages is known. */
export function drawFooters(
  pdf: Pdf,
  look: { font: string; align?: 'center' | 'right' },
  footer: (page: number, pages: number) => string,
): void {
  const { start, count } = pdf.bufferedPageRange()
  for (let index = start; index < start + count; index++) {
    pdf.switchToPage(index)
    // Without this pdfkit takes a text in the margin for one that needs a new page.
    const { left, bottom } = pdf.page.margins
    const width = innerWidth(pdf)
    pdf.page.margins.bottom = 0
    const y = pdf.page.height - bottom + 18
    drawRule(pdf, y - 7)
    pdf.font(look.font).fontSize(7.5).fillColor('#5b646d')
    placeText(pdf, footer(index + 1, count), { x: left, y, width, align: look.align ?? 'center' })
    pdf.page.margins.bottom = bottom
  }
}
