// Draws a quarterly report: a cover with key figures and a chart, the letter to shareholders, and the
// statements.
import { columnsOf } from './invoice-pdf.ts'
import { longDate } from './money.ts'
import {
  drawFooters,
  drawProse,
  drawTable,
  innerWidth,
  keepTogether,
  type Pdf,
  placeText,
  renderPdf,
} from './pdf.ts'
import { percent, type Quarter, resultsOf, sum, thousands } from './report-figures.ts'
import { type Block, readBlocks } from './text.ts'

const accent = '#134074'
const fonts = { font: 'Helvetica', bold: 'Helvetica-Bold' } as const
const tableLook = { ...fonts, fontSize: 9, accent, head: 'ruled', isLastRowTotal: true } as const
const prose = { ...fonts, fontSize: 10, accent } as const

export function renderReport(quarter: Quarter): Promise<Buffer> {
  const title = `Quarterly report ${quarter.name}`
  const sheet = { title, author: 'Halden Trading Group', issuedOn: quarter.publishedOn }
  return renderPdf(sheet, (pdf) => {
    drawCover(pdf, quarter)
    pdf.addPage()
    drawProse(pdf, lettersOf(quarter), prose)
    pdf.addPage()
    drawStatements(pdf, quarter)
    drawFooters(pdf, { font: fonts.font, align: 'right' }, (page, pages) => {
      return `Halden Trading Group · ${title} · unaudited · ${page} / ${pages}`
    })
  })
}

function lettersOf(quarter: Quarter): Block[] {
  const { revenue, before, ebit } = resultsOf(quarter)
  return readBlocks(quarter.text, {
    revenue: thousands(revenue),
    growth: `up ${percent(revenue - before, before)}`,
    ebit: thousands(ebit),
    margin: percent(ebit, revenue),
  })
}

function drawCover(pdf: Pdf, quarter: Quarter): void {
  const { name, period, publishedOn } = quarter
  pdf.rect(0, 0, pdf.page.width, 210).fill(accent)
  pdf.polygon([56, 86], [74, 50], [92, 86]).fill('#8da9c4')
  pdf.polygon([78, 86], [96, 50], [114, 86]).fill('#eef4ed')
  pdf.font(fonts.bold).fontSize(30).fillColor('#ffffff')
  placeText(pdf, `Quarterly report ${name}`, { x: 56, y: 118, width: 480 })
  pdf.font(fonts.font).fontSize(11)
  const about = `Halden Trading Group · ${period} · published on ${longDate(publishedOn)}`
  placeText(pdf, about, { x: 56, y: 160, width: 480 })
  pdf.y = 240
  drawHeading(pdf, 'Key figures')
  drawKeyFigures(pdf, quarter)
  drawHeading(pdf, 'Revenue by segment, in thousands of euros')
  drawChart(pdf, quarter)
}

function drawHeading(pdf: Pdf, text: string): void {
  keepTogether(pdf, 120)
  drawProse(pdf, [{ kind: 'heading', text }], prose)
}

function drawKeyFigures(pdf: Pdf, quarter: Quarter): void {
  const { revenue, before, grossProfit, ebitda, ebit, profit } = resultsOf(quarter)
  const columns = columnsOf(pdf, [
    { title: 'EUR thousand', width: 50 },
    { title: quarter.name, width: 25, align: 'right' },
    { title: 'Share of revenue', width: 25, align: 'right' },
  ])
  const lines: [string, number][] = [
    ['Revenue', revenue],
    ['Gross profit', grossProfit],
    ['EBITDA', ebitda],
    ['EBIT', ebit],
    ['Profit for the period', profit],
  ]
  const rows = [
    ...lines.map(([label, amount]) => [label, thousands(amount), percent(amount, revenue)]),
    ['Revenue in the same quarter of 2024', thousands(before), ''],
    ['Employees at the end of the period', String(quarter.people), ''],
  ]
  drawTable(pdf, { columns, rows }, { ...tableLook, isLastRowTotal: false })
}

