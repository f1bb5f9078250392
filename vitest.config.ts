// Two projects: `unit`, beside the code, and `system`, over HTTP. Forks, because PGlite and the search
// engine hold worker threads and files; two at a time, because each starts a database of its own.
import { defineConfig } from 'vitest/config'
import { CountReporter } from './tools/count-reporter.ts'
import { SourcesReporter } from './tools/sources-reporter.ts'

const common = { pool: 'forks', testTimeout: 30_000, hookTimeout: 90_000 } as const

export default defineConfig({
  test: {
    maxWorkers: 2,
    globalSetup: 'test/prepare-database.ts',
    reporters: ['default', new SourcesReporter(), new CountReporter()],
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['{contract,server,retrieval,sdk,tools,examples,bench}/**/*.test.ts'],
        },
      },
      { test: { ...common, name: 'system', include: ['test/**/*.test.ts'] } },
    ],
  },
})
