// `npm run generate` writes every generated file; with `--check` it writes none, names those that are
// not current, and exits 1. Each file follows from the sources alone: no time, no machine, no order
// that could change by itself.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configSchema } from '../server/src/config.ts'
import { configText } from './generate/config-doc.ts'
import { openapiText } from './generate/openapi.ts'
import { integrationText } from './generate/openapi-cut.ts'
import { schemaText } from './generate/schema-sql.ts'
import { sdkText } from './generate/sdk.ts'
import { codesText } from './generate/sdk-codes.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

interface Generated {
  path: string
  make(): string | Promise<string>
}

const files: Generated[] = [
  { path: 'docs/openapi.json', make: () => openapiText(versionOf(root)) },
  { path: 'docs/openapi-v2.json', make: () => integrationText(versionOf(root)) },
  { path: 'docs/config.md', make: () => configText(configSchema) },
  { path: 'docs/schema.sql', make: schemaText },
  { path: 'sdk/src/operations.ts', make: sdkText },
  { path: 'sdk/src/codes.ts', make: codesText },
]

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  return version
}

/** The generated files that are not current. Writes them, unless it only checks. */
async function generate(isCheck: boolean): Promise<string[]> {
  const stale: string[] = []
  for (const { path, make } of files) {
    const wanted = await make()
    const target = join(root, path)
    if (existsSync(target) && readFileSync(target, 'utf8') === wanted) continue
    stale.push(path)
    if (!isCheck) writeFileSync(target, wanted)
  }
  return stale
}

const isCheck = process.argv.includes('--check')
const stale = await generate(isCheck)
for (const path of stale) {
  console.log(isCheck ? `${path} is not current: run \`npm run generate\`` : `wrote ${path}`)
}
if (isCheck && stale.length > 0) process.exitCode = 1
