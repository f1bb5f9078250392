// The buyer browses, asks for access, searches with a budgeted key, pages, reads, downloads.
import { createHash } from 'node:crypto'
import { ApiError, type SearchQueryInput } from '@ipto/sdk'
import { claim, micros, usd } from './narrator.ts'
import { type Stage, sampleBytes, signUp } from './stage.ts'

export async function buyerScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('A buyer signs up and browses the catalog', () => browse(stage))
  await narrator.step('It asks for the premium dataset and gets it', () => askForAccess(stage))
  await narrator.step('It creates an API key with a budget', () => createKey(stage))
  await narrator.step(`It asks: "${stage.question.text}"`, () => askQuestion(stage))
  await narrator.step('It searches with operators', () => searchWithOperators(stage))
  await narrator.step('It pages on by cursor', () => pageOn(stage))
  await narrator.step('It reads one passage in full', () => readPassage(stage))
  await narrator.step('It downloads an original', () => download(stage))
}

async function browse(stage: Stage) {
  stage.buyer = await signUp(stage, {
    name: 'Bela',
    tenant: 'Ledgerline Agents',
    email: 'bela@ledgerline.example',
  })
  const { items } = await stage.buyer.client.catalog.list()
  for (const item of items) {
    const price = usd(item.current_prices.retrieval)
    stage.narrator.say(`   ${item.name}: ${price} a passage, ${item.access}`)
  }
  const ids = items.map((item) => item.dataset_id)
  claim(ids.includes(stage.datasets.invoices), 'the open dataset is listed')
  claim(!ids.includes(stage.datasets.legal), 'the restricted dataset is not')
  return { listed: items.length }
}

async function askForAccess(stage: Stage) {
  const request = await stage.buyer.client.accessRequests.create({
    dataset_id: stage.datasets.reports,
    purpose: 'Answering questions of our finance agents',
  })
  const { items } = await stage.provider.client.accessRequests.list({ direction: 'incoming' })
  claim(items[0]?.access_request_id === request.access_request_id, 'the provider sees the request')
  const decided = await stage.provider.client.accessRequests.approve({
    access_request_id: request.access_request_id,
  })
  const seen = await stage.buyer.client.catalog.get({ dataset_id: stage.datasets.reports })
  claim(seen.access === 'granted', 'the catalog says granted')
  stage.narrator.say(`   ${request.access_request_id}: ${request.status} → ${decided.status}`)
  return { access_request_id: request.access_request_id, status: decided.status }
}

async function createKey(stage: Stage) {
  const key = await stage.buyer.client.apiKeys.create({
    name: 'finance agent',
    scopes: ['search:query', 'datasets:read'],
    budget: { amount: 25, currency: 'USD' },
  })
  stage.buyerKey = { id: key.api_key_id, text: key.secret }
  stage.narrator.say(`   ${key.api_key_id}: ${key.scopes.join(', ')}, ${usd(25)} a month`)
  return { api_key_id: key.api_key_id, budget: 25 }
}

async function search(stage: Stage, input: SearchQueryInput) {
  const agent = stage.connect({ apiKey: stage.buyerKey.text })
  const found = await agent.search.query(input)
  stage.charged.search += micros(found.charged_amount)
  const sum = found.results.reduce((total, hit) => total + micros(hit.price.amount), 0n)
  claim(sum === micros(found.charged_amount), 'the prices of the hits are what was charged')
  return found
}

type Found = Awaited<ReturnType<typeof search>>

function showHits(stage: Stage, found: Found, count: number): void {
  for (const hit of found.results.slice(0, count)) {
    const { locator } = hit.citation
    const place = locator.kind === 'page' ? `page ${locator.page}` : locator.kind
    stage.narrator.say(`   ${hit.rank}. ${hit.filename}, ${place}, ${usd(hit.price.amount)}`)
    stage.narrator.say(`      ${(hit.snippet ?? '').replace(/\s+/g, ' ').slice(0, 96)}`)
  }
  stage.narrator.say(`   ${found.result_count} passages for ${usd(found.charged_amount)}`)
}

