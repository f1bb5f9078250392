// The port of ingestion to the parsers. An extractor turns hostile bytes into canonical text, page by
// page, and draws the first pages for a person to look at. It never throws for a bad file: it answers
// `failed` with a code that the provider can act on, and draws nothing.

/** Where a page's text came from; decides the kind of locator that its passages get. */
export type PageKind = 'page' | 'section' | 'box' | 'record'

/** One word or line with its place on an image, in fractions of the page (0 to 1). */
export interface TextBox {
  /** UTF-16 span over the page's canonical text. */
  start: number
  end: number
  x: number
  y: number
  width: number
  height: number
}

export interface ExtractedPage {
  kind: PageKind
  /** From 1: page of a PDF or image, section of a text, data row of records. */
  number: number
  /** Canonical text: NFC, `\n` line ends, no NUL or lone surrogates. Locators count UTF-16 units in it. */
  text: string
  /** Heading trail, for `section`. */
  path: string[]
  /** Column names in the order of the text, for `record`. */
  columns: string[]
  /** Only where OCR made the text: in the order of the text, apart, over the upright page. */
  boxes: TextBox[]
}

export type ExtractFailureCode =
  | 'unsupported_type'
  | 'type_mismatch'
  | 'corrupt_file'
  | 'empty_file'
  | 'password_protected'
  | 'no_text'
  | 'too_many_pages'
  | 'too_much_text'
  | 'too_many_pixels'
  | 'archive_bomb'
  | 'time_limit'
  | 'memory_limit'
  | 'extractor_crashed'

export type ExtractResult =
  | {
      kind: 'extracted'
      /** What the bytes are, by content. */
      contentType: string
      title: string | null
      /** ISO 639-1, or null where it cannot be told. */
      language: string | null
      pages: ExtractedPage[]
    }
  | { kind: 'failed'; code: ExtractFailureCode; message: string }

/** A page as it looks, upright and on white: a JPEG of our own making, with nothing of the file's bytes. */
export interface PageImage {
  /** From 1, as in `ExtractedPage`. */
  page: number
  jpeg: Buffer
}

export const imagePagesMax = 10
export const imageSidePixelsMax = 1_600
/** Of one image. */
export const imageBytesMax = 700 * 1_024

export interface ExtractRequest {
  /** Path of the bytes on local disk, readable by a child process. */
  path: string
  /** As declared at upload. The content decides; the declaration is compared with it. */
  contentType: string
  filename: string
}

export interface ExtractLimits {
  /** Whole time of one file. */
  timeoutMs: number
  /** Resident memory of the child and its children. */
  memoryBytesMax: number
  /** Sections and records are small: 50 of them count as one page. */
  pagesMax: number
  /** Sum over all pages, in UTF-16 units. */
  textUnitsMax: number
  /** Of one image, before it is decoded. */
  pixelsMax: number
}

export interface Extractor {
  /** True where the child runs without network; the start of the server says so. */
  readonly isolated: boolean
  /** Rejects with the reason of `signal`, and with nothing else. */
  extract(request: ExtractRequest, signal: AbortSignal): Promise<ExtractResult>
  /**
   * The first pages of a PDF or an image, under the same limits; what was drawn before one was reached
   * counts. Nothing for other files and for pages that cannot be drawn. Rejects as `extract`.
   */
  draw(request: ExtractRequest, signal: AbortSignal): Promise<PageImage[]>
  close(): Promise<void>
}
