// The form in which a person sees a page: pixels alone, without anything else that the file held.
import type { Sharp } from 'sharp'
import { imageBytesMax, imageSidePixelsMax } from '../../../domains/ingest/extractor.ts'

/** Noise is too large at the first; nothing is at the last. */
const qualities = [80, 40, 10]

/** Undefined where no quality is small enough. */
export async function encodeJpeg(image: Sharp): Promise<Buffer | undefined> {
  const side = imageSidePixelsMax
  const small = image.resize(side, side, { fit: 'inside', withoutEnlargement: true })
  for (const quality of qualities) {
    const jpeg = await small.clone().jpeg({ quality }).toBuffer()
    if (jpeg.length <= imageBytesMax) return jpeg
  }
  return undefined
}
