// The way from a child to the server: four bytes of length, then JSON. Without the checks, which the
// child can do without: loading them would cost it a tenth of a second for each file.
import type { Frame } from './frame-reader.ts'

export function encodeFrame(value: Frame): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  return Buffer.concat([head, body])
}
