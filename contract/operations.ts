// All operations by id: the whole API. What is not in this table does not exist.
import type { z } from 'zod'
import * as budgets from './budgets.ts'
import * as datasets from './datasets.ts'
import * as disputes from './disputes.ts'
import * as identity from './identity.ts'
import * as integration from './integration.ts'
import * as invoices from './invoices.ts'
import * as oauth from './oauth.ts'
import * as objects from './objects.ts'
import type { Operation } from './operation.ts'
import * as payouts from './payouts.ts'
import * as prices from './prices.ts'
import * as reports from './reports.ts'
import * as resources from './resources.ts'
import * as review from './review.ts'
import * as search from './search.ts'
import * as usage from './usage.ts'
import * as webhooks from './webhooks.ts'

export const operations = {
  'auth.signup': identity.authSignup,
  'auth.login': identity.authLogin,
  'auth.logout': identity.authLogout,
  'auth.accept_invite': identity.authAcceptInvite,
  'oauth.token': oauth.oauthToken,
  'oauth.integration_token': oauth.oauthIntegrationToken,
  'me.get': identity.meGet,
  'me.password': identity.mePassword,
  'tenant.get': identity.tenantGet,
  'tenant.update': identity.tenantUpdate,
  'members.list': identity.membersList,
  'members.invite': identity.membersInvite,
  'members.update': identity.membersUpdate,
  'members.remove': identity.membersRemove,
  'api_keys.create': identity.apiKeysCreate,
  'api_keys.list': identity.apiKeysList,
  'api_keys.get': identity.apiKeysGet,
  'api_keys.update': identity.apiKeysUpdate,
  'api_keys.revoke': identity.apiKeysRevoke,
  'datasets.create': datasets.datasetsCreate,
  'datasets.list': datasets.datasetsList,
  'datasets.get': datasets.datasetsGet,
  'datasets.update': datasets.datasetsUpdate,
  'datasets.delete': datasets.datasetsDelete,
  'catalog.list': datasets.catalogList,
  'catalog.get': datasets.catalogGet,
  'access_requests.create': datasets.accessRequestsCreate,
  'access_requests.list': datasets.accessRequestsList,
  'access_requests.approve': datasets.accessRequestsApprove,
  'access_requests.deny': datasets.accessRequestsDeny,
  'access_requests.withdraw': datasets.accessRequestsWithdraw,
  'grants.create': datasets.grantsCreate,
  'grants.list': datasets.grantsList,
  'grants.revoke': datasets.grantsRevoke,
  'objects.upload': objects.objectsUpload,
  'objects.confirm': objects.objectsConfirm,
  'objects.cancel_upload': objects.objectsCancelUpload,
  'uploads.create': objects.uploadsCreate,
  'uploads.complete': objects.uploadsComplete,
  'objects.list': objects.objectsList,
  'objects.get': objects.objectsGet,
  'objects.download': objects.objectsDownload,
  'objects.retry': objects.objectsRetry,
  'objects.delete': objects.objectsDelete,
  'search.query': search.searchQuery,
  'search.quote': search.searchQuote,
  'retrievals.get': search.retrievalsGet,
  'citations.create': search.citationsCreate,
  'citations.list': search.citationsList,
  'outcomes.create': search.outcomesCreate,
  'outcomes.list': search.outcomesList,
  'buyer.dashboard': reports.buyerDashboard,
  'activity.searches': reports.activitySearches,
  'activity.accesses': reports.activityAccesses,
  'spend.get': reports.spendGet,
  'spend.timeseries': usage.spendTimeseries,
  'usage_events.list': usage.usageEventsList,
  'provider.dashboard': reports.providerDashboard,
  'provider.dataset_analytics': reports.providerDatasetAnalytics,
  'provider.analytics': reports.providerAnalytics,
  'payouts.list': payouts.payoutsList,
  'payouts.get': payouts.payoutsGet,
  'payouts.statement': payouts.payoutsStatement,
  'budgets.list': budgets.budgetsList,
  'budgets.set': budgets.budgetsSet,
  'invoices.list': invoices.invoicesList,
  'invoices.get': invoices.invoicesGet,
  'invoices.pdf': invoices.invoicesPdf,
  'disputes.create': disputes.disputesCreate,
  'disputes.list': disputes.disputesList,
  'disputes.get': disputes.disputesGet,
  'review.queue': review.reviewQueue,
  'review.get': review.reviewGet,
  'review.approve': review.reviewApprove,
  'review.reject': review.reviewReject,
  'review.bulk': review.reviewBulk,
  'admin_tenants.list': review.adminTenantsList,
  'admin_tenants.update': review.adminTenantsUpdate,
  'admin_invoices.list': invoices.adminInvoicesList,
  'admin_invoices.pay': invoices.adminInvoicesPay,
  'admin_invoices.void': invoices.adminInvoicesVoid,
  'admin_payouts.list': payouts.adminPayoutsList,
  'admin_payouts.approve': payouts.adminPayoutsApprove,
  'admin_payouts.pay': payouts.adminPayoutsPay,
  'admin_payouts.hold': payouts.adminPayoutsHold,
  'admin_payouts.release': payouts.adminPayoutsRelease,
  'admin_payouts.reverse': payouts.adminPayoutsReverse,
  'admin_disputes.list': disputes.adminDisputesList,
  'admin_disputes.evidence': disputes.adminDisputesEvidence,
  'admin_disputes.resolve': disputes.adminDisputesResolve,
  'price_books.list': prices.priceBooksList,
  'price_books.create': prices.priceBooksCreate,
  'ledger.trial_balance': reports.trialBalance,
  'ledger.accounts': reports.ledgerAccounts,
  'ledger.transfers': reports.ledgerTransfers,
  'books.get': reports.booksGet,
  'books.check': reports.booksCheck,
  'admin.system': reports.adminSystem,
  'audit.list': reports.auditList,
  'resources.create': resources.resourcesCreate,
  'resources.list': resources.resourcesList,
  'resources.get': resources.resourcesGet,
  'resources.update': resources.resourcesUpdate,
  'resources.delete': resources.resourcesDelete,
  'webhooks.create': webhooks.webhooksCreate,
  'webhooks.list': webhooks.webhooksList,
  'webhooks.get': webhooks.webhooksGet,
  'webhooks.update': webhooks.webhooksUpdate,
  'webhooks.delete': webhooks.webhooksDelete,
  'webhooks.test': webhooks.webhooksTest,
  'webhook_deliveries.list': webhooks.webhookDeliveriesList,
  'webhook_deliveries.retry': webhooks.webhookDeliveriesRetry,
  'jobs.get': reports.jobsGet,
  'jobs.list': reports.jobsList,
  'documents.list': integration.documentsList,
  'documents.get': integration.documentsGet,
  'documents.states': integration.documentsStates,
  'documents.external_data': integration.documentsExternalData,
  'documents.external_id': integration.documentsExternalId,
  'documents.title': integration.documentsTitle,
  'projects.list': integration.projectsList,
  'projects.get': integration.projectsGet,
  'companies.list': integration.companiesList,
  'companies.get': integration.companiesGet,
} as const

export type Operations = typeof operations
export type OperationId = keyof Operations

/** What a reader gets: parsed, with defaults filled in. */
export type ParsedInput<K extends OperationId> = z.output<Operations[K]['input']>
/** What a caller may send. */
export type CallerInput<K extends OperationId> = z.input<Operations[K]['input']>
/** One thing, or one item of a list, as a presenter returns it. */
export type WireBody<K extends OperationId> = z.input<Operations[K]['output']>

/** All operations, alike: for whoever goes through them without asking which is which. */
export const allOperations = Object.values(operations) as unknown as Operation[]
