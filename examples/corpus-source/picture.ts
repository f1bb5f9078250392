// Drawing of paper as a camera or scanner sees it. The face is the Liberation Sans that comes with
// pdfjs-dist, not one of the machine, so that letters look the same everywhere.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Canvas, createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas'
import { seededNumbers } from './seed.ts'

const faces = join(
  dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json')),
  'standard_fonts',
)
GlobalFonts.registerFromPath(join(faces, 'LiberationSans-Regular.ttf'), 'Corpus Sans')
GlobalFonts.registerFromPath(join(faces, 'LiberationSans-Bold.ttf'), 'Corpus Sans Bold')

export interface Pen {
  text: (text: string, at: { x: number; y: number; align?: 'left' | 'right' | 'center' }) => void
  face: (sizePx: number, weight?: 'regular' | 'bold') => void
  line: (from: [number, number], to: [number, number], widthPx?: number) => void
  context: SKRSContext2D
}

/** A sheet of white paper and a pen for it. */
export function openPaper(widthPx: number, heightPx: number): { paper: Canvas; pen: Pen } {
  const paper = createCanvas(widthPx, heightPx)
  const context = paper.getContext('2d')
  context.fillStyle = '#fbfbf8'
  context.fillRect(0, 0, widthPx, heightPx)
  context.fillStyle = '#1c1c20'
  context.strokeStyle = '#1c1c20'
  const pen: Pen = {
    context,
    text: (text, { x, y, align = 'left' }) => {
      context.textAlign = align
      context.fillText(text, x, y)
    },
    face: (sizePx, weight = 'regular') => {
      context.font = `${sizePx}px "${weight === 'bold' ? 'Corpus Sans Bold' : 'Corpus Sans'}"`
    },
    line: ([fromX, fromY], [toX, toY], widthPx = 1.5) => {
      context.lineWidth = widthPx
      context.beginPath()
      context.moveTo(fromX, fromY)
      context.lineTo(toX, toY)
      context.stroke()
    },
  }
  return { paper, pen }
}

export interface Glass {
  degrees: number
  background: string
  /** Width of the grey band on each side of the middle, in levels of 255. */
  noiseLevels: number
  /** Greys are rounded to multiples of this: a coarse device, and a file that packs well. */
  stepLevels: number
  seed: number
}

/** The paper laid on the glass a little askew, in grey, with the grain of a cheap device. */
export function scan(paper: Canvas, glass: Glass): Canvas {
  const { width, height } = paper
  const seen = createCanvas(width, height)
  const context = seen.getContext('2d')
  context.fillStyle = glass.background
  context.fillRect(0, 0, width, height)
  context.translate(width / 2, height / 2)
  context.rotate((glass.degrees * Math.PI) / 180)
  context.drawImage(paper, -width / 2, -height / 2)
  context.resetTransform()
  addGrain(context, { width, height, ...glass })
  return seen
}

function addGrain(
  context: SKRSContext2D,
  { width, height, noiseLevels, stepLevels, seed }: Glass & { width: number; height: number },
): void {
  const next = seededNumbers(seed)
  const image = context.getImageData(0, 0, width, height)
  const { data } = image
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3)
    const grey = 0.3 * red + 0.59 * green + 0.11 * blue + (next() - 0.5) * 2 * noiseLevels
    // The lamp is weaker towards the right edge of the glass.
    const shade = grey - (10 * ((at / 4) % width)) / width
    const level = Math.round(shade / stepLevels) * stepLevels
    data.fill(Math.max(0, Math.min(255, level)), at, at + 3)
  }
  context.putImageData(image, 0, 0)
}
