// The independent check (examples/recompute.ts) against the real server: what it exports is sound, and
// whoever changes a figure of the export is found out, by the name of the figure.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { openWorld, type Party, type World } from './world.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'ipto-recompute-'))
const dayMs = 24 * 3_600_000

let world: World

/** Runs a program of examples/ in a process of its own, as whoever checks does. */
function run(program: string, args: readonly string[]) {
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    const all = ['--import', 'tsx', `examples/${program}`, ...args]
    execFile(process.execPath, all, { cwd: root }, (error, out, err) => {
      resolve({ code: error ? error.code : 0, out, err })
    })
  })
}

async function exported(name: string, { token }: Party, wanted: readonly string[]) {
  const to = join(folder, name)
  const args = ['--url', world.url, '--token', token, '--to', to, ...wanted]
  expect(await run('export-books.ts', args)).toMatchObject({ code: 0, err: '' })
}

beforeAll(async () => {
  world = await openWorld()
  const logInAll = async () => {
    for (const party of [world.provider, world.buyer, world.stranger, world.operator]) {
      await world.logIn(party)
    }
  }
  const sell = (name: string, terms: object) =>
    publish(world, {
      terms: { name, access_policy: 'automatic', ...terms },
      files: [1, 2].map((at) => textFile(`${at}.txt`, `Herring ${at} of ${name}, salted.`)),
    })
  const fixed = await sell('Herring, "salted"', { pricing_model: 'fixed' })
  await sell('Decay', { pricing_model: 'time_decay', half_life_days: 30 })
  await sell('Curve', { pricing_model: 'demand_curve', monetization_mode: 'premium' })
  const shared = { monetization_mode: 'outcome_share' }
  const one = await sell('Outcome one', shared)
  const other = await sell('Outcome other', shared)
  const { client } = world.operator
  await client.adminTenants.update({ tenant_id: world.buyer.tenantId, plan: 'pro' })
  await client.adminTenants.update({
    tenant_id: world.provider.tenantId,
    curated_dataset_ids: [other.datasetId],
  })

  await world.buyer.client.search.query({ query: 'herring', top_k: 100 })
  // Objects grow older, and demand is over: the models show.
  world.clock.forward(10 * dayMs)
  await logInAll()
  await world.app.runSchedules(['catalog.recompute-prices'])
  await world.stranger.client.search.query({ query: 'herring', top_k: 100 })
  const found = await world.buyer.client.search.query({ query: 'herring', top_k: 100 })
  const soldOf = (id: string) =>
    found.results.filter((hit) => hit.dataset_id === id).map((hit) => hit.retrieval_event_id)
  const [cited = ''] = soldOf(fixed.datasetId)
  await world.buyer.client.citations.create({ retrieval_event_id: cited })
  await world.buyer.client.objects.download({ object_id: fixed.objectIds[0] ?? '' })
  const reported = [...soldOf(one.datasetId), ...soldOf(other.datasetId).slice(1), cited]
  await world.buyer.client.outcomes.create({
    retrieval_event_ids: reported,
    value_amount: 777.77,
    currency: 'USD',
  })

  await closeMonth(world)
  await world.app.runSchedules(['payouts.make'])
  const { items } = await world.buyer.client.usageEvents.list({ event_type: 'retrieval' })
  const disputed = items.find((event) => event.dataset_id === fixed.datasetId)
  const { dispute_id } = await world.buyer.client.disputes.create({
    usage_event_ids: [disputed?.usage_event_id ?? ''],
    reason: 'Not about herring.',
  })
  await world.operator.client.adminDisputes.resolve({
    dispute_id,
    resolution: 'refunded',
    note: 'It is not.',
  })
  await world.app.runSchedules(['audit.seal'])

  const invoices = (await world.buyer.client.invoices.list()).items
  const invoice = invoices.find(({ status }) => status === 'open')?.invoice_id ?? ''
  const credit = invoices.find((document) => document.credits_invoice_id)?.invoice_id ?? ''
  const [payout] = (await world.provider.client.payouts.list()).data.payouts
  const receipts = found.results.flatMap((hit) => ['--retrieval', hit.retrieval_event_id])
  await exported('buyer', world.buyer, ['--invoice', invoice, ...receipts])
  await exported('credit', world.buyer, ['--invoice', credit])
  await exported('provider', world.provider, ['--payout', payout?.payout_id ?? ''])
}, 180_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await world.close()
})

