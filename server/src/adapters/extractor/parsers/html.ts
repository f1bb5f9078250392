// HTML to sections. Nothing runs and nothing is fetched: the tree is only read. All visible text is
// kept, also navigation: a reader that guesses the "main" part loses text that a provider wants sold.
import { parseHTML } from 'linkedom'
import { Outline } from '../outline.ts'
import type { Output, Parsed } from '../output.ts'

const skipped = new Set(
  'HEAD TITLE SCRIPT STYLE NOSCRIPT TEMPLATE IFRAME OBJECT EMBED SVG CANVAS AUDIO VIDEO'.split(' '),
)
const blocks = new Set(
  (
    'ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY DD DETAILS DIV DL FIGCAPTION FIGURE FOOTER FORM HEADER HR ' +
    'HTML LI MAIN NAV OL P PRE SECTION SUMMARY TABLE UL'
  ).split(' '),
)
const lines = new Set(['BR', 'DT', 'DD', 'LI', 'TR', 'OPTION', 'CAPTION'])
const cells = new Set(['TD', 'TH'])
const textNode = 3
const elementNode = 1

/** The part of the DOM that is used. The types of linkedom need a browser's. */
interface TreeNode {
  nodeType: number
  nodeName: string
  nodeValue: string | null
  firstChild: TreeNode | null
  nextSibling: TreeNode | null
  parentNode: TreeNode | null
}
interface Tree extends TreeNode {
  childNodes: Iterable<TreeNode>
  querySelector(selector: string): { textContent: string | null } | null
}

export async function parseHtml(html: string, output: Output): Promise<Parsed> {
  const { title, sections } = readHtml(html)
  let number = 0
  for (const section of sections) {
    number += 1
    await output.add({ kind: 'section', number, ...section })
  }
  return { title }
}

export function readHtml(html: string) {
  const { document }: { document: Tree } = parseHTML(html)
  const writer = new Writer()
  // Without <html> there are several roots, and linkedom does not join the first ones as siblings.
  for (const top of document.childNodes) walk(top, writer)
  const title = document.querySelector('title')?.textContent?.trim()
  return { title: title || writer.outline.firstHeading, sections: writer.outline.close() }
}

/** Without recursion: 100,000 nested elements are a common way to break a reader. */
function walk(top: TreeNode, writer: Writer): void {
  let node: TreeNode | null = top
  while (node) {
    const isEntered = writer.enter(node)
    if (isEntered && node.firstChild) {
      node = node.firstChild
      continue
    }
    if (isEntered) writer.leave(node)
    while (node !== top && !node.nextSibling && node.parentNode) {
      node = node.parentNode
      writer.leave(node)
    }
    node = node === top ? null : node.nextSibling
  }
}

class Writer {
  readonly outline = new Outline()
  private headingText: string | null = null
  private preDepth = 0
  private isLineStart = true

  /** Whether to go into the node. */
  enter(node: TreeNode): boolean {
    if (node.nodeType === textNode) this.writeText(node.nodeValue ?? '')
    if (node.nodeType !== elementNode) return false
    const name = node.nodeName.toUpperCase()
    if (skipped.has(name)) return false
    if (/^H[1-6]$/.test(name)) this.headingText ??= ''
    if (name === 'PRE') this.preDepth += 1
    this.breakFor(name)
    if (cells.has(name) && !this.isLineStart) this.append(' | ')
    return true
  }

  leave(node: TreeNode): void {
    const name = node.nodeName.toUpperCase()
    if (/^H[1-6]$/.test(name) && this.headingText !== null) {
      const title = this.headingText.replace(/\s+/g, ' ').trim()
      this.headingText = null
      this.outline.heading(Number(name[1]), title)
      this.isLineStart = true
    }
    if (name === 'PRE') this.preDepth -= 1
    this.breakFor(name)
  }

  private breakFor(name: string): void {
    if (blocks.has(name) && !lines.has(name)) this.append('\n\n')
    else if (lines.has(name)) this.append('\n')
  }

  private writeText(text: string): void {
    const line = text.replace(/[ \t\r\n\f]+/g, ' ')
    if (this.preDepth > 0) this.append(text)
    else this.append(this.isLineStart ? line.trimStart() : line)
  }

  private append(text: string): void {
    if (text === '') return
    if (this.headingText !== null) this.headingText += text
    else this.outline.write(text)
    this.isLineStart = text.endsWith('\n')
  }
}
