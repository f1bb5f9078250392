// One record as text: a line `column: value` for each value that is there.
import type { PageDraft } from '../output.ts'

export function recordPage(row: number, cells: Iterable<readonly [string, string]>): PageDraft {
  const columns: string[] = []
  const lines: string[] = []
  for (const [column, value] of cells) {
    if (value.trim() === '') continue
    columns.push(column)
    lines.push(`${column}: ${value.trim()}`)
  }
  return { kind: 'record', number: row, text: lines.join('\n'), columns }
}
