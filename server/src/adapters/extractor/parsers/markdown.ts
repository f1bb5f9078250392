// Markdown to sections by its headings. The text stays as its author wrote it: marks are readable, and
// taking them away loses more (code, tables) than it gains.
import { Outline } from '../outline.ts'
import type { Output, Parsed } from '../output.ts'

const lineEnd = /\r\n|\n|\r/
const atx = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/
const setext = /^ {0,3}(=+|-+)[ \t]*$/
const fence = /^ {0,3}(`{3,}|~{3,})/

export async function parseMarkdown(text: string, output: Output): Promise<Parsed> {
  const lines = text.split(lineEnd)
  const { title, next } = frontMatter(lines)
  const outline = outlineOf(lines.slice(next))
  let number = 0
  for (const section of outline.close()) {
    number += 1
    await output.add({ kind: 'section', number, ...section })
  }
  return { title: title ?? outline.firstHeading }
}

export function outlineOfMarkdown(text: string): Outline {
  return outlineOf(text.split(lineEnd))
}

/** The title of a YAML head, and the line after it. */
function frontMatter(lines: string[]): { title: string | null; next: number } {
  const end = lines[0]?.trim() === '---' ? lines.indexOf('---', 1) : -1
  if (end === -1) return { title: null, next: 0 }
  const line = lines.slice(1, end).find((it) => it.startsWith('title:'))
  const title = line
    ?.slice('title:'.length)
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
  return { title: title || null, next: end + 1 }
}

function outlineOf(lines: string[]): Outline {
  const outline = new Outline()
  let openFence: string | null = null
  let held: string | null = null
  const release = () => {
    if (held !== null) outline.write(`${held}\n`)
    held = null
  }
  for (const line of lines) {
    const mark = fence.exec(line)?.[1]
    const heading = openFence === null ? atx.exec(line) : null
    const underline = openFence === null && held?.trim() ? setext.exec(line)?.[1] : undefined
    if (underline && held !== null) {
      outline.heading(underline.startsWith('=') ? 1 : 2, plain(held), held)
      held = null
    } else if (heading) {
      release()
      outline.heading(heading[1]?.length ?? 1, plain(heading[2] ?? ''), line.trim())
    } else {
      release()
      held = line
    }
    if (openFence === null && mark) openFence = mark
    else if (openFence !== null && mark?.startsWith(openFence)) openFence = null
  }
  release()
  return outline
}

/** A heading as it reads: without closing hashes, emphasis and the addresses of links. */
function plain(heading: string): string {
  return heading
    .slice(0, 1_000)
    .replace(/\s#+\s*$/, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .trim()
}
