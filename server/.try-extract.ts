import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { openExtractor } from '/work/main/server/src/adapters/extractor/open.ts'

const limits = {
  timeoutMs: Number(process.env.T ?? 60000),
  memoryBytesMax: Number(process.env.MB ?? 1024) * 2 ** 20,
  pagesMax: 2000,
  textUnitsMax: 20e6,
  pixelsMax: 50e6,
}
const e = await openExtractor({ limits, workers: 1, isolate: true })
console.log('isolated', e.isolated)
const types: Record<string, string> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  jpg: 'image/jpeg',
  png: 'image/png',
  tif: 'image/tiff',
  webp: 'image/webp',
  zip: 'application/zip',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  svg: 'image/svg+xml',
  xml: 'application/xml',
  gz: 'application/gzip',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  wav: 'audio/wav',
}
for (const path of process.argv.slice(2)) {
  const t = performance.now()
  const ext = basename(path).includes('.') ? path.split('.').at(-1)!.toLowerCase() : ''
  const r = await e.extract(
    { path, filename: basename(path), contentType: types[ext] ?? 'application/octet-stream' },
    new AbortController().signal,
  )
  const ms = Math.round(performance.now() - t)
  if (r.kind === 'failed')
    console.log(path.split('/').slice(-2).join('/'), ms + 'ms', r.code, '-', r.message)
  else {
    console.log(
      path.split('/').slice(-2).join('/'),
      ms + 'ms',
      r.contentType,
      r.language,
      JSON.stringify(r.title),
      r.pages.length + 'p',
      r.pages.map((p) => p.kind)[0],
      r.pages.reduce((s, p) => s + p.text.length, 0) + 'u',
    )
    if (process.env.V)
      console.log(
        JSON.stringify(
          r.pages
            .slice(0, Number(process.env.V))
            .map((p) => ({
              ...p,
              boxes: p.boxes.length,
              columns: p.columns.join('|').slice(0, 100),
              text: p.text.slice(0, 600),
            })),
          null,
          1,
        ),
      )
  }
}
await e.close()
