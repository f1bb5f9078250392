// Images to pages of printed text, and to pages to look at. Sizes are read from the header, before a pixel
// is decoded.
import sharp, { type Metadata, type Sharp } from 'sharp'
import {
  type ExtractLimits,
  imagePagesMax,
  type PageImage,
} from '../../../domains/ingest/extractor.ts'
import type { Output, Parsed } from '../output.ts'
import { Refusal, tooManyPages, tooManyPixels } from '../refusal.ts'
import { encodeJpeg } from './jpeg.ts'
import { type GreyImage, Ocr } from './ocr.ts'

/** More gives no better text, only a longer wait. */
export const ocrPixelsMax = 12_000_000
/** Below about 180 dots per inch print reads better enlarged; some receipts are not read without it. */
const coarseBelowPixels = 2_000
const enlargeBy = 1.5

// One file, one thread, nothing remembered: the next file is read by another child.
sharp.concurrency(1)
sharp.cache(false)

export async function parseImage(
  bytes: Buffer,
  output: Output,
  limits: ExtractLimits,
): Promise<Parsed> {
  const count = pageCountOf(await readHeader(bytes, 0))
  if (count > limits.pagesMax) throw tooManyPages(limits)
  const ocr = new Ocr()
  for (let page = 0; page < count; page += 1) {
    const { text, boxes } = await ocr.read(await decode(bytes, page, limits))
    await output.add({ kind: 'box', number: page + 1, text, boxes })
  }
  await ocr.close()
  return { title: null }
}

/** A page that cannot be drawn is left out. */
export async function* drawImage(bytes: Buffer, limits: ExtractLimits): AsyncGenerator<PageImage> {
  const count = Math.min(pageCountOf(await readHeader(bytes, 0)), imagePagesMax)
  for (let page = 0; page < count; page += 1) {
    const jpeg = await encodeJpeg(open(bytes, page, limits)).catch(() => undefined)
    if (jpeg) yield { page: page + 1, jpeg }
  }
}

/** Only pages of a TIFF are pages; the pictures of an animation are not. */
function pageCountOf({ format, pages = 1 }: Metadata): number {
  return format === 'tiff' ? pages : 1
}

async function readHeader(bytes: Buffer, page: number): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, page }).metadata()
  } catch {
    throw damaged()
  }
}

/** Upright by its own mark, on white. More pixels than the limit are not decoded. */
function open(bytes: Buffer, page: number, { pixelsMax }: ExtractLimits): Sharp {
  return sharp(bytes, { limitInputPixels: pixelsMax, failOn: 'none', page })
    .autoOrient()
    .flatten({ background: '#ffffff' })
}

/** Grey, in a size for reading. */
async function decode(bytes: Buffer, page: number, limits: ExtractLimits): Promise<GreyImage> {
  const header = await readHeader(bytes, page)
  const pixelCount = header.width * header.height
  if (pixelCount > limits.pixelsMax) throw tooManyPixels(limits)
  const isCoarse = Math.max(header.width, header.height) < coarseBelowPixels
  const scale = Math.min(isCoarse ? enlargeBy : 1, Math.sqrt(ocrPixelsMax / pixelCount))
  const width = Math.max(1, Math.round(header.autoOrient.width * scale))
  try {
    const { data, info } = await open(bytes, page, limits)
      .resize({ width, kernel: 'cubic' })
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    return { pixels: data, width: info.width, height: info.height }
  } catch {
    throw damaged()
  }
}

const damaged = () => new Refusal('corrupt_file', 'The image is damaged and cannot be decoded.')
