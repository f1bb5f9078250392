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

// Numbers: micro-units (10⁻⁶) as bigint, read from decimals without a float in between.

type Cell = string | number

function micros(value: Cell): bigint {
  const text = typeof value === 'number' ? value.toFixed(6) : value
  const parts = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text)
  if (!parts) throw new WrongFigure(`${text} is no amount with at most six decimals`)
  const [, sign, whole = '0', fraction = ''] = parts
  const size = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return sign ? -size : size
}

function major(value: bigint): string {
  const size = value < 0n ? -value : value
  const fraction = String(size % 1_000_000n).padStart(6, '0')
  return `${value < 0n ? '-' : ''}${size / 1_000_000n}.${fraction}`
}

const sum = (values: bigint[]) => values.reduce((total, one) => total + one, 0n)

/** a / b, rounded half up. */
const rounded = (a: bigint, b: bigint) => (2n * a + b) / (2n * b)

const folder = process.argv[2] ?? ''
const has = (name: string) => existsSync(join(folder, name))
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const json = (name: string) => JSON.parse(text(name))

/** RFC 4180: cells in quotation marks may hold commas, line ends and doubled quotation marks. */
function csv(name: string): Record<string, string>[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text(name).matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
    if (end === '') break
    if (end !== ',') rows.push([])
  }
  const [names = [], ...body] = rows.filter((row) => row.length > 1)
  return body.map((row) => Object.fromEntries(names.map((one, at) => [one, row[at] ?? ''])))
}

// Usage events: each amount from its stored inputs

interface Inputs {
  model: string
  base: number | null
  factor_ppm: number | null
  d7: number | null
  d28: number | null
  age_days: number | null
  half_life_days: number | null
  value: number | null
  events_total: number | null
  bps_before: number | null
  bps_after: number | null
  share_platform_bps: number
}

interface Usage {
  id: string
  datasetId: string
  eventType: string
  occurredAt: string
  quantity: bigint
  amount: bigint
  platform: bigint
}

/** Parts per million, from what was observed. */
function factorOf(inputs: Inputs): number {
  const { model, d7, d28, age_days: age, half_life_days: halfLife } = inputs
  if (model === 'demand_curve' && d7 !== null && d28 !== null) {
    const ratio = (1 + d7) / (1 + d28 / 4)
    return Math.round(Math.sqrt(Math.min(2, Math.max(0.5, ratio))) * 1_000_000)
  }
  if (model === 'time_decay' && age !== null && halfLife !== null) {
    return Math.round(Math.max(0.25, 2 ** (-age / halfLife)) * 1_000_000)
  }
  return 1_000_000
}

function unitPriceOf(name: string, inputs: Inputs): bigint {
  check(`${name} factor_ppm`, inputs.factor_ppm, factorOf(inputs))
  return rounded(micros(inputs.base ?? 0) * BigInt(inputs.factor_ppm ?? 0), 1_000_000n)
}

// A dataset's part of an outcome is the difference of one running sum: all parts add up to the whole.
function outcomePart({ value, events_total, bps_before, bps_after }: Inputs): bigint {
  const until = (bps: number | null) =>
    rounded(micros(value ?? 0) * BigInt(bps ?? 0), 10_000n * BigInt(events_total ?? 1))
  return until(bps_after) - until(bps_before)
}

function usageOf(row: Record<string, string>): Usage {
  const id = row.usage_event_id ?? ''
  const inputs: Inputs = JSON.parse(row.price_inputs ?? '{}')
  const quantity = BigInt(row.quantity ?? '0')
  const amount = micros(row.amount ?? '')
  const platform = micros(row.platform_amount ?? '')
  let owed: bigint
  if (inputs.model === 'outcome') {
    owed = outcomePart(inputs)
  } else {
    check(`${id} unit_price`, major(micros(row.unit_price ?? '')), major(unitPriceOf(id, inputs)))
    const exact = quantity * micros(inputs.base ?? 0) * BigInt(inputs.factor_ppm ?? 0)
    owed = rounded(exact, 1_000_000n)
  }
  check(`${id} amount`, major(amount), major(row.billable === 'true' ? owed : 0n))
  const share = (amount * BigInt(inputs.share_platform_bps)) / 10_000n
  check(`${id} platform_amount`, major(platform), major(share))
  const { dataset_id: datasetId = '', event_type: eventType = '', occurred_at: at = '' } = row
  return { id, datasetId, eventType, occurredAt: at, quantity, amount, platform }
}

interface Line {
  line_id?: string
  kind?: string
  dataset_id: string | null
  event_type: string | null
  quantity: number
  amount?: number
  gross?: number
  net?: number
}

function group(usage: Usage[], line: Line): Usage[] {
  return usage.filter(
    (one) => one.datasetId === line.dataset_id && one.eventType === line.event_type,
  )
}

function expectWithin(period: { period_start: string; period_end: string }, usage: Usage[]): void {
  for (const { id, occurredAt } of usage) {
    const isWithin = occurredAt >= period.period_start && occurredAt <= period.period_end
    check(`${id} occurred_at ${occurredAt} within the period`, true, isWithin)
  }
}

// Invoice

const planFees = ['49.000000', '499.000000']

