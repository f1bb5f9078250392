// A till receipt, photographed: a PNG picture with VAT of two rates.
import { type Line, lineCents, totalsOf } from './invoice.ts'
import { formatCents } from './money.ts'
import { openPaper, type Pen, scan } from './picture.ts'

export const receiptFile = 'receipt-2025-05-09-papierhaus.png'

export const receiptLines: readonly Line[] = [
  { text: 'Copy paper A4 500 sheets', quantity: 10, unit: 'x', priceCents: 549, ratePercent: 19 },
  { text: 'Marker set, 4 colours', quantity: 3, unit: 'x', priceCents: 799, ratePercent: 19 },
  { text: 'Road atlas Europe 2025', quantity: 2, unit: 'x', priceCents: 2_490, ratePercent: 7 },
  { text: 'Daily newspaper', quantity: 1, unit: 'x', priceCents: 320, ratePercent: 7 },
  { text: 'Toner 26A black', quantity: 1, unit: 'x', priceCents: 8_995, ratePercent: 19 },
  { text: 'Parcel tape, 6 rolls', quantity: 2, unit: 'x', priceCents: 1_150, ratePercent: 19 },
]

const widthPx = 620
const heightPx = 1_060
const leftPx = 50
const rightPx = widthPx - 50

export function renderReceipt(): Buffer {
  const { paper, pen } = openPaper(widthPx, heightPx)
  drawShop(pen)
  drawSums(pen, drawGoods(pen))
  const glass = { degrees: 0.6, background: '#8d8a86', noiseLevels: 1.5, stepLevels: 8, seed: 905 }
  return scan(paper, glass).encodeSync('png')
}

function drawShop(pen: Pen): void {
  const middlePx = widthPx / 2
  pen.face(38, 'bold')
  pen.text('PAPIERHAUS NORDER', { x: middlePx, y: 90, align: 'center' })
  pen.face(22)
  const shop = [
    'Große Elbstraße 77, 22767 Hamburg',
    'VAT ID DE 300 000 911',
    '9 May 2025  10:42  Till 02  Receipt 004417',
  ]
  for (const [index, text] of shop.entries()) {
    pen.text(text, { x: middlePx, y: 128 + index * 32, align: 'center' })
  }
  pen.line([leftPx, 212], [rightPx, 212])
}

function drawGoods(pen: Pen): number {
  let y = 256
  for (const line of receiptLines) {
    pen.face(23)
    pen.text(line.text, { x: leftPx, y })
    const code = line.ratePercent === 19 ? 'A' : 'B'
    pen.text(`${formatCents(lineCents(line))} ${code}`, { x: rightPx, y, align: 'right' })
    pen.face(19)
    const detail = `${line.quantity} x ${formatCents(line.priceCents)}`
    pen.text(detail, { x: leftPx + 24, y: y + 27 })
    y += 70
  }
  pen.line([leftPx, y - 24], [rightPx, y - 24])
  return y + 20
}

/** Prices of this shop are net, as in a wholesale store. */
function drawSums(pen: Pen, fromY: number): void {
  const totals = totalsOf(receiptLines)
  const rows = [
    ['Net', formatCents(totals.netCents)],
    ...totals.vat.map(({ ratePercent, netCents, vatCents }) => [
      `VAT ${ratePercent === 19 ? 'A' : 'B'} ${ratePercent} % on ${formatCents(netCents)}`,
      formatCents(vatCents),
    ]),
  ]
  let y = fromY
  pen.face(23)
  for (const [label = '', amount = ''] of rows) {
    pen.text(label, { x: leftPx, y })
    pen.text(amount, { x: rightPx, y, align: 'right' })
    y += 36
  }
  pen.face(32, 'bold')
  pen.text('TOTAL EUR', { x: leftPx, y: y + 18 })
  pen.text(formatCents(totals.grossCents), { x: rightPx, y: y + 18, align: 'right' })
  pen.face(21)
  pen.text('Paid by company card, ending 4417', { x: leftPx, y: y + 68 })
  pen.text('Thank you. Exchange within 14 days.', { x: widthPx / 2, y: y + 132, align: 'center' })
}
