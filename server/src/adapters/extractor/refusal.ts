// How a parser refuses a file: with a code that the provider can act on and a sentence that anyone may
// read. The texts of the limits stand here once, since both sides of the border enforce them.
import type {
  ExtractFailureCode,
  ExtractLimits,
  ExtractResult,
} from '../../domains/ingest/extractor.ts'

export type Refused = Extract<ExtractResult, { kind: 'failed' }>

export class Refusal extends Error {
  readonly code: ExtractFailureCode

  constructor(code: ExtractFailureCode, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
  }
}

export function refused({ code, message }: Refusal): Refused {
  return { kind: 'failed', code, message }
}

/** Records and sections are small: this many count as one page of `pagesMax`. */
export const partsPerPage = 50

export const tooManyPages = ({ pagesMax }: ExtractLimits) =>
  new Refusal(
    'too_many_pages',
    `The file has more than ${pagesMax} pages, or ${pagesMax * partsPerPage} records or sections.`,
  )

export const tooMuchText = ({ textUnitsMax }: ExtractLimits) =>
  new Refusal('too_much_text', `The file holds more than ${textUnitsMax} characters of text.`)

export const tooManyPixels = ({ pixelsMax }: ExtractLimits) =>
  new Refusal('too_many_pixels', `An image may have at most ${pixelsMax} pixels.`)

export const outOfTime = ({ timeoutMs }: ExtractLimits) =>
  new Refusal('time_limit', `The file could not be read within ${Math.round(timeoutMs / 1_000)} s.`)

export const outOfMemory = ({ memoryBytesMax }: ExtractLimits) =>
  new Refusal(
    'memory_limit',
    `The file could not be read within ${Math.round(memoryBytesMax / 1_048_576)} MiB of memory.`,
  )

export const crashed = () =>
  new Refusal('extractor_crashed', 'The reader of the file ended without an answer.')
