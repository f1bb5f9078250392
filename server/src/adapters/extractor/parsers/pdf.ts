// PDF by pdf.js: the text layer of each page; where a page has none, its picture through OCR; and pages to
// look at. Scripts, forms' actions, attachments and addresses in the file are never followed.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  AnnotationMode,
  getDocument,
  type PDFDocumentProxy,
  type PDFPageProxy,
} from 'pdfjs-dist/legacy/build/pdf.mjs'
import sharp, { type Sharp } from 'sharp'
import {
  type ExtractLimits,
  imagePagesMax,
  imageSidePixelsMax,
  type PageImage,
} from '../../../domains/ingest/extractor.ts'
import { canonicalText } from '../canonical.ts'
import type { Output, PageDraft, Parsed } from '../output.ts'
import { Refusal, tooManyPages } from '../refusal.ts'
import { ocrPixelsMax } from './image.ts'
import { encodeJpeg } from './jpeg.ts'
import { type GreyImage, Ocr } from './ocr.ts'
import { layOut } from './pdf-text.ts'

const dotsPerInch = 200
const pointsPerInch = 72
/** A page with fewer letters is looked at: it may be a scan with a stamp or a page number as text. */
const lettersOfText = 16

export async function parsePdf(
  bytes: Buffer,
  output: Output,
  limits: ExtractLimits,
): Promise<Parsed> {
  const pdf = await open(bytes, limits)
  if (pdf.numPages > limits.pagesMax) throw tooManyPages(limits)
  const ocr = new Ocr()
  let brokenCount = 0
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const draft = await readPage(pdf, number, { ocr, unitsMax: output.unitsLeft, limits })
    if (draft) await output.add(draft)
    else brokenCount += 1
  }
  await ocr.close()
  if (brokenCount === pdf.numPages) {
    throw new Refusal('corrupt_file', 'The file is damaged: no page can be read.')
  }
  return { title: await titleOf(pdf) }
}

/** A page that cannot be drawn is left out. */
export async function* drawPdf(bytes: Buffer, limits: ExtractLimits): AsyncGenerator<PageImage> {
  const pdf = await open(bytes, limits)
  for (let page = 1; page <= Math.min(pdf.numPages, imagePagesMax); page += 1) {
    const jpeg = await drawPage(pdf, page).catch(() => undefined)
    if (jpeg) yield { page, jpeg }
  }
}

async function drawPage(pdf: PDFDocumentProxy, number: number): Promise<Buffer | undefined> {
  const page = await pdf.getPage(number)
  const natural = page.getViewport({ scale: 1 })
  const fitting = imageSidePixelsMax / Math.max(natural.width, natural.height)
  const scale = Math.min(dotsPerInch / pointsPerInch, fitting)
  // With what was written into forms and on top: whoever buys the file sees it as well.
  const { image } = await draw(pdf, page, { scale, annotationMode: AnnotationMode.ENABLE })
  page.cleanup()
  return encodeJpeg(image)
}

async function open(bytes: Buffer, limits: ExtractLimits): Promise<PDFDocumentProxy> {
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))
  const options = {
    data: new Uint8Array(bytes),
    verbosity: 0,
    maxImageSize: limits.pixelsMax,
    useSystemFonts: false,
    useWorkerFetch: false,
    enableXfa: false,
    standardFontDataUrl: join(folder, 'standard_fonts/'),
    cMapUrl: join(folder, 'cmaps/'),
    wasmUrl: join(folder, 'wasm/'),
    iccUrl: join(folder, 'iccs/'),
  }
  try {
    return await getDocument(options).promise
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new Refusal('password_protected', 'The file needs a password; upload it without one.')
    }
    throw error
  }
}

interface Reading {
  ocr: Ocr
  unitsMax: number
  limits: ExtractLimits
}

/** Null where the page is broken; the others of the file may be whole. */
async function readPage(
  pdf: PDFDocumentProxy,
  number: number,
  reading: Reading,
): Promise<PageDraft | null> {
  try {
    const page = await pdf.getPage(number)
    const text = canonicalText(await layOut(page, reading.unitsMax))
    const letterCount = countLetters(text)
    if (letterCount >= lettersOfText) return { kind: 'page', number, text }
    const printed = await reading.ocr.read(await drawGrey(pdf, page, reading.limits))
    page.cleanup()
    const isScan = countLetters(printed.text) > letterCount * 2
    return isScan ? { kind: 'box', number, ...printed } : { kind: 'page', number, text }
  } catch (error) {
    if (error instanceof Refusal) throw error
    return null
  }
}

const countLetters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '').length

async function drawGrey(
  pdf: PDFDocumentProxy,
  page: PDFPageProxy,
  limits: ExtractLimits,
): Promise<GreyImage> {
  const natural = page.getViewport({ scale: 1 })
  const pixelsMax = Math.min(ocrPixelsMax, limits.pixelsMax)
  const fitting = Math.sqrt(pixelsMax / (natural.width * natural.height))
  const scale = Math.min(dotsPerInch / pointsPerInch, fitting)
  const annotationMode = AnnotationMode.DISABLE
  const { image, width, height } = await draw(pdf, page, { scale, annotationMode })
  return { pixels: await image.toColourspace('b-w').raw().toBuffer(), width, height }
}

async function draw(
  pdf: PDFDocumentProxy,
  page: PDFPageProxy,
  { scale, annotationMode }: { scale: number; annotationMode: number },
): Promise<{ image: Sharp; width: number; height: number }> {
  const viewport = page.getViewport({ scale })
  const width = Math.max(1, Math.floor(viewport.width))
  const height = Math.max(1, Math.floor(viewport.height))
  const factory = pdf.canvasFactory as CanvasFactory
  const drawing = factory.create(width, height)
  const canvasContext = drawing.context
  await page.render({ canvas: null, canvasContext, viewport, annotationMode }).promise
  const { data } = canvasContext.getImageData(0, 0, width, height)
  factory.destroy(drawing)
  const image = sharp(Buffer.from(data.buffer), { raw: { width, height, channels: 4 } }).flatten({
    background: '#ffffff',
  })
  return { image, width, height }
}

/** pdf.js types its factory as any object. */
interface CanvasFactory {
  create(width: number, height: number): Drawing
  destroy(drawing: Drawing): void
}
interface Drawing {
  context: NonNullable<Parameters<PDFPageProxy['render']>[0]['canvasContext']>
}

async function titleOf(pdf: PDFDocumentProxy): Promise<string | null> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }))
  const title = 'Title' in info ? info.Title : null
  return typeof title === 'string' ? title : null
}