interface Row {
  [column: string]: string
}

interface Inputs {
  [name: string]: number | string | null
}

// biome-ignore lint/suspicious/noExplicitAny: the tests change any figure of what was exported.
type Json = any

/** A copy of an export, to be tampered with. */
function copyOf(name: string) {
  const to = mkdtempSync(join(folder, `${name}-`))
  cpSync(join(folder, name), to, { recursive: true })
  const read = (file: string) => readFileSync(join(to, file), 'utf8')
  const write = (file: string, text: string) => writeFileSync(join(to, file), text)
  const json = <T>(file: string, change: (body: Json) => T): T => {
    const body: Json = JSON.parse(read(file))
    const told = change(body)
    write(file, JSON.stringify(body))
    return told
  }
  const rows = <T>(file: string, change: (rows: Row[]) => T): T => {
    const body = rowsOf(read(file))
    const names = Object.keys(body[0] ?? {})
    const told = change(body)
    const quoted = (cell = '') => `"${cell.replaceAll('"', '""')}"`
    const lines = [names, ...body.map((row) => names.map((column) => row[column]))]
    write(file, `${lines.map((cells) => cells.map(quoted).join(',')).join('\r\n')}\r\n`)
    return told
  }
  return { to, json, rows, read, write }
}
type Copy = ReturnType<typeof copyOf>

function rowsOf(text: string): Row[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end !== ',') rows.push([])
  }
  const [names = [], ...body] = rows.slice(0, -1)
  return body.map((row) => Object.fromEntries(names.map((one, at) => [one, row[at] ?? ''])))
}

const check = (to: string) => run('recompute.ts', [to])

