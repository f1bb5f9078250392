// A child that has become hostile, to test that the server contains it. The file name says what it does.
import { connect, Socket } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { imageBytesMax } from '../../domains/ingest/extractor.ts'
import { encodeFrame } from './frames.ts'

const line = await readText(process.stdin)
if (line === '') process.exit(0)
const { request } = JSON.parse(line)
const pipe = new Socket({ fd: 3, readable: false, writable: true })
const [deed = '', argument = ''] = String(request.filename).split(':')

function answer(text: string): void {
  const page = { kind: 'section' as const, number: 1, path: [], columns: [] }
  pipe.write(encodeFrame({ kind: 'page', page }))
  pipe.write(encodeFrame({ kind: 'piece', text, boxes: [] }))
  const done = { contentType: 'text/plain', title: null, language: null }
  pipe.end(encodeFrame({ kind: 'done', ...done }), () => process.exit(0))
}

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0])

function show(page: number, bytes: Buffer): void {
  pipe.write(encodeFrame({ kind: 'drawn', page, base64: bytes.toString('base64') }))
}

/** Sends images, and then ends as an honest child does. */
function exhibit(...images: [page: number, bytes: Buffer][]): void {
  for (const [page, bytes] of images) show(page, bytes)
  pipe.end(() => process.exit(0))
}

const deeds: Record<string, () => void> = {
  spin: () => {
    for (;;);
  },
  hang: () => setInterval(() => {}, 1_000),
  swallow: () => {
    const held: Buffer[] = []
    setInterval(() => held.push(Buffer.alloc(8 * 1024 ** 2, 1)), 5)
  },
  heap: () => {
    const held: string[][] = []
    for (;;) held.push(Array.from({ length: 10_000 }, (_, index) => `x${index}`))
  },
  abort: () => process.abort(),
  leave: () => process.exit(0),
  flood: () => {
    const piece = encodeFrame({ kind: 'piece', text: 'x'.repeat(60_000), boxes: [] })
    const page = { kind: 'section' as const, number: 1, path: [], columns: [] }
    pipe.write(encodeFrame({ kind: 'page', page }))
    const more = () => pipe.write(piece, more)
    more()
  },
  hugeFrame: () => pipe.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3])),
  nonsense: () => pipe.write(Buffer.from('\0\0\0\x02{}')),
  unclean: () => answer('half \ud800 pair'),
  environment: () => answer(Object.keys(process.env).sort().join(' ')),
  identity: () => answer(String(process.pid)),
  draw: () => exhibit([2, jpeg], [5, jpeg]),
  drawNoJpeg: () => exhibit([1, Buffer.from('<html><script>')]),
  drawNothing: () => exhibit([1, Buffer.alloc(0)]),
  drawTooMuch: () => exhibit([1, Buffer.concat([jpeg, Buffer.alloc(imageBytesMax)])]),
  drawBeyond: () => exhibit([11, jpeg]),
  drawAgain: () => exhibit([1, jpeg], [1, Buffer.concat([jpeg, jpeg])]),
  drawAndHang: () => {
    show(3, jpeg)
    setInterval(() => {}, 1_000)
  },
  drawAndAbort: () =>
    pipe.write(encodeFrame({ kind: 'drawn', page: 1, base64: jpeg.toString('base64') }), () =>
      process.abort(),
    ),
  dial: () => {
    const socket = connect(Number(argument), '127.0.0.1')
    socket.once('connect', () => answer('connected'))
    socket.once('error', () => answer('no network'))
  },
}
deeds[deed]?.()
