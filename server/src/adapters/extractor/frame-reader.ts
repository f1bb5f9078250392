// Reads what a child sends. The child read a hostile file, so it may have become hostile itself: a frame
// has a largest size, and every field is checked.
import { z } from 'zod'
import { type ExtractFailureCode, imagePagesMax } from '../../domains/ingest/extractor.ts'
import { frameBoxesMax, frameBytesMax, frameUnitsMax } from './frame-limits.ts'

const fraction = z.number().min(0).max(1)
const box = z.object({
  start: z.int().min(0),
  end: z.int().min(0),
  x: fraction,
  y: fraction,
  width: fraction,
  height: fraction,
})
// Half a surrogate pair may stand at the border of two frames; the whole page is checked at its end.
const piece = { text: z.string().max(frameUnitsMax), boxes: z.array(box).max(frameBoxesMax) }

const failureCodes = [
  'unsupported_type',
  'type_mismatch',
  'corrupt_file',
  'empty_file',
  'password_protected',
  'no_text',
  'too_many_pages',
  'too_much_text',
  'too_many_pixels',
  'archive_bomb',
  'time_limit',
  'memory_limit',
  'extractor_crashed',
] as const satisfies readonly ExtractFailureCode[]

const frame = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('page'),
    page: z.object({
      kind: z.enum(['page', 'section', 'box', 'record']),
      number: z.int().min(1),
      path: z.array(z.string().max(1_000)).max(50),
      columns: z.array(z.string().max(1_000)).max(10_000),
    }),
  }),
  z.object({ kind: z.literal('piece'), ...piece }),
  z.object({
    kind: z.literal('done'),
    contentType: z.string().max(255),
    title: z.string().max(1_000).nullable(),
    language: z.string().length(2).nullable(),
  }),
  z.object({
    kind: z.literal('drawn'),
    page: z.int().min(1).max(imagePagesMax),
    base64: z.string(),
  }),
  z.object({
    kind: z.literal('failed'),
    code: z.enum(failureCodes),
    message: z.string().max(1_000),
  }),
])

export type Frame = z.infer<typeof frame>

/** Puts frames together from a stream of bytes. Throws where a frame is too large or not one of ours. */
export class FrameReader {
  private parts: Buffer[] = []
  private sizeBytes = 0

  push(bytes: Buffer): Frame[] {
    this.parts.push(bytes)
    this.sizeBytes += bytes.length
    const wantedBytes = this.wantedBytes()
    if (this.sizeBytes < wantedBytes) return []
    return this.take(Buffer.concat(this.parts))
  }

  /** Joining only when a frame is whole keeps the work linear, however small the parts are. */
  private wantedBytes(): number {
    const first = this.parts[0]
    if (!first || first.length < 4) return 4
    return 4 + lengthOf(first)
  }

  private take(bytes: Buffer): Frame[] {
    const frames: Frame[] = []
    let at = 0
    while (bytes.length - at >= 4) {
      const end = at + 4 + lengthOf(bytes.subarray(at))
      if (end > bytes.length) break
      frames.push(frame.parse(JSON.parse(bytes.toString('utf8', at + 4, end))))
      at = end
    }
    this.parts = at < bytes.length ? [bytes.subarray(at)] : []
    this.sizeBytes = bytes.length - at
    return frames
  }
}

function lengthOf(head: Buffer): number {
  const length = head.readUInt32BE(0)
  if (length > frameBytesMax) throw new Error(`a frame of ${length} bytes is too large`)
  return length
}
