// The way from a child to the server: four bytes of length, then JSON. Without the checks, which the
// child can do without: loading them would cost it a tenth of a second for each file.
import type { Frame } from './frame-reader.ts'

export const frameBytesMax = 1024 ** 2
/** Text and boxes of one frame, chosen so that a frame stays below its largest size. */
export const frameUnitsMax = 65_536
export const frameBoxesMax = 2_000

export function encodeFrame(value: Frame): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  return Buffer.concat([head, body])
}
