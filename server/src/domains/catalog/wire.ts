import { windowLimitMax } from '@ipto/contract/integration.ts'
import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import { assert } from '../../base/errors.ts'
import type { Wire } from '../../base/route.ts'
import type { AccessRequest, Grant } from '../access/access.ts'
import type { Listing } from './browse.ts'
import type { ShownPriceBook } from './price-books.ts'
import type { Dataset } from './store.ts'
import type { TermsInput } from './terms.ts'

type WireTerms = Omit<ParsedInput<'datasets.update'>, 'dataset_id' | 'status'>

export function readNewDataset(input: ParsedInput<'datasets.create'>) {
  return { ...readTerms(input), name: input.name }
}

export function readDatasetChange(input: ParsedInput<'datasets.update'>) {
  return { ...readTerms(input), id: input.dataset_id, status: input.status }
}

function readTerms(input: WireTerms): TermsInput {
  return {
    name: input.name,
    description: input.description,
    sourceModality: input.source_modality,
    monetizationMode: input.monetization_mode,
    pricingModel: input.pricing_model,
    visibility: input.visibility,
    accessPolicy: input.access_policy,
    unitPrices: input.unit_prices && {
      retrieval: microsOf(input.unit_prices.retrieval),
      citation: microsOf(input.unit_prices.citation),
      download: microsOf(input.unit_prices.download),
    },
    halfLifeDays: input.half_life_days,
    embeddingModel: input.embedding_model,
    language: input.language,
    license: input.license && {
      terms: input.license.terms,
      allowedUses: input.license.allowed_uses,
      maxQuoteChars: input.license.max_quote_chars,
    },
    tags: input.tags,
  }
}

function microsOf(amount: number | undefined): bigint | undefined {
  return amount === undefined ? undefined : exactMicros(amount)
}

function exactMicros(amount: number): bigint {
  const micros = fromMajor(amount)
  assert(micros !== undefined, 'the contract lets only whole micro-units pass')
  return micros
}

export function readDatasetId(input: ParsedInput<'datasets.get'>): string {
  return input.dataset_id
}

export function readDatasetFilter(input: ParsedInput<'datasets.list'>) {
  return {
    status: input.status ?? null,
    visibility: input.visibility ?? null,
    q: input.q ?? null,
    limit: input.limit,
  }
}

export function presentDataset(dataset: Dataset, wire: Wire) {
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    description: dataset.description,
    status: dataset.status,
    source_modality: dataset.sourceModality,
    monetization_mode: dataset.monetizationMode,
    pricing_model: dataset.pricingModel,
    unit_prices: dataset.unitPrices && {
      retrieval: majorOrNull(dataset.unitPrices.retrieval),
      citation: majorOrNull(dataset.unitPrices.citation),
      download: majorOrNull(dataset.unitPrices.download),
    },
    half_life_days: dataset.halfLifeDays,
    visibility: dataset.visibility,
    access_policy: dataset.accessPolicy,
    language: dataset.language,
    embedding_model: dataset.embeddingModel,
    license: presentLicense(dataset),
    tags: dataset.tags,
    curated: dataset.curated,
    object_count: dataset.objectCount,
    active_object_count: dataset.activeObjectCount,
    pending_review_count: dataset.pendingReviewCount,
    chunk_count: dataset.chunkCount,
    storage_bytes: Number(dataset.storageBytes),
    created_at: wire.time(dataset.createdAt),
    updated_at: wire.time(dataset.updatedAt),
  }
}

export function presentChangedDataset(dataset: Dataset, wire: Wire) {
  return { ...presentDataset(dataset, wire), job_id: dataset.removalJobId }
}

function majorOrNull(micros: bigint | null): number | null {
  return micros === null ? null : toMajor(micros)
}

function presentLicense(dataset: Dataset) {
  return {
    terms: dataset.licenseTerms,
    allowed_uses: dataset.allowedUses,
    max_quote_chars: dataset.maxQuoteChars,
  }
}

export function readCatalogFilter(input: ParsedInput<'catalog.list'>) {
  return {
    q: input.q ?? null,
    modality: input.modality ?? null,
    monetizationMode: input.monetization_mode ?? null,
    maxMicros: microsOf(input.max_price) ?? null,
    sort: input.sort,
    limit: input.limit,
  }
}

export function presentListing(listing: Listing, wire: Wire) {
  const { dataset, prices } = listing
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    description: dataset.description,
    provider: { tenant_id: dataset.tenantId, name: listing.providerName },
    source_modality: dataset.sourceModality,
    language: dataset.language,
    tags: dataset.tags,
    object_count: dataset.activeObjectCount,
    chunk_count: dataset.chunkCount,
    monetization_mode: dataset.monetizationMode,
    pricing_model: dataset.pricingModel,
    current_prices: {
      retrieval: toMajor(prices.retrieval),
      citation: toMajor(prices.citation),
      download: toMajor(prices.download),
      outcome_percent: listing.outcomeBps / 100,
      currency,
    },
    price_history: listing.history.map(({ date, retrievalMicros }) => ({
      date,
      retrieval: toMajor(retrievalMicros),
    })),
    license: presentLicense(dataset),
    freshest_object_at: wire.timeOrNull(dataset.freshestObjectAt),
    access: listing.access,
  }
}

