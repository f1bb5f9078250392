// Reads the prose of the sample corpus from `texts/`: blocks parted by blank lines, where `# ` opens
// a title, `## ` a heading and `- ` an item. `{name}` stands for a figure that the caller works out,
// so that text and tables cannot disagree.
import { readFileSync } from 'node:fs'

export interface Block {
  kind: 'title' | 'heading' | 'item' | 'paragraph'
  text: string
}

const marks = [
  { mark: '# ', kind: 'title' },
  { mark: '## ', kind: 'heading' },
  { mark: '- ', kind: 'item' },
] as const

/** The blocks of `texts/<name>.txt` in order. Throws where the text names a figure nobody gave. */
export function readBlocks(name: string, figures: Record<string, string> = {}): Block[] {
  const text = readFileSync(new URL(`./texts/${name}.txt`, import.meta.url), 'utf8')
  return text
    .split(/\n\s*\n|\n(?=- )/)
    .map((part) => part.trim().replace(/\s*\n\s*/g, ' '))
    .filter((part) => part !== '')
    .map((part) => blockOf(fillIn(part, figures)))
}

function fillIn(text: string, figures: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const figure = figures[name]
    if (figure === undefined) throw new Error(`the text asks for {${name}}, which nobody gave`)
    return figure
  })
}

function blockOf(text: string): Block {
  const found = marks.find(({ mark }) => text.startsWith(mark))
  return found
    ? { kind: found.kind, text: text.slice(found.mark.length) }
    : { kind: 'paragraph', text }
}
