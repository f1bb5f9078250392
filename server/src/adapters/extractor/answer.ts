// Collects the frames of one file into the answer. Counts what arrives, so that a child that floods us
// is stopped while it floods, not afterwards.
import type { ExtractedPage, ExtractLimits, ExtractResult } from '../../domains/ingest/extractor.ts'
import type { Frame } from './frame-reader.ts'
import { partsPerPage, Refusal, refused, tooManyPages, tooMuchText } from './refusal.ts'

const boxesMax = 1_000_000
const columnUnitsMax = 50_000_000
const loneSurrogate = /\p{Surrogate}/u

export class Answer {
  private readonly limits: ExtractLimits
  private readonly pages: ExtractedPage[] = []
  private parts: string[] = []
  private textUnits = 0
  private columnUnits = 0
  private boxCount = 0

  constructor(limits: ExtractLimits) {
    this.limits = limits
  }

  /** The result, once a frame decides it. Throws `Refusal` over a limit, else where the child lies. */
  add(frame: Frame): ExtractResult | undefined {
    switch (frame.kind) {
      case 'page':
        this.addPage(frame.page)
        return undefined
      case 'piece':
        this.addPiece(frame)
        return undefined
      case 'failed':
        return frame
      case 'done':
        this.closePage()
        return { ...frame, kind: 'extracted', pages: this.pages }
      case 'drawn':
        throw new Error('an image came where text was asked for')
    }
  }

  /** The result where the child ends, or is ended, without one. */
  end(refusal: Refusal): ExtractResult {
    return refused(refusal)
  }

  private addPage(head: Extract<Frame, { kind: 'page' }>['page']): void {
    this.closePage()
    for (const name of [...head.columns, ...head.path]) this.columnUnits += name.length
    if (this.columnUnits > columnUnitsMax) throw tooMuchText(this.limits)
    this.pages.push({ ...head, text: '', boxes: [] })
    if (this.pages.length > this.limits.pagesMax * partsPerPage) throw tooManyPages(this.limits)
  }

  private addPiece(piece: Extract<Frame, { kind: 'piece' }>): void {
    const page = this.pages.at(-1)
    if (!page) throw new Error('a piece came before its page')
    this.textUnits += piece.text.length
    this.boxCount += piece.boxes.length
    if (this.textUnits > this.limits.textUnitsMax) throw tooMuchText(this.limits)
    if (this.boxCount > boxesMax) {
      throw new Refusal('too_much_text', `The file holds more than ${boxesMax} printed words.`)
    }
    this.parts.push(piece.text)
    page.boxes.push(...piece.boxes)
  }

  private closePage(): void {
    const page = this.pages.at(-1)
    if (!page) return
    page.text = this.parts.join('')
    this.parts = []
    const { length } = page.text
    const isCanonical = !loneSurrogate.test(page.text) && !page.text.includes('\0')
    // In order and apart, so that the words of a passage are found by bisection.
    let at = 0
    const isInOrder = page.boxes.every(({ start, end }) => {
      const isNext = at <= start && start < end && end <= length
      at = end
      return isNext
    })
    if (!isCanonical || !isInOrder) throw new Error('a page breaks the rules of canonical text')
  }
}
