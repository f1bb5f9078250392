// The way out of the child: pages become frames, within the limits. What it writes is canonical, so that
// the server's check of it can be strict.
import type { ExtractedPage, ExtractLimits } from '../../domains/ingest/extractor.ts'
import { canonicalLine, canonicalText } from './canonical.ts'
import { frameBoxesMax, frameUnitsMax } from './frame-limits.ts'
import type { Frame } from './frame-reader.ts'
import { encodeFrame } from './frames.ts'
import { partsPerPage, tooManyPages, tooMuchText } from './refusal.ts'

export const nameUnitsMax = 300
const trailMax = 20
const columnsMax = 5_000
const sampleUnitsMax = 20_000

/** What a parser gives beside the pages that it writes. */
export interface Parsed {
  title: string | null
}

/** A page as a parser makes it. Text with boxes must be canonical already: the boxes count in it. */
export type PageDraft = Pick<ExtractedPage, 'kind' | 'number' | 'text'> &
  Partial<Pick<ExtractedPage, 'path' | 'columns' | 'boxes'>>

export class Output {
  /** The beginning of the text, to tell the language from. */
  sample = ''
  private readonly limits: ExtractLimits
  private readonly write: (bytes: Buffer) => Promise<void>
  private pageShare = 0
  private textUnits = 0

  constructor(limits: ExtractLimits, write: (bytes: Buffer) => Promise<void>) {
    this.limits = limits
    this.write = write
  }

  get isEmpty(): boolean {
    return this.textUnits === 0
  }

  /** Text units that may still come. */
  get unitsLeft(): number {
    return this.limits.textUnitsMax - this.textUnits
  }

  /** A page without text is counted and left out. Throws `Refusal` over a limit. */
  async add({ kind, number, text, path = [], columns = [], boxes = [] }: PageDraft): Promise<void> {
    this.pageShare += kind === 'section' || kind === 'record' ? 1 : partsPerPage
    if (this.pageShare > this.limits.pagesMax * partsPerPage) throw tooManyPages(this.limits)
    if (text.length > this.unitsLeft) throw tooMuchText(this.limits)
    const canonical = boxes.length > 0 ? text : canonicalText(text)
    if (canonical.trim() === '') return
    this.textUnits += canonical.length
    if (this.sample.length < sampleUnitsMax)
      this.sample += `${canonical.slice(0, sampleUnitsMax)}\n`
    const names = (list: string[], most: number) =>
      list.slice(0, most).map((name) => canonicalLine(name, nameUnitsMax))
    const head = { kind, number, path: names(path, trailMax), columns: names(columns, columnsMax) }
    await this.send({ kind: 'page', page: head })
    for (let at = 0; at < canonical.length; at += frameUnitsMax) {
      await this.send({ kind: 'piece', text: canonical.slice(at, at + frameUnitsMax), boxes: [] })
    }
    for (let at = 0; at < boxes.length; at += frameBoxesMax) {
      await this.send({ kind: 'piece', text: '', boxes: boxes.slice(at, at + frameBoxesMax) })
    }
  }

  send(frame: Frame): Promise<void> {
    return this.write(encodeFrame(frame))
  }
}
