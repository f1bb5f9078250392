// A draft payslip that does not belong in a dataset of invoices: it shows a person's name, address,
// bank account and pay. In the demo the operator rejects it. The person is invented.
import { columnsOf } from './invoice-pdf.ts'
import { formatCents } from './money.ts'
import {
  drawFooters,
  drawRule,
  drawTable,
  innerWidth,
  type Pdf,
  placeText,
  renderPdf,
} from './pdf.ts'

export const payslipFile = 'payroll-draft.pdf'

const person = [
  ['Employee', 'Jonas Wetterling'],
  ['Personnel no.', '00417'],
  ['Born on', '2 August 1987'],
  ['Private address', 'Holunderweg 9, 22301 Hamburg'],
  ['E-mail (private)', 'jonas.wetterling@mail.example'],
  ['Telephone', '+49 170 5550 417'],
  ['Tax class, children', 'III, 2.0 allowances, church tax'],
  ['Social security no.', '65 020887 W 017'],
  ['Health insurance', 'Hanse Krankenkasse'],
  ['Bank account', 'IBAN DE89 3704 0044 0532 0130 00'],
]

const pay = [
  { text: 'Monthly salary', cents: 412_000 },
  { text: 'Overtime, 6.5 hours', cents: 16_250 },
  { text: 'Capital-forming benefit', cents: 4_000 },
]
const deductions = [
  { text: 'Income tax', cents: -38_641 },
  { text: 'Church tax 9 %', cents: -1_902 },
  { text: 'Pension insurance 9.3 %', cents: -40_199 },
  { text: 'Health insurance 8.55 %', cents: -36_957 },
  { text: 'Unemployment insurance 1.3 %', cents: -5_619 },
  { text: 'Long-term care insurance 1.55 %', cents: -6_700 },
]

export function renderPayslip(): Promise<Buffer> {
  const sheet = {
    title: 'Payslip September 2025 (draft)',
    author: 'Payroll',
    issuedOn: '2025-09-22',
  }
  return renderPdf(sheet, (pdf) => {
    drawPerson(pdf)
    const columns = columnsOf(pdf, [
      { title: 'Item', width: 70 },
      { title: 'EUR', width: 30, align: 'right' },
    ])
    const grossCents = sum(pay)
    const netCents = grossCents + sum(deductions)
    const rows = [
      ...pay.map(rowOf),
      ['Gross pay', formatCents(grossCents)],
      ...deductions.map(rowOf),
      ['Net pay, to be transferred on 30 September 2025', formatCents(netCents)],
    ]
    const look = { font: 'Helvetica', bold: 'Helvetica-Bold', fontSize: 9, accent: '#33434f' }
    drawTable(
      pdf,
      { columns, rows },
      { ...look, head: 'filled', isStriped: true, isLastRowTotal: true },
    )
    drawFooters(pdf, look, (page, pages) => `Confidential. Page ${page} of ${pages}`)
  })
}

function rowOf({ text, cents }: { text: string; cents: number }): string[] {
  return [text, formatCents(cents)]
}

function sum(items: readonly { cents: number }[]): number {
  return items.reduce((total, { cents }) => total + cents, 0)
}

function drawPerson(pdf: Pdf): void {
  const width = innerWidth(pdf)
  pdf.font('Helvetica-Bold').fontSize(72).fillColor('#e9ecee')
  pdf.save().rotate(-28, { origin: [300, 560] })
  placeText(pdf, 'DRAFT', { x: 150, y: 560, width: 320, align: 'center' })
  pdf.restore()
  pdf.fontSize(17).fillColor('#33434f')
  placeText(pdf, 'Payslip for September 2025', { x: 56, y: 56, width })
  pdf.font('Helvetica').fontSize(9).fillColor('#5b646d')
  placeText(pdf, 'Halden Trading GmbH · Payroll · personal and confidential', {
    x: 56,
    y: 80,
    width,
  })
  drawRule(pdf, 98)
  let y = 112
  for (const [label = '', text = ''] of person) {
    pdf.fillColor('#5b646d')
    placeText(pdf, label, { x: 56, y, width: 120 })
    pdf.fillColor('#1d2329')
    placeText(pdf, text, { x: 180, y, width: 330 })
    y += 16
  }
  pdf.y = y + 12
}
