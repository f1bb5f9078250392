// Images to pages of printed text. Sizes are read from the header, before a pixel is decoded.
import sharp from 'sharp'
import type { ExtractLimits } from '../../../domains/ingest/extractor.ts'
import type { Output, Parsed } from '../output.ts'
import { Refusal, tooManyPages, tooManyPixels } from '../refusal.ts'
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
  const count = await countPages(bytes, limits)
  const ocr = new Ocr()
  for (let page = 0; page < count; page += 1) {
    const { text, boxes } = await ocr.read(await decode(bytes, page, limits))
    await output.add({ kind: 'box', number: page + 1, text, boxes })
  }
  await ocr.close()
  return { title: null }
}

async function countPages(bytes: Buffer, limits: ExtractLimits): Promise<number> {
  const header = await readHeader(bytes, 0)
  // Only pages of a TIFF are pages; the pictures of an animation are not.
  const count = header.format === 'tiff' ? (header.pages ?? 1) : 1
  if (count > limits.pagesMax) throw tooManyPages(limits)
  return count
}

async function readHeader(bytes: Buffer, page: number) {
  try {
    return await sharp(bytes, { limitInputPixels: false, page }).metadata()
  } catch {
    throw damaged()
  }
}

/** Upright by its own mark, on white, grey, in a size for reading. */
async function decode(bytes: Buffer, page: number, limits: ExtractLimits): Promise<GreyImage> {
  const header = await readHeader(bytes, page)
  const pixelCount = header.width * header.height
  if (pixelCount > limits.pixelsMax) throw tooManyPixels(limits)
  const isCoarse = Math.max(header.width, header.height) < coarseBelowPixels
  const scale = Math.min(isCoarse ? enlargeBy : 1, Math.sqrt(ocrPixelsMax / pixelCount))
  const width = Math.max(1, Math.round(header.autoOrient.width * scale))
  try {
    const { data, info } = await sharp(bytes, {
      limitInputPixels: limits.pixelsMax,
      failOn: 'none',
      page,
    })
      .autoOrient()
      .flatten({ background: '#ffffff' })
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
