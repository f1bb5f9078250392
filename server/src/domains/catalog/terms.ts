// What a provider may set about a dataset: defaults, what fits together, and which status leads where.
// Pure: no database, no clock.
import { Failure, type FieldProblem } from '../../base/errors.ts'
import type { AccessPolicy, Visibility } from '../access/access.ts'
import type { Model, MonetizationMode, PriceBook } from '../metering/metering.ts'
import {
  boundsOf,
  halfLifeDaysDefault,
  isWithinBounds,
  pricedEvents,
  type UnitPrices,
} from './pricing.ts'
import type { DatasetStatus, DatasetTerms, SourceModality } from './store.ts'

/** What is undefined stays as it was, or takes its default in a new dataset. */
export interface TermsInput {
  name?: string | undefined
  description?: string | undefined
  sourceModality?: SourceModality | undefined
  monetizationMode?: MonetizationMode | undefined
  pricingModel?: Model | undefined
  visibility?: Visibility | undefined
  accessPolicy?: AccessPolicy | undefined
  /** Null takes all own prices back. */
  unitPrices?: { [E in keyof UnitPrices]?: bigint | undefined } | null | undefined
  halfLifeDays?: number | null | undefined
  embeddingModel?: string | null | undefined
  language?: string | null | undefined
  /** Null takes the whole licence back. */
  license?:
    | {
        terms?: string | undefined
        allowedUses?: readonly string[] | undefined
        maxQuoteChars?: number | null | undefined
      }
    | null
    | undefined
  tags?: readonly string[] | undefined
}

/** The terms of a new dataset. Throws `invalid_request` as `changedTerms`. */
export function newTerms(
  input: TermsInput & { name: string },
  { book, embeddingModel }: { book: PriceBook; embeddingModel: string | null },
): DatasetTerms {
  const mode = input.monetizationMode ?? 'open'
  const defaults: DatasetTerms = {
    name: input.name,
    description: null,
    sourceModality: 'document',
    monetizationMode: mode,
    pricingModel: 'demand_curve',
    unitPrices: null,
    halfLifeDays: null,
    visibility: 'private',
    accessPolicy: mode === 'open' ? 'automatic' : 'approval',
    language: null,
    embeddingModel,
    licenseTerms: null,
    allowedUses: [],
    maxQuoteChars: null,
    tags: [],
  }
  return changedTerms(defaults, input, book)
}

/**
 * The terms after a change. Own prices go with another pricing model than `fixed`, a half-life with
 * another than `time_decay`. Throws `invalid_request`, with the fields, where they are sent with the
 * wrong model, or an own price stands outside its bounds when it is set.
 */
export function changedTerms(
  before: DatasetTerms,
  change: TermsInput,
  book: PriceBook,
): DatasetTerms {
  const pricingModel = change.pricingModel ?? before.pricingModel
  const after: DatasetTerms = {
    name: change.name ?? before.name,
    description: change.description ?? before.description,
    sourceModality: change.sourceModality ?? before.sourceModality,
    monetizationMode: change.monetizationMode ?? before.monetizationMode,
    pricingModel,
    unitPrices: pricingModel === 'fixed' ? changedPrices(before, change) : null,
    halfLifeDays: pricingModel === 'time_decay' ? changedHalfLife(before, change) : null,
    visibility: change.visibility ?? before.visibility,
    accessPolicy: change.accessPolicy ?? before.accessPolicy,
    language: change.language === undefined ? before.language : change.language,
    embeddingModel:
      change.embeddingModel === undefined ? before.embeddingModel : change.embeddingModel,
    tags: change.tags ? [...new Set(change.tags)] : before.tags,
    ...changedLicense(before, change),
  }
  refuseProblems([
    ...modelProblems(after, change),
    ...(touchesPrice(change) ? boundProblems(after, book) : []),
  ])
  return after
}

export function touchesPrice(change: TermsInput): boolean {
  const { monetizationMode, pricingModel, unitPrices, halfLifeDays } = change
  return [monetizationMode, pricingModel, unitPrices, halfLifeDays].some((one) => one !== undefined)
}

function changedPrices(before: DatasetTerms, { unitPrices }: TermsInput): UnitPrices | null {
  if (unitPrices === undefined) return before.unitPrices
  if (unitPrices === null) return null
  const after: UnitPrices = {
    retrieval: unitPrices.retrieval ?? before.unitPrices?.retrieval ?? null,
    citation: unitPrices.citation ?? before.unitPrices?.citation ?? null,
    download: unitPrices.download ?? before.unitPrices?.download ?? null,
  }
  return pricedEvents.some((event) => after[event] !== null) ? after : null
}

function changedHalfLife(before: DatasetTerms, { halfLifeDays }: TermsInput): number {
  return (halfLifeDays === undefined ? before.halfLifeDays : halfLifeDays) ?? halfLifeDaysDefault
}

function changedLicense(before: DatasetTerms, { license }: TermsInput) {
  if (license === null) return { licenseTerms: null, allowedUses: [], maxQuoteChars: null }
  const quote = license?.maxQuoteChars
  return {
    licenseTerms: license?.terms ?? before.licenseTerms,
    allowedUses: license?.allowedUses ? [...new Set(license.allowedUses)] : before.allowedUses,
    maxQuoteChars: quote === undefined ? before.maxQuoteChars : quote,
  }
}

function modelProblems({ pricingModel }: DatasetTerms, change: TermsInput): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (change.unitPrices && pricingModel !== 'fixed') {
    const reason = 'may be given with the pricing model fixed only'
    problems.push({ path: 'unit_prices', reason, nature: 'value' })
  }
  if (typeof change.halfLifeDays === 'number' && pricingModel !== 'time_decay') {
    const reason = 'may be given with the pricing model time_decay only'
    problems.push({ path: 'half_life_days', reason, nature: 'value' })
  }
  return problems
}

function boundProblems(after: DatasetTerms, book: PriceBook): FieldProblem[] {
  const base = book.prices[after.monetizationMode]
  return pricedEvents.flatMap((event) => {
    const ownMicros = after.unitPrices?.[event] ?? null
    if (ownMicros === null || isWithinBounds(ownMicros, base[event])) return []
    const { minMicros, maxMicros } = boundsOf(base[event])
    const reason = `must be between ${decimalOf(minMicros)} and ${decimalOf(maxMicros)}`
    return [{ path: `unit_prices.${event}`, reason, nature: 'value' as const }]
  })
}

function refuseProblems(fields: FieldProblem[]): void {
  if (fields.length === 0) return
  throw new Failure('invalid_request', 'The prices do not fit the dataset.', { fields })
}

/** Micros as a decimal text in major units: 6_000n → 0.006. */
function decimalOf(micros: bigint): string {
  const part = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `${micros / 1_000_000n}${part ? `.${part}` : ''}`
}

/** What a provider may ask for by hand; the rest of the way is walked by uploads and deletion. */
export function statusAfter(
  current: DatasetStatus,
  asked: DatasetStatus | undefined,
): DatasetStatus {
  if (asked === undefined || asked === current) return current
  if (current === 'active' && asked === 'paused') return asked
  if (current === 'paused' && asked === 'active') return asked
  throw new Failure('conflict', `A dataset that is ${current} cannot be made ${asked}.`)
}

export function isRemoved({ status }: { status: DatasetStatus }): boolean {
  return status === 'pending_deletion' || status === 'deleted'
}