async function askQuestion(stage: Stage) {
  const { text, path, page } = stage.question
  const found = await search(stage, { query: text, retrieval_mode: 'auto', top_k: 5 })
  showHits(stage, found, 3)
  const [first] = found.results
  claim(first && path.endsWith(first.filename), `${path} comes first`)
  const { locator } = first.citation
  claim(locator.kind === 'page' && locator.page === page, `and its page ${page}, with the dispute`)
  return {
    first: first.filename,
    page: locator.page,
    charged: found.charged_amount,
    results: found.result_count,
  }
}

async function searchWithOperators(stage: Stage) {
  const queries = ['invoice NEAR/5 VAT', '"quarterly report" OR revenue*', 'title:invoice -acme']
  const counts: Record<string, number> = {}
  for (const query of queries) {
    const found = await search(stage, { query, top_k: 3 })
    claim(found.result_count > 0, `${query} finds something`)
    stage.narrator.say(`   ${query} → ${found.results.map((hit) => hit.filename).join(', ')}`)
    counts[query] = found.result_count
  }
  return { counts }
}

async function pageOn(stage: Stage) {
  const first = await search(stage, { query: 'invoice total', top_k: 3 })
  claim(first.next_cursor, 'there is a next page')
  const again = { query: 'invoice total', top_k: 3, cursor: first.next_cursor }
  const second = await search(stage, again)
  const repeated = await search(stage, again)
  claim(second.results[0]?.rank === 4, 'ranks go on over pages')
  claim(repeated.charged_amount === 0, 'the same page again is free')
  claim(
    repeated.results.every((hit, at) => hit.object_id === second.results[at]?.object_id),
    'and the same',
  )
  stage.narrator.say(
    `   page 1: ${usd(first.charged_amount)}, page 2: ${usd(second.charged_amount)}, page 2 again: ${usd(repeated.charged_amount)}`,
  )
  return { pages: [first.result_count, second.result_count], again: repeated.charged_amount }
}

async function readPassage(stage: Stage) {
  const found = await search(stage, { query: stage.question.text, top_k: 1 })
  const id = found.results[0]?.retrieval_event_id ?? ''
  const sold = await stage.connect({ apiKey: stage.buyerKey.text }).retrievals.get({
    retrieval_event_id: id,
  })
  claim(sold.text, 'the passage is there in full')
  const hash = createHash('sha256').update(sold.text).digest('hex')
  claim(hash === sold.citation.passage_sha256, 'and is what the citation names by its SHA-256')
  stage.narrator.say(`   ${sold.text.replace(/\s+/g, ' ').slice(0, 100)} …`)
  const { base, factor_ppm, model, share_platform_bps } = sold.price.inputs
  stage.narrator.say(
    `   ${usd(sold.price.amount)} = ${base} × ${factor_ppm} ppm (${model}), platform ${share_platform_bps / 100} %`,
  )
  return { retrieval_event_id: id, characters: sold.text.length }
}

async function download(stage: Stage) {
  const agent = stage.connect({ apiKey: stage.buyerKey.text })
  const sample = stage.samples.find((one) => one.path === stage.question.path)
  claim(sample, 'the right answer is one of the samples')
  const object = { object_id: stage.objects.get(sample.path) ?? '' }
  const first = await agent.objects.download(object)
  const again = await agent.objects.download(object)
  stage.charged.download += micros(first.charged_amount) + micros(again.charged_amount)
  claim(again.charged_amount === 0, 'a second address within a day is free')
  const answer = await fetch(first.download_url)
  const bytes = Buffer.from(await answer.arrayBuffer())
  claim(bytes.equals(sampleBytes(sample)), 'the bytes are those that were uploaded')
  stage.narrator.say(
    `   ${bytes.length} bytes for ${usd(first.charged_amount)}, byte for byte the original`,
  )
  return { bytes: bytes.length, charged: first.charged_amount }
}

/** The error that a call must end in. */
export async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  claim(outcome instanceof ApiError, 'the call is refused')
  return outcome
}
