// What docs/openapi.json says in sentences: the conventions that all operations follow, what each tag holds,
// and what each event means.
import type { webhookEventTypes } from '@ipto/contract/webhooks.ts'

export const overview = `Private data is listed, priced and searched here, and sold by the passage.

**Credentials.** A session token or an access token goes into \`Authorization: Bearer\`, an API key into \`X-API-Key\` or the same header. What an operation needs stands in its \`security\` and its description.

**Shapes.** A route has one profile, in \`x-profile\`. \`market\` (\`/v1\`): snake_case, pages as \`items, next_cursor, has_more\`. \`report\` (\`/v1/buyer|agent|provider|admin\`): the same inside \`{ data, request_id, timestamp }\`. \`resource\` (\`/v1/resources\`, \`/v1/jobs\`): camelCase, pages as \`{ object: "list", data, hasMore, nextCursor }\`. \`document\` (\`/v2\`): camelCase, pages as \`{ data, limit, offset, totalCount }\`, errors as problem details (RFC 9457). \`token\`: as RFC 6749 has it. Every field is always there; what has no value is \`null\`.

**Pages.** \`limit\` is 1 to 100, and 20 where nobody asks. Under \`/v2\` pages are counted by \`offset\`. The cursor of a page leads to the next; it belongs to the same request by the same caller, and ends after a while.

**Retries.** 429, 5xx and a lost answer may be sent again. A POST, PUT or PATCH with an \`Idempotency-Key\` then does its work once, and is charged once. \`Retry-After\` says how long to wait.

**Errors.** \`code\` is for programs and stays as it is; \`message\` (\`/v2\`: \`detail\`) is for people. An example of each code stands at every operation that may answer it.

**Limits.** A minute of a tenant has as many requests as its plan allows. \`RateLimit\` and \`RateLimit-Policy\` follow revision 11 of the IETF draft, which is no standard yet; the \`X-RateLimit\` headers say the same.

**Money.** Amounts are numbers in major units of \`currency\`, exact to six decimals. Times are ISO 8601 in UTC.`

export const tagMeanings: Readonly<Record<string, string>> = {
  Identity: 'Sign-up, sessions, access tokens, the tenant and its members.',
  'API keys': 'Credentials of programs, with scopes, datasets, a budget and an end.',
  Datasets: 'What a provider lists, prices and lets others search.',
  Catalog: 'What a buyer may discover, with prices.',
  Access: 'Leave to use a dataset: asked for, granted, revoked.',
  Objects: 'Files of a dataset: their upload, their states, their download.',
  Search: 'Finding and buying passages; citations and outcomes of what was bought.',
  Buyer: 'What a buyer used, owes and contests.',
  Provider: 'What a provider sold and earns.',
  Operator: 'What the operators of the platform see and decide.',
  Audit: 'What was done in a tenant, in a chain of hashes.',
  Resources: 'Labels for keys, searches and spend: an agent, an app, a cost centre.',
  Webhooks: 'Endpoints that are told of events, and what was sent to them.',
  Integration:
    'Documents, projects and companies: objects, datasets and the tenant as `/v2` shows them.',
  Jobs: 'Long work that goes on after its request was answered.',
}

export const eventSummaries: Record<(typeof webhookEventTypes)[number], string> = {
  'object.staged': 'The bytes of an object are there, and it waits for review',
  'object.approved': 'An object was approved',
  'object.rejected': 'An object was rejected',
  'object.expired': 'An object was not decided in time',
  'object.indexed': 'An object can be found now',
  'object.failed': 'The ingestion of an object failed',
  'dataset.deleted': 'A dataset is gone',
  'access_request.created': 'A buyer asks for leave to use a dataset',
  'access_request.decided': 'A request for access was decided',
  'invoice.opened': 'An invoice was issued',
  'payout.updated': 'A payout has another state',
  'dispute.updated': 'A dispute was opened or settled',
  'budget.threshold': 'A budget is spent to 80 or 100 percent',
  'job.completed': 'A job came to its end, well or badly',
  'resource.updated': 'A resource was changed',
}