/** Two bars for each segment: this year above last year. */
function drawChart(pdf: Pdf, { segments }: Quarter): void {
  const { left } = pdf.page.margins
  const scale = (innerWidth(pdf) - 170) / Math.max(...segments.map(({ revenue }) => revenue))
  for (const { name, revenue, before } of segments) {
    pdf.font(fonts.font).fontSize(9).fillColor('#1d2329')
    placeText(pdf, name, { x: left, y: pdf.y + 6, width: 100 })
    pdf.rect(left + 100, pdf.y + 2, revenue * scale, 11).fill(accent)
    pdf.rect(left + 100, pdf.y + 15, before * scale, 7).fill('#b8c6d4')
    pdf.fillColor('#1d2329')
    placeText(pdf, thousands(revenue), { x: left + 106 + revenue * scale, y: pdf.y + 3, width: 60 })
    pdf.y += 32
  }
  pdf.fontSize(8).fillColor('#5b646d')
  pdf.text('Dark: this year. Light: same quarter of 2024.', left + 100, pdf.y)
}

function drawStatements(pdf: Pdf, quarter: Quarter): void {
  drawProse(pdf, [{ kind: 'title', text: 'Statements' }], prose)
  drawHeading(pdf, 'Income statement')
  drawAmounts(pdf, ['EUR thousand', quarter.name], incomeOf(quarter))
  drawHeading(pdf, 'Revenue by region')
  const revenue = sum(quarter.regions.map((region) => region.revenue))
  const regions = quarter.regions.map((region) => [
    region.name,
    thousands(region.revenue),
    percent(region.revenue, revenue),
  ])
  const all = ['Group', thousands(revenue), percent(revenue, revenue)]
  drawAmounts(pdf, ['Region', 'EUR thousand', 'Share'], [...regions, all])
  drawHeading(pdf, 'Cash flow')
  const { opening, operating, investing, financing } = quarter.cash
  drawAmounts(
    pdf,
    ['EUR thousand', quarter.name],
    [
      ['Cash at the beginning of the period', thousands(opening)],
      ['From operating activities', thousands(operating)],
      ['From investing activities', thousands(investing)],
      ['From financing activities', thousands(financing)],
      [`Cash on ${quarter.closing}`, thousands(opening + operating + investing + financing)],
    ],
  )
  drawHeading(pdf, 'Trade receivables by age')
  const due = sum(quarter.receivables.map(({ amount }) => amount))
  const ages = quarter.receivables.map(({ age, amount }) => [
    age,
    thousands(amount),
    percent(amount, due),
  ])
  const total = ['Trade receivables', thousands(due), percent(due, due)]
  drawAmounts(pdf, ['Age after due date', 'EUR thousand', 'Share'], [...ages, total])
  const notes = { closing: quarter.closing, people: String(quarter.people) }
  drawProse(pdf, readBlocks('report-notes', notes), prose)
}

function incomeOf(quarter: Quarter): string[][] {
  const { revenue, grossProfit, ebitda, ebit, preTax, tax, profit } = resultsOf(quarter)
  const { materials, personnel, other, depreciation } = quarter.costs
  const lines: [string, number][] = [
    ['Revenue', revenue],
    ['Cost of materials', -materials],
    ['Gross profit', grossProfit],
    ['Personnel expenses', -personnel],
    ['Other operating expenses', -other],
    ['EBITDA', ebitda],
    ['Depreciation and amortisation', -depreciation],
    ['EBIT', ebit],
    ['Net interest', -quarter.interest],
    ['Profit before tax', preTax],
    ['Income tax', -tax],
    ['Profit for the period', profit],
  ]
  return lines.map(([label, amount]) => [label, thousands(amount)])
}

function drawAmounts(pdf: Pdf, titles: string[], rows: string[][]): void {
  const columns = titles.map((title, index) => {
    return index === 0 ? { title, width: 54 } : ({ title, width: 23, align: 'right' } as const)
  })
  drawTable(pdf, { columns: columnsOf(pdf, columns), rows }, tableLook)
}
