// One record as text: a line `column: value` for each value that is there.
import { canonicalLine } from '../canonical.ts'
import { nameUnitsMax, type PageDraft } from '../output.ts'

export function recordPage(row: number, cells: Iterable<readonly [string, string]>): PageDraft {
  const columns: string[] = []
  const lines: string[] = []
  for (const [column, value] of cells) {
    if (value.trim() === '') continue
    const name = canonicalLine(column, nameUnitsMax) || 'value'
    columns.push(name)
    lines.push(`${name}: ${value.trim()}`)
  }
  return { kind: 'record', number: row, text: lines.join('\n'), columns }
}
