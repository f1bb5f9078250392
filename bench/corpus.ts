// `npm run test:corpus`: real invoices, quarterly reports and receipts through the HTTP API. Every file
// must end as `indexed` or a clear `failed`; of the invoices with a known number, a search for it as a
// quoted phrase must find its file first for at least ten. The files are not shipped: the run needs
// ../shared/data/media and says so where it is missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { awaitIngested, type Market, openMarket } from './market-world.ts'

const media = fileURLToPath(new URL('../../shared/data/media/', import.meta.url))
const foundMin = 10
const contentTypes: Record<string, string> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
}

interface CorpusFile {
  name: string
  folder: string
  path: string
  contentType: string
}

function listFiles(folder: string): CorpusFile[] {
  const at = join(media, folder)
  return readdirSync(at)
    .sort()
    .flatMap((name) => {
      const contentType = contentTypes[name.split('.').at(-1)?.toLowerCase() ?? '']
      return contentType ? [{ name, folder, path: join(at, name), contentType }] : []
    })
}

function knownNumbers(): { name: string; number: string }[] {
  const at = join(media, 'invoices')
  return readdirSync(at)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const [facts] = JSON.parse(readFileSync(join(at, name), 'utf8'))
      // Two sellers print an order number where others print the invoice's.
      const number = facts?.invoice_number ?? /Ordernummer: (\d+)/.exec(facts?.narration ?? '')?.[1]
      return number ? [{ name: name.replace(/\.json$/, ''), number: String(number) }] : []
    })
}

async function ingest(market: Market, files: CorpusFile[]): Promise<Map<string, CorpusFile>> {
  const byId = new Map<string, CorpusFile>()
  for (const file of files) {
    const body = readFileSync(file.path)
    byId.set(await market.upload({ name: file.name, contentType: file.contentType, body }), file)
  }
  await market.approve([...byId.keys()])
  return byId
}

async function searchNumbers(market: Market): Promise<number> {
  let found = 0
  const known = knownNumbers()
  for (const { name, number } of known) {
    const { results } = await market.buyer.search.query({ query: `"${number}"`, top_k: 3 })
    const first = results[0]?.filename ?? 'nothing'
    // The invoice itself: two lie beside a picture of their own page, which holds the same number.
    const isFirst = first === `${name}.pdf`
    found += Number(isFirst)
    console.log(
      `  ${isFirst ? 'ok  ' : 'MISS'} "${number}" → ${first}${isFirst ? '' : ` (wanted ${name}.pdf)`}`,
    )
  }
  console.log(
    `${found} of ${known.length} invoices are found first by their number (bar: ${foundMin})`,
  )
  return found
}

async function main(): Promise<number> {
  if (!existsSync(media)) {
    console.error(`test:corpus needs the files under ${media}; they are not part of the project.`)
    return 2
  }
  const startedAt = performance.now()
  const market = await openMarket()
  try {
    const files = ['invoices', 'reports-10q', 'receipts', 'receipts/img'].flatMap((folder) =>
      existsSync(join(media, folder)) ? listFiles(folder) : [],
    )
    console.log(`${files.length} files go through the API`)
    const byId = await ingest(market, files)
    let shown = -1
    const objects = await awaitIngested(market, [...byId.keys()], (done) => {
      if (done !== shown) console.log(`  ${done}/${files.length} ended`)
      shown = done
    })
    let unclear = 0
    for (const folder of new Set(files.map((file) => file.folder))) {
      const of = [...objects]
        .filter(([id]) => byId.get(id)?.folder === folder)
        .map(([, one]) => one)
      const failed = of.filter((one) => one.index_state === 'failed')
      const chunks = of.reduce((sum, one) => sum + one.chunk_count, 0)
      console.log(
        `${folder}: ${of.length - failed.length} indexed, ${failed.length} failed, ${chunks} passages`,
      )
      for (const { filename, failure } of failed) {
        console.log(`  ${filename}: ${failure?.stage} ${failure?.code}: ${failure?.message}`)
        unclear += Number(!failure?.stage || !failure.code || !failure.message)
      }
    }
    const found = await searchNumbers(market)
    console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
    return unclear === 0 && found >= foundMin ? 0 : 1
  } finally {
    await market.close()
  }
}

process.exit(await main())
