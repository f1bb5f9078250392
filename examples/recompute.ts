// Works out every amount of an invoice and of a payout again, and checks receipts and the audit chain,
// from exported files alone. It shares no code with the server: whoever pays or is paid can read it in
// one sitting and need not trust anybody. `node --import tsx examples/recompute.ts FOLDER`
// What the folder holds is written by examples/export-books.ts; a part whose files are absent is left out.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The first figure that does not follow from the others. */
class WrongFigure extends Error {}

function check(what: string, exported: unknown, recomputed: unknown): void {
  if (String(exported) === String(recomputed)) return
  throw new WrongFigure(`${what}: the export says ${exported}, recomputed is ${recomputed}`)
}

/** What cannot even be read is wrong as well, and is named all the same. */
function reading<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof WrongFigure) throw error
    throw new WrongFigure(`${name} cannot be read: ${error}`)
  }
}

// Numbers: micro-units (10⁻⁶) as bigint, read from decimals without a float in between.

function micros(name: string, value: unknown): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(String(value))
  if (!parts) throw new WrongFigure(`${name}: ${value} is no amount with at most six decimals`)
  const [, sign, whole = '0', fraction = ''] = parts
  const size = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return sign ? -size : size
}

function major(value: bigint): string {
  const size = value < 0n ? -value : value
  const fraction = String(size % 1_000_000n).padStart(6, '0')
  return `${value < 0n ? '-' : ''}${size / 1_000_000n}.${fraction}`
}

function checkAmount(what: string, exported: unknown, recomputed: bigint): void {
  check(what, major(micros(what, exported)), major(recomputed))
}

const sum = (values: bigint[]) => values.reduce((total, one) => total + one, 0n)
/** a / b, rounded half up. */
const rounded = (a: bigint, b: bigint) => (2n * a + b) / (2n * b)
const sha256 = (value: string) => createHash('sha256').update(value, 'utf8').digest('hex')

/** As it was exported: nothing of it is trusted. */
type Json = ReturnType<typeof JSON.parse>
const folder = process.argv[2] ?? ''
const has = (name: string) => existsSync(join(folder, name))
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const json = (name: string): Json => reading(name, () => JSON.parse(text(name)))

/** RFC 4180: cells in quotation marks may hold commas, line ends and doubled quotation marks. */
function csv(name: string): Record<string, string>[] {
  const whole = text(name)
  const rows: string[][] = [[]]
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y
  while (cell.lastIndex < whole.length) {
    const [, quoted, plain = '', end] = cell.exec(whole) ?? []
    if (end === undefined) throw new WrongFigure(`${name} is no CSV after row ${rows.length - 1}`)
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end !== ',') rows.push([])
  }
  const [names = [], ...body] = rows.filter((row) => row.length > 0)
  return body.map((row, at) => {
    check(`${name} row ${at + 1}, number of cells`, row.length, names.length)
    return Object.fromEntries(names.map((one, column) => [one, row[column] ?? '']))
  })
}

// Usage events: each amount from its stored inputs

// What a price comes from beside its base; every other input is null.
const inputsOf: Record<string, string[]> = {
  fixed: ['base', 'factor_ppm'],
  time_decay: ['base', 'factor_ppm', 'age_days', 'half_life_days'],
  demand_curve: ['base', 'factor_ppm', 'price_point_id', 'd7', 'd28'],
  outcome: ['value', 'events_total', 'bps_before', 'bps_after'],
}
const everywhere = ['model', 'price_book_version', 'share_platform_bps']

function expectInputs(name: string, inputs: Json): void {
  const own = inputsOf[inputs.model]
  check(`${name} model ${inputs.model} is known`, own !== undefined, true)
  const others = Object.keys(inputs).filter((one) => ![...everywhere, ...(own ?? [])].includes(one))
  for (const other of others) check(`${name} ${other}`, inputs[other], null)
}

/** Parts per million, from what was observed; a demand curve without a price point is flat. */
function factorOf({ model, d7, d28, age_days, half_life_days }: Json): number {
  if (model === 'demand_curve' && d7 != null && d28 != null) {
    const ratio = (1 + d7) / (1 + d28 / 4)
    return Math.round(Math.sqrt(Math.min(2, Math.max(0.5, ratio))) * 1_000_000)
  }
  if (model === 'time_decay') {
    const left = 2 ** (-age_days / half_life_days)
    return Math.round(Math.max(0.25, left) * 1_000_000)
  }
  return 1_000_000
}