describe('what the server exports', () => {
  test('is sound: invoice, receipts and audit of a buyer', async () => {
    const { code, out, err } = await check(join(folder, 'buyer'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.trim().split('\n')).toEqual([
      expect.stringMatching(/^sound: invoice 2026-00000\d: \d+ lines, 24 usage events, total /),
      'sound: 10 receipts',
      expect.stringMatching(/^sound: [1-9]\d* audit entries in one chain$/),
    ])
    const kinds = rowsOf(copyOf('buyer').read('invoice-usage.csv')).map(
      (row) => `${row.event_type} ${JSON.parse(row.price_inputs ?? '').model}`,
    )
    expect(new Set(kinds)).toEqual(
      new Set([
        'retrieval fixed',
        'retrieval time_decay',
        'retrieval demand_curve',
        'citation fixed',
        'download fixed',
        'outcome outcome',
      ]),
    )
  })

  test('is sound: a credit note', async () => {
    const { code, out, err } = await check(join(folder, 'credit'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^sound: invoice 2026-00000\d: 1 lines, 1 usage events, total -0\.030000\n/)
  })

  test('is sound: a payout, without what was refunded', async () => {
    const { code, out, err } = await check(join(folder, 'provider'))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^sound: payout pay_\w+: 33 usage events, net \d+\.\d{6}\nsound: \d+ audit/)
  })

  test('may have names with commas, quotation marks and line ends', async () => {
    const copy = copyOf('buyer')
    copy.rows('invoice-usage.csv', (rows) => {
      expect(rows.map((row) => row.dataset_name)).toContain('Herring, "salted"')
      for (const row of rows) row.dataset_name = 'a,"b"\r\n"c"\n,,'
    })
    expect(await check(copy.to)).toMatchObject({ code: 0, err: '' })
  })

  test('is nothing at all in an empty folder', async () => {
    const nothing = mkdtempSync(join(folder, 'empty-'))
    expect(await check(nothing)).toMatchObject({ code: 1, out: '' })
    expect(await check('')).toMatchObject({ code: 1, out: '' })
  })
})

// Each answers the words by which the first wrong figure is named.
type Tamper = (copy: Copy) => string

/** Changes one row of the usage behind an invoice or a payout. */
const usage =
  (file: string, model: string, field: string, change: (row: Row, inputs: Inputs) => void) =>
  (copy: Copy) =>
    copy.rows(file, (rows) => {
      const row = rows.find((one) => JSON.parse(one.price_inputs ?? '').model === model)
      if (!row) throw new Error(`there is no row of ${model}`)
      const inputs: Inputs = JSON.parse(row.price_inputs ?? '')
      change(row, inputs)
      row.price_inputs = JSON.stringify(inputs)
      return `${row.usage_event_id} ${field}`
    })
const billed = 'invoice-usage.csv'
const input = (model: string, name: string, value: number | string, field: string) =>
  usage(billed, model, `${field}: `, (_, inputs) => {
    expect(inputs[name]).not.toBe(value)
    inputs[name] = value
  })
const cell = (name: string, value: string, field = name, model = 'fixed') =>
  usage(billed, model, `${field}: `, (row) => {
    row[name] = value
  })
const invoice = (field: string, change: (body: Json) => unknown) => (copy: Copy) =>
  copy.json('invoice.json', (body) => {
    change(body)
    return `invoice ${body.invoice_id} ${field}`
  })
const usageLine = (body: Json) => body.lines.find((one: Json) => one.kind === 'usage')
const fee = (field: string, value: number) => (copy: Copy) =>
  copy.json('invoice.json', (body) => {
    const [first] = body.lines
    expect(first.kind).toBe('plan_fee')
    first[field] = value
    return `invoice ${body.invoice_id} ${first.line_id} ${field}: `
  })
const line = (field: string, by: number) => (copy: Copy) =>
  copy.json('invoice.json', (body) => {
    const one = usageLine(body)
    one[field] += by
    return `invoice ${body.invoice_id} ${one.line_id} ${field}: `
  })
const payout = (field: string, by: number) => (copy: Copy) =>
  copy.json('payout.json', (body) => {
    body[field] += by
    return `payout ${body.payout_id} ${field}: `
  })
const earned = (field: string) => (copy: Copy) =>
  copy.json('payout.json', (body) => {
    const [one] = body.lines
    one[field] += 1
    return `payout ${body.payout_id} ${one.dataset_id} ${one.event_type} ${field}: `
  })
const sold = (field: string, change: (one: Json) => unknown) => (copy: Copy) =>
  copy.json('retrievals.json', ([, one]) => {
    change(one)
    return `receipt of ${one.retrieval_event_id} ${field}`
  })
const reSigned = (one: Json, change: (parts: string[]) => string[]) => {
  one.receipt = change(one.receipt.split('.')).join('.')
}
const forged = (text: string, change: (body: Json) => void) => {
  const body: Json = JSON.parse(Buffer.from(text, 'base64url').toString())
  change(body)
  return Buffer.from(JSON.stringify(body)).toString('base64url')
}
const entry = (field: string, change: (one: Json) => unknown) => (copy: Copy) =>
  copy.json('audit.json', (all) => {
    const [, one] = [...all].reverse()
    change(one)
    return `audit entry ${one?.audit_event_id} ${field}`
  })

const ofBuyer: [string, Tamper][] = [
  ['the amount of a retrieval', cell('amount', '9.99')],
  ['an amount by a micro', cell('amount', '0.030001')],
  ['an amount in finer steps than micros', cell('amount', '0.0300001')],
  ['a unit price', cell('unit_price', '0.02')],
  ['the unit price of an outcome', cell('unit_price', '1', 'unit_price', 'outcome')],
  ['a platform_amount', cell('platform_amount', '0.000001')],
  ['the quantity of a retrieval', cell('quantity', '2', 'amount')],
  ['what is billable', cell('billable', 'false')],
  [
    'when it was',
    cell(
      'occurred_at',
      '2026-03-31T23:59:59Z',
      'occurred_at 2026-03-31T23:59:59Z is within the period',
    ),
  ],
  ['a price book', cell('price_book_version', '7')],
  ['a base price', input('fixed', 'base', 0.02, 'unit_price')],
  ['a fixed factor', input('fixed', 'factor_ppm', 900_000, 'factor_ppm')],
  ['a fixed price’s demand', input('fixed', 'd7', 5, 'd7')],
  ['a decayed factor', input('time_decay', 'factor_ppm', 1_000_001, 'factor_ppm')],
  ['an age', input('time_decay', 'age_days', 31, 'factor_ppm')],
  ['a half-life', input('time_decay', 'half_life_days', 31, 'factor_ppm')],
  ['the demand of 7 days', input('demand_curve', 'd7', 9, 'factor_ppm')],
  ['the demand of 28 days', input('demand_curve', 'd28', 90, 'factor_ppm')],
  ['the platform’s share', input('fixed', 'share_platform_bps', 3_999, 'platform_amount')],
  ['a reported value', input('outcome', 'value', 777.78, 'amount')],
  ['the events of an outcome', input('outcome', 'events_total', 4, 'amount')],
  ['where a part begins', input('outcome', 'bps_before', 1, 'amount')],
  ['where a part ends', input('outcome', 'bps_after', 501, 'amount')],
  ['a model', input('fixed', 'model', 'free', 'model free is known')],
  [
    'a row that is gone',
    (copy) =>
      copy.rows(billed, (rows) => {
        const [gone] = rows.splice(3, 1)
        return copy.json('invoice.json', (body) => {
          const one = body.lines.find(
            (line: Json) =>
              line.dataset_id === gone?.dataset_id && line.event_type === gone?.event_type,
          )
          return `invoice ${body.invoice_id} ${one.line_id} quantity: `
        })
      }),
  ],
  [
    'a row that stands twice',
    (copy) =>
      copy.rows(billed, (rows) => {
        const [first] = rows
        rows.push({ ...first })
        return `${first?.usage_event_id} stands in ${billed} more than once: `
      }),
  ],
  [
    'a row without all of its cells',
    (copy) => {
      copy.write(billed, copy.read(billed).replace(/\r\n$/, ',\r\n'))
      return `${billed} row 24, number of cells: `
    },
  ],
  [
    'text that is no CSV',
    (copy) => {
      copy.write(billed, `${copy.read(billed)}"`)
      return `${billed} is no CSV after row 25`
    },
  ],
  ['the amount of a line', line('amount', 0.01)],
  ['the quantity of a line', line('quantity', 1)],
  ['the fee of a plan', fee('amount', 48)],
  ['a fee that is asked for twice', fee('quantity', 2)],
  ['a line that is gone', invoice('lines that hold ue_', (body) => body.lines.pop())],
  [
    'a line that stands twice',
    invoice('lines that hold ue_', (body) => body.lines.push(usageLine(body))),
  ],
  ['the total', invoice('total: ', (body) => (body.total += 0.000001))],
  [
    'a credit note that is shown as an invoice',
    (copy) =>
      copy.json('invoice.json', (body) => {
        body.credits_invoice_id = 'inv_x'
        return `invoice ${body.invoice_id} ${usageLine(body).line_id} amount: `
      }),
  ],
  ['the price of a retrieval', sold('price.amount: ', (one) => (one.price.amount = 0.01))],
  ['an input of its price', sold('price.inputs: ', (one) => (one.price.inputs.base = 0.5))],
  ['a passage', sold('SHA-256 of text: ', (one) => (one.text += '!'))],
  [
    'the hash of a passage',
    sold('passage_sha256: ', (one) => (one.citation.passage_sha256 = 'ab')),
  ],
  ['the hash of a file', sold('object_sha256: ', (one) => (one.citation.object_sha256 = 'ab'))],
  ['a question', sold('query_sha256: ', (one) => (one.query = 'cod'))],
  [
    'the moment of a sale',
    sold('occurred_at: ', (one) => (one.occurred_at = '2026-04-15T10:00:01Z')),
  ],
  ['a dataset', sold('dataset_id: ', (one) => (one.dataset_id = 'dset_x'))],
  [
    'the payload of a receipt',
    sold('signature holds: ', (one) =>
      reSigned(one, ([head = '', body = '', signature = '']) => [
        head,
        forged(body, (said) => (said.amount = 0.01)),
        signature,
      ]),
    ),
  ],
  [
    'the signature of a receipt',
    sold('signature holds: ', (one) =>
      reSigned(one, ([head = '', body = '', signature = '']) => [
        head,
        body,
        `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`,
      ]),
    ),
  ],
  [
    'a receipt without a signature',
    sold('alg: ', (one) =>
      reSigned(one, ([head = '', body = '']) => [
        forged(head, (said) => (said.alg = 'none')),
        body,
        '',
      ]),
    ),
  ],
  [
    'a key that nobody knows',
    sold('is signed by a known key: ', (one) =>
      reSigned(one, ([head = '', ...rest]) => [forged(head, (said) => (said.kid = 'x')), ...rest]),
    ),
  ],
  [
    'the receipt of another sale',
    (copy) =>
      copy.json('retrievals.json', ([one, other]) => {
        other.receipt = one.receipt
        return `receipt of ${other.retrieval_event_id} jti: `
      }),
  ],
  ['the action of an entry', entry('hash: ', (one) => (one.action = 'nothing.happened'))],
  ['who did it', entry('hash: ', (one) => (one.actor_id = 'usr_x'))],
  ['what was done', entry('hash: ', (one) => (one.changes.more = 1))],
  ['what it was done to', entry('hash: ', (one) => (one.target_id = 'obj_x'))],
  ['when it was done', entry('occurred_at: ', (one) => (one.occurred_at = '2026-04-05T10:00:01Z'))],
  ['when it was done, to the millisecond', entry('hash: ', (one) => (one.occurred_at_ms += 1))],
  ['a hash', entry('hash: ', (one) => (one.hash = '0'.repeat(64)))],
  ['the hash before it', entry('previous_hash: ', (one) => (one.previous_hash = '0'.repeat(64)))],
  [
    'an entry that is gone',
    (copy) =>
      copy.json('audit.json', (all) => {
        all.splice(-2, 1)
        return `audit entry ${all.at(-2).audit_event_id} sequence: `
      }),
  ],
  [
    'the order of entries',
    (copy) =>
      copy.json('audit.json', (all) => {
        const [, second, third] = [...all].reverse()
        ;[second.sequence, third.sequence] = [third.sequence, second.sequence]
        return `audit entry ${third.audit_event_id} previous_hash: `
      }),
  ],
]

const ofProvider: [string, Tamper][] = [
  ['the gross amount', payout('gross', 1)],
  ['the platform’s fee', payout('platform_fee', 0.01)],
  ['the net amount', payout('net', 1)],
  ['the quantity of a line', earned('quantity')],
  ['the gross amount of a line', earned('gross')],
  ['the net amount of a line', earned('net')],
  [
    'the amount of an event',
    usage('payout-usage.csv', 'fixed', 'amount: ', (row) => {
      row.amount = '0.02'
    }),
  ],
]

async function expectFound(name: string, tamper: Tamper): Promise<void> {
  const copy = copyOf(name)
  const named = tamper(copy)
  const { code, err } = await check(copy.to)
  expect(err).toContain(`WRONG ${named}`)
  expect(code).toBe(1)
}

describe('whoever changes an export is found out:', () => {
  test.each(ofBuyer)('%s', (_, tamper) => expectFound('buyer', tamper))
  test.each(ofProvider)('%s of a payout', (_, tamper) => expectFound('provider', tamper))
  test('the amount of a credit note', () => expectFound('credit', line('amount', -0.01)))
})
