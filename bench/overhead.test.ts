// Benches run by hand; a few rounds show that this one still can.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('overhead.ts', import.meta.url))

const programMsMax = 120_000

test('measures a GET and a keyed POST by each kind of credential, beside the statements of each', {
  timeout: 2 * programMsMax,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-bench-'))
  try {
    const json = join(folder, 'results.json')
    const args = ['--import', 'tsx', program, '--rounds', '3', '--json', json]
    await promisify(execFile)(process.execPath, args, { timeout: programMsMax })
    const { results } = JSON.parse(await readFile(json, 'utf8'))
    const statementsOf = Object.fromEntries(
      results.map((one: { what: string; statements: unknown[] }) => [
        one.what,
        one.statements.length,
      ]),
    )
    expect(statementsOf).toEqual({
      'GET by session': 2,
      'GET by key': 2,
      'GET by access token': 2,
      'POST with an idempotency key by session': 4,
      'POST with an idempotency key by key': 4,
      'POST with an idempotency key by access token': 4,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
