// Who may import whom (docs/architecture.md, section 2), as data. `tools/tidy.ts` checks the code
// against it, and that a row of domains names only rows above it.

/** Rows in order: each may import the doors and ports of rows above it, never of one below. */
export const domainRows: readonly { domains: readonly string[]; mayImport: readonly string[] }[] = [
  { domains: ['audit', 'ledger', 'metering', 'resources', 'jobs'], mayImport: [] },
  { domains: ['identity'], mayImport: ['resources'] },
  { domains: ['access'], mayImport: ['identity'] },
  {
    domains: ['billing'],
    mayImport: ['ledger', 'metering', 'resources', 'jobs', 'identity'],
  },
  { domains: ['invoices'], mayImport: ['ledger', 'metering', 'identity', 'billing'] },
  { domains: ['payouts'], mayImport: ['ledger', 'metering', 'identity', 'billing', 'invoices'] },
  {
    domains: ['disputes'],
    mayImport: ['ledger', 'metering', 'identity', 'billing', 'invoices', 'payouts'],
  },
  { domains: ['catalog'], mayImport: ['metering', 'jobs', 'access'] },
  { domains: ['objects'], mayImport: ['jobs', 'access', 'billing', 'catalog'] },
  {
    domains: ['search'],
    mayImport: ['metering', 'resources', 'access', 'billing', 'disputes', 'catalog', 'objects'],
  },
  { domains: ['ingest'], mayImport: ['jobs', 'catalog', 'objects', 'search'] },
  { domains: ['review'], mayImport: ['identity', 'access', 'catalog', 'objects', 'ingest'] },
  {
    domains: ['insights'],
    mayImport: [
      'ledger',
      'metering',
      'resources',
      'identity',
      'access',
      'billing',
      'invoices',
      'payouts',
      'disputes',
      'catalog',
      'objects',
      'search',
      'ingest',
      'review',
    ],
  },
  {
    domains: ['webhooks'],
    mayImport: [
      'resources',
      'jobs',
      'access',
      'billing',
      'invoices',
      'payouts',
      'disputes',
      'catalog',
      'objects',
    ],
  },
]

/** Every domain may record what was done. */
export const forEveryDomain: readonly string[] = ['audit']

/** Interfaces that a domain needs from outside. Adapters may import these files, and no other. */
export const ports: readonly string[] = [
  'server/src/domains/objects/blobs.ts',
  'server/src/domains/search/engine.ts',
  'server/src/domains/search/embedder.ts',
  'server/src/domains/ingest/extractor.ts',
  'server/src/domains/payouts/payout-rail.ts',
  'server/src/domains/webhooks/outbound.ts',
  'server/src/http/counters.ts',
]

/** Words of the contract that all code speaks; the other modules hold wire schemas. */
export const vocabulary: readonly string[] = [
  'contract/errors.ts',
  'contract/ids.ts',
  'contract/money.ts',
  'contract/scopes.ts',
]

/** Everything but the domains. A pattern ends in `/` for a folder; `from` is matched longest first. */
export const areaRows: readonly { from: string; mayImport: readonly string[] }[] = [
  { from: 'contract/', mayImport: ['contract/'] },
  { from: 'retrieval/', mayImport: ['retrieval/'] },
  { from: 'sdk/', mayImport: ['sdk/', 'contract/'] },
  { from: 'cli/', mayImport: ['cli/', 'contract/', 'sdk/'] },
  { from: 'mcp/', mayImport: ['mcp/', 'contract/', 'sdk/'] },
  { from: 'console/', mayImport: ['console/', 'contract/', 'sdk/'] },
  {
    from: 'test/',
    mayImport: [
      'test/',
      'contract/',
      'sdk/',
      'cli/',
      'mcp/',
      'server/src/app.ts',
      'server/src/adapters/db/prepared.fixture.ts',
    ],
  },
  {
    from: 'bench/',
    mayImport: ['bench/', 'contract/', 'sdk/', 'retrieval/', 'server/src/app.ts'],
  },
  {
    // Measures booking without HTTP around it.
    from: 'bench/money.ts',
    mayImport: ['bench/', 'contract/', 'server/src/'],
  },
  {
    from: 'bench/close.ts',
    mayImport: ['bench/', 'contract/', 'server/src/'],
  },
  {
    // Measures the pipeline without HTTP around it.
    from: 'bench/overhead.ts',
    mayImport: ['bench/', 'contract/', 'server/src/'],
  },
  { from: 'examples/', mayImport: ['examples/', 'contract/', 'sdk/'] },
  { from: 'examples/demo.ts', mayImport: ['examples/', 'contract/', 'sdk/', 'server/src/app.ts'] },
  { from: 'tools/', mayImport: [''] },
  { from: 'server/src/base/', mayImport: ['server/src/base/', 'contract/'] },
  { from: 'server/src/jobs/', mayImport: ['server/src/jobs/', 'server/src/base/', 'contract/'] },
  { from: 'server/src/adapters/', mayImport: ['server/src/base/', ...vocabulary, ...ports] },
  {
    from: 'server/src/adapters/engine/',
    mayImport: ['server/src/base/', ...vocabulary, ...ports, 'retrieval/src/index.ts'],
  },
  {
    from: 'server/src/http/',
    mayImport: [
      'server/src/http/',
      'server/src/base/',
      'contract/',
      'server/src/domains/identity/identity.ts',
      'server/src/domains/objects/blobs.ts',
    ],
  },
  { from: 'server/src/config.ts', mayImport: ['server/src/', 'contract/'] },
  {
    from: 'server/src/app.ts',
    mayImport: ['server/src/', 'contract/', 'mcp/', 'sdk/'],
  },
  {
    from: 'server/src/main.ts',
    mayImport: ['server/src/app.ts', 'server/src/config.ts', 'server/src/base/', 'contract/'],
  },
]

/** Packages that stand in one place, so that they can be replaced there. */
export const packagePlaces: Readonly<Record<string, readonly string[]>> = {
  fastify: ['server/src/http/'],
  '@fastify/helmet': ['server/src/http/'],
  '@scalar/fastify-api-reference': ['server/src/http/'],
  'pg-boss': ['server/src/jobs/'],
  pg: ['server/src/adapters/db/'],
  '@electric-sql/pglite': ['server/src/adapters/db/'],
  // The extractor reads answers of a child that may be taken over by a hostile file.
  zod: [
    'contract/',
    'server/src/http/',
    'server/src/config.ts',
    'server/src/adapters/extractor/',
    'tools/',
  ],
  pino: ['server/src/main.ts', 'server/src/app.ts', 'server/src/http/'],
  typescript: ['tools/'],
}
