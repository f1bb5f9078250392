import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { openExtractor } from './src/adapters/extractor/open.ts'

const limits = {
  timeoutMs: 60000,
  memoryBytesMax: 2 ** 30,
  pagesMax: 2000,
  textUnitsMax: 20e6,
  pixelsMax: 50e6,
}
const e = await openExtractor({ limits, isolate: true })
const M = '/work/shared/data/media/'
const W = (s: string) => s.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
function recall(a: string, b: string) {
  const m = new Map<string, number>()
  for (const w of W(a)) m.set(w, (m.get(w) ?? 0) + 1)
  const ws = W(b)
  let h = 0
  for (const w of ws) {
    const c = m.get(w) ?? 0
    m.set(w, c - 1)
    if (c > 0) h++
  }
  return h / ws.length
}
const todo: [string, string][] = [
  ...readdirSync(M + 'office/docx').map(
    (f) => ['office/docx/' + f, 'office/expected/docx/' + f + '.md'] as [string, string],
  ),
  ...['000', '003', '007', '031', '035', '414', '583', '595'].map(
    (i) => [`receipts/img/${i}.jpg`, `receipts/text/${i}.txt`] as [string, string],
  ),
  ['scans/ocrmypdf/linn.pdf', 'scans/ocrmypdf/linn.txt'],
  ['scans/tesseract/eurotext.tif', 'scans/tesseract/eurotext.txt'],
  ['scans/tesseract/8071_093.3B.tif', 'scans/tesseract/8071_093.3B.txt'],
]
for (const [f, g] of todo) {
  if (!existsSync(M + g)) continue
  const t = performance.now()
  const r = await e.extract(
    { path: M + f, filename: f.split('/').at(-1)!, contentType: '' },
    new AbortController().signal,
  )
  console.log(
    f,
    Math.round(performance.now() - t) + 'ms',
    r.kind === 'failed'
      ? r.code
      : recall(r.pages.map((p) => p.text).join('\n'), readFileSync(M + g, 'utf8')).toFixed(3),
  )
}
await e.close()
