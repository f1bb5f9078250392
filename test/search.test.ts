// What a buyer finds: the query language, filters, exact citations, pages. Money and permission of hits
// are in search-sale.test.ts.
import { createHash } from 'node:crypto'
import type { SearchAnswer, SearchQueryInput } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pdfOf } from './bad-files.ts'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
let datasetId: string
let objectIds: string[]

const letters = {
  'keeper.txt': 'The lighthouse keeper disputes the VAT on the lamp oil invoice of March.',
  'harbour.txt': 'The harbour master writes tides, storms and lamp repairs into a green ledger.',
  'contract.txt':
    'The contractor signed the contract for the tower. Payment is due in thirty days.',
  'women.txt': 'Two women repaired the foghorn; one woman paid for the oil of the lamp.',
}
const report = [
  '# Yearly report',
  '## Income',
  'Passage fees rose to 4,711 crowns.',
  '## Losses',
  'A storm broke the foghorn 📗 on the pier, and the café closed.',
].join('\n\n')
const ships = [
  'ship,cargo',
  ...Array.from({ length: 30 }, (_, at) => `Brig ${at},barrels of herring`),
]

beforeAll(async () => {
  world = await openWorld()
  const files = [
    textFile('keeper.txt', letters['keeper.txt'], { year: 2025, kind: 'letter' }),
    textFile('harbour.txt', letters['harbour.txt'], { year: 2024, kind: 'letter' }),
    textFile('contract.txt', letters['contract.txt'], { year: 2025, signed: true }),
    textFile('women.txt', letters['women.txt']),
    textFile('report.md', report),
    textFile('ships.csv', ships.join('\n')),
    {
      filename: 'manual.pdf',
      bytes: await pdfOf('Trim the wick before dusk. Clean the lens at dawn.'),
    },
  ]
  const made = await publish(world, { terms: { name: 'Lighthouse', language: 'en' }, files })
  datasetId = made.datasetId
  objectIds = made.objectIds
}, 120_000)
afterAll(() => world.close())

function find(query: string, more: Omit<SearchQueryInput, 'query'> = {}): Promise<SearchAnswer> {
  return world.buyer.client.search.query({ query, top_k: 50, include_text: true, ...more })
}

const filesOf = ({ results }: SearchAnswer) =>
  [...new Set(results.map(({ filename }) => filename))].sort()

