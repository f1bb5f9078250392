// The upper part of an invoice in its four layouts: who, to whom, number and dates. Each leaves the
// cursor where the running text starts.
import type { Invoice } from './invoice.ts'
import { longDate } from './money.ts'
import { innerWidth, type Pdf, placeText, type TableLook } from './pdf.ts'

type Heading = (pdf: Pdf, invoice: Invoice, look: TableLook) => void

const grey = '#5b646d'
const ink = '#1d2329'

function factsOf({ number, issuedOn, references, buyer }: Invoice): [string, string][] {
  return [
    ['Invoice no.', number],
    ['Date', longDate(issuedOn)],
    ...references.map(({ label, text }): [string, string] => [label, text]),
    ['Your VAT ID', buyer.vatId],
  ]
}

function drawFacts(
  pdf: Pdf,
  at: { x: number; y: number; labelWidth: number; width: number; facts: [string, string][] },
  look: TableLook,
): number {
  let y = at.y
  for (const [label, text] of at.facts) {
    pdf.font(look.font).fontSize(look.fontSize).fillColor(grey)
    placeText(pdf, label, { x: at.x, y, width: at.labelWidth })
    pdf.fillColor(ink)
    const width = at.width - at.labelWidth
    placeText(pdf, text, { x: at.x + at.labelWidth, y, width })
    y += pdf.heightOfString(text, { width, lineGap: 2 }) + 3
  }
  return y
}

/** A logo, the address in the place of an envelope's window, facts on the right. */
function drawLedger(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const { issuer, buyer, accent } = invoice
  pdf.polygon([56, 84], [70, 52], [84, 84]).fill(accent)
  pdf.polygon([74, 84], [88, 52], [102, 84]).fillOpacity(0.55).fill(accent).fillOpacity(1)
  pdf.font(look.bold).fontSize(17).fillColor(accent)
  placeText(pdf, issuer.name, { x: 112, y: 58, width: 260 })
  pdf.font(look.font).fontSize(8).fillColor(grey)
  const own = [...issuer.address, issuer.contact, `VAT ID ${issuer.vatId}`].join('\n')
  placeText(pdf, own, { x: 339, y: 54, width: 200, align: 'right' })
  pdf.fontSize(6.5)
  placeText(pdf, [issuer.name, ...issuer.address].join(' · '), { x: 56, y: 146, width: 260 })
  pdf.font(look.bold).fontSize(10).fillColor(ink)
  placeText(pdf, buyer.name, { x: 56, y: 160, width: 240 })
  pdf.font(look.font)
  placeText(pdf, buyer.address.join('\n'), { x: 56, y: 174, width: 240 })
  const facts = { x: 330, y: 146, labelWidth: 80, width: 209, facts: factsOf(invoice) }
  const y = drawFacts(pdf, facts, look)
  pdf.font(look.bold).fontSize(18).fillColor(ink)
  placeText(pdf, `Invoice ${invoice.number}`, { x: 56, y: Math.max(y, 240) + 14, width: 480 })
  pdf.y = Math.max(y, 240) + 48
}

/** A coloured band over the full width, both parties below it side by side. */
function drawBand(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const { issuer, buyer, accent } = invoice
  pdf.rect(0, 0, pdf.page.width, 92).fill(accent)
  pdf.font(look.bold).fontSize(26).fillColor('#ffffff')
  placeText(pdf, 'INVOICE', { x: 56, y: 34, width: 220 })
  pdf.fontSize(13)
  placeText(pdf, issuer.name, { x: 239, y: 32, width: 300, align: 'right' })
  pdf.font(look.font).fontSize(8)
  placeText(pdf, issuer.contact, { x: 239, y: 52, width: 300, align: 'right' })
  const width = innerWidth(pdf) / 3 - 8
  const parts = [
    { title: 'From', party: issuer },
    { title: 'Bill to', party: buyer },
  ]
  for (const [index, { title, party }] of parts.entries()) {
    const x = 56 + index * (width + 12)
    pdf.font(look.bold).fontSize(8).fillColor(accent)
    placeText(pdf, title.toUpperCase(), { x, y: 112, width })
    pdf.font(look.font).fontSize(look.fontSize).fillColor(ink)
    const text = [party.name, ...party.address, `VAT ID ${party.vatId}`].join('\n')
    placeText(pdf, text, { x, y: 126, width })
  }
  const facts = factsOf(invoice).slice(0, -1)
  const x = 56 + 2 * (width + 12)
  const y = drawFacts(pdf, { x, y: 112, labelWidth: 72, width: width + 8, facts }, look)
  pdf.y = Math.max(y, 206) + 16
}

/** A letterhead in the middle and facts as a short list, set in a serif face. */
function drawLetter(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const { issuer, buyer, accent } = invoice
  const width = innerWidth(pdf)
  pdf.font(look.bold).fontSize(22).fillColor(accent)
  placeText(pdf, issuer.name, { x: 56, y: 48, width, align: 'center' })
  pdf.font('Times-Italic').fontSize(9.5).fillColor(grey)
  const own = `${issuer.address.join(', ')}\n${issuer.contact} · VAT ID ${issuer.vatId}`
  placeText(pdf, own, { x: 56, y: 76, width, align: 'center' })
  pdf.moveTo(210, 108).lineTo(385, 108).lineWidth(0.8).stroke(accent)
  pdf.font(look.font).fontSize(11).fillColor(ink)
  placeText(pdf, [buyer.name, ...buyer.address].join('\n'), { x: 56, y: 132, width: 280 })
  placeText(pdf, longDate(invoice.issuedOn), { x: 56, y: 196, width, align: 'right' })
  pdf.font(look.bold).fontSize(15)
  placeText(pdf, `Invoice ${invoice.number}`, { x: 56, y: 224, width })
  const facts = factsOf(invoice).slice(2)
  pdf.y = drawFacts(pdf, { x: 56, y: 250, labelWidth: 90, width, facts }, look) + 12
}

/** The printout of a hotel's till system: one typewriter face, no colours. */
function drawFolio(pdf: Pdf, invoice: Invoice, look: TableLook): void {
  const { issuer, buyer } = invoice
  const width = innerWidth(pdf)
  pdf.font(look.bold).fontSize(13).fillColor(ink)
  placeText(pdf, issuer.name.toUpperCase(), { x: 56, y: 52, width })
  pdf.font(look.font).fontSize(8)
  const own = [issuer.address.join(', '), issuer.contact, `VAT ID ${issuer.vatId}`].join('\n')
  placeText(pdf, own, { x: 56, y: 70, width })
  placeText(pdf, '='.repeat(100), { x: 56, y: 104, width: width + 10 })
  pdf.fontSize(look.fontSize)
  placeText(pdf, [buyer.name, ...buyer.address].join('\n'), { x: 56, y: 124, width: 230 })
  const facts = { x: 300, y: 124, labelWidth: 86, width: 239, facts: factsOf(invoice) }
  const y = drawFacts(pdf, facts, look)
  pdf.font(look.bold).fontSize(11).fillColor(ink)
  placeText(pdf, `INVOICE / GUEST FOLIO ${invoice.number}`, { x: 56, y: y + 12, width })
  pdf.y = y + 40
}

export const headings: Record<Invoice['layout'], Heading> = {
  ledger: drawLedger,
  band: drawBand,
  letter: drawLetter,
  folio: drawFolio,
}
