// Collects the images of one file. They come from a child that read a hostile file, so each is looked at
// before it counts; those that came before a lie, a crash or a limit are as good as any.
import { imageBytesMax, type PageImage } from '../../domains/ingest/extractor.ts'
import type { Frame } from './frame-reader.ts'

const jpegStart = Buffer.from([0xff, 0xd8, 0xff])

export class PageImages {
  private readonly images = new Map<number, PageImage>()

  /** The images, once no more will come. Throws where the child lies. */
  add(frame: Frame): PageImage[] | undefined {
    if (frame.kind === 'failed') return this.end()
    if (frame.kind !== 'drawn') throw new Error('text came where images were asked for')
    const { page } = frame
    const jpeg = Buffer.from(frame.base64, 'base64')
    const isJpeg = jpeg.subarray(0, jpegStart.length).equals(jpegStart)
    if (!isJpeg || jpeg.length > imageBytesMax) throw new Error('an image is no JPEG, or too large')
    if (this.images.has(page)) throw new Error('a page came twice')
    this.images.set(page, { page, jpeg })
    return undefined
  }

  end(): PageImage[] {
    return [...this.images.values()]
  }
}
