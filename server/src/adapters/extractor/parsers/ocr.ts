// Printed text on an image, by Tesseract in this process, with its data from disk and no network. A page
// that reads badly is tried turned; boxes are always given over the page as it came.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { createWorker, OEM, type Page, type Worker } from 'tesseract.js'
import type { TextBox } from '../../../domains/ingest/extractor.ts'
import { canonicalText } from '../canonical.ts'

/** Eight bits of grey for each pixel, row by row. */
export interface GreyImage {
  pixels: Buffer
  width: number
  height: number
}

export interface PrintedText {
  text: string
  boxes: TextBox[]
}

type Turn = 0 | 90 | 180 | 270

interface Reading {
  page: Page
  turn: Turn
  width: number
  height: number
}

/** A turned page gives many short words, some of them sure; long sure words it does not give. */
const sureConfidence = 60
const sureLettersMin = 3
/** Of the letters of an upright page, this share at least stands in such words. */
const sureShareOfUpright = 0.35
/** Words below are specks and edges. */
const wordConfidenceMin = 25
/** Standard deviation of an empty page, with the noise of a scanner. */
const blankDeviationMax = 3

export class Ocr {
  private worker: Promise<Worker> | undefined

  /** Text is canonical. An empty page gives no text. */
  async read(image: GreyImage): Promise<PrintedText> {
    if (deviation(image.pixels) <= blankDeviationMax) return { text: '', boxes: [] }
    const stretched = await sharp(image.pixels, { raw: { ...sizeOf(image), channels: 1 } })
      .normalise()
      .toColourspace('b-w')
      .raw()
      .toBuffer()
    return joinWords(await this.readUpright({ ...image, pixels: stretched }))
  }

  async close(): Promise<void> {
    await (await this.worker)?.terminate()
  }

  private async readUpright(image: GreyImage): Promise<Reading> {
    let best = await this.readTurned(image, 0)
    for (const turn of [180, 90, 270] as const) {
      if (isUpright(best)) break
      const reading = await this.readTurned(image, turn)
      if (sureLetters(reading) > sureLetters(best)) best = reading
    }
    return best
  }

  private async readTurned(image: GreyImage, turn: Turn): Promise<Reading> {
    const { data, info } = await sharp(image.pixels, { raw: { ...sizeOf(image), channels: 1 } })
      .rotate(turn)
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    const { width, height } = info
    const pgm = Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data])
    this.worker ??= startWorker()
    const worker = await this.worker
    const { data: page } = await worker.recognize(pgm, {}, { text: false, blocks: true })
    return { page, turn, width, height }
  }
}

const sizeOf = ({ width, height }: GreyImage) => ({ width, height })

function startWorker(): Promise<Worker> {
  const data = createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json')
  return createWorker('eng', OEM.LSTM_ONLY, {
    langPath: join(dirname(data), '4.0.0_best_int'),
    cacheMethod: 'none',
    gzip: true,
  })
}

function isUpright(reading: Reading): boolean {
  let letterCount = 0
  for (const { text } of wordsOf(reading.page)) letterCount += text.length
  return sureLetters(reading) > letterCount * sureShareOfUpright
}

function sureLetters({ page }: Reading): number {
  let sum = 0
  for (const { text, confidence } of wordsOf(page)) {
    const letterCount = text.replace(/[^\p{L}\p{N}]/gu, '').length
    if (confidence >= sureConfidence && letterCount >= sureLettersMin) sum += letterCount
  }
  return sum
}

function* wordsOf(page: Page) {
  for (const block of page.blocks ?? []) {
    for (const paragraph of block.paragraphs) {
      for (const line of paragraph.lines) yield* line.words
    }
  }
}

/** Words to text: blanks between words, a line end after a line, an empty line after a paragraph. */
function joinWords(reading: Reading): PrintedText {
  const boxes: TextBox[] = []
  let text = ''
  for (const block of reading.page.blocks ?? []) {
    for (const paragraph of block.paragraphs) {
      let before = text === '' ? '' : '\n\n'
      for (const line of paragraph.lines) {
        for (const word of line.words) {
          const canonical = canonicalText(word.text).replace(/\s+/g, ' ').trim()
          if (canonical === '' || word.confidence < wordConfidenceMin) continue
          text += before
          const start = text.length
          text += canonical
          boxes.push({ start, end: text.length, ...boxOf(word.bbox, reading) })
          before = ' '
        }
        if (before === ' ') before = '\n'
      }
    }
  }
  return { text, boxes }
}

function boxOf(bbox: { x0: number; y0: number; x1: number; y1: number }, reading: Reading) {
  const fraction = (value: number, whole: number) => Math.min(1, Math.max(0, value / whole))
  const x = fraction(bbox.x0, reading.width)
  const y = fraction(bbox.y0, reading.height)
  const width = fraction(bbox.x1, reading.width) - x
  const height = fraction(bbox.y1, reading.height) - y
  return turnBack({ x, y, width, height }, reading.turn)
}

interface Place {
  x: number
  y: number
  width: number
  height: number
}

/** From a page turned clockwise by `turn` to the page as it came. */
function turnBack({ x, y, width, height }: Place, turn: Turn): Place {
  const inside = (value: number) => Math.min(1, Math.max(0, value))
  switch (turn) {
    case 0:
      return { x, y, width, height }
    case 90:
      return { x: y, y: inside(1 - x - width), width: height, height: width }
    case 180:
      return { x: inside(1 - x - width), y: inside(1 - y - height), width, height }
    case 270:
      return { x: inside(1 - y - height), y: x, width: height, height: width }
  }
}

function deviation(pixels: Buffer): number {
  let sum = 0
  let squares = 0
  for (const value of pixels) {
    sum += value
    squares += value * value
  }
  const mean = sum / pixels.length
  return Math.sqrt(Math.max(0, squares / pixels.length - mean * mean))
}
