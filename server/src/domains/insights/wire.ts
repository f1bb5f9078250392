import { currency, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { addMs, dateOf } from '../../base/clock.ts'
import type { Wire } from '../../base/route.ts'
import * as metering from '../metering/metering.ts'
import type { BookCheck } from './books.ts'
import type { Access, BuyerDashboard, SearchActivity, Spend } from './buyer.ts'
import type { Evidence } from './evidence.ts'
import type { Analytics, DatasetAnalytics, ProviderDashboard } from './provider.ts'
import type { SpendQuery, SpendSeries } from './series.ts'
import type { SystemState } from './system.ts'
import type { UsageQuery } from './usage.ts'

export function presentBuyerDashboard({ keyCount, activeKeyCount }: BuyerDashboard) {
  return { api_key_count: keyCount, active_api_key_count: activeKeyCount }
}

export function readSearchesPage(input: ParsedInput<'activity.searches'>) {
  return { limit: input.limit }
}

export function presentSearchActivity(activity: SearchActivity, wire: Wire) {
  return {
    search_activity_id: activity.id,
    query_text: activity.queryText,
    dataset_ids: activity.datasetIds,
    result_count: activity.resultCount,
    charged_amount: toMajor(activity.chargedMicros),
    currency: activity.currency,
    occurred_at: wire.time(activity.searchedAt),
  }
}

export function readAccessesPage(input: ParsedInput<'activity.accesses'>) {
  return { limit: input.limit }
}

export function presentAccess(access: Access, wire: Wire) {
  return {
    dataset_id: access.datasetId,
    dataset_name: access.datasetName,
    access_count: access.accessCount,
    last_accessed_at: wire.time(access.lastAccessedAt),
  }
}

export function presentSpend(spend: Spend, wire: Wire) {
  return {
    total_spend: toMajor(spend.totalMicros),
    currency,
    period_start: wire.time(spend.periodStart),
    // The wire shows the last second of the month, the inside is half-open.
    period_end: wire.time(addMs(spend.periodEnd, -1_000)),
    search_spend: toMajor(spend.searchMicros),
    retrieval_spend: toMajor(spend.retrievalMicros),
    plan_fee: toMajor(spend.planFeeMicros),
  }
}

export function presentProviderDashboard(counts: ProviderDashboard) {
  return {
    total_datasets: counts.datasets,
    total_objects: counts.objects,
    total_storage_bytes: Number(counts.storageBytes),
    objects_pending_review: counts.pendingReview,
    objects_approved: counts.approved,
    objects_rejected: counts.rejected,
  }
}

export function readDatasetId(input: ParsedInput<'provider.dataset_analytics'>): string {
  return input.dataset_id
}

export function presentDatasetAnalytics(analytics: DatasetAnalytics) {
  const { dataset, usage, buyerCount, topQueries } = analytics
  return {
    dataset_id: dataset.id,
    dataset_name: dataset.name,
    object_count: dataset.objectCount,
    active_object_count: dataset.activeObjectCount,
    storage_bytes: Number(dataset.storageBytes),
    retrievals: usage.retrievals,
    citations: usage.citations,
    downloads: usage.downloads,
    revenue: toMajor(usage.netMicros),
    currency,
    unique_buyers: buyerCount,
    top_queries: topQueries.map(({ text, count }) => ({ query: text, count })),
  }
}

export function readAnalytics(input: ParsedInput<'provider.analytics'>) {
  return {
    datasetId: input.dataset_id ?? null,
    from: input.from ? dateOf(input.from) : null,
    to: input.to ? dateOf(input.to) : null,
  }
}

export function presentAnalytics(analytics: Analytics) {
  const { keywords, usage, buyerCount, heldMicros, series } = analytics
  return {
    top_keywords: keywords.map((keyword) => ({
      keyword: keyword.text,
      count: keyword.count,
      buyer_count: keyword.buyerCount,
    })),
    usage_summary: {
      retrievals: usage.retrievals,
      citations: usage.citations,
      downloads: usage.downloads,
      outcomes: usage.outcomes,
      unique_buyers: buyerCount,
    },
    revenue_summary: {
      gross: toMajor(usage.grossMicros),
      platform_fee: toMajor(usage.platformMicros),
      net: toMajor(usage.netMicros),
      held: toMajor(heldMicros),
      currency,
    },
    series: series.map((day) => ({
      date: day.date,
      retrievals: day.retrievals,
      citations: day.citations,
      downloads: day.downloads,
      outcomes: day.outcomes,
      net: toMajor(day.netMicros),
    })),
  }
}

export function presentSystem(state: SystemState, wire: Wire) {
  return {
    queues: state.queues.map(({ name, waiting, running, failed }) => ({
      name,
      waiting,
      running,
      failed,
    })),
    oldest_waiting_at: wire.timeOrNull(state.oldestWaitingAt),
    index_lag: state.indexLag,
    failed_objects: state.failedObjects,
    unexplained_money: toMajor(state.unexplainedMicros),
    extraction_isolated: state.isExtractionIsolated,
  }
}

export function readUsageQuery(input: ParsedInput<'usage_events.list'>): UsageQuery {
  return {
    eventType: input.event_type ?? null,
    datasetId: input.dataset_id ?? null,
    apiKeyId: input.api_key_id ?? null,
    resourceId: input.resource_id ?? null,
    from: input.from ? dateOf(input.from) : null,
    to: input.to ? dateOf(input.to) : null,
    invoiceId: input.invoice_id ?? null,
    lineId: input.line_id ?? null,
    payoutId: input.payout_id ?? null,
    limit: input.limit,
  }
}

export function presentUsageEvent(event: metering.UsageEvent, wire: Wire) {
  return {
    usage_event_id: event.id,
    event_type: event.eventType,
    occurred_at: wire.time(event.occurredAt),
    dataset_id: event.datasetId,
    dataset_name: event.datasetName,
    object_id: event.objectId,
    api_key_id: event.apiKeyId,
    resource_id: event.resourceId,
    search_activity_id: event.searchActivityId,
    quantity: Number(event.quantity),
    unit_price: toMajor(event.unitPriceMicros),
    amount: toMajor(event.amountMicros),
    currency: event.currency,
    price_book_version: event.priceBookVersion,
    billable: event.billable,
    platform_amount: toMajor(event.platformMicros),
    price_inputs: presentInputs(metering.priceOf(event)),
  }
}

function presentInputs(price: metering.Price) {
  const common = {
    model: price.model,
    price_book_version: price.priceBookVersion,
    share_platform_bps: Number(price.platformBps),
  }
  if (price.model === 'outcome') {
    return {
      ...noInputs,
      ...common,
      value: toMajor(price.valueMicros),
      events_total: Number(price.eventsTotal),
      bps_before: Number(price.bpsBefore),
      bps_after: Number(price.bpsAfter),
    }
  }
  return {
    ...noInputs,
    ...common,
    base: toMajor(price.baseMicros),
    factor_ppm: price.factorPpm,
    price_point_id: price.pricePointId,
    d7: price.d7,
    d28: price.d28,
    age_days: price.ageDays,
    half_life_days: price.halfLifeDays,
  }
}

// Every field is always there, in this order, and null where the price does not come from it.
const noInputs = {
  model: null,
  base: null,
  factor_ppm: null,
  price_book_version: null,
  price_point_id: null,
  d7: null,
  d28: null,
  age_days: null,
  half_life_days: null,
  value: null,
  events_total: null,
  bps_before: null,
  bps_after: null,
  share_platform_bps: null,
}

export function readSpendQuery(input: ParsedInput<'spend.timeseries'>): SpendQuery {
  return {
    from: input.from ? dateOf(input.from) : null,
    to: input.to ? dateOf(input.to) : null,
    interval: input.interval,
    groupBy: input.group_by ?? null,
  }
}

export function presentSpendSeries({ series, totalMicros }: SpendSeries, wire: Wire) {
  return {
    series: series.map((row) => ({
      period_start: wire.time(row.periodStart),
      // The wire shows the last second of an interval, the inside is half-open.
      period_end: wire.time(addMs(row.periodEnd, -1_000)),
      group: row.group,
      amount: toMajor(row.amountMicros),
      events: row.events,
    })),
    currency,
    total: toMajor(totalMicros),
  }
}

export function presentBooks(check: BookCheck | undefined, wire: Wire) {
  return {
    checked_at: check ? wire.time(check.checkedAt) : null,
    sound: check ? check.findings.length === 0 : null,
    findings: (check?.findings ?? []).map(({ kind, targetId, text }) => ({
      kind,
      subject: targetId,
      text,
    })),
  }
}

export function readDisputeId(input: ParsedInput<'admin_disputes.evidence'>): string {
  return input.dispute_id
}

export function presentEvidence({ dispute, exhibits }: Evidence, wire: Wire) {
  return {
    dispute_id: dispute.id,
    reason: dispute.reason,
    evidence: exhibits.map((one) => ({
      usage_event_id: one.id,
      event_type: one.eventType,
      occurred_at: wire.time(one.occurredAt),
      dataset_id: one.datasetId,
      dataset_name: one.datasetName,
      object_id: one.objectId,
      filename: one.filename,
      amount: toMajor(one.amountMicros),
      query: one.queryText,
      rank: one.rank,
      score: one.score,
      snippet: one.snippet,
      passage: one.passage,
      passage_sha256: one.passageSha256,
    })),
  }
}
