// Files that do not belong to the repository: looked for beside it, and required in CI.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

export function outsideFolder(name: string): { folder: string; isMissing: boolean } {
  const folder = `${root}../shared/data/${name}`
  const isMissing = !existsSync(folder)
  if (isMissing && process.env.CI) throw new Error(`the test data ${folder} are missing`)
  return { folder, isMissing }
}
