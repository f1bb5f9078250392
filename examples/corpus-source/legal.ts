// Contracts, the letter that opens the dispute, and a page of the staff handbook.
import { readFileSync } from 'node:fs'
import { drawFooters, drawProse, renderPdf } from './pdf.ts'
import { readBlocks } from './text.ts'
import { renderWord } from './word.ts'

const prices = [
  ['Article', 'Description', 'Unit', 'Price in EUR', 'Stock'],
  ['310-4512', 'Linear guide LG-45, hardened rail, 1,200 mm', 'pcs', '418.50', 'S'],
  ['310-4590', 'Carriage block LG-45 with wipers', 'pcs', '126.40', 'S'],
  ['320-3210', 'Ball screw BS-32, pitch 10 mm, 900 mm', 'pcs', '289.00', ''],
  ['330-2007', 'Servo coupling SC-20, backlash free', 'pcs', '64.75', 'S'],
  ['415-1205', 'Inductive sensor M12, PNP, cable 5 m', 'pcs', '19.90', 'S'],
  ['880-0400', 'Grease cartridge 400 ml, lithium complex', 'pcs', '11.85', 'S'],
  ['900-0010', 'Alignment and calibration, technician', 'h', '96.00', ''],
]

export function renderSupplyAgreement(): Promise<Buffer> {
  const sheet = {
    title: 'Framework Supply Agreement HT-2023-114',
    author: 'Halden Trading GmbH',
    issuedOn: '2025-01-16',
  }
  const heading = { kind: 'heading', text: 'Annex A. Price list from 1 February 2025' } as const
  return renderWord(sheet, [...readBlocks('supply-agreement'), heading], prices)
}

export function renderDisputeLetter(): Promise<Buffer> {
  const sheet = {
    title: 'Objection to value added tax on INV-2025-0317',
    author: 'Acme Industrial GmbH',
    issuedOn: '2025-03-20',
  }
  return renderWord(sheet, readBlocks('dispute-letter'))
}

export function renderMaintenanceContract(): Promise<Buffer> {
  const sheet = {
    title: 'Maintenance and Service Contract SC-2024-031',
    author: 'Halden Trading GmbH',
    issuedOn: '2024-11-12',
    margins: { top: 72, bottom: 84, left: 84, right: 84 },
  }
  return renderPdf(sheet, (pdf) => {
    const look = { font: 'Times-Roman', bold: 'Times-Bold', fontSize: 12, accent: '#1d2329' }
    drawProse(pdf, readBlocks('maintenance-contract'), look)
    drawFooters(
      pdf,
      look,
      (page, pages) => `SC-2024-031 · page ${page} of ${pages} · initials: ____ / ____`,
    )
  })
}

export function readVatGuide(): Buffer {
  return readFileSync(new URL('./texts/vat-guide.html', import.meta.url))
}
