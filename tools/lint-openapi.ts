// Lints every OpenAPI document in docs/ by redocly.yaml. A warning is an error as well.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lint, loadConfig } from '@redocly/openapi-core'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const config = await loadConfig({ configPath: join(root, 'redocly.yaml') })

for (const name of readdirSync(join(root, 'docs')).filter((one) => /^openapi.*\.json$/.test(one))) {
  const problems = await lint({ ref: join(root, 'docs', name), config })
  for (const { ruleId, message, location } of problems) {
    console.log(`${name}${location[0]?.pointer ?? ''} ${message} (${ruleId})`)
  }
  console.log(`docs/${name}: ${problems.length} errors`)
  if (problems.length > 0) process.exitCode = 1
}