/** quantity × base × factor; the factor follows from what was observed. */
function priceOf(name: string, inputs: Json, quantity: bigint): bigint {
  const factor = factorOf(inputs)
  check(`${name} factor_ppm`, inputs.factor_ppm, factor)
  return rounded(quantity * micros(`${name} base`, inputs.base) * BigInt(factor), 1_000_000n)
}

// A dataset's part of an outcome is the difference of one running sum: all parts add up to the whole.
function outcomePart(name: string, inputs: Json): bigint {
  const value = micros(`${name} value`, inputs.value)
  const until = (bps: number) => rounded(value * BigInt(bps), 10_000n * BigInt(inputs.events_total))
  return until(inputs.bps_after) - until(inputs.bps_before)
}

type Usage = ReturnType<typeof usageOf>

function usageOf(row: Record<string, string>) {
  const { usage_event_id: id = '', dataset_id: datasetId = '', event_type: eventType = '' } = row
  const inputs = JSON.parse(row.price_inputs ?? '')
  expectInputs(id, inputs)
  check(`${id} price_book_version`, row.price_book_version, inputs.price_book_version)
  const quantity = BigInt(row.quantity ?? '')
  const isOutcome = inputs.model === 'outcome'
  checkAmount(`${id} unit_price`, row.unit_price, isOutcome ? 0n : priceOf(id, inputs, 1n))
  const amount = isOutcome ? outcomePart(id, inputs) : priceOf(id, inputs, quantity)
  check(`${id} billable`, row.billable, true)
  checkAmount(`${id} amount`, row.amount, amount)
  const platform = (amount * BigInt(inputs.share_platform_bps)) / 10_000n
  checkAmount(`${id} platform_amount`, row.platform_amount, platform)
  const occurredAt = row.occurred_at ?? ''
  return { datasetId, eventType, occurredAt, quantity, amount, platform }
}

const group = (usage: Usage[], { dataset_id, event_type }: Json) =>
  usage.filter((one) => one.datasetId === dataset_id && one.eventType === event_type)

/** The usage events behind a document: each once, within its period, on exactly one of its lines. */
function usageBehind(name: string, file: string, shown: Json): Usage[] {
  const seen = new Set<string>()
  return csv(file).map((row, at) => {
    const id = row.usage_event_id || `row ${at + 1} of ${file}`
    check(`${id} stands in ${file} more than once`, seen.has(id), false)
    seen.add(id)
    const event = reading(id, () => usageOf(row))
    const isWithin = event.occurredAt >= shown.period_start && event.occurredAt <= shown.period_end
    check(`${id} occurred_at ${event.occurredAt} is within the period`, isWithin, true)
    const holders = shown.lines.filter((line: Json) => group([event], line).length > 0)
    check(`${name} lines that hold ${id}`, holders.length, 1)
    return event
  })
}

// Invoice, or credit note. Two plans have a fee; the amount tells which of them is meant.

const planFeeLike = (amount: number) => (amount > 49 ? 499_000_000n : 49_000_000n)

function checkInvoice(): string {
  const invoice = json('invoice.json')
  const lines: Json[] = invoice.lines
  const name = `invoice ${invoice.invoice_id}`
  const usage = usageBehind(name, 'invoice-usage.csv', invoice)
  const sign = invoice.credits_invoice_id === null ? 1n : -1n
  for (const line of lines) {
    const place = `${name} ${line.line_id}`
    const isFee = line.kind === 'plan_fee'
    const events = group(usage, line)
    const quantity = isFee ? 1n : sum(events.map((one) => one.quantity))
    check(`${place} quantity`, line.quantity, quantity)
    const owed = isFee ? planFeeLike(line.amount) : sign * sum(events.map((one) => one.amount))
    checkAmount(`${place} amount`, line.amount, owed)
  }
  const total = sum(lines.map((line) => micros(name, line.amount)))
  checkAmount(`${name} total`, invoice.total, total)
  return `invoice ${invoice.number}: ${lines.length} lines, ${usage.length} usage events, total ${major(total)}`
}

// Payout: what is held back for open disputes is part of the net amount, and not recomputed here

function checkPayout(): string {
  const payout = json('payout.json')
  const name = `payout ${payout.payout_id}`
  const usage = usageBehind(name, 'payout-usage.csv', payout)
  const grossOf = (events: Usage[]) => sum(events.map((one) => one.amount))
  const feeOf = (events: Usage[]) => sum(events.map((one) => one.platform))
  for (const line of payout.lines) {
    const events = group(usage, line)
    const place = `${name} ${line.dataset_id} ${line.event_type}`
    check(`${place} quantity`, line.quantity, sum(events.map((one) => one.quantity)))
    checkAmount(`${place} gross`, line.gross, grossOf(events))
    checkAmount(`${place} net`, line.net, grossOf(events) - feeOf(events))
  }
  checkAmount(`${name} gross`, payout.gross, grossOf(usage))
  checkAmount(`${name} platform_fee`, payout.platform_fee, feeOf(usage))
  const net = grossOf(usage) - feeOf(usage)
  checkAmount(`${name} net`, payout.net, net)
  return `payout ${payout.payout_id}: ${usage.length} usage events, net ${major(net)}`
}