describe('a question', () => {
  test.each<[query: string, files: string[]]>([
    ['lamp oil', ['keeper.txt', 'women.txt']],
    ['lamp AND ledger', ['harbour.txt']],
    ['ledger OR foghorn', ['harbour.txt', 'report.md', 'women.txt']],
    ['lamp NOT invoice', ['harbour.txt', 'women.txt']],
    ['lamp -invoice -women', ['harbour.txt']],
    ['(ledger OR invoice) lamp', ['harbour.txt', 'keeper.txt']],
    ['"lamp oil"', ['keeper.txt']],
    ['"oil lamp"', []],
    ['"oil of the lamp"', ['women.txt']],
    ['lamp NEAR/0 oil', ['keeper.txt']],
    ['oil NEAR/2 lamp', ['keeper.txt', 'women.txt']],
    ['oil ONEAR/2 lamp', ['women.txt']],
    ['keeper NEAR/5 march', []],
    ['contract*', ['contract.txt']],
    ['*tract', ['contract.txt']],
    ['wom?n', ['women.txt']],
    ['lihgthouse~', ['keeper.txt']],
    ['title:report', ['report.md']],
    ['filename:keeper*', ['keeper.txt']],
    ['mime:application/pdf', ['manual.pdf']],
    ['meta.year:2025', ['contract.txt', 'keeper.txt']],
    ['lamp meta.kind:letter', ['harbour.txt', 'keeper.txt']],
    ['repairing invoices', []],
    ['repair', ['harbour.txt', 'women.txt']],
    ['cafe', ['report.md']],
    ['LAMP and Ledger', ['harbour.txt']],
    ['\\AND', ['harbour.txt', 'report.md']],
  ])('%j finds %j', async (query, files) => {
    const found = await find(query, { retrieval_mode: 'lexical' })
    expect(filesOf(found)).toEqual(files)
    expect(found).toMatchObject({ retrieval_mode: 'lexical', requested_mode: 'lexical', query })
  })

  test('in plain words needs only one of them, unless it is asked for otherwise', async () => {
    const loose = await find('ledger invoice')
    expect(filesOf(loose)).toEqual(['harbour.txt', 'keeper.txt'])
    expect(loose).toMatchObject({ retrieval_mode: 'lexical', requested_mode: 'auto' })
    expect(filesOf(await find('ledger invoice', { retrieval_mode: 'lexical' }))).toEqual([])
  })

  // ‹ and › stand around the place that the caller is told.
  test.each([
    ['query_empty', '‹  ›'],
    ['unbalanced_quote', 'lamp ‹"›oil'],
    ['unbalanced_parenthesis', '‹(›lamp OR oil'],
    ['missing_operand', 'lamp ‹AND›'],
    ['only_negative', '‹NOT lamp›'],
    ['unknown_field', '📗 lamp ‹author›:x'],
    ['bad_value', 'modality:‹smell›'],
    ['bad_date', 'lamp created:‹2024-13›'],
    ['bad_distance', 'lamp ‹NEAR/100› oil'],
    ['near_operand', 'lamp NEAR ‹lang:de›'],
    ['near_chained', 'a NEAR b ‹NEAR› c'],
    ['slop_unsupported', '"lamp oil"‹~3›'],
    ['wildcard_too_short', 'lamp ‹o*›'],
  ])('that is wrong is told so with its place: %s', async (code, marked) => {
    const query = marked.replace(/[‹›]/g, '')
    const { status, body } = await search({ query })
    expect(status).toBe(422)
    expect(body.error).toEqual({
      code,
      message: expect.stringMatching(/^[A-Z].*\.$/),
      details: {
        start: marked.indexOf('‹'),
        end: marked.indexOf('›') - 1,
        hint: expect.any(String),
      },
    })
  })

  test.each([
    ['query_too_long', 'a'.repeat(2_001)],
    ['too_deep', `${'('.repeat(30)}a${')'.repeat(30)}`],
    ['too_many_clauses', 'a '.repeat(600)],
    ['too_many_clauses', Array.from({ length: 17 }, (_, at) => `lamp${at}*`).join(' ')],
  ])('has limits: %s', async (code, query) => {
    const { status, body } = await search({ query })
    expect([status, body.error?.code]).toEqual([422, code])
  })

  test('by meaning is refused where nothing has vectors, and never replaced', async () => {
    for (const retrieval_mode of ['dense', 'hybrid'] as const) {
      const { status, body } = await search({ query: 'lamp', retrieval_mode })
      expect([status, body.error?.code]).toEqual([422, 'no_vectors'])
    }
  })

  test('asks for 1 to 100 hits, 20 where it does not say', async () => {
    for (const top_k of [0, 101]) {
      const { status, body } = await search({ query: 'lamp', top_k })
      expect(status).toBe(422)
      expect(body.error?.details?.fields?.[0]?.field).toBe('top_k')
    }
    const { body } = await search({ query: 'herring' })
    expect(body).toMatchObject({ result_count: 20, has_more: true })
    expect((await find('herring', { top_k: 100 })).result_count).toBe(30)
  })
})

const search = (json: object) => send(`${world.url}/v1/search`, { token: world.buyer.token, json })

