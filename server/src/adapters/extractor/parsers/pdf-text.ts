// The text layer of a page as lines and paragraphs, in the order in which the file draws it.
import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { Refusal } from '../refusal.ts'

/** Distance of two lines, in heights of their print, from which a new paragraph begins. */
const paragraphGap = 1.8

/** Distance on a line, in heights of the print, from which two pieces are two words. */
const wordGap = 0.25

interface Item {
  str: string
  dir: string
  width: number
  transform: number[]
  height: number
  hasEOL: boolean
}

/** Stops at `unitsMax` while the page is still being read. */
export async function layOut(page: PDFPageProxy, unitsMax: number): Promise<string> {
  const parts: string[] = []
  let units = 0
  let last: Item | null = null
  let before: Item | null = null
  const reader = page.streamTextContent().getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return parts.join('')
    for (const item of value.items as (Item | { type: string })[]) {
      if (!('str' in item)) continue
      if (last && isNewParagraph(last, item)) parts.push('\n')
      else if (before && isApart(before, item)) parts.push(' ')
      parts.push(item.str, item.hasEOL ? '\n' : '')
      units += item.str.length + 1
      before = item
      if (item.str.trim() !== '') last = item
      if (units > unitsMax) throw new Refusal('too_much_text', 'The file holds too much text.')
    }
  }
}

/** Only for upright text; elsewhere the line ends of pdf.js are all there is. */
function isNewParagraph(last: Item, item: Item): boolean {
  const [, slope = 0, , , , y = 0] = item.transform
  const lastY = last.transform[5] ?? 0
  if (slope !== 0 || item.str.trim() === '') return false
  const gap = lastY - y
  const print = Math.max(1, Math.min(last.height, item.height))
  return gap > print * paragraphGap || gap < -print * 2
}

/** Pieces may be drawn in any order; pdf.js sets a blank only where the next one follows to the right. */
function isApart(before: Item, item: Item): boolean {
  if (before.hasEOL || item.dir === 'rtl' || before.str === '' || item.str === '') return false
  if (/\s$/.test(before.str) || /^\s/.test(item.str)) return false
  const gap = (item.transform[4] ?? 0) - (before.transform[4] ?? 0) - before.width
  return Math.abs(gap) > Math.max(1, item.height) * wordGap
}