export function readNewRequest(input: ParsedInput<'access_requests.create'>) {
  return { datasetId: input.dataset_id, purpose: input.purpose, message: input.message ?? null }
}

export function readRequestFilter(input: ParsedInput<'access_requests.list'>) {
  return {
    isIncoming: input.direction === 'incoming',
    status: input.status ?? null,
    limit: input.limit,
  }
}

export function readApproval(input: ParsedInput<'access_requests.approve'>) {
  return {
    requestId: input.access_request_id,
    decision: 'approved' as const,
    expiresAt: input.expires_at ? dateOf(input.expires_at) : null,
  }
}

export function readDenial(input: ParsedInput<'access_requests.deny'>) {
  return {
    requestId: input.access_request_id,
    decision: 'denied' as const,
    reason: input.reason,
  }
}

export function readRequestId(input: ParsedInput<'access_requests.withdraw'>): string {
  return input.access_request_id
}

/** `expires_at`: the end of the grant once it is approved, else the end of waiting. */
export function presentRequest(request: AccessRequest, wire: Wire) {
  const expiresAt = request.status === 'approved' ? request.grantExpiresAt : request.lapsesAt
  return {
    access_request_id: request.id,
    dataset_id: request.datasetId,
    dataset_name: request.datasetName,
    buyer: { tenant_id: request.tenantId, name: request.tenantName },
    purpose: request.purpose,
    message: request.message,
    status: request.status,
    reason: request.reason,
    expires_at: wire.timeOrNull(expiresAt),
    created_at: wire.time(request.createdAt),
    decided_at: wire.timeOrNull(request.decidedAt),
  }
}

export function readNewGrant(input: ParsedInput<'grants.create'>) {
  return {
    datasetId: input.dataset_id,
    tenantId: input.tenant_id ?? null,
    tenantName: input.tenant_name ?? null,
    expiresAt: input.expires_at ? dateOf(input.expires_at) : null,
  }
}

export function readGrantFilter(input: ParsedInput<'grants.list'>) {
  return { datasetId: input.dataset_id, limit: input.limit }
}

export function readGrantId(input: ParsedInput<'grants.revoke'>) {
  return { datasetId: input.dataset_id, grantId: input.grant_id }
}

export function presentGrant(grant: Grant, wire: Wire) {
  return {
    grant_id: grant.id,
    dataset_id: grant.datasetId,
    tenant_id: grant.tenantId,
    tenant_name: grant.tenantName,
    expires_at: wire.timeOrNull(grant.expiresAt),
    revoked_at: wire.timeOrNull(grant.revokedAt),
    created_at: wire.time(grant.createdAt),
  }
}

export function readPriceBooksPage(input: ParsedInput<'price_books.list'>) {
  return { limit: input.limit }
}

export function readNewPriceBook(input: ParsedInput<'price_books.create'>) {
  const { open, premium, outcome_share } = input.prices
  return {
    startsAt: dateOf(input.starts_at),
    prices: {
      open: { ...readBase(open), outcomeBps: null },
      premium: { ...readBase(premium), outcomeBps: null },
      outcome_share: {
        ...readBase(outcome_share),
        // At most two decimals, so this is a whole number but for the noise of a double.
        outcomeBps: Math.round(outcome_share.outcome_percent * 100),
      },
    },
  }
}

function readBase(prices: ParsedInput<'price_books.create'>['prices']['open']) {
  return {
    retrieval: exactMicros(prices.retrieval),
    citation: exactMicros(prices.citation),
    download: exactMicros(prices.download),
  }
}

export function presentPriceBook({ prices, ...book }: ShownPriceBook, wire: Wire) {
  return {
    version: book.version,
    starts_at: wire.time(book.startsAt),
    prices: {
      open: presentBase(prices.open),
      premium: presentBase(prices.premium),
      outcome_share: {
        ...presentBase(prices.outcome_share),
        outcome_percent: (prices.outcome_share.outcomeBps ?? 0) / 100,
      },
    },
    currency,
    published_at: wire.timeOrNull(book.publishedAt),
    in_force: book.isInForce,
  }
}

function presentBase({ retrieval, citation, download }: ShownPriceBook['prices']['open']) {
  return {
    retrieval: toMajor(retrieval),
    citation: toMajor(citation),
    download: toMajor(download),
  }
}

export function readProjectFilter(input: ParsedInput<'projects.list'>) {
  return {
    q: input.search ?? null,
    isOldestFirst: input.sort !== '-createdAt',
    limit: Math.min(input.limit, windowLimitMax),
    offset: input.offset,
  }
}

export const readProjectId = (input: ParsedInput<'projects.get'>): string => input.id

export function presentProject(dataset: Dataset, wire: Wire) {
  return {
    id: dataset.id,
    name: dataset.name,
    note: dataset.description,
    isLive: dataset.status === 'active',
    createdAt: wire.time(dataset.createdAt),
    updatedAt: wire.time(dataset.updatedAt),
  }
}