describe('a filter', () => {
  test('keeps what it says, and combines with the others', async () => {
    const cases: [SearchQueryInput['filters'], string[]][] = [
      [{ mime_type: ['text/plain'] }, ['harbour.txt', 'keeper.txt', 'women.txt']],
      [{ mime_type: [] }, ['harbour.txt', 'keeper.txt', 'women.txt']],
      [{ mime_type: ['application/pdf', 'image/png'] }, []],
      [{ object_ids: objectIds.slice(0, 2) }, ['harbour.txt', 'keeper.txt']],
      [{ object_ids: ['obj_unknown'] }, []],
      [{ language: ['en'] }, ['harbour.txt', 'keeper.txt', 'women.txt']],
      [{ language: ['de'] }, []],
      [{ modality: ['document'] }, ['harbour.txt', 'keeper.txt', 'women.txt']],
      [{ modality: ['image'] }, []],
      [{ metadata: { kind: 'letter' } }, ['harbour.txt', 'keeper.txt']],
      [{ metadata: { kind: 'letter', year: 2025 } }, ['keeper.txt']],
      [{ metadata: { kind: 'Letter' } }, []],
      [{ created_from: '2026-04-05T10:00:00Z' }, ['harbour.txt', 'keeper.txt', 'women.txt']],
      [{ created_from: '2026-04-05T10:00:01Z' }, []],
      [{ created_to: '2026-04-05T10:00:00Z' }, []],
      [{ created_to: '2026-04-06T12:00:00+02:00', metadata: { year: 2024 } }, ['harbour.txt']],
    ]
    for (const [filters, files] of cases) {
      expect(filesOf(await find('lamp', { filters })), JSON.stringify(filters)).toEqual(files)
    }
  })

  test('that is unknown or wrong is refused by its name', async () => {
    const cases: [object, number, string][] = [
      [{ colour: 'red' }, 400, 'filters.colour'],
      [{ modality: ['smell'] }, 422, 'filters.modality.0'],
      [{ created_from: 'today' }, 422, 'filters.created_from'],
      [{ language: 'en' }, 400, 'filters.language'],
    ]
    for (const [filters, status, field] of cases) {
      const answer = await search({ query: 'lamp', filters })
      expect(answer.status).toBe(status)
      expect(answer.body.error?.details?.fields?.map((one) => one.field)).toEqual([field])
    }
  })

  test('by dataset searches the named ones only', async () => {
    const found = await find('lamp', { dataset_ids: [datasetId] })
    expect(found.datasets_searched).toEqual([datasetId])
    expect((await find('lamp', { dataset_ids: [] })).datasets_searched).toContain(datasetId)
    const unknown = search({ query: 'lamp', dataset_ids: [datasetId, 'dset_unknown'] })
    expect((await unknown).status).toBe(404)
  })
})

describe('a hit', () => {
  const hashOf = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

  test('is an exact slice of its page, with its hash', async () => {
    const { results } = await find('lamp OR foghorn OR herring OR wick OR contract OR income')
    expect(new Set(results.map(({ citation }) => citation.locator.kind))).toEqual(
      new Set(['section', 'record', 'page']),
    )
    for (const { text, citation, object_id } of results) {
      const passage = text ?? ''
      expect(hashOf(passage)).toBe(citation.passage_sha256)
      const object = await world.provider.client.objects.get({ object_id })
      expect(citation.object_sha256).toBe(object.checksum_sha256)
      const { locator } = citation
      if (locator.kind === 'record') {
        expect(ships[locator.row]?.split(',').every((cell) => passage.includes(cell))).toBe(true)
        expect(locator.columns).toEqual(['ship', 'cargo'])
      } else if (locator.kind === 'section' || locator.kind === 'page') {
        const pages = await pagesOf(object_id)
        const slices = pages.map((page) => page.slice(locator.start, locator.end))
        expect(slices).toContain(passage)
      }
    }
  })

  // The canonical text is not for sale, so it is read where it is kept.
  async function pagesOf(objectId: string): Promise<string[]> {
    const rows = await world.app.services.db.rows<{ text: string }>`
      select text from extracted_pages where object_id = ${objectId} order by ord`
    return rows.map(({ text }) => text)
  }

  test('of a text is where its headings say', async () => {
    const { results } = await find('foghorn pier')
    const hit = results.find(({ filename }) => filename === 'report.md')
    expect(hit?.citation.locator).toMatchObject({
      kind: 'section',
      path: ['Yearly report', 'Losses'],
    })
    expect(hit?.title).toBe('Yearly report')
  })

  test('marks its words inside the snippet', async () => {
    for (const query of ['lamp', 'foghorn café', '"thirty days"', 'contract*', 'herring']) {
      const { results } = await find(query)
      expect(results.length).toBeGreaterThan(0)
      for (const { snippet, highlights, text } of results) {
        const shown = snippet ?? ''
        expect(highlights.length).toBeGreaterThan(0)
        let before = 0
        for (const [start, end] of highlights) {
          expect(start).toBeGreaterThanOrEqual(before)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(shown.length)
          expect(shown.slice(start, end)).toMatch(/^[\p{L}\p{N}].*$/u)
          before = end
        }
        expect(text?.replace(/\s+/g, ' ')).toContain(
          shown.replace(/\s+/g, ' ').replace(/^… ?| ?…$/g, ''),
        )
      }
    }
  })

  test('has its text only where that was asked for', async () => {
    for (const hit of (await find('lamp', { include_text: false })).results) {
      expect(hit.text).toBeNull()
      expect(hit.snippet).not.toBeNull()
    }
  })

  test('can be read again with every input of its price', async () => {
    const { results } = await find('ledger')
    const [hit] = results
    const { text, ...sold } = await world.buyer.client.retrievals.get({
      retrieval_event_id: hit?.retrieval_event_id ?? '',
    })
    expect(text).toBe(letters['harbour.txt'])
    expect(sold).toMatchObject({ query: 'ledger', expired: false, citation: hit?.citation })
    const { inputs, amount } = sold.price
    expect(inputs).toMatchObject({ model: 'fixed', base: 0.03, share_platform_bps: 4_000 })
    expect(amount).toBe(Math.round(inputs.base * inputs.factor_ppm * 1) / 1e6)
  })
})

