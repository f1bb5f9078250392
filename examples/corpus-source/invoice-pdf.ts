// Draws an invoice in one of four layouts. They differ in what stands above the lines and in type and
// tables; the order of lines, sums, notes and annex is the same.
import { type Annex, type Invoice, lineCents, moneyOf, type Totals, totalsOf } from './invoice.ts'
import { headings } from './invoice-heading.ts'
import { formatCents, longDate, wholeOf } from './money.ts'
import {
  type Column,
  drawFooters,
  drawProse,
  drawTable,
  innerWidth,
  keepTogether,
  type Pdf,
  placeText,
  renderPdf,
  type TableLook,
} from './pdf.ts'

const fonts = {
  ledger: { font: 'Helvetica', bold: 'Helvetica-Bold' },
  band: { font: 'Helvetica', bold: 'Helvetica-Bold' },
  letter: { font: 'Times-Roman', bold: 'Times-Bold' },
  folio: { font: 'Courier', bold: 'Courier-Bold' },
} as const

const fontSizes = { ledger: 9, band: 9, letter: 10.5, folio: 8.5 } as const

function lookOf({ layout, accent }: Invoice): TableLook {
  return {
    ...fonts[layout],
    fontSize: fontSizes[layout],
    accent,
    head: layout === 'band' ? 'filled' : 'ruled',
    isStriped: layout === 'band',
  }
}

export function renderInvoice(invoice: Invoice): Promise<Buffer> {
  const { number, issuer, issuedOn, filedOn = issuedOn } = invoice
  const sheet = { title: `Invoice ${number}`, author: issuer.name, issuedOn: filedOn }
  return renderPdf(sheet, (pdf) => {
    const look = lookOf(invoice)
    const totals = totalsOf(invoice.lines)
    headings[invoice.layout](pdf, invoice, look)
    pdf.font(look.font).fontSize(look.fontSize).fillColor('#1d2329')
    pdf.text(invoice.opening, pdf.page.margins.left, pdf.y).moveDown(0.8)
    drawLines(pdf, invoice, look)
    drawTotals(pdf, { invoice, totals }, look)
    drawNotes(pdf, invoice, look)
    if (invoice.annex) drawAnnex(pdf, { invoice, annex: invoice.annex(totals) }, look)
    drawFooters(pdf, { font: look.font }, (page, pages) => {
      const { name, address, bank, register } = issuer
      return `${[name, ...address].join(' · ')}\n${bank}\n${register} · Page ${page} of ${pages}`
    })
  })
}

/** Columns that share the width between the margins in the given parts. */
export function columnsOf(pdf: Pdf, parts: Column[]): Column[] {
  const whole = parts.reduce((sum, { width }) => sum + width, 0)
  return parts.map((part) => ({ ...part, width: (part.width / whole) * innerWidth(pdf) }))
}

function drawLines(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const columns = columnsOf(pdf, [
    { title: '#', width: 5 },
    { title: 'Description', width: 43 },
    { title: 'Quantity', width: 15, align: 'right' },
    { title: 'Unit price', width: 14, align: 'right' },
    { title: 'VAT', width: 9, align: 'right' },
    { title: 'Amount', width: 15, align: 'right' },
  ])
  const rows = invoice.lines.map((line, index) => [
    String(index + 1),
    line.text,
    `${wholeOf(line.quantity, invoice.numberStyle)} ${line.unit}`,
    formatCents(line.priceCents, invoice.numberStyle),
    `${line.ratePercent} %`,
    formatCents(lineCents(line), invoice.numberStyle),
  ])
  drawTable(pdf, { columns, rows }, look)
}

function drawTotals(
  pdf: Pdf,
  { invoice, totals }: { invoice: Invoice; totals: Totals },
  look: TableLook,
): void {
  const rows = [
    ['Net amount', moneyOf(invoice, totals.netCents)],
    ...totals.vat.map(({ ratePercent, netCents, vatCents }) => [
      `VAT ${ratePercent} % on ${formatCents(netCents, invoice.numberStyle)}`,
      moneyOf(invoice, vatCents),
    ]),
  ]
  const lineHeightPt = look.fontSize + 8
  keepTogether(pdf, lineHeightPt * (rows.length + 2))
  const { left } = pdf.page.margins
  const width = 250
  const x = left + innerWidth(pdf) - width
  for (const [label = '', amount = ''] of rows) {
    pdf.font(look.font).fontSize(look.fontSize).fillColor('#1d2329')
    placeText(pdf, label, { x: x + 5, y: pdf.y, width: width * 0.6 })
    placeText(pdf, amount, { x, y: pdf.y, width: width - 5, align: 'right' })
    pdf.y += lineHeightPt
  }
  const isFilled = look.head === 'filled'
  if (isFilled) pdf.rect(x, pdf.y - 3, width, lineHeightPt + 4).fill(look.accent)
  else
    pdf
      .moveTo(x, pdf.y - 4)
      .lineTo(x + width, pdf.y - 4)
      .lineWidth(1)
      .stroke(look.accent)
  pdf
    .font(look.bold)
    .fontSize(look.fontSize + 1.5)
    .fillColor(isFilled ? '#ffffff' : look.accent)
  placeText(pdf, 'Total due', { x: x + 5, y: pdf.y + 2, width: width * 0.5 })
  const total = moneyOf(invoice, totals.grossCents)
  placeText(pdf, total, { x, y: pdf.y + 2, width: width - 5, align: 'right' })
  pdf.y += lineHeightPt + 18
}

function drawNotes(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const notes = [`Due on ${longDate(invoice.dueOn)}.`, ...invoice.notes]
  keepTogether(pdf, 20 * notes.length)
  pdf.font(look.font).fontSize(look.fontSize).fillColor('#1d2329')
  for (const note of notes)
    pdf.text(note, pdf.page.margins.left, pdf.y, { lineGap: 2 }).moveDown(0.4)
}

function drawAnnex(
  pdf: Pdf,
  { invoice, annex }: { invoice: Invoice; annex: Annex },
  look: TableLook,
): void {
  pdf.addPage()
  pdf.font(look.font).fontSize(look.fontSize).fillColor('#5b646d')
  const width = innerWidth(pdf)
  const { left } = pdf.page.margins
  placeText(pdf, invoice.issuer.name, { x: left, y: pdf.y, width })
  const about = `Invoice ${invoice.number} · ${longDate(invoice.issuedOn)}`
  placeText(pdf, about, { x: left, y: pdf.y, width, align: 'right' })
  pdf.y += 34
  const prose = { ...look, fontSize: look.fontSize + 1 }
  drawProse(pdf, annex.blocks, prose)
  if (annex.table) {
    const { titles, rows } = annex.table
    const columns = titles.map((title, index): Column => {
      return index === 0 ? { title, width: 34 } : { title, width: 22, align: 'right' }
    })
    const isLastRowTotal = rows.at(-1)?.[0]?.startsWith('Total') === true
    drawTable(pdf, { columns: columnsOf(pdf, columns), rows }, { ...look, isLastRowTotal })
  }
  pdf.moveDown(0.6)
  drawProse(pdf, annex.closing ?? [], prose)
}