function checkInvoice(): string {
  const invoice = json('invoice.json')
  const usage = csv('invoice-usage.csv').map(usageOf)
  expectWithin(invoice, usage)
  const sign = invoice.credits_invoice_id === null ? 1n : -1n
  const lines: Line[] = invoice.lines
  for (const line of lines) {
    const name = `invoice ${invoice.invoice_id} ${line.line_id}`
    if (line.kind === 'plan_fee') {
      const fee = major(micros(line.amount ?? 0))
      if (!planFees.includes(fee)) check(`${name} amount`, fee, 'the fee of a plan')
      continue
    }
    const events = group(usage, line)
    check(`${name} quantity`, line.quantity, sum(events.map((one) => one.quantity)))
    const owed = sign * sum(events.map((one) => one.amount))
    check(`${name} amount`, major(micros(line.amount ?? 0)), major(owed))
  }
  const billed = usage.filter((one) => lines.some((line) => group([one], line).length > 0))
  check(`invoice ${invoice.invoice_id} usage events on lines`, billed.length, usage.length)
  const total = major(sum(lines.map((line) => micros(line.amount ?? 0))))
  check(`invoice ${invoice.invoice_id} total`, major(micros(invoice.total)), total)
  return `invoice ${invoice.number}: ${lines.length} lines, ${usage.length} usage events, total ${total}`
}

// Payout

function checkPayout(): string {
  const payout = json('payout.json')
  const usage = csv('payout-usage.csv').map(usageOf)
  expectWithin(payout, usage)
  const name = `payout ${payout.payout_id}`
  const lines: Line[] = payout.lines
  for (const line of lines) {
    const events = group(usage, line)
    const place = `${name} ${line.dataset_id} ${line.event_type}`
    const gross = sum(events.map((one) => one.amount))
    const net = gross - sum(events.map((one) => one.platform))
    check(`${place} quantity`, line.quantity, sum(events.map((one) => one.quantity)))
    check(`${place} gross`, major(micros(line.gross ?? 0)), major(gross))
    check(`${place} net`, major(micros(line.net ?? 0)), major(net))
  }
  const gross = sum(usage.map((one) => one.amount))
  const fee = sum(usage.map((one) => one.platform))
  check(`${name} gross`, major(micros(payout.gross)), major(gross))
  check(`${name} platform_fee`, major(micros(payout.platform_fee)), major(fee))
  check(`${name} net`, major(micros(payout.net)), major(gross - fee))
  return `payout ${payout.payout_id}: ${usage.length} usage events, net ${major(gross - fee)}`
}

// Receipts: compact JWS (RFC 7515), Ed25519 (RFC 8037)

function checkReceipts(): string {
  const keys: { kid: string }[] = json('keys.json').keys
  const charged = new Map(
    has('invoice-usage.csv')
      ? csv('invoice-usage.csv').map((row) => [row.usage_event_id, major(micros(row.amount ?? ''))])
      : [],
  )
  const sold = json('retrievals.json')
  for (const one of sold) {
    const name = `receipt of ${one.retrieval_event_id}`
    const [head = '', body = '', signature = ''] = String(one.receipt).split('.')
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString())
    check(`${name} alg`, alg, 'EdDSA')
    const jwk = keys.find((key) => key.kid === kid)
    check(`${name} signed by a known key`, jwk !== undefined, true)
    const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' })
    const isSigned = verify(
      null,
      Buffer.from(`${head}.${body}`),
      key,
      Buffer.from(signature, 'base64url'),
    )
    check(`${name} signature holds`, isSigned, true)
    const said = JSON.parse(Buffer.from(body, 'base64url').toString())
    check(`${name} jti`, said.jti, one.retrieval_event_id)
    const amount = major(micros(said.amount))
    check(`${name} amount`, major(micros(one.price.amount)), amount)
    check(`${name} passage_sha256`, one.citation.passage_sha256, said.passage_sha256)
    if (one.text !== null) {
      const hash = createHash('sha256').update(one.text, 'utf8').digest('hex')
      check(`${name} SHA-256 of the passage`, hash, said.passage_sha256)
    }
    const booked = charged.get(said.usage_event_id)
    if (booked !== undefined) check(`${said.usage_event_id} amount`, booked, amount)
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
  const entries = json('audit.json').filter((one: { sequence: unknown }) => one.sequence !== null)
  entries.sort((a: { sequence: number }, b: { sequence: number }) => a.sequence - b.sequence)
  let previousHash = '0'.repeat(64)
  entries.forEach((one: Record<string, unknown>, at: number) => {
    const name = `audit entry ${one.audit_event_id}`
    check(`${name} sequence`, one.sequence, at + 1)
    const hashed = canonical({
      id: one.audit_event_id,
      tenantId: one.tenant_id,
      actorId: one.actor_id,
      actorType: one.actor_type,
      action: one.action,
      targetId: one.target_id,
      requestId: one.request_id,
      changes: one.changes,
      occurredAt: new Date(Number(one.occurred_at_ms)).toISOString(),
      sequence: String(one.sequence),
      previousHash,
    })
    previousHash = createHash('sha256').update(hashed).digest('hex')
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
const present = parts.filter(([file]) => has(file))
try {
  if (present.length === 0) throw new WrongFigure(`"${folder}" holds no export`)
  for (const [, run] of present) console.log(`sound: ${run()}`)
} catch (error) {
  console.error(`WRONG ${error instanceof WrongFigure ? error.message : String(error)}`)
  process.exit(1)
}
