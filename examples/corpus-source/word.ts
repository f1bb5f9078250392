// Word documents of the sample corpus. The library stamps them with the time of the day, in the
// document's properties and on each entry of the zip; both are set to the date of the document here,
// so that each run gives the same bytes.
import {
  Document,
  HeadingLevel,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
  WidthType,
} from 'docx'
import type { Block } from './text.ts'

export interface WordSheet {
  title: string
  author: string
  issuedOn: string
}

const headingLevels = { title: HeadingLevel.HEADING_1, heading: HeadingLevel.HEADING_2 } as const

/** The bytes of a `.docx` with these blocks, and a table of rows at its end where one is given. */
export async function renderWord(
  sheet: WordSheet,
  blocks: readonly Block[],
  rows: readonly string[][] = [],
): Promise<Buffer> {
  const document = new Document({
    title: sheet.title,
    creator: sheet.author,
    styles: {
      default: {
        document: { run: { font: 'Calibri', size: 22 }, paragraph: { spacing: { after: 140 } } },
        heading1: { run: { size: 36, bold: true, color: '0F4C5C' } },
        heading2: {
          run: { size: 26, bold: true, color: '0F4C5C' },
          paragraph: { spacing: { before: 280, after: 100 } },
        },
      },
    },
    sections: [
      { children: [...blocks.map(paragraphOf), ...(rows.length > 0 ? [tableOf(rows)] : [])] },
    ],
  })
  const properties = { path: 'docProps/core.xml', data: propertiesOf(sheet) }
  const zip = await Packer.toBuffer(document, undefined, [properties])
  return datedZip(zip, sheet.issuedOn)
}

function paragraphOf({ kind, text }: Block): Paragraph {
  if (kind === 'item') return new Paragraph({ text, bullet: { level: 0 } })
  if (kind === 'paragraph') return new Paragraph({ children: [new TextRun(text)] })
  return new Paragraph({ text, heading: headingLevels[kind] })
}

function tableOf(rows: readonly string[][]): Table {
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: rows.map((cells, index) => {
      const isHead = index === 0
      return new TableRow({
        ...(isHead ? { tableHeader: true } : {}),
        children: cells.map((text) => {
          const run = new TextRun({ text, bold: isHead })
          return new TableCell({ children: [new Paragraph({ children: [run] })] })
        }),
      })
    }),
  })
}

function propertiesOf({ title, author, issuedOn }: WordSheet): string {
  const time = `${issuedOn}T09:00:00Z`
  return [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"',
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    `<dc:title>${title}</dc:title><dc:creator>${author}</dc:creator>`,
    `<cp:lastModifiedBy>${author}</cp:lastModifiedBy><cp:revision>1</cp:revision>`,
    `<dcterms:created xsi:type="dcterms:W3CDTF">${time}</dcterms:created>`,
    `<dcterms:modified xsi:type="dcterms:W3CDTF">${time}</dcterms:modified>`,
    '</cp:coreProperties>',
  ].join('')
}

// Signatures and places of fields: APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16.
const endSignature = 0x06054b50
const endBytesMin = 22
const entryHeadBytes = 46

/** The same zip with 09:00 of the given day as the time of each entry, in both of its headers. */
function datedZip(zip: Buffer, iso: string): Buffer {
  const [year = 0, month = 0, day = 0] = iso.split('-').map(Number)
  const stamp = (((year - 1980) << 25) | (month << 21) | (day << 16) | (9 << 11)) >>> 0
  const dated = Buffer.from(zip)
  const end = dated.length - endBytesMin
  if (dated.readUInt32LE(end) !== endSignature) throw new Error('this zip carries a comment')
  let at = dated.readUInt32LE(end + 16)
  for (let left = dated.readUInt16LE(end + 10); left > 0; left--) {
    dated.writeUInt32LE(stamp, at + 12)
    dated.writeUInt32LE(stamp, dated.readUInt32LE(at + 42) + 10)
    const [name, extra, comment] = [28, 30, 32].map((field) => dated.readUInt16LE(at + field))
    at += entryHeadBytes + (name ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
  return dated
}
