// What generated things are called. The rules make a good name from most operation ids; the table holds
// the words that no rule can find. A name of the table that no operation uses is an error.
import type { OperationId } from '@ipto/contract/operations.ts'

// The body of one operation, or of each item where it lists.
const outputNames: Partial<Record<OperationId, string>> = {
  'auth.signup': 'SignedIn',
  'auth.logout': 'SignedOut',
  'oauth.token': 'AccessToken',
  'me.password': 'PasswordChanged',
  'members.invite': 'Invitation',
  'members.remove': 'RemovedMember',
  'api_keys.create': 'ApiKeyWithSecret',
  'datasets.update': 'DatasetWithJob',
  'catalog.list': 'CatalogDataset',
  'objects.upload': 'ObjectUpload',
  'objects.list': 'StoredObject',
  'objects.cancel_upload': 'CancelledUpload',
  'objects.download': 'Download',
  'objects.retry': 'ObjectRetry',
  'objects.delete': 'DeletedObject',
  'uploads.create': 'Upload',
  'search.query': 'SearchAnswer',
  'retrievals.get': 'Retrieval',
  'buyer.dashboard': 'BuyerDashboard',
  'activity.searches': 'SearchActivity',
  'activity.accesses': 'DatasetAccess',
  'spend.get': 'Spend',
  'provider.dashboard': 'ProviderDashboard',
  'provider.dataset_analytics': 'DatasetAnalytics',
  'provider.analytics': 'ProviderAnalytics',
  'admin_invoices.list': 'AdminInvoice',
  'review.queue': 'ReviewItem',
  'review.get': 'ReviewDetail',
  'review.bulk': 'ReviewResults',
  'ledger.trial_balance': 'TrialBalance',
  'admin.system': 'SystemState',
  'audit.list': 'AuditEvent',
  'webhooks.create': 'WebhookWithSecret',
  'documents.get': 'DocumentDetail',
  'documents.states': 'DocumentStates',
  'webhooks.update': 'ChangedWebhook',
}

/** `api_keys` → `ApiKeys`, `objects.cancel_upload` → `ObjectsCancelUpload`. */
export function pascal(id: string): string {
  return id
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
}

/** `api_keys` → `apiKeys`. */
export function camel(id: string): string {
  const name = pascal(id)
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** `api_keys.create` → noun `api_keys`, verb `create`. */
export function partsOf(id: string): { noun: string; verb: string } {
  const dot = id.indexOf('.')
  return { noun: id.slice(0, dot), verb: id.slice(dot + 1) }
}

/** `categories` → `category`, `statuses` → `status`, `searches` → `search`. */
export function singular(noun: string): string {
  if (noun.endsWith('ies')) return `${noun.slice(0, -3)}y`
  if (/(?:us|ss|x|ch|sh)es$/i.test(noun)) return noun.slice(0, -2)
  return noun.endsWith('s') && !noun.endsWith('ss') ? noun.slice(0, -1) : noun
}

/** The name of a body that these operations share. */
export function outputName(ids: readonly string[]): string {
  const named = Object.entries(outputNames).find(([id]) => ids.includes(id))
  if (named) return named[1]
  const read = ids.find((id) => /\.(get|list)$/.test(id))
  if (read) return pascal(singular(partsOf(read).noun))
  return `${pascal(ids[0] ?? '')}Result`
}

export function requestName(id: string): string {
  return `${pascal(id)}Request`
}

export function inputName(id: string): string {
  return `${pascal(id)}Input`
}

export function staleNames(ids: readonly string[]): string[] {
  return Object.keys(outputNames).filter((id) => !ids.includes(id))
}
