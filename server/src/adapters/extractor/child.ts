// The program of a child: reads one request from its input, reads that file, writes frames to pipe 3, and
// ends. Started by `child-process.ts` alone. Parsers are loaded when the file's kind is known.
import { readFile, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { ExtractLimits, ExtractRequest, PageImage } from '../../domains/ingest/extractor.ts'
import { canonicalLine } from './canonical.ts'
import type { Order } from './child-process.ts'
import { tellLanguage } from './language.ts'
import { Output, type Parsed } from './output.ts'
import { type Recognised, recognise } from './recognise.ts'
import { outOfMemory, Refusal, refused, tooMuchText } from './refusal.ts'

const titleUnitsMax = 300

async function main(): Promise<void> {
  // The server is the only writer: an input that ends without a line means that it is gone.
  const line = await readText(process.stdin)
  if (line === '') return
  const { work, request, limits }: Order = JSON.parse(line)
  const pipe = new Socket({ fd: 3, readable: false, writable: true })
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) => {
      pipe.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  const output = new Output(limits, write)
  try {
    if (work === 'draw') await draw(request, limits, output)
    else await extract(request, limits, output)
  } catch (error) {
    await output.send(refused(asRefusal(error)))
  }
  pipe.end(() => process.exit(0))
}

async function extract(
  request: ExtractRequest,
  limits: ExtractLimits,
  output: Output,
): Promise<void> {
  const { file, bytes } = await open(request, limits)
  const { title } = await parse(file, bytes, { limits, output })
  if (output.isEmpty) throw new Refusal('no_text', 'No text was found in the file.')
  await output.send({
    kind: 'done',
    contentType: file.contentType,
    title: (title && canonicalLine(title, titleUnitsMax)) || null,
    language: await tellLanguage(output.sample),
  })
}

async function draw(request: ExtractRequest, limits: ExtractLimits, output: Output): Promise<void> {
  const { file, bytes } = await open(request, limits)
  // Each is sent before the next is drawn: a page that ends the child costs no other its image.
  for await (const { page, jpeg } of await imagesOf(file, bytes, limits)) {
    await output.send({ kind: 'drawn', page, base64: jpeg.toString('base64') })
  }
}

async function open(request: ExtractRequest, limits: ExtractLimits) {
  const { size } = await stat(request.path)
  // A parser needs the file and a multiple of it.
  if (size > limits.memoryBytesMax / 4) throw outOfMemory(limits)
  const bytes = await readFile(request.path)
  return { bytes, file: await recognise(bytes, request) }
}

async function imagesOf(
  { kind }: Recognised,
  bytes: Buffer,
  limits: ExtractLimits,
): Promise<AsyncIterable<PageImage> | PageImage[]> {
  if (kind === 'pdf') return (await import('./parsers/pdf.ts')).drawPdf(bytes, limits)
  if (kind === 'image') return (await import('./parsers/image.ts')).drawImage(bytes, limits)
  return []
}

async function parse(
  file: Recognised,
  bytes: Buffer,
  { limits, output }: { limits: ExtractLimits; output: Output },
): Promise<Parsed> {
  if ('text' in file && file.text.length > limits.textUnitsMax * 2) throw tooMuchText(limits)
  switch (file.kind) {
    case 'pdf':
      return (await import('./parsers/pdf.ts')).parsePdf(bytes, output, limits)
    case 'docx':
      return (await import('./parsers/docx.ts')).parseDocx(bytes, output)
    case 'zip':
      return (await import('./parsers/archive.ts')).parseArchive(bytes, output)
    case 'image':
      return (await import('./parsers/image.ts')).parseImage(bytes, output, limits)
    case 'html':
      return (await import('./parsers/html.ts')).parseHtml(file.text, output)
    case 'markdown':
      return (await import('./parsers/markdown.ts')).parseMarkdown(file.text, output)
    case 'csv':
      return (await import('./parsers/csv.ts')).parseCsv(file.text, output, limits)
    case 'json':
      return (await import('./parsers/json.ts')).parseJson(file.text, output)
    case 'text':
      await output.add({ kind: 'section', number: 1, text: file.text })
      return { title: null }
  }
}

/** Errors of the parsers are mostly the file's fault; the text of a foreign error is never shown. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return new Refusal('corrupt_file', 'The file is damaged or breaks the rules of its format.')
}

await main()
