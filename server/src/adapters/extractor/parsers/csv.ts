// CSV to records. The separator and whether there is a header are told from the first rows.
import { parse } from 'csv-parse/sync'
import type { ExtractLimits } from '../../../domains/ingest/extractor.ts'
import { canonicalLine, canonicalText } from '../canonical.ts'
import { nameUnitsMax, type Output, type Parsed } from '../output.ts'
import { partsPerPage } from '../refusal.ts'
import { recordPage } from './records.ts'

const separators = [',', ';', '\t', '|']
const probeUnits = 20_000
const probeRows = 20

export async function parseCsv(
  text: string,
  output: Output,
  limits: ExtractLimits,
): Promise<Parsed> {
  const clean = canonicalText(text)
  const separator = findSeparator(clean)
  const rowsMax = limits.pagesMax * partsPerPage + 2
  const rows = readRows(clean, separator, rowsMax)
  const header = headerOf(rows)
  const data = header ? rows.slice(1) : rows
  for (const [index, row] of data.entries()) {
    const cells = row.map((value, at) => [header?.[at] ?? `column ${at + 1}`, value] as const)
    await output.add(recordPage(index + 1, cells))
  }
  return { title: null }
}

function readRows(text: string, separator: string, rowsMax: number): string[][] {
  return parse(text, {
    delimiter: separator,
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    to: rowsMax,
  })
}

/** The separator that cuts the first rows into the most cells of the most even number. */
function findSeparator(text: string): string {
  const probe = text.slice(0, probeUnits)
  const scored = separators.map((separator) => ({ separator, score: evenness(probe, separator) }))
  return scored.reduce((best, it) => (it.score > best.score ? it : best)).separator
}

function evenness(probe: string, separator: string): number {
  const widths = readProbe(probe, separator).map((row) => row.length)
  const widest = Math.max(0, ...widths)
  if (widest < 2) return 0
  const cut = widths.filter((width) => width > 1).length / widths.length
  const even = widths.filter((width) => width === widths[0]).length / widths.length
  return cut + even + Math.min(widest, 100) / 1_000
}

/** The probe may end inside a quoted cell; then only its plain lines are looked at. */
function readProbe(probe: string, separator: string): string[][] {
  try {
    return readRows(probe, separator, probeRows)
  } catch {
    return probe.split('\n', probeRows).map((line) => line.split(separator))
  }
}

/** Names of the columns, where the first row is one of names: all filled, all different, no numbers. */
function headerOf(rows: string[][]): string[] | null {
  const [first] = rows
  if (!first || rows.length < 2) return null
  const names = first.map((name) => canonicalLine(name, nameUnitsMax))
  const isNamed = names.every((name) => name !== '' && !/^[-+]?[\d.,\s%€$]+$/.test(name))
  return isNamed && new Set(names).size === names.length ? names : null
}
