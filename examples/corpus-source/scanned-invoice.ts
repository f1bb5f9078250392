// An invoice that came in on paper: drawn, laid askew on a scanner, and stored as one picture in a
// PDF without any text layer, so that it can only be read by text recognition.
import { type Invoice, lineCents, moneyOf, totalsOf } from './invoice.ts'
import { formatCents, longDate } from './money.ts'
import { haldenBuyer, krause } from './parties.ts'
import { renderPdf } from './pdf.ts'
import { openPaper, type Pen, scan } from './picture.ts'

export const scannedInvoice: Invoice = {
  file: 'scan-2025-02-21-werkzeugbau-krause.pdf',
  layout: 'letter',
  accent: '#000000',
  number: '2025-0058',
  issuedOn: '2025-02-18',
  dueOn: '2025-03-04',
  references: [
    { label: 'Your order', text: 'by telephone, Mr Brekke, 3 February' },
    { label: 'Collected', text: '17 February 2025' },
  ],
  issuer: krause,
  buyer: haldenBuyer,
  currency: 'EUR',
  numberStyle: 'comma',
  opening: 'For our work we charge as follows:',
  lines: [
    {
      text: 'Regrinding of circular knives, 300 mm',
      quantity: 18,
      unit: 'pcs',
      priceCents: 3_450,
      ratePercent: 19,
    },
    {
      text: 'Punch and die set, tool steel 1.2379',
      quantity: 2,
      unit: 'sets',
      priceCents: 68_400,
      ratePercent: 19,
    },
    {
      text: 'Hardening, 60 HRC, with test report',
      quantity: 2,
      unit: 'lots',
      priceCents: 14_250,
      ratePercent: 19,
    },
    {
      text: 'Express surcharge',
      quantity: 1,
      unit: 'lot',
      priceCents: 9_500,
      ratePercent: 19,
    },
  ],
  notes: ['Payable within 14 days. Repairs are warranted for twelve months.'],
}

// A4 at 160 dots an inch.
const widthPx = 1_323
const heightPx = 1_871
const marginPx = 120

export function renderScannedInvoice(): Promise<Buffer> {
  const { paper, pen } = openPaper(widthPx, heightPx)
  drawHeading(pen, scannedInvoice)
  drawBody(pen, scannedInvoice)
  drawStamp(pen)
  const glass = { degrees: -0.7, background: '#d9d9d6', noiseLevels: 9, stepLevels: 1, seed: 58 }
  const seen = scan(paper, glass)
  const picture = seen.encodeSync('jpeg', 62)
  const sheet = {
    title: 'Scan 21 February 2025',
    author: 'Scanner, second floor',
    issuedOn: '2025-02-21',
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
  }
  return renderPdf(sheet, (pdf) => {
    pdf.image(picture, 0, 0, { width: pdf.page.width, height: pdf.page.height })
  })
}

function drawHeading(pen: Pen, { issuer, buyer, number, issuedOn, references }: Invoice): void {
  pen.face(44, 'bold')
  pen.text(issuer.name, { x: marginPx, y: 150 })
  pen.face(22)
  pen.text('Toolmaking · Grinding · Hardening since 1961', { x: marginPx, y: 188 })
  pen.text([...issuer.address, issuer.contact].join(' · '), { x: marginPx, y: 220 })
  pen.line([marginPx, 240], [widthPx - marginPx, 240], 3)
  pen.face(24)
  for (const [index, text] of [buyer.name, ...buyer.address].entries()) {
    pen.text(text, { x: marginPx, y: 330 + index * 34 })
  }
  pen.face(36, 'bold')
  pen.text(`Invoice ${number}`, { x: marginPx, y: 590 })
  pen.face(23)
  const facts = [
    ['Date', longDate(issuedOn)],
    ...references.map(({ label, text }) => [label, text]),
    ['VAT ID', issuer.vatId],
  ]
  for (const [index, [label = '', text = '']] of facts.entries()) {
    pen.text(label, { x: marginPx, y: 646 + index * 34 })
    pen.text(text, { x: marginPx + 180, y: 646 + index * 34 })
  }
}

function drawBody(pen: Pen, invoice: Invoice): void {
  const rightPx = widthPx - marginPx
  pen.text(invoice.opening, { x: marginPx, y: 830 })
  pen.face(23, 'bold')
  drawCells(pen, 890, ['Description', 'Quantity', 'Unit price', 'Amount'])
  pen.line([marginPx, 906], [rightPx, 906], 2)
  pen.face(23)
  for (const [index, line] of invoice.lines.entries()) {
    const amounts = [line.priceCents, lineCents(line)].map((cents) => formatCents(cents))
    drawCells(pen, 950 + index * 46, [line.text, `${line.quantity} ${line.unit}`, ...amounts])
  }
  const belowY = 950 + invoice.lines.length * 46
  pen.line([marginPx, belowY - 20], [rightPx, belowY - 20], 2)
  const totals = totalsOf(invoice.lines)
  const sums = [
    ['Net amount', totals.netCents],
    ['VAT 19 %', totals.vatCents],
    ['Total', totals.grossCents],
  ] as const
  for (const [index, [label, cents]] of sums.entries()) {
    pen.face(label === 'Total' ? 28 : 23, label === 'Total' ? 'bold' : 'regular')
    pen.text(label, { x: 760, y: belowY + 30 + index * 44 })
    pen.text(moneyOf(invoice, cents), { x: rightPx, y: belowY + 30 + index * 44, align: 'right' })
  }
  pen.face(23)
  for (const [index, note] of invoice.notes.entries()) {
    pen.text(note, { x: marginPx, y: belowY + 240 + index * 34 })
  }
  pen.face(20)
  pen.text(invoice.issuer.bank, { x: marginPx, y: heightPx - 130 })
  pen.text(invoice.issuer.register, { x: marginPx, y: heightPx - 100 })
}

function drawCells(pen: Pen, y: number, cells: readonly string[]): void {
  const [text = '', ...numbers] = cells
  pen.text(text, { x: marginPx, y })
  for (const [index, cell] of numbers.entries()) {
    pen.text(cell, { x: 790 + index * 206, y, align: 'right' })
  }
}

/** The stamp of the receiving office and a tick by hand, both in the free space below the sums. */
function drawStamp({ context, ...pen }: Pen): void {
  context.save()
  context.translate(300, 1_515)
  context.rotate(-0.09)
  context.fillStyle = '#55556a'
  context.strokeStyle = '#55556a'
  context.lineWidth = 4
  context.strokeRect(-150, -64, 340, 118)
  pen.face(30, 'bold')
  pen.text('RECEIVED', { x: 20, y: -18, align: 'center' })
  pen.face(26)
  pen.text('21 FEB 2025', { x: 20, y: 26, align: 'center' })
  context.restore()
  context.lineWidth = 3
  context.strokeStyle = '#3c3c58'
  context.beginPath()
  context.moveTo(640, 1_520)
  context.bezierCurveTo(680, 1_440, 700, 1_600, 740, 1_500)
  context.bezierCurveTo(770, 1_430, 790, 1_590, 840, 1_490)
  context.bezierCurveTo(860, 1_470, 880, 1_520, 950, 1_480)
  context.stroke()
}