// Receipts: compact JWS (RFC 7515), Ed25519 (RFC 8037)

/** What a receipt says, once its signature holds. */
function signedFacts(name: string, receipt: string): Json {
  const [head = '', body = '', signature = ''] = receipt.split('.')
  const read = (part: string) => Buffer.from(part, 'base64url')
  const { kid, alg } = reading(name, () => JSON.parse(read(head).toString()))
  check(`${name} alg`, alg, 'EdDSA')
  const jwk = json('keys.json').keys.find((key: Json) => key.kid === kid)
  check(`${name} is signed by a known key`, jwk !== undefined, true)
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const isSigned = verify(null, Buffer.from(`${head}.${body}`), key, read(signature))
  check(`${name} signature holds`, isSigned, true)
  return JSON.parse(read(body).toString())
}

function checkReceipts(): string {
  const billed = has('invoice-usage.csv') ? csv('invoice-usage.csv') : []
  const sold = json('retrievals.json')
  for (const one of sold) {
    const name = `receipt of ${one.retrieval_event_id}`
    const said = signedFacts(name, String(one.receipt))
    const { inputs } = one.price
    check(`${name} jti`, one.retrieval_event_id, said.jti)
    for (const id of ['dataset_id', 'object_id']) check(`${name} ${id}`, one[id], said[id])
    check(`${name} occurred_at`, Date.parse(one.occurred_at) / 1_000, said.iat)
    check(`${name} query_sha256`, sha256(one.query), said.query_sha256)
    check(`${name} object_sha256`, one.citation.object_sha256, said.object_sha256)
    check(`${name} passage_sha256`, one.citation.passage_sha256, said.passage_sha256)
    if (one.text !== null) check(`${name} SHA-256 of text`, sha256(one.text), said.passage_sha256)
    const amount = micros(`${name} amount`, said.amount)
    checkAmount(`${name} price.amount`, one.price.amount, amount)
    expectInputs(`${name} price.inputs`, inputs)
    const price = one.price.billable ? priceOf(`${name} price.inputs`, inputs, 1n) : 0n
    checkAmount(`${name} price.inputs`, major(price), amount)
    const row = billed.find((event) => event.usage_event_id === said.usage_event_id)
    if (row) checkAmount(`${said.usage_event_id} amount`, row.amount, amount)
  }
  return `${sold.length} receipts`
}

// Audit chain: each entry's hash covers the entry and the hash before it

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`
}

function checkAudit(): string {
  // The newest entries are linked within seconds; until then they have no place in the chain.
  const entries: Json[] = json('audit.json').filter((one: Json) => one.sequence !== null)
  entries.sort((a, b) => a.sequence - b.sequence)
  let previousHash = '0'.repeat(64)
  entries.forEach((one, at) => {
    const name = `audit entry ${one.audit_event_id}`
    const occurredAt = reading(name, () => new Date(Number(one.occurred_at_ms)).toISOString())
    check(`${name} sequence`, one.sequence, at + 1)
    check(`${name} occurred_at`, one.occurred_at, occurredAt.replace(/\.\d+/, ''))
    check(`${name} previous_hash`, one.previous_hash, previousHash)
    const covered = {
      id: one.audit_event_id,
      tenantId: one.tenant_id,
      actorId: one.actor_id,
      actorType: one.actor_type,
      action: one.action,
      targetId: one.target_id,
      requestId: one.request_id,
      changes: one.changes,
      occurredAt,
      sequence: String(one.sequence),
      previousHash,
    }
    previousHash = sha256(canonical(covered))
    check(`${name} hash`, one.hash, previousHash)
  })
  return `${entries.length} audit entries in one chain`
}

const parts: [string, () => string][] = [
  ['invoice.json', checkInvoice],
  ['payout.json', checkPayout],
  ['retrievals.json', checkReceipts],
  ['audit.json', checkAudit],
]
try {
  const present = parts.filter(([file]) => has(file))
  if (present.length === 0) throw new WrongFigure(`"${folder}" holds no export`)
  for (const [file, run] of present) console.log(`sound: ${reading(file, run)}`)
} catch (error) {
  console.error(`WRONG ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