describe('pages', () => {
  test('show every hit once, in one order, and cost as much as one large page', async () => {
    const whole = await find('herring', { top_k: 100 })
    const seen: SearchAnswer['results'] = []
    let cursor: string | null = null
    let charged = 0
    do {
      const page: SearchAnswer = await find('herring', { top_k: 7, cursor })
      seen.push(...page.results)
      charged += page.charged_amount
      expect(page.has_more).toBe(page.next_cursor !== null)
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen.map(({ rank }) => rank)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1))
    const passages = (hits: SearchAnswer['results']) =>
      hits.map(({ citation }) => citation.passage_sha256)
    expect(passages(seen)).toEqual(passages(whole.results))
    expect(charged).toBeCloseTo(whole.charged_amount, 6)
  })

  test('of one search are one activity', async () => {
    const first = await find('herring', { top_k: 10 })
    world.clock.forward(60_000)
    const second = await find('herring', { top_k: 10, cursor: first.next_cursor })
    expect(second.search_activity_id).toBe(first.search_activity_id)
    const { data } = await world.buyer.client.activity.searches({ limit: 1 })
    expect(data.searches[0]).toMatchObject({
      search_activity_id: first.search_activity_id,
      result_count: 20,
      charged_amount: 0.6,
      occurred_at: '2026-04-05T10:00:00Z',
    })
  })

  test('that were paid are free and the same when they are asked for again', async () => {
    const first = await find('herring', { top_k: 10 })
    const cursor = first.next_cursor
    const second = await find('herring', { top_k: 10, cursor })
    const again = await find('herring', { top_k: 10, cursor })
    expect(second.charged_amount).toBe(0.3)
    expect(again.charged_amount).toBe(0)
    for (const [at, hit] of again.results.entries()) {
      const { price: _, ...same } = second.results[at] ?? hit
      expect(hit).toMatchObject(same)
      expect(hit.price).toMatchObject({ amount: 0, billable: false, reason: 'already_charged' })
    }
  })

  test('belong to the question that they came from', async () => {
    const { next_cursor: cursor } = await find('herring', { top_k: 10 })
    const wrong = [
      { query: 'barrels', top_k: 10, include_text: true, cursor },
      { query: 'herring', top_k: 10, include_text: false, cursor },
      { query: 'herring', top_k: 10, include_text: true, dataset_ids: [datasetId], cursor },
      { query: 'herring', top_k: 10, include_text: true, cursor: 'x' },
    ]
    for (const json of wrong) {
      const { status, body } = await search(json)
      expect([status, body.error?.code]).toEqual([400, 'invalid_request'])
    }
    const foreign = world.stranger.client.search.query({
      query: 'herring',
      top_k: 10,
      include_text: true,
      cursor,
    })
    await expect(foreign).rejects.toMatchObject({ status: 400 })
  })
})

test("what others own changes neither a score nor an order, whatever the caller's words", async () => {
  const before = await find('lamp oil foghorn', { dataset_ids: [datasetId] })
  await publish(world, {
    by: world.stranger,
    terms: { name: 'Private', visibility: 'private' },
    files: [textFile('lamps.txt', 'lamp lamp lamp oil foghorn lamp '.repeat(20))],
  })
  const everywhere = await find('lamp oil foghorn')
  const after = await find('lamp oil foghorn', { dataset_ids: [datasetId] })
  const ranked = ({ results }: SearchAnswer) =>
    results.map(({ object_id, score }) => [object_id, score])
  expect(ranked(after)).toEqual(ranked(before))
  expect(ranked(everywhere)).toEqual(ranked(before))
})
